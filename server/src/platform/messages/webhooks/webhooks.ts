import { commitPoint, type Transaction } from '#platform/db';
import { type Answer, answer, type Page, page } from '#platform/http';
import { AppError, declareErrors } from '#platform/kernel';
import {
  type ByWhom,
  type ByWhomOnce,
  changeIn,
  create,
  type EndpointChange,
  throwMissing,
  type NewEndpoint,
  record,
  rotate,
  type WebhooksParts,
  type WithSecret,
} from './endpoints.ts';
import { emittingOf, type Emitting } from './event.ts';
import {
  allDeliveriesPage,
  deleteEndpoint,
  deliveriesPage,
  endpointById,
  type EndpointRow,
  endpointsPage,
  eventsToReplay,
  insertTest,
  lockEndpoint,
  prune,
  reclaimLost,
  replayDeliveries,
} from './store.ts';
import {
  anyDeliveryView,
  type DeliveryView,
  deliveryView,
  type EndpointView,
  endpointView,
} from './views.ts';

const CHANGE = commitPoint('webhooks.changed', 'what an endpoint is told, and where');
const DELETED = commitPoint('webhooks.deleted', 'an endpoint, deleted with its deliveries');
const TESTED = commitPoint('webhooks.tested', 'a test event and its delivery');
const REPLAYED = commitPoint('webhooks.replayed', 'deliveries, begun anew');
const PRUNED = commitPoint('webhooks.pruned', 'events of long ago, deleted with their deliveries');

/** Days for which events are kept, and can be told again. */
const KEPT = 30;

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

/** The operator's endpoints, and what tells them what happened (docs/webhooks.md). */
export interface Webhooks {
  /** Statements for the transaction of what happened. After the commit, call `wake`. */
  readonly emitting: Emitting;
  /** Tells the workers that there may be something to deliver. A lost call costs some seconds. */
  wake(): void;
  create(wanted: NewEndpoint, by: ByWhomOnce): Promise<Answer<WithSecret>>;
  list(at: { readonly limit: number; readonly before: string | undefined }): Promise<Page<EndpointView>>;
  read(id: string): Promise<EndpointView>;
  change(id: string, change: EndpointChange, by: ByWhom): Promise<EndpointView>;
  remove(id: string, by: ByWhom): Promise<void>;
  /** A new secret; the one before it signs too for so many hours. */
  rotate(id: string, overlapHours: number, by: ByWhomOnce): Promise<Answer<WithSecret>>;
  /** Sends a test event to this endpoint alone. Throws `webhook_disabled`. */
  test(id: string, by: ByWhomOnce): Promise<Answer<{ readonly event_id: string }>>;
  deliveries(
    id: string,
    at: { readonly state: string | undefined; readonly limit: number; readonly before: string | undefined },
  ): Promise<Page<DeliveryView>>;
  /** Those of all endpoints. */
  allDeliveries(at: {
    readonly state: string | undefined;
    readonly event: string | undefined;
    readonly limit: number;
    readonly before: string | undefined;
  }): Promise<Page<ReturnType<typeof anyDeliveryView>>>;
  /** Begins deliveries anew. Throws `webhook_disabled`. */
  replay(id: string, which: Replay, by: ByWhomOnce): Promise<Answer<Replayed>>;
  /** Deletes what is too old to be told again. */
  prune(): Promise<number>;
}

/** Webhooks: what happened is stored with `emitting`; a relay and a courier, wired in `server/src/app`, carry it. */
export function createWebhooks(parts: WebhooksParts): Webhooks {
  const { db } = parts;
  const wake = () => db.signal('webhooks');
  return {
    emitting: emittingOf(parts),
    wake,
    create: (wanted, by) => create(parts, wanted, by),
    async list({ limit, before }) {
      const [rows] = await db.system('webhooks.admin', [endpointsPage({ limit: limit + 1, before })]);
      return page(rows, limit, { item: endpointView, position: ({ id }) => [id] });
    },
    async read(id) {
      const [[row]] = await db.system('webhooks.admin', [endpointById(id)]);
      return endpointView(row ?? throwMissing());
    },
    async change(id, change, by) {
      const changed = await db.system('webhooks.admin', CHANGE, (tx) =>
        changeIn(parts, tx, { id, change, by }),
      );
      wake();
      return changed;
    },
    async remove(id, by) {
      await db.system('webhooks.admin', DELETED, async (tx) => {
        const [row] = await tx.run(deleteEndpoint(id));
        await record(parts, tx, { action: 'webhook.deleted', endpoint: row ?? throwMissing(), by });
      });
    },
    rotate: (id, overlapHours, by) => rotate(parts, { id, overlapHours }, by),
    async test(id, by) {
      const given = await by.once(TESTED, async (tx) => {
        await lockEnabled(tx, id);
        const event = parts.ids.next();
        await tx.run(insertTest({ event, delivery: parts.ids.next(), endpoint: id }));
        return answer(202, { event_id: event });
      });
      wake();
      return given;
    },
    async deliveries(id, { state, limit, before }) {
      const [[endpoint], rows] = await db.system('webhooks.admin', [
        endpointById(id),
        deliveriesPage(id, { state, limit: limit + 1, before }),
      ]);
      if (endpoint === undefined) throwMissing();
      return page(rows, limit, { item: deliveryView, position: (row) => [row.id] });
    },
    async allDeliveries({ limit, ...at }) {
      const [rows] = await db.system('webhooks.admin', [allDeliveriesPage({ ...at, limit: limit + 1 })]);
      return page(rows, limit, { item: anyDeliveryView, position: (row) => [row.id] });
    },
    async replay(id, which, by) {
      const given = await by.once(REPLAYED, async (tx) =>
        answer(202, await replayIn(parts, tx, { id, which, by })),
      );
      wake();
      return given;
    },
    async prune() {
      const [, gone] = await db.system('webhooks.relay', PRUNED, [reclaimLost(), prune(KEPT)]);
      return gone.length;
    },
  };
}

/** Begins deliveries anew, in a transaction. */
async function replayIn(
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
      // A caller who names an event means it.
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
async function lockEnabled(tx: Transaction, id: string): Promise<EndpointRow> {
  const [endpoint] = await tx.run(lockEndpoint(id));
  if (endpoint === undefined) throwMissing();
  if (endpoint.status === 'disabled') throw new AppError('webhook_disabled');
  return endpoint;
}

declareErrors({
  webhook_disabled: { status: 409, message: 'This webhook is disabled: enable it first.' },
});
