import type { Audit } from '#platform/audit';
import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import { type Answer, type Page, page } from '#platform/http';
import type { Queue } from '#platform/queue';
import { type AccountId, AppError, type Clock, type Ids } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { Folding } from '../projection/projection.ts';
import type { ObjectRef } from '../facts.ts';
import type { RawMessage, Store, StoreName } from '../payment-provider.ts';
import { askForDrainIn, DRAIN } from './fetching/request-drain.ts';
import { createDrain, type Drain } from './fetching/drain.ts';
import { look } from './fetching/refresh.ts';
import { ownerIn } from './objects/customer-owner.ts';
import { receive } from './events/receive-event.ts';
import { reconcile, type Reconciled } from './events/reconcile.ts';
import { type ByWhom, replay, type Replay, type Replayed } from './events/replay.ts';
import { type Retold, retell } from './objects/rebuild.ts';
import { createTurns, type Turns } from './fetching/read-rate.ts';
import {
  deadPage,
  deadView,
  type DeadView,
  type ListAt,
  messagesPage,
  messageView,
  type MessageView,
} from './views.ts';

const PRUNED = commitPoint('billing.pruned', 'messages and bodies that nothing hangs on any more, deleted');

/** Days for which messages are kept that were seen to, and bodies that are not in effect any more. */
const KEPT = 90;

export interface InboxParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly jobs: Pick<Queue, 'handle' | 'schedule' | 'enqueueing' | 'wake'>;
  readonly folding: Pick<Folding, 'applyIn' | 'deriveIn' | 'announce'>;
  /** The shops of this server; none: nothing is sold here. */
  readonly stores: readonly SoldAt[];
}

/** A store, and how many reads a second all processes together may send it. */
export interface SoldAt {
  readonly store: Store;
  readonly readsPerSecond: number;
}

/** What stores tell, and what is made of it (docs/billing.md). */
export interface Inbox {
  /** Keeps a store's message; resolves once it can be answered. Throws `webhook_forged`, and `not_found` for a store that nothing is sold at. */
  receive(store: StoreName, message: RawMessage): Promise<void>;
  /** Fetches and applies here and now all that is due; the job does so by itself. */
  drain(signal?: AbortSignal): Promise<void>;
  /** Has objects of a store looked at, because something was done to them: they were when it resolves, or are soon after. */
  look(store: StoreName, refs: readonly ObjectRef[]): Promise<void>;
  /**
   * Says whose a store's customer is, in a transaction of the system role; what was waiting for them is looked at again.
   * After the commit the next drain sees to it.
   */
  bindIn(tx: Transaction, customer: BoundCustomer): Promise<void>;
  /** Finds what was never told; `all`: looks at every object there is. */
  reconcile(how?: { readonly all?: boolean; readonly signal?: AbortSignal }): Promise<Reconciled>;
  /** Has objects fetched again. */
  replay(which: Replay, by: ByWhom): Promise<Answer<Replayed>>;
  /** Empties what was made of kept bodies and makes it anew, without a store. */
  retell(): Promise<Retold>;
  messages(at: ListAt & { readonly state: string | undefined }): Promise<Page<MessageView>>;
  /** Objects that were given up. */
  dead(at: ListAt): Promise<Page<DeadView>>;
  /** Deletes what is too old to be of use. */
  prune(): Promise<number>;
}

export interface BoundCustomer {
  readonly store: Store;
  readonly customer: string;
  readonly accountId: AccountId;
}

interface Shelf {
  readonly store: Store;
  readonly turns: Turns;
  readonly drain: Drain;
}

