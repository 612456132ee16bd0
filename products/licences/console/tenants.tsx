import {
  apiFor,
  CustomerLink,
  Head,
  Pick,
  Table,
  usePages,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { DAYS, daysAgo, texts } from './operator-texts.ts';

/** How much each account did of what Coditect counts, for operators. */
export default function Tenants() {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const days = DAYS.find((one) => one === search['days']) ?? '30';
  const from = daysAgo(Number(days) - 1);
  const asked = usePages({
    key: ['tenants', from],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/analytics/tenants', { query: { ...paging, from } }),
  });
  return (
    <>
      <Head title={say('tenants')} about={say('tenants.about')} />
      <div className="filters">
        <Pick
          label={say('span')}
          value={days}
          options={{
            '7': say('lastDays', { days: '7' }),
            '30': say('lastDays', { days: '30' }),
            '90': say('lastDays', { days: '90' }),
          }}
          choose={(value) => change({ days: value })}
        />
      </div>
      <Table
        label={say('tenants')}
        keyOf={({ account_id: account }) => account}
        asked={asked}
        empty={say('tenants.none')}
        columns={[
          {
            head: say('customer'),
            isLong: true,
            cell: ({ account_id: account, name }) => <CustomerLink account={account} name={name} />,
          },
          { head: say('calls'), count: (row) => row.calls },
          { head: say('cost_micros'), micros: (row) => row.cost_micros },
          { head: say('memory_messages'), count: (row) => row.memory_messages },
          { head: say('sessions'), count: (row) => row.sessions },
          { head: say('activeDays'), count: (row) => row.active_days },
          {
            head: say('lastActive'),
            isFigure: true,
            isDim: true,
            cell: ({ last_active_on: day }) => (day === null ? '–' : format.day(day)),
          },
        ]}
      />
    </>
  );
}
