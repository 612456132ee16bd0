import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import type { Ids } from '#platform/kernel';
import type { ClaimedDelivery } from './attempt-store.ts';
import { NOBODY } from './event.ts';

const RELAY = commitPoint(
  'webhooks.relay',
  'which endpoints get new events, and the jobs of deliveries that are due',
);

/** Events that one commit hands out. */
const BATCH = 100;
/** Deliveries to one endpoint that jobs may have at once; fewer to one that fails: it must not take all places of the workers. */
const AT_ONCE = { well: 10, failing: 2 } as const;

export interface RelayParts {
  readonly db: Database;
  readonly ids: Ids;
  /** The statements that enqueue the job of a delivery. */
  readonly enqueueing: (delivery: ClaimedDelivery) => readonly Statement[];
  readonly onEnqueued: () => void;
}

/**
 * Moves what is stored on its way: new events to the endpoints that ask for them, and deliveries that are due to jobs. All
 * of it is one commit, and one process does it at a time. Answers how much it moved: more may be left where it did.
 */
export type Relay = () => Promise<number>;

export function createRelay(parts: RelayParts): Relay {
  return async () => {
    const [[idle]] = await parts.db.system('webhooks.relay', [isIdle()]);
    if (idle?.idle === true) return 0;
    const { events, held } = await parts.db.system('webhooks.relay', RELAY, async (tx) => {
      const [lock] = await tx.run(lockRelay());
      if (lock?.locked !== true) return { events: 0, held: [] };
      const found = await dispatch(parts, tx);
      const due = await tx.run(takeDue());
      await tx.runAll(due.flatMap((delivery) => parts.enqueueing(delivery)));
      return { events: found, held: due };
    });
    if (held.length > 0) parts.onEnqueued();
    return events + held.length;
  };
}

async function dispatch({ ids }: RelayParts, tx: Transaction): Promise<number> {
  const [events, endpoints] = await tx.runAll([newEvents(), enabledEndpoints()]);
  const deliveries = events.flatMap((event) =>
    endpoints
      .filter(({ types }) => types.includes(event.type))
      .map((endpoint) => ({ id: ids.next(), event_id: event.id, endpoint_id: endpoint.id })),
  );
  if (events.length > 0) await tx.runAll([insertDeliveries(deliveries), markDispatched(events)]);
  return events.length;
}

/** Whether a delivery `w` to an endpoint `p` waits for another one of its account, which goes first or is under way. */
const isHeld = `p.ordered and w.subject <> '${NOBODY}' and exists (
       select from webhooks.deliveries o where o.endpoint_id = w.endpoint_id and o.subject = w.subject
         and (o.state = 'sending' or o.state = 'waiting' and o.position < w.position))`;

/** Mostly there is nothing to do, which two looks into small indexes tell. */
const isIdle = () =>
  statement<{ idle: boolean }>(
    `select not exists (select from webhooks.events where dispatched_at is null) and not exists (
       select from webhooks.endpoints p where p.status = 'enabled' and exists (
         select from webhooks.deliveries w where w.endpoint_id = p.id and w.state = 'waiting' and w.due_at <= (select app.now())
           and not (${isHeld}))) as idle`,
  );

const lockRelay = () =>
  statement<{ locked: boolean }>(
    "select pg_try_advisory_xact_lock(hashtextextended('webhooks relay', 0)) as locked",
  );

const newEvents = () =>
  statement<{ id: string; type: string }>(
    'select id, type from webhooks.events where dispatched_at is null order by position limit $1',
    [BATCH],
  );

const enabledEndpoints = () =>
  statement<{ id: string; types: readonly string[] }>(
    `select id, to_jsonb(types) as types from webhooks.endpoints where status = 'enabled'`,
  );

const insertDeliveries = (
  deliveries: readonly { readonly id: string; readonly event_id: string; readonly endpoint_id: string }[],
) =>
  statement(
    // An endpoint that was deleted at this moment gets none.
    `insert into webhooks.deliveries (endpoint_id, event_id, id, subject, position)
     select t.endpoint_id, t.event_id, t.id, e.account_id, e.position
     from jsonb_to_recordset($1::text::jsonb) as t (id uuid, event_id uuid, endpoint_id uuid)
     join webhooks.events e on e.id = t.event_id join (select id from webhooks.endpoints for key share) p on p.id = t.endpoint_id
     on conflict do nothing`,
    [JSON.stringify(deliveries)],
  );

const markDispatched = (events: readonly { readonly id: string }[]) =>
  statement(
    'update webhooks.events set dispatched_at = app.now(), updated_at = app.now() where id = any ($1::uuid[])',
    [events.map(({ id }) => id)],
  );

/** Takes what is due, from each endpoint as much as it has room for; rows that another process changes at this moment are passed over. */
const takeDue = () =>
  statement<ClaimedDelivery>(
    `with due as (
       select d.id from webhooks.endpoints p cross join lateral (
         select w.id from webhooks.deliveries w where w.endpoint_id = p.id and w.state = 'waiting' and w.due_at <= (select app.now())
           and not (${isHeld})
         order by w.due_at, w.position limit greatest(0, case when p.failing_since is null then $1::bigint else $2 end - (
           select count(*) from webhooks.deliveries s where s.endpoint_id = p.id and s.state = 'sending'))
         for update of w skip locked) d
       where p.status = 'enabled')
     update webhooks.deliveries d set state = 'sending', fence = d.fence + 1, updated_at = app.now()
       from due where d.id = due.id returning d.id, d.fence`,
    [AT_ONCE.well, AT_ONCE.failing],
  );
