import { type Statement, statement } from '#platform/db';

/** An event as a list outside of the database keeps it. */
export interface PastEvent {
  readonly event: string;
  /** To the microsecond. */
  readonly at: string;
  readonly action: string;
  readonly account: string | null;
  readonly kind: string | null;
  readonly target: string | null;
}

/**
 * How a module does again what an event of the audit has done, by the action: for a database that is of an instant before it. Done twice it changes
 * nothing, and for rows that are not there nothing either.
 */
export type DoneAgain = Readonly<Record<string, (event: PastEvent) => Statement>>;

/** So many at a time. */
const BATCH = 500;

/** Events with one of these actions behind a place in their order, the oldest first. */
export const eventsAfter = (actions: readonly string[], [at, id]: readonly [at: string, id: string]) =>
  statement<PastEvent>(
    `select id::text as event, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, action,
       account_id::text as account, target_kind as kind, target_id as target
     from audit.events where action = any($1::text[]) and (created_at, id) > ($2::timestamptz, $3::uuid)
     order by created_at, id limit ${BATCH}`,
    [actions, at, id],
  );

/** Which of these events the database knows of. */
export const knownEvents = (events: readonly string[]) =>
  statement<{ event: string }>('select id::text as event from audit.events where id = any($1::uuid[])', [
    events,
  ]);

/** The event again, as of then. Who did it, and from where, is not known any more. */
export const recordPast = ({ event, at, action, account, kind, target }: PastEvent): Statement =>
  statement(
    `insert into audit.events (id, account_id, actor_kind, action, target_kind, target_id, created_at)
     values ($1, $2, 'system', $3, $4, $5, $6) on conflict do nothing`,
    [event, account, action, kind, target, at],
  );
