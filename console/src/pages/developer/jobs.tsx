import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useAccount } from '../../account.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePageSearch } from '../../parts/search.ts';
import { Facts } from '../../parts/facts.tsx';
import { LIVE } from '../../parts/live.ts';
import { usePagesOfAccount } from '../../parts/pages.ts';
import { Head } from '../../parts/section.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Opened } from '../../parts/opened.tsx';
import { JOB_STATES, readJobSearch } from './search.ts';
import { texts } from './texts.ts';

/** The account's jobs, the newest first; one opened with its error and times. */
export function Jobs() {
  const { say, format } = useTexts(texts);
  const [{ job, status }, change] = usePageSearch(readJobSearch);
  const asked = usePagesOfAccount(
    ['jobs', status],
    (api, paging) =>
      api.call('GET /v1/jobs', {
        query: { ...paging, ...(status === undefined ? {} : { status }) },
      }),
    { again: LIVE },
  );
  return (
    <>
      <Head title={say('nav.jobs')} />
      <div className="filters">
        <Pick
          label={say('state')}
          value={status}
          none={say('anyState')}
          options={JOB_STATES}
          choose={(next) => change({ status: next, job: undefined })}
        />
      </div>
      <div className="split" data-open={job !== undefined}>
        <div>
          <Table
            label={say('nav.jobs')}
            keyOf={({ id }) => id}
            asked={asked}
            opened={job}
            empty={say('noJobs')}
            columns={[
              {
                head: say('made'),
                cell: ({ id, created_at: at }) => (
                  <Link to="/app/jobs" search={readJobSearch({ status, job: id })} resetScroll={false}>
                    <When at={at} isPast />
                  </Link>
                ),
              },
              { head: say('kind'), cell: ({ kind }) => kind },
              { head: say('state'), cell: ({ status: of }) => <State of={of} /> },
              {
                head: say('progress'),
                isFigure: true,
                cell: ({ progress }) =>
                  progress === null
                    ? '–'
                    : say('done', { done: format.count(progress.done), total: format.count(progress.total) }),
              },
              { head: say('attempt'), count: ({ attempt }) => attempt },
              { head: say('error'), isDim: true, cell: ({ error }) => error },
            ]}
          />
        </div>
        {job !== undefined && <OpenedJob id={job} close={() => change({ job: undefined })} />}
      </div>
    </>
  );
}

function OpenedJob({ id, close }: { readonly id: string; readonly close: () => void }) {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const asked = useQuery({
    queryKey: ['jobs', chosen?.account.id, 'one', id],
    queryFn: () => apiFor(chosen?.account.id).call('GET /v1/jobs/{id}', { params: { id } }),
    enabled: chosen !== undefined,
    refetchInterval: LIVE,
  });
  return (
    <Opened title={asked.data?.kind ?? say('nav.jobs')} close={close} asked={asked} missing={say('noJob')}>
      {({ status, lane, attempt, error, progress, run_at: due, created_at: made, updated_at: changed }) => (
        <Facts
          isList
          of={{
            [say('state')]: <State of={status} />,
            [say('error')]: error ?? undefined,
            [say('progress')]:
              progress === null
                ? undefined
                : say('done', { done: format.count(progress.done), total: format.count(progress.total) }),
            [say('attempt')]: format.count(attempt),
            [say('lane')]: lane,
            [say('made')]: format.instant(made),
            [say('due')]: format.instant(due),
            [say('changed')]: format.instant(changed),
            [say('id')]: <span className="mono">{id}</span>,
          }}
        />
      )}
    </Opened>
  );
}
