import { deleteUnheld, statement } from '#platform/db';
import { sealedColumn } from '#platform/secrets';
import { type EventType, NOBODY } from './event.ts';

const SECRET = sealedColumn({ table: 'webhooks.endpoints', column: 'secret', key: ['id'] });
// A rotation moves the one into the other, as it is sealed.
sealedColumn({ ...SECRET, column: 'former_secret', field: 'secret' });

/** Binds the sealed secrets of an endpoint to it. */
export const placeOfSecret = (endpoint: string): string => SECRET.context(endpoint);

/** An endpoint without its secrets. */
export interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly ordered: boolean;
  readonly description: string;
  readonly status: 'enabled' | 'disabled';
  readonly reason: string | null;
  readonly former_until: Date | null;
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const SHOWN =
  'id, url, types, ordered, description, status, reason, former_until, failing_since, created_at, updated_at';

export const insertEndpoint = (given: {
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly ordered: boolean;
  readonly description: string;
  /** Its secret, sealed. */
  readonly sealed: string;
}) =>
  statement<EndpointRow>(
    `insert into webhooks.endpoints (id, url, types, ordered, description, secret) values ($1, $2, $3, $4, $5, $6) returning ${SHOWN}`,
    [given.id, given.url, given.types, given.ordered, given.description, given.sealed],
  );

export const endpointById = (id: string) =>
  statement<EndpointRow>(`select ${SHOWN} from webhooks.endpoints where id = $1`, [id]);

export const endpointsPage = (page: { readonly limit: number; readonly before: string | undefined }) =>
  statement<EndpointRow>(
    `select ${SHOWN} from webhooks.endpoints where $1::uuid is null or id < $1 order by id desc limit $2`,
    [page.before ?? null, page.limit],
  );

/** The first lock of every change of an endpoint or its deliveries; the weaker one lets new deliveries pass. */
export const lockEndpoint = (id: string) =>
  statement<EndpointRow>(`select ${SHOWN} from webhooks.endpoints where id = $1 for no key update`, [id]);

/** Changes what is said; enabling it forgets why it was disabled and since when it failed. */
export const changeEndpoint = (
  id: string,
  change: {
    readonly url?: string | undefined;
    readonly types?: readonly string[] | undefined;
    readonly ordered?: boolean | undefined;
    readonly description?: string | undefined;
    readonly status?: 'enabled' | 'disabled' | undefined;
    readonly reason?: string | undefined;
  },
) =>
  statement<EndpointRow>(
    `update webhooks.endpoints set url = coalesce($2, url), types = coalesce($3, types), ordered = coalesce($7, ordered),
       description = coalesce($4, description), status = coalesce($5, status), updated_at = app.now(),
       reason = case when $5 is null then reason else $6 end,
       failing_since = case when $5 = 'enabled' then null else failing_since end
     where id = $1 returning ${SHOWN}`,
    [
      id,
      change.url ?? null,
      change.types ?? null,
      change.description ?? null,
      change.status ?? null,
      change.reason ?? null,
      change.ordered ?? null,
    ],
  );

/** The new secret signs from now on, and the one before it too, for so many hours. */
export const rotateSecret = (id: string, sealed: string, overlapHours: number) =>
  statement<EndpointRow>(
    `update webhooks.endpoints set former_secret = secret, former_until = app.now() + make_interval(hours => $3),
       secret = $2, updated_at = app.now()
     where id = $1 returning ${SHOWN}`,
    [id, sealed, overlapHours],
  );

export const deleteEndpoint = (id: string) =>
  statement<EndpointRow>(`delete from webhooks.endpoints where id = $1 returning ${SHOWN}`, [id]);

export const STATES = ['waiting', 'sending', 'delivered', 'dead'] as const;

