import {
  apiFor,
  Chart,
  CustomerLink,
  Head,
  Id,
  Section,
  Table,
  usePages,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { daysAgo, texts } from './operator-texts.ts';

type Anomaly = ReplyOf<'GET /v1/admin/analytics/anomalies'>['data'][number];

/** Days that are looked through: as many as the API takes at once. */
const LOOKED_THROUGH = 31;
const keyOf = ({ account_id: account, day, metric }: Anomaly) => `${account} ${day} ${metric}`;

/** Days of the last month on which an account did far more than usual, for operators; one opened, with what it is made of. */
export default function Anomalies() {
  const { say, format } = useTexts(texts);
  const amountOf = useAmount();
  const { search, change } = useProductSearch();
  const from = daysAgo(LOOKED_THROUGH);
  const asked = usePages({
    key: ['anomalies', from],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/analytics/anomalies', { query: { ...paging, from } }),
  });
  const opened = asked.rows?.find((one) => keyOf(one) === search['opened']);
  return (
    <>
      <Head title={say('anomalies')} about={say('anomalies.about')} />
      <Table
        label={say('anomalies')}
        keyOf={keyOf}
        asked={asked}
        opened={search['opened']}
        empty={say('anomalies.none')}
        columns={[
          {
            head: say('day'),
            cell: ({ day }) => format.day(day),
            act: (one) => change({ opened: keyOf(one) }),
          },
          { head: say('customer'), cell: ({ account_id: account }) => <CustomerLink account={account} /> },
          { head: say('measure'), cell: ({ metric }) => say(metric) },
          { head: say('value'), isFigure: true, cell: (one) => amountOf(one.metric)(one.value) },
          {
            head: say('usual'),
            isFigure: true,
            isDim: true,
            cell: (one) => amountOf(one.metric)(one.median),
          },
        ]}
      />
      {opened !== undefined && <MadeOf anomaly={opened} />}
    </>
  );
}

function useAmount() {
  const { format } = useTexts(texts);
  return (metric: Anomaly['metric']) => (metric === 'cost_micros' ? format.micros : format.count);
}

/** The day beside the same weekday of the weeks before, and what its value is made of. */
function MadeOf({ anomaly }: { readonly anomaly: Anomaly }) {
  const { say, format } = useTexts(texts);
  const { day, metric, value, weeks, rows } = anomaly;
  const amountOf = useAmount()(metric);
  const points = [...weeks.toReversed(), { day, value }];
  return (
    <Section title={say('madeOf', { measure: say(metric), day: format.day(day) })}>
      <Chart
        label={say('weeks')}
        points={points.map((point) => point.day)}
        nameOf={format.day}
        amountOf={amountOf}
        series={[{ key: metric, label: say(metric), values: points.map((point) => point.value) }]}
      />
      <Table
        label={say('parts')}
        rows={rows}
        keyOf={(row) => JSON.stringify(row)}
        empty={say('parts.none')}
        lines={4}
        columns={[
          { head: say('feature'), cell: ({ feature }) => feature ?? '–' },
          { head: say('model'), isDim: true, cell: ({ model }) => model ?? '–' },
          {
            head: say('user'),
            isDim: true,
            cell: ({ user_id: user }) => (user === null ? '–' : <Id id={user} />),
          },
          { head: say(metric), isFigure: true, cell: (row) => amountOf(row.value) },
        ]}
      />
    </Section>
  );
}