/** The inbox of all stores. Registers the job that fetches, and its schedules. */
export function createInbox(parts: InboxParts): Inbox {
  const { db } = parts;
  const shelves = parts.stores.map(({ store, readsPerSecond }): Shelf => {
    const turns = createTurns({ ...parts, readsPerSecond }, { store: store.name, mode: store.mode });
    return { store, turns, drain: createDrain(parts, store, turns) };
  });
  const stores = shelves.map(({ store }) => store);
  const inbox: Inbox = {
    async receive(name, message) {
      const store = stores.find((one) => one.name === name);
      if (store === undefined) throw new AppError('not_found', { message: 'Nothing is sold at this store.' });
      await receive(parts, store, message);
    },
    async drain(signal = new AbortController().signal) {
      await Promise.all(shelves.map(({ drain }) => drain.run(signal)));
    },
    async look(name, refs) {
      const shelf = shelves.find(({ store }) => store.name === name);
      if (shelf === undefined) return;
      const { store, drain } = shelf;
      await look(parts, { shop: { store: store.name, mode: store.mode }, drain }, refs);
    },
    async bindIn(tx, { store: { name, mode }, ...claimed }) {
      await ownerIn(tx, { store: name, mode }, claimed);
      await askForDrainIn(parts, tx, { store: name, mode });
    },
    async reconcile({ all = false, signal = new AbortController().signal } = {}) {
      const found = await Promise.all(shelves.map((shelf) => reconcile(parts, { ...shelf, signal, all })));
      return sumOf(found, { messages: 0, objects: 0 });
    },
    replay: (which, by) => replay(parts, { stores, which }, by),
    async retell() {
      const told = await Promise.all(stores.map((store) => retell(parts, store)));
      return sumOf(told, { accounts: 0, objects: 0 });
    },
    async messages({ limit, ...at }) {
      const [rows] = await db.system('admin.billing', [messagesPage({ ...at, limit: limit + 1 })]);
      return page(rows, limit, { item: messageView, position: ({ number }) => [number] });
    },
    async dead({ limit, before }) {
      const [rows] = await db.system('admin.billing', [deadPage({ limit: limit + 1, before })]);
      return page(rows, limit, { item: deadView, position: ({ number }) => [number] });
    },
    async prune() {
      const gone = await db.system('billing.inbox', PRUNED, [oldMessages(), oldBodies()]);
      return gone.flat().length;
    },
  };
  if (stores.length > 0) keepSchedules(parts, inbox);
  return inbox;
}

function sumOf<Keys extends string>(
  all: readonly Readonly<Record<Keys, number>>[],
  none: Record<Keys, number>,
): Record<Keys, number> {
  const sum = { ...none };
  for (const one of all) for (const key in sum) sum[key] += one[key];
  return sum;
}

/** Whatever a job left undone the next one of its schedule does. */
const giveUp = () => Promise.resolve();

/** The poll behind hints whose job was lost, the look for what was never told, and the end of what is old. */
function keepSchedules({ jobs, log }: InboxParts, inbox: Inbox): void {
  jobs.handle({ kind: DRAIN, attempts: 3, run: ({ signal }) => inbox.drain(signal), giveUp });
  jobs.handle({
    kind: 'billing.reconcile',
    attempts: 3,
    async run({ signal }) {
      const found = await inbox.reconcile({ signal });
      if (found.messages + found.objects > 0) log.warn({ ...found }, 'stores had not told everything');
    },
    giveUp,
  });
  jobs.handle({ kind: 'billing.prune', attempts: 3, run: async () => void (await inbox.prune()), giveUp });
  jobs.schedule({ name: DRAIN, cron: '* * * * *', kind: DRAIN });
  jobs.schedule({ name: 'billing.reconcile', cron: '4-59/15 * * * *', kind: 'billing.reconcile' });
  jobs.schedule({ name: 'billing.prune', cron: '39 * * * *', kind: 'billing.prune' });
}

const oldMessages = () =>
  statement(
    `delete from billing.inbox
     where created_at < app.now() - make_interval(days => $1) and state in ('applied', 'ignored') returning number`,
    [KEPT],
  );

/** Those in effect are kept for ever: all of it can be told again. An answer that nobody could read yet may be of no object. */
const oldBodies = () =>
  statement(
    `delete from billing.bodies b where b.created_at < app.now() - make_interval(days => $1) and not exists (
       select from billing.objects o
       where (o.store, o.mode, o.kind, o.object_id) = (b.store, b.mode, b.kind, b.object_id) and o.number <= b.number)
     returning b.number`,
    [KEPT],
  );
