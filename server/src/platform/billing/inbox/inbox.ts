import type { Audit } from '#platform/audit';
import { commitPoint, type Database, deleteUnheld, statement, type Transaction } from '#platform/db';
import { type Answer, type Page, page } from '#platform/http';
import type { Queue } from '#platform/queue';
import type { AccountId, Clock, Ids } from '#platform/kernel';
import type { Holder } from '#platform/limits';
import type { Logger } from '#platform/telemetry';
import type { Projection } from '../projection/projection.ts';
import type { ObjectRef } from '../facts.ts';
import type {
  SignedRequest,
  PaymentProvider,
  ProviderMode,
  ProviderName,
  SubscriptionEnder,
} from '../payment-provider.ts';
import { requestDrainIn, DRAIN } from './fetching/request-drain.ts';
import { createDrain, type Drain } from './fetching/drain.ts';
import { refresh } from './fetching/refresh.ts';
import { resolveOwnerIn } from './objects/customer-owner.ts';
import type { ConnectedAccounts } from './connected-accounts.ts';
import { receiveEvent } from './events/receive-event.ts';
import { type CatchUpResult, catchUp } from './events/catch-up.ts';
import { reconcile, type ReconcileResult } from './events/reconcile.ts';
import { type ByWhom, replay, type ReplaySelection, type ReplayResult } from './events/replay.ts';
import { type ReadObject, readObject } from './objects/read-object.ts';
import { type RebuildResult, rebuild } from './objects/rebuild.ts';
import { createReadRate, type ReadRate } from './fetching/read-rate.ts';
import {
  deadTasksPage,
  deadTaskView,
  type DeadTaskView,
  type InboxPage,
  eventsPage,
  eventView,
  type EventView,
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
  /** This process. */
  readonly holder: Pick<Holder, 'id'>;
  readonly jobs: Pick<Queue, 'handle' | 'schedule' | 'enqueueing' | 'wake'>;
  readonly projection: Pick<Projection, 'applyIn' | 'applyErasedIn' | 'deriveIn' | 'moveIn' | 'announce'>;
  /** Those that this server sells through; none: nothing is sold here. */
  readonly providers: readonly ProviderSettings[];
  /** Is told of connected accounts; not there: no money is paid out here. */
  readonly connectedAccounts?: ConnectedAccounts | undefined;
}

/** A payment provider, and how many reads a second all processes together may send it. */
export interface ProviderSettings {
  readonly provider: PaymentProvider;
  readonly readsPerSecond: number;
  /** Its acts when an account is closed; not there: only its customers can end subscriptions. */
  readonly ender?: SubscriptionEnder | undefined;
}

/** Events of payment providers, and what follows from them (docs/billing.md). */
export interface Inbox {
  /** Keeps a payment provider's message; resolves once it can be answered. Throws `webhook_forged`, `connected_account_unknown`, and `not_found` for a payment provider that nothing is sold at. */
  receive(provider: ProviderName, message: SignedRequest): Promise<void>;
  /** Fetches and applies here and now all that is due, and waits for what this process is reading; the job does so by itself. */
  drain(): Promise<void>;
  /** Has objects of a payment provider looked at, because something was done to them: they were when it resolves, or are soon after. */
  refresh(at: ProviderMode, refs: readonly ObjectRef[]): Promise<void>;
  /** Facts in effect of an object, and its account; undefined: it was never read, or could not be. */
  read(at: ProviderMode, ref: ObjectRef): Promise<ReadObject | undefined>;
  /**
   * Says whose a payment provider's customer is, in a transaction of the system role; what was waiting for them is looked at again.
   * After the commit the next drain sees to it.
   */
  bindIn(tx: Transaction, customer: BoundCustomer): Promise<void>;
  /** Finds events that never came; `all`: reads every object there is. */
  reconcile(how?: { readonly all?: boolean; readonly signal?: AbortSignal }): Promise<ReconcileResult>;
  /** Does so here and now, and waits until what was found is applied, or could not be. */
  catchUp(how?: { readonly all?: boolean }): Promise<CatchUpResult>;
  /** Has objects fetched again. */
  replay(which: ReplaySelection, by: ByWhom): Promise<Answer<ReplayResult>>;
  /** Deletes what was made of stored answers and rebuilds it, without asking a payment provider. */
  rebuild(): Promise<RebuildResult>;
  events(at: InboxPage & { readonly state: string | undefined }): Promise<Page<EventView>>;
  /** Objects that were given up. */
  dead(at: InboxPage): Promise<Page<DeadTaskView>>;
  /** Deletes what is too old to be of use. */
  prune(): Promise<number>;
}

export interface BoundCustomer {
  readonly provider: PaymentProvider;
  readonly customer: string;
  readonly accountId: AccountId;
}

type ReconcileEach = (how: {
  readonly all?: boolean;
  readonly signal?: AbortSignal;
}) => Promise<PromiseSettledResult<ReconcileResult>[]>;

/** Resolves as Drain.run does, for all providers. */
type RunDrains = (signal: AbortSignal) => Promise<void>;

interface Connection {
  readonly provider: PaymentProvider;
  readonly readRate: ReadRate;
  readonly drain: Drain;
}

