import { useNavigate } from '@tanstack/react-router';
import { Chart } from '../../parts/chart.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { type Figures, readSums } from '../usage/sums.ts';
import { readDenied } from './denied.ts';

/** Calls of the last days by product, and those that limits denied: of all accounts, or of one. */
export async function readCalls(days: number, account?: string) {
  const of = account === undefined ? {} : { account };
  const [sums, denied] = await Promise.all([
    readSums(apiFor(undefined), { by: 'product', days, route: 'GET /v1/admin/usage', ...of }),
    readDenied(days, account),
  ]);
  return { ...sums, denied };
}

interface CallsChartProps {
  readonly label: string;
  readonly deniedLabel: string;
  readonly days: readonly string[];
  /** A product each; null: the others together. */
  readonly groups: readonly { readonly name: string | null; readonly days: ReadonlyMap<string, Figures> }[];
  readonly denied: ReadonlyMap<string, number>;
}

/** Calls of each day by product, and a line of those that limits denied. A day leads to its month. */
export function CallsChart({ label, deniedLabel, days, groups, denied }: CallsChartProps) {
  const { format } = useTexts();
  const navigate = useNavigate();
  return (
    <Chart
      label={label}
      points={days}
      nameOf={format.day}
      amountOf={format.count}
      series={[
        ...groups.map(({ name, days: used }) => ({
          key: name ?? '…',
          label: name ?? '…',
          values: days.map((day) => used.get(day)?.calls ?? 0),
        })),
        {
          key: 'denied',
          label: deniedLabel,
          values: days.map((day) => denied.get(day) ?? 0),
          as: 'line' as const,
          color: 'var(--error)',
        },
      ]}
      open={(day) =>
        void navigate({
          to: '/app/revenue',
          search: { view: 'models', month: day.slice(0, 7), by: 'product' },
        })
      }
    />
  );
}
