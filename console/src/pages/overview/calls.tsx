import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Chart } from '../../parts/chart.tsx';
import { Empty, Section } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { type Figures, largest } from '../usage/sums.ts';
import { CallsChart, readCalls } from './calls-chart.tsx';
import { texts } from './texts.ts';

/** Products that one can tell apart in a chart. */
const MOST = 4;

/** Calls of each day by product, with those that limits denied, and their cost. */
export function Calls({ days }: { readonly days: number }) {
  const { say, format } = useTexts(texts);
  const navigate = useNavigate();
  const { data } = useQuery({
    queryKey: ['overview', 'calls', days],
    queryFn: () => readCalls(days),
    placeholderData: (before) => before,
    refetchInterval: 60_000,
  });
  if (data === undefined) return <Skeleton h={520} mt="xl" />;
  const { groups, denied, days: points } = data;
  const sumOf = (day: string, measure: keyof Figures) =>
    groups.reduce((sum, group) => sum + (group.days.get(day)?.[measure] ?? 0), 0);
  const isEmpty = groups.length === 0 && denied.size === 0;
  return (
    <>
      <Section title={say('callsADay')}>
        {isEmpty ? (
          <Empty>{say('noCalls')}</Empty>
        ) : (
          <CallsChart
            label={say('callsADay')}
            deniedLabel={say('denied')}
            days={points}
            groups={largest(groups, 'calls', MOST)}
            denied={denied}
          />
        )}
        <Link className="link" to="/app/denials">
          {say('nav.denials')}
        </Link>
      </Section>
      <Section title={say('money')}>
        {isEmpty ? (
          <Empty>{say('noMoney')}</Empty>
        ) : (
          <Chart
            label={say('money')}
            points={points}
            nameOf={format.day}
            amountOf={format.micros}
            series={[
              {
                key: 'charge',
                label: say('charge'),
                values: points.map((day) => sumOf(day, 'charge')),
                as: 'area',
              },
              {
                key: 'cost',
                label: say('cost'),
                values: points.map((day) => sumOf(day, 'cost')),
                as: 'line',
                color: 'var(--warn)',
              },
            ]}
            open={(day) =>
              void navigate({ to: '/app/revenue', search: { view: 'margin', month: day.slice(0, 7) } })
            }
          />
        )}
      </Section>
    </>
  );
}
