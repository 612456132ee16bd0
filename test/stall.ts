import { createAudit } from '#platform/audit';
import {
  createProjection,
  createInbox,
  type Inbox,
  type SignedRequest,
  type PaymentProvider,
} from '#platform/billing';
import { type Database, statement } from '#platform/db';
import { catalogueOf, createEntitlements } from '#platform/entitlements';
import { createJobs, type Jobs, type RunningJob } from '#platform/jobs';
import { createQueue } from '#platform/queue';
import { type AccountId, AppError, systemClock, systemRandom, usd } from '#platform/kernel';
import { createMail, createOutbox } from '#platform/mail';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { createWebhooks } from '#platform/webhooks';
import { temporaryFolder } from '#test/services';
import { ids } from './factories.ts';
import { type Node, openNode } from './gym.ts';

/** A store of our own making, whose answers a test holds in its hand: what is sold there is a subscription of so many seats. */

export interface Thing {
  readonly customer: string;
  /** What tells its states apart: how many seats it has. */
  readonly seats: number;
  /** Ids of others that it names. */
  readonly names?: readonly string[];
  /** Nothing that we sell. */
  readonly foreign?: boolean;
  /** Can't be read by this version. */
  readonly garbled?: boolean;
}

/** A reply that the store has made and not sent. */
export interface Held {
  /** Resolves when somebody waits for it. */
  readonly asked: Promise<void>;
  release(): void;
}

export interface Stall {
  readonly store: PaymentProvider;
  /** Subscriptions by id; what is not there is gone. */
  readonly things: Map<string, Thing>;
  /** Accounts that customers are noted to be. */
  readonly notes: Map<string, AccountId>;
  /** What was fetched so far, in order. */
  readonly fetched: string[];
  /** Errors that the next fetches meet. */
  readonly troubles: Error[];
  /** The reply to the next fetch is made when it is asked for, and sent when it is released. */
  hold(): Held;
  /** What the store tells of one, as it would be sent; and lists later. */
  tell(id: string, more?: { readonly eventId?: string; readonly type?: string }): SignedRequest;
}

const SIGNED = 'by the store';
let events = 0;

/** A stall of a mode of its own, so that several share a database. */
export function openStall(mode: PaymentProvider['mode'] = 'test'): Stall {
  const told: string[] = [];
  const holds: { readonly asked: () => void; readonly released: Promise<void> }[] = [];
  const stall: Omit<Stall, 'store'> = {
    things: new Map(),
    notes: new Map(),
    fetched: [],
    troubles: [],
    hold() {
      const asked = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.push({ asked: asked.resolve, released: released.promise });
      return { asked: asked.promise, release: released.resolve };
    },
    tell(id, { eventId = `evt_${(events += 1)}`, type = 'customer.subscription.updated' } = {}) {
      const body = JSON.stringify({ eventId, type, id });
      told.push(body);
      return { body, headers: { signature: SIGNED } };
    },
  };
  const store: PaymentProvider = {
    name: 'stripe',
    mode,
    eventsKeptDays: 30,
    verify({ body, headers }) {
      if (headers['signature'] !== SIGNED) throw new AppError('webhook_forged');
      return hintOf(body);
    },
    async fetch({ kind, id }, { takeToken }) {
      await takeToken();
      const trouble = stall.troubles.shift();
      if (trouble !== undefined) throw trouble;
      stall.fetched.push(id);
      const found =
        kind === 'customer' ? { customer: id, note: stall.notes.get(id) ?? null } : stall.things.get(id);
      const answer = found === undefined ? null : JSON.parse(JSON.stringify(found));
      const held = holds.shift();
      held?.asked();
      await held?.released;
      return answer;
    },
    read({ kind, id }, body) {
      const nothing = { claims: undefined, foreign: false, also: [] };
      if (body === null) return { ...nothing, customer: null };
      const is = body as unknown as Thing & { note?: AccountId };
      const { customer, seats, names = [], foreign, garbled, note } = is;
      if (garbled === true) throw new Error('what is this?');
      if (kind === 'customer') return { ...nothing, customer, claims: note };
      const also = [customer, ...names].map(kindOf);
      if (foreign === true) return { ...nothing, customer, foreign: true };
      return { ...nothing, customer, also, subscription: subscriptionOf(id, seats) };
    },
    async *eventsSince(_, { takeToken }) {
      await takeToken();
      yield told.map((body) => ({ ...hintOf(body), body }));
    },
    async *allObjects({ takeToken }) {
      await takeToken();
      yield [...stall.things.keys(), ...stall.notes.keys()].map(kindOf);
    },
  };
  return { ...stall, store };
}