/** The inbox of all providers. Registers the job that fetches, and its schedules. */
export function createInbox(parts: InboxParts): Inbox {
  const { db } = parts;
  const connections = parts.providers.map(({ provider, readsPerSecond }): Connection => {
    const readRate = createReadRate(
      { ...parts, readsPerSecond },
      { provider: provider.name, mode: provider.mode },
    );
    return { provider, readRate, drain: createDrain(parts, provider, readRate) };
  });
  const providers = connections.map(({ provider }) => provider);
  const connectionOf = ({ provider: name, mode }: ProviderMode) =>
    connections.find(({ provider }) => provider.name === name && provider.mode === mode);
  const runDrains: RunDrains = async (signal) =>
    void (await Promise.all(connections.map(({ drain }) => drain.run(signal))));
  /** All are asked, whichever of them fails. */
  const reconcileEach: ReconcileEach = ({ all = false, signal = new AbortController().signal }) =>
    Promise.allSettled(connections.map((connection) => reconcile(parts, { ...connection, signal, all })));
  const inbox: Inbox = {
    receive: (name, message) =>
      receiveEvent(
        parts,
        providers.filter((one) => one.name === name),
        message,
      ),
    async drain() {
      await runDrains(new AbortController().signal);
      await Promise.all(connections.map(({ drain }) => drain.settled()));
    },
    async refresh(at, refs) {
      const drain = connectionOf(at)?.drain;
      if (drain !== undefined) await refresh(parts, { providerMode: at, drain }, refs);
    },
    async read(at, ref) {
      const provider = connectionOf(at)?.provider;
      return provider && readObject(parts, provider, ref);
    },
    async bindIn(tx, { provider: { name, mode }, ...claimed }) {
      await resolveOwnerIn(tx, { provider: name, mode }, claimed);
      await requestDrainIn(parts, tx, { provider: name, mode });
    },
    async reconcile(how = {}) {
      const runs = await reconcileEach(how);
      const found = runs.map((run) => {
        if (run.status === 'rejected') throw run.reason;
        return run.value;
      });
      return sumOf(found, { events: 0, objects: 0 });
    },
    catchUp: (how = {}) =>
      catchUp({ db, providers, reconcile: () => reconcileEach(how), drain: () => inbox.drain() }),
    replay: (which, by) => replay(parts, { providers, which }, by),
    async rebuild() {
      const told = await Promise.all(providers.map((provider) => rebuild(parts, provider)));
      return sumOf(told, { accounts: 0, objects: 0 });
    },
    async events({ limit, ...at }) {
      const [rows] = await db.system('admin.billing', [eventsPage({ ...at, limit: limit + 1 })]);
      return page(rows, limit, { item: eventView, position: ({ number }) => [number] });
    },
    async dead({ limit, before }) {
      const [rows] = await db.system('admin.billing', [deadTasksPage({ limit: limit + 1, before })]);
      return page(rows, limit, { item: deadTaskView, position: ({ number }) => [number] });
    },
    async prune() {
      const gone = await db.system('billing.inbox', PRUNED, [oldEvents(), oldBodies()]);
      return gone.flat().length;
    },
  };
  if (providers.length > 0) registerJobs(parts, inbox, runDrains);
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

/** The next job of the schedule does what one left undone. */
const giveUp = () => Promise.resolve();

/** The poll behind events whose job was lost, the search for events that never came, and the end of what is old. */
function registerJobs({ jobs, log }: InboxParts, inbox: Inbox, runDrains: RunDrains): void {
  jobs.handle({ kind: DRAIN, attempts: 3, run: ({ signal }) => runDrains(signal), giveUp });
  jobs.handle({
    kind: 'billing.reconcile',
    attempts: 3,
    async run({ signal }) {
      const found = await inbox.reconcile({ signal });
      if (found.events + found.objects > 0)
        log.warn({ ...found }, 'payment providers had not sent every event');
    },
    giveUp,
  });
  jobs.handle({ kind: 'billing.prune', attempts: 3, run: async () => void (await inbox.prune()), giveUp });
  jobs.schedule({ name: DRAIN, cron: '* * * * *', kind: DRAIN });
  jobs.schedule({ name: 'billing.reconcile', cron: '4-59/15 * * * *', kind: 'billing.reconcile' });
  jobs.schedule({ name: 'billing.prune', cron: '39 * * * *', kind: 'billing.prune' });
}

const oldEvents = () =>
  statement(
    `${deleteUnheld('billing.inbox', "created_at < app.now() - make_interval(days => $1) and state in ('applied', 'ignored')")} returning number`,
    [KEPT],
  );

/** Bodies in effect are kept for ever: all of it can be rebuilt. A body that could not be read yet may be of no object. */
const oldBodies = () =>
  statement(
    `${deleteUnheld(
      'billing.bodies',
      `created_at < app.now() - make_interval(days => $1) and not exists (
         select from billing.objects o
         where (o.store, o.mode, o.kind, o.object_id) = (bodies.store, bodies.mode, bodies.kind, bodies.object_id) and o.number <= bodies.number)`,
    )} returning number`,
    [KEPT],
  );
