import { CustomerLink } from '../../parts/customer-link.tsx';
import { usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePageSearch } from '../../parts/search.ts';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { JOB_STATES } from '../developer/search.ts';
import { readDeadLetterSearch } from './search.ts';
import { texts } from './texts.ts';

/** The account of what belongs to none. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export const ofAccount = ({ account_id: id }: { readonly account_id: string | null }) => (
  <CustomerLink account={id === NOBODY ? null : id} />
);

/** Jobs of all accounts in one state, the newest first. */
export function AllJobs() {
  const { say } = useTexts(texts);
  const [{ kind, status = 'running' }, change] = usePageSearch(readDeadLetterSearch);
  const query = { status, ...(kind && { kind }) };
  const asked = usePages({
    key: ['all jobs', query],
    read: (paging) => apiFor(undefined).call('GET /v1/admin/jobs', { query: { ...paging, ...query } }),
    again: 10_000,
  });
  return (
    <>
      <div className="filters">
        <Pick
          label={say('state')}
          value={status}
          options={JOB_STATES}
          choose={(next) => change({ status: next })}
        />
        <TextFilter label={say('kind')} value={kind} choose={(next) => change({ kind: next })} />
      </div>
      <Table
        label={say('allJobs')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noneSo')}
        columns={[
          { head: say('made'), past: (row) => row.created_at },
          { head: say('what'), cell: (job) => job.kind },
          { head: say('account'), isDim: true, cell: ofAccount },
          { head: say('state'), cell: (job) => <State of={job.status} /> },
          { head: say('error'), isDim: true, isLong: true, cell: ({ error }) => error ?? '–' },
          {
            head: say('tried'),
            isFigure: true,
            cell: ({ attempt, max_attempts: max }) =>
              say('limit.of', { used: String(attempt), max: String(max) }),
          },
          { head: say('due'), isFigure: true, due: (row) => row.run_at },
        ]}
      />
    </>
  );
}
