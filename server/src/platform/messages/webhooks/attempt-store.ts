import { statement } from '#platform/db';
import type { EventRow } from './event.ts';

/** The holder of a delivery: a job of an earlier fence has lost it. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly fence: number;
}

/** Facts for an attempt; no row: the delivery is not this job's any more. */
export const claimedDelivery = ({ id, fence }: ClaimedDelivery) =>
  statement<{
    endpoint_id: string;
    url: string;
    is_enabled: boolean;
    /** The one that signs, and the former one while it still does; sealed. */
    secrets: readonly string[];
    event: Omit<EventRow, 'created_at'> & { readonly created_at: string };
  }>(
    `select d.endpoint_id, p.url, p.status = 'enabled' as is_enabled, to_jsonb(e) as event,
       to_jsonb(array_remove(array[p.secret, case when p.former_until > app.now() then p.former_secret end], null)) as secrets
     from webhooks.deliveries d join webhooks.endpoints p on p.id = d.endpoint_id join webhooks.events e on e.id = d.event_id
     where d.id = $1 and d.fence = $2 and d.state = 'sending'`,
    [id, fence],
  );

/** How an attempt ends in the database. */
export interface AttemptResult {
  readonly state: 'delivered' | 'waiting' | 'dead';
  /** Milliseconds until it is due again. */
  readonly delay?: number;
  /** False: it was no attempt. */
  readonly counts: boolean;
  readonly status?: number | undefined;
  readonly answer?: string | undefined;
  readonly error?: string | undefined;
}

export const lockClaimed = ({ id, fence }: ClaimedDelivery) =>
  statement<{ attempt: number }>(
    `select attempt from webhooks.deliveries where id = $1 and fence = $2 and state = 'sending' for update`,
    [id, fence],
  );

export const endAttempt = (id: string, ending: AttemptResult) =>
  statement(
    `update webhooks.deliveries set state = $2, due_at = app.now() + make_interval(secs => $3::double precision / 1000),
       attempt = attempt + $4, status = $5, answer = $6, error = $7, updated_at = app.now()
     where id = $1`,
    [
      id,
      ending.state,
      ending.delay ?? 0,
      ending.counts ? 1 : 0,
      ending.status ?? null,
      ending.answer ?? null,
      ending.error ?? null,
    ],
  );

/** Notes on a locked endpoint whether it takes what it is sent; answers for how many seconds it has failed. */
export const noteHealth = (endpoint: string, isWell: boolean) =>
  statement<{ failing_seconds: number }>(
    `update webhooks.endpoints set failing_since = case when $2 then null else coalesce(failing_since, app.now()) end
     where id = $1 and (failing_since is not null or not $2)
     returning extract(epoch from app.now() - coalesce(failing_since, app.now()))::double precision as failing_seconds`,
    [endpoint, isWell],
  );
