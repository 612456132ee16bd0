import { type Database, statement } from '#platform/db';
import type { HolderId } from '#platform/kernel';
import type { ObjectKind, ObjectRef } from '../../facts.ts';
import type { ProviderMode } from '../../payment-provider.ts';

export const keyOf = ({ provider, mode }: ProviderMode, { kind, id }: ObjectRef): string[] => [
  provider,
  mode,
  kind,
  id,
];
const KEY = 'store = $1 and mode = $2 and kind = $3 and object_id = $4';

/** Codes of failures that are no fault of the object: its provider is away, or takes our key no more. */
export const PROVIDER_FAILURES = ['store_unavailable', 'key_refused'] as const;

/** Tasks that an operator hears of: given up, refused, or still failing an hour after they were asked for. */
export const TROUBLED = `error is not null and (dead or error in ('store_refused', 'key_refused') or created_at < app.now() - interval '1 hour')`;

const onConflict = (isDue: string) => `on conflict (store, mode, kind, object_id) do update set
  wanted = greatest(w.wanted, excluded.wanted), updated_at = app.now(), dead = false, low = w.low and excluded.low,
  attempts = case when w.dead then 0 else w.attempts end, due_at = case when ${isDue} then app.now() else w.due_at end`;

/**
 * The effect of a new event on a fetch task that is there. A failing object keeps its pause, so that a thousand events are no thousand
 * fetches; one that was given up begins anew.
 */
export const ON_EVENT = onConflict('w.dead');

/** The same for an operator, who waits for it: where the provider was away, they find out whether it is back. */
const ON_REQUEST = onConflict(
  `w.dead or w.fetching is null and w.error in ('${PROVIDER_FAILURES.join("', '")}')`,
);

const refsOf = (refs: readonly ObjectRef[]) => JSON.stringify(refs.map(({ kind, id }) => ({ kind, id })));
const REFS = 'select distinct kind, id from jsonb_to_recordset($3::text::jsonb) as t (kind text, id text)';

/** An object and the number of the event that marks it. */
export interface RequestedFetch extends ObjectRef {
  readonly number: number;
}

/** How many objects of each provider are still to be read, for the metrics. */
export async function waitingObjects(
  db: Database,
): Promise<{ readonly store: string; readonly state: string; readonly count: number }[]> {
  const asked = statement<{ store: string; state: string; count: number }>(
    `select store, case when dead then 'dead' when error is not null then 'failing' else 'due' end as state, count(*)::integer as count
     from billing.wants group by 1, 2`,
  );
  return (await db.system('billing.inbox', [asked]))[0];
}

/**
 * Requests that objects are fetched: after this, a fetch that began before it is not enough. All who request do so in one order.
 * `low`: once nothing else is due.
 */
export const requestFetches = (
  { provider, mode }: ProviderMode,
  refs: readonly ObjectRef[],
  { low }: { readonly low: boolean },
) =>
  statement<RequestedFetch>(
    `insert into billing.wants as w (store, mode, kind, object_id, wanted, low)
     select $1, $2, t.kind, t.id, nextval('billing.numbers'), $4 from (${REFS} order by kind, id) t ${ON_REQUEST}
     returning kind, object_id as id, wanted as number`,
    [provider, mode, refsOf(refs), low],
  );

/** How many of the marked have not been applied as they were seen after their mark. */
export const countPending = ({ provider, mode }: ProviderMode, marks: readonly RequestedFetch[]) =>
  statement<{ count: number }>(
    `select count(*)::integer as count
     from jsonb_to_recordset($3::text::jsonb) as t (kind text, id text, number bigint)
     left join billing.objects o on o.store = $1 and o.mode = $2 and o.kind = t.kind and o.object_id = t.id
     where o.number is null or o.number < t.number`,
    [provider, mode, JSON.stringify(marks)],
  );

/**
 * Marks those that were never fetched and have no task yet; also a payment that had no account of ours: the invoice that
 * names it now may be younger.
 */
export const requestUnknown = ({ provider, mode }: ProviderMode, refs: readonly ObjectRef[]) =>
  statement(
    `insert into billing.wants (store, mode, kind, object_id, wanted)
     select $1, $2, t.kind, t.id, nextval('billing.numbers') from (${REFS} order by kind, id) t
     where not exists (select from billing.objects o where o.store = $1 and o.mode = $2 and o.kind = t.kind and o.object_id = t.id
       and not (o.kind = 'payment' and o.state = 'foreign'))
     on conflict do nothing`,
    [provider, mode, refsOf(refs)],
  );

/**
 * Marks what was fetched for a customer while they were unknown here; also objects that are not sold here, so that they are theirs, and
 * erased with them.
 */
export const requestWaiting = ({ provider, mode }: ProviderMode, customer: string) =>
  statement(
    `insert into billing.wants as w (store, mode, kind, object_id, wanted)
     select $1, $2, o.kind, o.object_id, nextval('billing.numbers')
     from (select kind, object_id from billing.objects
           where store = $1 and mode = $2 and customer = $3 and state in ('waiting', 'foreign') order by kind, object_id) o ${ON_EVENT}`,
    [provider, mode, customer],
  );

