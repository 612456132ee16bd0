import { Link } from '@tanstack/react-router';

export interface Series {
  readonly key: string;
  readonly label: string;
  readonly values: readonly number[];
}

interface ChartProps {
  readonly days: readonly string[];
  /** The lowest of each bar first. */
  readonly series: readonly Series[];
  readonly label: string;
  readonly amountOf: (value: number) => string;
  readonly dayOf: (day: string) => string;
  /** What the ledger's address says of the calls of a day. */
  readonly searchOf: (day: string) => object;
}

/** About as many days have their names below them. */
const NAMED = 6;

/** The next number above that begins with 1, 2 or 5. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * unit >= value) ?? 10) * unit;
}

/**
 * Bars of days, one part for each series. Drawn by boxes: their sizes follow the window without being measured. A reader who can't see it
 * reads the table below, which has the same figures.
 */
export function Chart({ days, series, label, amountOf, dayOf, searchOf }: ChartProps) {
  const sums = days.map((_day, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const top = roundUp(Math.max(...sums, 1));
  const every = Math.ceil(days.length / NAMED);
  return (
    <figure className="chart" aria-label={label}>
      <div className="scale num" aria-hidden>
        {[top, top / 2, 0].map((value) => (
          <span key={value}>{amountOf(value)}</span>
        ))}
      </div>
      <div className="bars" aria-hidden>
        {days.map((day, index) => (
          <Link
            key={day}
            to="/app/ledger"
            search={searchOf(day)}
            tabIndex={-1}
            title={[
              dayOf(day),
              ...series.map(({ label: name, values }) => `${name}: ${amountOf(values[index] ?? 0)}`),
            ].join('\n')}
          >
            {series.map(({ key, values }, at) => (
              <i key={key} data-series={at} style={{ height: `${((values[index] ?? 0) / top) * 100}%` }} />
            ))}
            {index % every === 0 && <span>{dayOf(day)}</span>}
          </Link>
        ))}
      </div>
    </figure>
  );
}
