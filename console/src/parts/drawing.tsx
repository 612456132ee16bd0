import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { type ChartProps, colorOf } from './series.ts';

interface Row {
  readonly point: string;
  readonly values: readonly number[];
}

/** The chart as the library draws it: loaded by the pages that have one. Nothing in it takes the focus: its table says the same. */
export function Drawing({ points, nameOf, series, amountOf, open, isSmall = false }: ChartProps) {
  const rows: Row[] = points.map((point, index) => ({
    point,
    values: series.map(({ values }) => values[index] ?? 0),
  }));
  const tick = { fontSize: 12, fill: 'var(--text-dim)' };
  return (
    <ResponsiveContainer width="100%" height={isSmall ? 36 : 220}>
      <ComposedChart
        data={rows}
        accessibilityLayer={false}
        margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
        onClick={({ activeLabel }) => activeLabel !== undefined && open?.(String(activeLabel))}
      >
        {!isSmall && <CartesianGrid vertical={false} stroke="var(--line)" />}
        <XAxis
          dataKey="point"
          hide={isSmall}
          tick={tick}
          tickFormatter={nameOf}
          stroke="var(--line)"
          minTickGap={24}
        />
        <YAxis
          hide={isSmall}
          tick={tick}
          tickFormatter={amountOf}
          stroke="none"
          width="auto"
          allowDecimals={false}
        />
        {!isSmall && (
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--accent-soft)', stroke: 'var(--line-strong)' }}
            contentStyle={{
              background: 'var(--bg)',
              borderColor: 'var(--line-strong)',
              borderRadius: 4,
              fontSize: 12,
            }}
            labelFormatter={(point) => (typeof point === 'string' ? nameOf(point) : '')}
            formatter={(value) => amountOf(Number(value))}
          />
        )}
        {series.map(({ key, label, as = 'bar', color }, index) => {
          const shown = {
            dataKey: (row: Row) => row.values[index] ?? 0,
            name: label,
            isAnimationActive: false,
          };
          const paint = color ?? colorOf(index);
          if (as === 'bar') return <Bar key={key} {...shown} stackId="bars" fill={paint} maxBarSize={48} />;
          if (as === 'beside') return <Bar key={key} {...shown} fill={paint} maxBarSize={24} />;
          if (as === 'area')
            return (
              <Area key={key} {...shown} stroke={paint} fill={paint} fillOpacity={0.12} strokeWidth={1.5} />
            );
          return <Line key={key} {...shown} stroke={paint} dot={false} strokeWidth={1.5} />;
        })}
      </ComposedChart>
    </ResponsiveContainer>
  );
}