function hintOf(body: string) {
  const { eventId, type, id } = JSON.parse(body) as { eventId: string; type: string; id: string };
  return { eventId, type, about: id === '' ? undefined : kindOf(id), occurredAt: new Date() };
}

type ObjectRef = Parameters<PaymentProvider['fetch']>[0];
const KINDS: Readonly<Record<string, ObjectRef['kind']>> = { cus: 'customer', pi: 'payment' };
const kindOf = (id: string): ObjectRef => ({ kind: KINDS[id.split('_', 1)[0] ?? ''] ?? 'subscription', id });

/** Of a period that has begun before every test and ends after it. */
function subscriptionOf(id: string, seats: number) {
  const [startsAt, periodEndsAt] = [new Date('2026-01-01T00:00:00Z'), new Date('2030-01-01T00:00:00Z')];
  return {
    id,
    product: 'stall',
    plan: 'stand',
    cycle: 'monthly',
    quantity: seats,
    unitAmount: 100,
    currency: 'usd',
    state: 'active',
    givenUp: false,
    startsAt,
    trialEndsAt: null,
    periodStartsAt: startsAt,
    periodEndsAt,
    cancelsAt: null,
    endedAt: null,
    next: null,
  } as const;
}

const catalogue = catalogueOf({
  key: 'stall',
  name: 'Stall',
  holds: 'both',
  limits: { visits: { kind: 'quota', per: 'month', by: 'account' } },
  features: { visit: { consumes: ['visits'], reserve: usd('0'), longestSeconds: 60 } },
  plans: {
    stand: { name: 'Stand', rank: 1, price: { currency: 'usd', monthly: 100 }, grants: { visits: 10 } },
  },
});

/** One process that sells there. */
export interface Seller {
  readonly db: Database;
  readonly node: Node;
  readonly inbox: Inbox;
  readonly jobs: Jobs;
  readonly logged: string[];
}

/** Opens a process on a database; its reads are so fast that nobody waits for them, unless it is said. */
export async function openSeller(
  db: Database,
  { store }: Pick<Stall, 'store'>,
  readsPerSecond = 1_000,
): Promise<Seller> {
  const node = await openNode(db, [catalogue]);
  const logged: string[] = [];
  const note = (_: object, message: string) => void logged.push(message);
  const log = { info: note, warn: note, error: note, debug: note };
  const [random, clock] = [systemRandom, systemClock];
  const audit = createAudit({ ids });
  const secrets = createSecrets({ keys: [newMasterKey(random)] });
  const queue = createQueue<RunningJob>({ db, ids });
  const jobs = createJobs({
    queue,
    db,
    ids,
    random,
    limits: node.limits,
    holder: node.holder,
    audit,
    log,
    concurrency: 4,
    batchConcurrency: 4,
  });
  const webhooks = createWebhooks({ db, ids, random, secrets, audit, allowLoopback: false });
  const entitlements = createEntitlements({ db, ids, catalogues: [catalogue], audit, webhooks });
  await entitlements.syncCatalogues();
  const mail = createMail({
    db,
    ids,
    random,
    secrets,
    queue,
    transport: createOutbox(temporaryFolder()),
    settings: { from: { name: 'Plinth', address: 'plinth@example.com' } },
    log,
  });
  const projection = createProjection({ entitlements, webhooks, mail, audit, freeAccountsPerUser: 1 });
  const providers = [{ provider: store, readsPerSecond }];
  const inbox = createInbox({ db, ids, clock, audit, log, jobs, projection, providers });
  return { db, node, inbox, jobs, logged };
}

/** How many seats each subscription has, as far as is known here. */
export async function seatsOf(db: Database, accountId: AccountId): Promise<Record<string, number>> {
  const rows = await db.asMigrator(
    statement<{ store_id: string; quantity: number }>(
      'select store_id, quantity from billing.subscriptions where account_id = $1',
      [accountId],
    ),
  );
  return Object.fromEntries(rows.map(({ store_id, quantity }) => [store_id, quantity]));
}
