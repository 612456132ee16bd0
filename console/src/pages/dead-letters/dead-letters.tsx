import type { ReplyOf } from '@plinth/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { usePageSearch } from '../../parts/search.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { usePages } from '../../parts/pages.ts';
import { Head } from '../../parts/section.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { apiFor } from '../../session.ts';
import { readDeadLetterSearch } from './search.ts';
import { useTexts } from '../../text/index.ts';
import { AllJobs, ofAccount } from './all-jobs.tsx';
import { Letters } from './letters.tsx';
import { texts } from './texts.ts';

type Job = ReplyOf<'GET /v1/admin/jobs'>['data'][number];
type Delivery = ReplyOf<'GET /v1/admin/webhooks/deliveries'>['data'][number];
type StoreObject = ReplyOf<'GET /v1/admin/billing/inbox/dead'>['data'][number];

/** Milliseconds until a list is read again. */
const AGAIN = 10_000;
const api = () => apiFor(undefined);

/** What was given up: jobs, deliveries of webhooks, objects of stores; each can be tried again. */
export function DeadLetters() {
  const { say } = useTexts(texts);
  const [{ view }, change] = usePageSearch(readDeadLetterSearch);
  return (
    <>
      <Head title={say('nav.deadLetters')} about={say('about')} />
      <Tabs
        views={[
          ['dead', say('givenUp')],
          ['jobs', say('allJobs')],
        ]}
        view={view ?? 'dead'}
        choose={(next) => change({ view: next === 'jobs' ? next : undefined, kind: undefined })}
      />
      {view === 'jobs' ? (
        <AllJobs />
      ) : (
        <>
          <Jobs />
          <Deliveries />
          <StoreObjects />
        </>
      )}
    </>
  );
}

function Jobs() {
  const { say } = useTexts(texts);
  const [{ kind }, change] = usePageSearch(readDeadLetterSearch);
  const queries = useQueryClient();
  const asked = usePages({
    key: ['dead-letters', 'jobs', kind],
    read: (paging) => api().call('GET /v1/admin/jobs', { query: { ...paging, ...(kind && { kind }) } }),
    again: AGAIN,
  });
  return (
    <Letters<Job>
      title={say('jobs')}
      filter={<TextFilter label={say('kind')} value={kind} choose={(next) => change({ kind: next })} />}
      empty={say('noJobs')}
      asked={asked}
      keyOf={({ id }) => id}
      columns={[
        { head: say('since'), past: (row) => row.updated_at },
        { head: say('what'), cell: (job) => job.kind },
        { head: say('account'), isDim: true, cell: ofAccount },
        { head: say('error'), isLong: true, cell: ({ error }) => error ?? '–' },
        {
          head: say('tried'),
          isFigure: true,
          cell: ({ attempt, max_attempts: max }) =>
            say('limit.of', { used: String(attempt), max: String(max) }),
        },
      ]}
      replay={({ id }) => api().call('POST /v1/admin/jobs/{id}/replay', { params: { id } })}
      follow={async ({ id }) => {
        const { status } = await api().call('GET /v1/admin/jobs/{id}', { params: { id } });
        return { state: status, isOver: ['done', 'dead', 'cancelled'].includes(status) };
      }}
      more={({ id }) => (
        <Confirm
          text={say('discard')}
          act={async () => {
            await api().call('DELETE /v1/admin/jobs/{id}', { params: { id } });
            await queries.invalidateQueries({ queryKey: ['dead-letters'] });
          }}
          isDangerous
          isQuiet
        />
      )}
    />
  );
}

function Deliveries() {
  const { say } = useTexts(texts);
  const asked = usePages({
    key: ['dead-letters', 'deliveries'],
    read: (paging) =>
      api().call('GET /v1/admin/webhooks/deliveries', { query: { ...paging, status: 'dead' } }),
    again: AGAIN,
  });
  return (
    <Letters<Delivery>
      title={say('deliveries')}
      empty={say('noDeliveries')}
      asked={asked}
      keyOf={({ id }) => id}
      columns={[
        { head: say('since'), past: (row) => row.updated_at },
        { head: say('what'), cell: ({ type }) => type },
        { head: say('endpoint'), isDim: true, isLong: true, cell: ({ url }) => url },
        { head: say('account'), isDim: true, cell: ofAccount },
        {
          head: say('error'),
          isLong: true,
          cell: ({ error, answered, answer }) => error ?? `${answered ?? ''} ${answer ?? ''}`.trim(),
        },
        { head: say('tried'), isFigure: true, cell: ({ attempts }) => String(attempts) },
      ]}
      replay={({ webhook_id: id, event_id }) =>
        api().call('POST /v1/admin/webhooks/{id}/replay', { params: { id }, body: { event_id } })
      }
      follow={async ({ id, event_id }) => {
        const { data } = await api().call('GET /v1/admin/webhooks/deliveries', { query: { event_id } });
        const state = data.find((one) => one.id === id)?.status ?? 'delivered';
        return { state, isOver: ['delivered', 'dead'].includes(state) };
      }}
    />
  );
}

function StoreObjects() {
  const { say } = useTexts(texts);
  const asked = usePages({
    key: ['dead-letters', 'store'],
    read: (paging) => api().call('GET /v1/admin/billing/inbox/dead', { query: paging }),
    again: AGAIN,
  });
  const keyOf = ({ store, mode, kind, object_id: id }: StoreObject) => `${store} ${mode} ${kind} ${id}`;
  return (
    <Letters<StoreObject>
      title={say('events')}
      empty={say('noEvents')}
      asked={asked}
      keyOf={keyOf}
      columns={[
        { head: say('since'), past: (row) => row.hinted_at },
        {
          head: say('what'),
          cell: ({ store, mode, kind }) => `${store} ${kind}${mode === 'live' ? '' : `, ${mode}`}`,
        },
        {
          head: say('object'),
          isMono: true,
          cell: ({ object_id: q }) => (
            <Link to="/app/customers" search={{ q }}>
              {q}
            </Link>
          ),
        },
        {
          head: say('error'),
          cell: ({ error, given_up_at: at }) => (
            <>
              {error} <span className="dim">{say(at === null ? 'asked' : 'dead')}</span>
            </>
          ),
        },
        { head: say('tried'), isFigure: true, cell: ({ attempts }) => String(attempts) },
      ]}
      replay={({ store, mode, kind, object_id }) =>
        api().call('POST /v1/admin/billing/inbox/replay', {
          body: { dead_object: { store, mode, kind, object_id } },
        })
      }
      replayAll={() => api().call('POST /v1/admin/billing/inbox/replay', { body: { dead: true } })}
      follow={async (one) => {
        const { data } = await api().call('GET /v1/admin/billing/inbox/dead', { query: { limit: 100 } });
        const left = data.find((other) => keyOf(other) === keyOf(one));
        return left === undefined
          ? { state: 'done', isOver: true }
          : { state: left.attempts > 0 ? 'dead' : 'waiting', isOver: left.attempts > 0 };
      }}
    />
  );
}
