import { apiFor, Chart, Csv, Facts, Head, Section, Trouble, useMoney, useTexts } from '@plinth/console';
import { useQuery } from '@tanstack/react-query';
import { texts } from './texts.ts';

const DAYS = 30;
const DAY = 86_400_000;
const FIGURES = [
  ['seatsUsed', ['seats', 'seats_used']],
  ['refused', ['denials']],
  ['subscriptions', ['active_subscriptions', 'trials']],
  ['revenue', ['mrr_minor']],
] as const;

/** Seats, refusals, subscriptions and revenue of all licences by day, for operators. */
export default function Analytics() {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const from = new Date(Date.now() - (DAYS - 1) * DAY).toISOString().slice(0, 10);
  const { data, error, refetch } = useQuery({
    queryKey: ['licences', 'analytics', from],
    queryFn: () =>
      apiFor(undefined).call('GET /v1/admin/licenses/analytics', { query: { from, limit: 100 } }),
  });
  const days = data?.data.toReversed() ?? [];
  const percent = (rate: number | null) =>
    rate === null ? '–' : `${format.count(Math.round(100 * rate))} %`;
  return (
    <>
      <Head title={say('analytics')}>
        <span className="right">
          <Csv route="GET /v1/admin/licenses/analytics" query={{ from }} name="licence-analytics" />
        </span>
      </Head>
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data !== undefined && (
        <Facts
          of={{
            [say('mrr_minor')]: minor(data.totals.mrr_minor, data.totals.currency),
            [say('active_subscriptions')]: format.count(data.totals.active_subscriptions),
            [say('churn')]: percent(data.totals.churn),
            [say('runningSeats')]: say('limit.of', {
              used: format.count(data.totals.running_sessions),
              max: format.count(data.totals.seats),
            }),
            [say('signUps')]: format.count(data.totals.sign_ups),
          }}
        />
      )}
      <div className="halves">
        {data !== undefined &&
          FIGURES.map(([title, figures]) => (
            <Section key={title} title={say(title)}>
              <Chart
                label={say(title)}
                points={days.map(({ day }) => day)}
                nameOf={format.day}
                amountOf={title === 'revenue' ? (value) => minor(value, data.totals.currency) : format.count}
                series={figures.map((figure) => ({
                  key: figure,
                  label: say(figure),
                  values: days.map((day) => day[figure]),
                  as: title === 'refused' ? 'bar' : 'line',
                }))}
              />
            </Section>
          ))}
      </div>
    </>
  );
}