export interface DeliveryRow {
  readonly id: string;
  readonly event_id: string;
  readonly type: EventType;
  readonly account_id: string;
  readonly state: (typeof STATES)[number];
  readonly attempt: number;
  /** Null: it is not due at any time, as those of a disabled endpoint are not. */
  readonly due_at: Date | null;
  readonly status: number | null;
  readonly answer: string | null;
  readonly error: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const deliveriesPage = (
  endpoint: string,
  page: {
    readonly state: string | undefined;
    readonly limit: number;
    readonly before: string | undefined;
  },
) =>
  statement<DeliveryRow>(
    `select d.id, d.event_id, e.type, e.account_id, d.state, d.attempt, d.status, d.answer, d.error, d.created_at, d.updated_at,
       case when d.state = 'waiting' and p.status = 'enabled' then d.due_at end as due_at
     from webhooks.deliveries d join webhooks.events e on e.id = d.event_id join webhooks.endpoints p on p.id = d.endpoint_id
     where d.endpoint_id = $1 and ($2::uuid is null or d.id < $2) ${page.state === undefined ? '' : 'and d.state = $4'}
     order by d.id desc limit $3`,
    [endpoint, page.before ?? null, page.limit, ...(page.state === undefined ? [] : [page.state])],
  );

/** A delivery, and which endpoint it is for. */
export interface AnyDeliveryRow extends DeliveryRow {
  readonly endpoint_id: string;
  readonly url: string;
}

/** Those of all endpoints, newest first; each endpoint's are read by the index of its own. */
export const allDeliveriesPage = (page: {
  readonly state: string | undefined;
  readonly event: string | undefined;
  readonly limit: number;
  readonly before: string | undefined;
}) =>
  statement<AnyDeliveryRow>(
    `select p.id as endpoint_id, p.url, d.id, d.event_id, e.type, e.account_id, d.state, d.attempt, d.status, d.answer, d.error, d.created_at, d.updated_at,
       case when d.state = 'waiting' and p.status = 'enabled' then d.due_at end as due_at
     from webhooks.endpoints p cross join lateral (
       select * from webhooks.deliveries d where d.endpoint_id = p.id and ($1::uuid is null or d.id < $1)
         and ${page.state === undefined ? '$3::text is null' : 'd.state = $3'} and ($4::uuid is null or d.event_id = $4) order by d.id desc limit $2) as d
     join webhooks.events e on e.id = d.event_id
     order by d.id desc limit $2`,
    [page.before ?? null, page.limit, page.state ?? null, page.event ?? null],
  );

/** An event for one endpoint alone: it is dispatched already. */
export const insertTest = (ids: {
  readonly event: string;
  readonly delivery: string;
  readonly endpoint: string;
}) =>
  statement(
    `with event as (
       insert into webhooks.events (id, type, account_id, once, data, dispatched_at)
         values ($1::uuid, 'webhook.test', $4, $1::uuid::text, '{"says": "It works."}', app.now()) returning id)
     insert into webhooks.deliveries (endpoint_id, event_id, id) select $3, id, $2 from event`,
    [ids.event, ids.delivery, ids.endpoint, NOBODY],
  );

/** Events that an endpoint may be told again, the oldest first: all of a time that it asks for, or the named one. */
export const eventsToReplay = (
  endpoint: string,
  which: {
    readonly eventId: string | undefined;
    readonly since: string | undefined;
    readonly until: string | undefined;
    readonly withDelivered: boolean;
    readonly limit: number;
  },
) =>
  statement<{ id: string; created_at: Date }>(
    `select e.id, e.created_at from webhooks.events e
     join webhooks.endpoints p on p.id = $1
     left join webhooks.deliveries d on d.endpoint_id = p.id and d.event_id = e.id
     where ($2::uuid is null or e.id = $2) and e.created_at >= coalesce($3::timestamptz, '-infinity')
       and e.created_at < coalesce($4::timestamptz, 'infinity') and (d.id is not null or e.type = any (p.types))
       and (d.state is null or d.state = 'dead' or d.state = 'delivered' and $5)
     order by e.created_at, e.position limit $6`,
    [
      endpoint,
      which.eventId ?? null,
      which.since ?? null,
      which.until ?? null,
      which.withDelivered,
      which.limit,
    ],
  );

/** Has deliveries begun anew, under the ids that they have or else these. */
export const replayDeliveries = (
  endpoint: string,
  deliveries: readonly { readonly id: string; readonly event_id: string }[],
) =>
  statement(
    `insert into webhooks.deliveries as d (endpoint_id, event_id, id, subject, position)
     select $1, t.event_id, t.id, e.account_id, e.position
     from jsonb_to_recordset($2::text::jsonb) as t (id uuid, event_id uuid) join webhooks.events e on e.id = t.event_id
     on conflict (endpoint_id, event_id) do update set subject = excluded.subject, position = excluded.position, state = 'waiting', due_at = app.now(), attempt = 0, updated_at = app.now()
       where d.state in ('delivered', 'dead')`,
    [endpoint, JSON.stringify(deliveries)],
  );

/** Deliveries whose job is gone without a word: due again, under the next fence. */
export const reclaimLost = () =>
  statement(
    `update webhooks.deliveries set state = 'waiting', due_at = app.now(), updated_at = app.now()
     where state = 'sending' and updated_at < app.now() - interval '1 hour'`,
  );

/** Deletes events of more than this many days ago with their deliveries; what still waits for an endpoint goes too. */
export const prune = (days: number) =>
  statement<{ id: string }>(
    `with old as (
       ${deleteUnheld('webhooks.events', 'created_at < app.now() - make_interval(days => $1) and dispatched_at is not null')} returning id
     ), gone as (delete from webhooks.deliveries where event_id in (select id from old))
     select id from old`,
    [days],
  );