/** Marks the trials of a customer that began without a card: a card that is added to the customer alone changes them, and no event names them. */
export const requestUnpaidTrials = ({ provider, mode }: ProviderMode, customer: string) =>
  statement(
    `insert into billing.wants as w (store, mode, kind, object_id, wanted)
     select $1, $2, o.kind, o.object_id, nextval('billing.numbers')
     from (select o.kind, o.object_id from billing.objects o
           join billing.subscriptions s on s.store = o.store and s.mode = o.mode and s.store_id = o.object_id
           where o.store = $1 and o.mode = $2 and o.customer = $3 and o.kind = 'subscription' and s.state = 'trialing' and s.ends_unpaid
           order by o.object_id) o ${ON_EVENT}`,
    [provider, mode, customer],
  );

/** A fetch that may begin. */
export interface ClaimedTask {
  readonly kind: ObjectKind;
  readonly id: string;
  /** Greater than that of every event which the fetch will have seen. */
  readonly number: number;
  /** Fetches in a row that came to nothing. */
  readonly attempts: number;
}

/** The process that claims a task, and for how many seconds. */
export interface FetchLease {
  readonly holder: HolderId;
  readonly seconds: number;
}

/** Claims the task that is due the longest; those of low rank last; no row: nothing is due. */
export const claimTask = ({ provider, mode }: ProviderMode, { holder, seconds }: FetchLease) =>
  statement<ClaimedTask>(
    `update billing.wants w set fetching = nextval('billing.numbers'), holder = $4, due_at = app.now() + make_interval(secs => $3), updated_at = app.now()
     where (w.store, w.mode, w.kind, w.object_id) = (
       select store, mode, kind, object_id from billing.wants
       where store = $1 and mode = $2 and not dead and due_at <= app.now()
       order by low, due_at limit 1 for update skip locked)
     returning kind, object_id as id, fetching as number, attempts`,
    [provider, mode, seconds, holder],
  );

/**
 * Makes due at once what a process was fetching that is dead: customers would wait until its lease is over. Should it live on, its answer
 * is judged by its number.
 */
export const releaseAbandonedTasks = ({ provider, mode }: ProviderMode) =>
  statement(
    `update billing.wants set fetching = null, holder = null, due_at = app.now(), updated_at = app.now()
     where (store, mode, kind, object_id) in (
       select w.store, w.mode, w.kind, w.object_id from billing.wants w
       where w.store = $1 and w.mode = $2 and w.holder is not null
         and not exists (select from limits.holders h where h.id = w.holder and h.expires_at > app.now())
       for update of w skip locked)`,
    [provider, mode],
  );

/** Deletes a task that is done; `requeueTask` goes next, in a statement of its own: only that sees who hinted meanwhile. */
export const deleteTask = (providerMode: ProviderMode, ref: ObjectRef, number: number) =>
  statement(`delete from billing.wants where ${KEY} and wanted < $5`, [...keyOf(providerMode, ref), number]);

/** Makes due at once what was reported while it was fetched. */
export const requeueTask = (providerMode: ProviderMode, ref: ObjectRef, number: number) =>
  statement(
    `update billing.wants set fetching = null, holder = null, due_at = app.now(), attempts = 0, error = null, updated_at = app.now()
     where ${KEY} and fetching = $5`,
    [...keyOf(providerMode, ref), number],
  );

/** How a fetch came to nothing. */
export interface Failure {
  readonly number: number;
  /** A stable code. */
  readonly error: string;
  /** Seconds. */
  readonly pause: number;
  /** Fetches in a row that came to nothing, with this one. */
  readonly attempts: number;
  readonly dead: boolean;
}

/** Postpones a task, unless another fetch has it by now. */
export const postponeTask = (
  providerMode: ProviderMode,
  ref: ObjectRef,
  { number, error, pause, attempts, dead }: Failure,
) =>
  statement(
    `update billing.wants set fetching = null, holder = null, attempts = $9, error = $6, dead = $8,
       due_at = app.now() + make_interval(secs => $7), updated_at = app.now()
     where ${KEY} and fetching = $5`,
    [...keyOf(providerMode, ref), number, error, pause, dead, attempts],
  );

/** Requests an object, and makes it due at once, also where it waits for another try, unless it is being fetched. */
export const requestFetchNow = (providerMode: ProviderMode, ref: ObjectRef) =>
  statement(
    `insert into billing.wants as w (store, mode, kind, object_id, wanted) values ($1, $2, $3, $4, nextval('billing.numbers'))
     on conflict (store, mode, kind, object_id) do update set wanted = excluded.wanted, dead = false, low = false, attempts = 0,
       updated_at = app.now(), due_at = case when w.fetching is null then app.now() else w.due_at end`,
    keyOf(providerMode, ref),
  );

/**
 * Makes due at once what an operator hears of, or this object alone where it is among it, but not the tasks that are being fetched just now:
 * the statement waits for no lock, and holds none up.
 */
export const requeueDeadTasks = ({ provider, mode }: ProviderMode, ref?: ObjectRef) =>
  statement(
    `update billing.wants set dead = false, attempts = 0, due_at = app.now(), updated_at = app.now()
     where (store, mode, kind, object_id) in (
       select store, mode, kind, object_id from billing.wants where store = $1 and mode = $2 and fetching is null and ${TROUBLED}
         and ($3::text is null or kind = $3 and object_id = $4) for update skip locked)
     returning kind`,
    [provider, mode, ref?.kind ?? null, ref?.id ?? null],
  );
