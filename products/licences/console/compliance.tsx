import {
  apiFor,
  CustomerLink,
  Head,
  Id,
  LineForm,
  Pick,
  Table,
  Tabs,
  usePages,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useState } from 'react';
import { ACTIONS, daysAgo, texts } from './operator-texts.ts';

const VIEWS = ['report', 'releases'] as const;

/** For operators: exports, erasures with their proof, and what was released over all accounts, with how it was made. */
export default function Compliance() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const view = VIEWS.find((one) => one === search['view']) ?? 'report';
  return (
    <>
      <Head title={say('compliance')} />
      <Tabs
        views={VIEWS.map((one) => [one, say(one)] as const)}
        view={view}
        choose={(next) => change({ view: next })}
      />
      {view === 'report' ? <Report /> : <Releases />}
    </>
  );
}

function Report() {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const action = ACTIONS.find((one) => one === search['action']);
  const from = daysAgo(365);
  const asked = usePages({
    key: ['compliance', action, from],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/compliance/reports', {
        query: { ...paging, from, ...(action && { action }) },
      }),
  });
  return (
    <>
      <div className="filters">
        <Pick
          label={say('what')}
          value={action}
          none={say('anything')}
          options={
            Object.fromEntries(ACTIONS.map((one) => [one, say(one)])) as Record<
              (typeof ACTIONS)[number],
              string
            >
          }
          choose={(next) => change({ action: next })}
        />
      </div>
      <Table
        label={say('report')}
        keyOf={({ id }) => id}
        asked={asked}
        empty={say('report.none')}
        columns={[
          { head: say('when'), past: (row) => row.at },
          { head: say('what'), cell: (row) => say(row.action) },
          { head: say('customer'), cell: ({ account_id: account }) => <CustomerLink account={account} /> },
          {
            head: say('user'),
            isDim: true,
            cell: ({ user_id: user }) => (user === null ? '–' : <Id id={user} />),
          },
          {
            head: say('proof'),
            isDim: true,
            cell: ({ erased }) =>
              erased === null
                ? '–'
                : say('proof.rows', {
                    before: format.count(erased.reduce((sum, { before }) => sum + before, 0)),
                    after: format.count(erased.reduce((sum, { after }) => sum + after, 0)),
                    tables: format.count(erased.length),
                  }),
          },
        ]}
      />
    </>
  );
}

function Releases() {
  const { say, format } = useTexts(texts);
  const [changed, setChanged] = useState<number>();
  const asked = usePages({
    key: ['privacy releases'],
    read: (paging) => apiFor(undefined).call('GET /v1/admin/privacy/releases', { query: paging }),
  });
  return (
    <>
      <p className="dim">{say('optOut.about')}</p>
      <LineForm
        label={say('optOut.accounts')}
        button={say('optOut')}
        act={async (line) => {
          const body = { account_ids: line.split(/[\s,]+/), platform_statistics: false } as const;
          const answer = await apiFor(undefined).call('POST /v1/admin/privacy/policies', { body });
          setChanged(answer.changed.length);
        }}
      />
      {changed !== undefined && <p role="status">{say('optOut.done', { count: format.count(changed) })}</p>}
      <Table
        label={say('releases')}
        keyOf={({ product, starts_on: start }) => `${product} ${start}`}
        asked={asked}
        empty={say('releases.none')}
        columns={[
          { head: say('released'), past: (row) => row.released_at },
          { head: say('period'), cell: (row) => `${format.day(row.starts_on)} – ${format.day(row.ends_on)}` },
          { head: say('epsilon'), isFigure: true, cell: ({ epsilon }) => epsilon },
          { head: say('left'), isFigure: true, cell: ({ period_left: left }) => left },
          { head: say('group'), count: (row) => row.minimum_group },
          { head: say('kinds'), count: (row) => row.kinds },
          { head: say('shown'), count: (row) => row.shown },
        ]}
      />
    </>
  );
}
