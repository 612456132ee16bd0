import { Chart } from '../../parts/chart.tsx';

/** Makes a chart of the rows of a report. */
export interface DrawnReport<Row> {
  /** The point of a row along the chart: its month or its name. */
  readonly pointOf: (row: Row) => string;
  /** The part of the point's bar that it belongs to. */
  readonly partOf: (row: Row) => string;
  readonly valueOf: (row: Row) => number;
  readonly amountOf: (value: number, currency: string) => string;
  readonly open: (point: string) => void;
}

interface ReportChartProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly drawn: DrawnReport<Row>;
}

/** Parts that one can tell apart. */
const MOST = 5;

/** A report as bars, in the currency that most of it is in: several can't be added. */
export function ReportChart<Row extends object>({ label, rows, drawn }: ReportChartProps<Row>) {
  const { pointOf, partOf, valueOf, amountOf, open } = drawn;
  const currencyOf = (row: Row) => ('currency' in row ? String(row.currency) : '');
  const largest = (nameOf: (row: Row) => string, of: readonly Row[]) => {
    const sums = new Map<string, number>();
    for (const row of of) sums.set(nameOf(row), (sums.get(nameOf(row)) ?? 0) + Math.abs(valueOf(row)));
    return [...sums].toSorted(([, one], [, other]) => other - one).map(([name]) => name);
  };
  const [currency = ''] = largest(currencyOf, rows);
  const shown = rows.filter((row) => currencyOf(row) === currency);
  if (!shown.some((row) => valueOf(row) !== 0)) return null;
  const points = [...new Set(shown.map(pointOf))].toSorted();
  const parts = largest(partOf, shown);
  const named = new Set(parts.slice(0, MOST));
  const shownParts = parts.length > MOST ? [...named, '…'] : [...named];
  return (
    <Chart
      label={label}
      points={points}
      nameOf={String}
      amountOf={(value) => amountOf(value, currency)}
      open={open}
      series={shownParts.map((part) => ({
        key: part,
        label: part,
        values: points.map((point) =>
          shown
            .filter((row) => pointOf(row) === point && (named.has(partOf(row)) ? partOf(row) : '…') === part)
            .reduce((sum, row) => sum + valueOf(row), 0),
        ),
      }))}
    />
  );
}
