import type { Transaction } from '#platform/db';
import { AppError } from '#platform/kernel';
import { type ByWhom, missing, record, type WebhooksParts } from './endpoints.ts';
import { type EndpointRow, eventsToReplay, lockEndpoint, replayDeliveries } from './store.ts';
import './errors.ts';

/** Deliveries that one call begins anew. */
const MOST_REPLAYED = 1_000;

export interface Replay {
  readonly event_id?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly include_delivered: boolean;
}

export interface Replayed {
  readonly deliveries: number;
  /** Where to go on, when there was more than one call begins anew. */
  readonly next_since: string | null;
}

/** Begins deliveries anew, in a transaction. */
export async function replayIn(
  parts: WebhooksParts,
  tx: Transaction,
  { id, which, by }: { readonly id: string; readonly which: Replay; readonly by: ByWhom },
): Promise<Replayed> {
  const endpoint = await lockEnabled(tx, id);
  const { event_id: eventId, since, until, include_delivered } = which;
  const found = await tx.run(
    eventsToReplay(id, {
      eventId,
      since,
      until,
      // Whoever names an event means it.
      withDelivered: include_delivered || eventId !== undefined,
      limit: MOST_REPLAYED + 1,
    }),
  );
  const begun = found.slice(0, MOST_REPLAYED).map((event) => ({ id: parts.ids.next(), event_id: event.id }));
  await tx.run(replayDeliveries(id, begun));
  const changes = { event_id: eventId, since, until, deliveries: begun.length };
  await record(parts, tx, { action: 'webhook.replayed', endpoint, by, changes });
  return { deliveries: begun.length, next_since: found[MOST_REPLAYED]?.created_at.toISOString() ?? null };
}

/** Locks an endpoint that is sent to; throws `webhook_disabled` or `not_found`. */
export async function lockEnabled(tx: Transaction, id: string): Promise<EndpointRow> {
  const [endpoint] = await tx.run(lockEndpoint(id));
  if (endpoint === undefined) missing();
  if (endpoint.status === 'disabled') throw new AppError('webhook_disabled');
  return endpoint;
}
