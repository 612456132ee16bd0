import { statement } from '#platform/db';
import { namedObject } from '#platform/http';
import { z } from 'zod';
import { OBJECT_KINDS } from '../facts.ts';
import { EVENT_STATES } from './store/events.ts';
import { TROUBLED } from './store/fetch-tasks.ts';

const PROVIDERS = ['stripe', 'app_store', 'google_play'] as const;
const MODES = ['live', 'test', 'sandbox'] as const;
const instant = z.iso.datetime();

export const eventReply = namedObject('InboxEvent', {
  event_id: z.string(),
  store: z.enum(PROVIDERS),
  mode: z.enum(MODES),
  type: z.string(),
  kind: z.enum(OBJECT_KINDS).nullable().describe('What it is about; null: nothing that is looked at.'),
  object_id: z.string().nullable(),
  via: z
    .enum(['webhook', 'reconciler'])
    .describe('`reconciler`: the provider never sent it; it was found by asking.'),
  state: z
    .enum(EVENT_STATES)
    .describe(
      '`waiting`: its customer has no account here yet. `ignored`: not about anything sold here. `dead`: its object was given up.',
    ),
  occurred_at: instant.describe('By the provider’s clock.'),
  received_at: instant,
  settled_at: instant.nullable(),
});
export type EventView = z.infer<typeof eventReply>;

export const deadTaskReply = namedObject('DeadInboxTask', {
  store: z.enum(PROVIDERS),
  mode: z.enum(MODES),
  kind: z.enum(OBJECT_KINDS),
  object_id: z.string(),
  error: z.string().describe('The code of the last failure.'),
  attempts: z.int(),
  hinted_at: instant.describe('When the first event about it came.'),
  given_up_at: instant.nullable().describe('null: it is still asked for.'),
});
export type DeadTaskView = z.infer<typeof deadTaskReply>;

type Dates<Shape> = {
  [K in keyof Shape]: K extends `${string}_at` ? Date | Exclude<Shape[K], string> : Shape[K];
};
export type EventRow = Dates<EventView> & { readonly number: number };
export type DeadTaskRow = Dates<DeadTaskView> & { readonly number: number };

export interface InboxPage {
  readonly limit: number;
  readonly before: number | undefined;
}

export const eventsPage = ({ limit, before, state }: InboxPage & { readonly state: string | undefined }) =>
  statement<EventRow>(
    `select event_id, store, mode, type, kind, object_id, via, state, occurred_at, created_at as received_at, settled_at, number
     from billing.inbox where ($1::bigint is null or number < $1) ${state === undefined ? '' : 'and state = $3'}
     order by number desc limit $2`,
    [before ?? null, limit, ...(state === undefined ? [] : [state])],
  );

export const deadTasksPage = ({ limit, before }: InboxPage) =>
  statement<DeadTaskRow>(
    `select store, mode, kind, object_id, error, attempts, created_at as hinted_at, case when dead then updated_at end as given_up_at, wanted as number
     from billing.wants where ${TROUBLED} and ($1::bigint is null or wanted < $1) order by wanted desc limit $2`,
    [before ?? null, limit],
  );

/** How many objects can't be read of their provider, by the reason of the last failure, and since when the first of them. */
export const troubledTasks = () =>
  statement<{ error: string; count: number; first: Date }>(
    `select error, count(*)::integer as count, min(created_at) as first from billing.wants where ${TROUBLED} group by error order by error`,
  );

export function eventView(row: EventRow): EventView {
  const { event_id, store, mode, type, kind, object_id, via, state } = row;
  return {
    event_id,
    store,
    mode,
    type,
    kind,
    object_id,
    via,
    state,
    occurred_at: row.occurred_at.toISOString(),
    received_at: row.received_at.toISOString(),
    settled_at: row.settled_at?.toISOString() ?? null,
  };
}

export function deadTaskView(row: DeadTaskRow): DeadTaskView {
  const { store, mode, kind, object_id, error, attempts } = row;
  return {
    store,
    mode,
    kind,
    object_id,
    error,
    attempts,
    hinted_at: row.hinted_at.toISOString(),
    given_up_at: row.given_up_at?.toISOString() ?? null,
  };
}
