import type { Database } from '#platform/db';
import { type Secrets, sealedColumns } from '#platform/secrets';
import type { OpenAISandbox } from '#sandbox/openai';
import type { Client, Generation } from '../process/client.ts';
import { reflect } from './reflect.ts';
import type { StripeFixture } from './stripe.ts';

/** The work during which a process is killed, and its expected outcome once another process took over. */
export interface Walk {
  /** What the process that is to be killed finds; an owner and their key when not said. */
  readonly on?: 'empty' | 'owned';
  /** Jobs are announced to QStash, or a purchase is told of by Stripe, which each reach whichever process is alive. */
  readonly through?: 'qstash' | 'stripe';
  /** What the provider is told before the process starts. */
  readonly provider?: (sandbox: OpenAISandbox) => void;
  /** A process before it, and where that one is killed in turn, if it is. */
  readonly earlier?: Earlier;
  /** What is changed in the database before the process starts. */
  readonly found?: (db: Database, secrets: () => Promise<Secrets>) => Promise<void>;
  /** What the customer does, first with the process that dies, then again with the next. */
  readonly client?: Act;
  /** How that ends in the end, each an ending that a customer can understand. */
  readonly ends?: readonly string[];
  /** Calls whose figures stay unknown, besides those under way in a crash: a cancel cuts its call short. */
  readonly hides?: number;
  /** The customer does not come back. */
  readonly leaves?: true;
  /** The process is told to stop once the customer is served. */
  readonly stops?: true;
  /** How long after the crash another process looks, beyond the time in which leases run out. */
  readonly later?: string;
}

/** What a customer does, at a store too where the walk goes through one; answers how it ended. */
type Act = (client: Client, stripe: StripeFixture | undefined) => Promise<string>;

interface Earlier {
  readonly client: Act;
  /** A crash point; without one the process answers, runs no jobs, and stops in good order. */
  readonly crashAt?: string;
}

const ENDPOINT = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f07';

/** As an endpoint's secret stands in its row. */
function sealedSecret(secrets: Secrets): string {
  const of = sealedColumns().find(
    ({ table, column }) => `${table}.${column}` === 'webhooks.endpoints.secret',
  );
  if (of === undefined) throw new Error('the secrets of endpoints are not sealed');
  return secrets.seal('whsec_AAAA', of.context(ENDPOINT));
}

const create = async (client: Client): Promise<string> => endingOf(await client.create('first'));
/** Cancels it before anything comes of it, if it can. */
const createAndCancel = async (client: Client): Promise<string> => {
  const path = await client.ask('first');
  await client.call(`POST ${path}/cancel`);
  return endingOf(await client.read(path));
};
/** Leaves the create to a worker that starts later. */
const enqueue = (client: Client): Promise<string> => client.ask('first');
const COMPLETED = ['completed'];
/** The answer, or the clear word that the call's outcome is unknown: it may have been billed. */
const ANSWERED = ['answered', 'outcome_unknown'];

export const WALKS = {
  'a create': { client: create, ends: COMPLETED },
  'a create whose customer does not come back': { client: create, leaves: true, later: '61 seconds' },
  'a create that the provider refuses': {
    provider: ({ faults }) => faults.always({ kind: 'status', status: 400 }),
    client: create,
    ends: ['failed: provider_rejected'],
  },
  'a create at whose first call the provider fails': {
    provider: ({ faults }) => faults.next({ kind: 'status', status: 500 }),
    client: create,
    ends: COMPLETED,
  },
  'a create that fails at a provider which asks to come back later': {
    provider: ({ faults }) => faults.next({ kind: 'status', status: 503, retry_after: 130 }),
    client: create,
    ends: COMPLETED,
    later: '140 seconds',
  },
  'a create for which the provider has no room': {
    provider: ({ faults }) => faults.next({ kind: 'status', status: 429, retry_after: 50 }),
    client: create,
    ends: COMPLETED,
    later: '140 seconds',
  },
  'a create that QStash delivers': { through: 'qstash', client: create, ends: COMPLETED },
  'a create that waits for a worker': {
    earlier: { client: enqueue },
    client: create,
    ends: COMPLETED,
  },
  'a create whose worker died': {
    earlier: { client: create, crashAt: 'reel.variant:after' },
    client: create,
    ends: COMPLETED,
  },
  'a create whose job has been tried too often': {
    earlier: { client: enqueue },
    found: (db) => change(db, 'update jobs.jobs set attempt = attempts'),
    client: create,
    ends: ['failed: provider_unavailable'],
  },
  'a create whose provider keeps silent': {
    provider: ({ faults }) => faults.next({ kind: 'hang', billed: true }),
    client: create,
    ends: COMPLETED,
  },
  'a create that is cancelled': {
    provider: ({ faults }) => faults.next({ kind: 'hang' }),
    client: createAndCancel,
    // Another worker may be done with it before its customer comes back.
    ends: ['cancelled', ...COMPLETED],
    hides: 1,
  },
  'a create before the process stops': { client: create, ends: COMPLETED, stops: true },
  'a chat call': { client: (client) => client.chat({}), leaves: true },
  'a chat call with an Idempotency-Key': {
    client: (client) => client.chat({ key: 'first' }),
    ends: ANSWERED,
  },
  'a streamed chat call': { client: (client) => client.chat({ stream: true }), leaves: true },
  'a chat call whose process died': {
    earlier: { client: (client) => client.chat({}), crashAt: 'ai.dispatch:after' },
    leaves: true,
  },
  'a conversation': {
    client: reflect,
    // A message whose process died while its reply was written may have been billed, and lapses.
    ends: ['answered, closed', 'outcome_unknown, closed'],
    later: '121 seconds',
    // The session may be closed, which writes its summary, while the job is at the message's fragments: two calls under way.
    hides: 1,
  },
  'a registration': { client: (client) => client.register('ada@example.com'), ends: ['welcome sent'] },
  'a purchase that Stripe tells of': {
    through: 'stripe',
    client: async (client, stripe) => (await stripe?.tell(client)) ?? '',
    ends: ['reel.basic active, paid'],
  },
  'a permit over HTTP': { client: (client) => client.borrow('first'), ends: ['settled'], hides: 1 },
  'a permit over HTTP whose backend does not come back': {
    client: (client) => client.borrow('first'),
    leaves: true,
    later: '121 seconds',
    hides: 1,
  },
  'a first start': { on: 'empty' },
  'a start after hours in which nobody was there': {
    found: (db) =>
      change(
        db,
        `insert into jobs.schedules (name, cron, next_at)
           values ('platform.old-jobs', '27 * * * *', app.now() - interval '3 hours')
           on conflict (name, cron) do update set next_at = excluded.next_at`,
      ),
  },
  'a start with an alert that nobody has told': {
    // No server listens there: deliveries are tried, and tried again later.
    found: async (db, secrets) =>
      change(
        db,
        `insert into webhooks.endpoints (id, url, types, description, secret)
           values ('${ENDPOINT}', 'http://127.0.0.1:9/', '{limit.alert}', '', '${sealedSecret(await secrets())}');
         insert into limits.alerts (account_id, scope, name, starts, size, threshold, product, kind, used)
           select account_id, 'reel', 'generations', 0, 10, 80, 'reel', 'quota', 8 from accounts.accounts where kind = 'organization'`,
      ),
  },
  'a start with other plans than before': {
    found: (db) =>
      change(
        db,
        `update entitlements.defaults set digest = 'of other plans';
         insert into entitlements.snapshots (account_id, product, version, timeline, cause)
           select account_id, product, version + 1, jsonb_set(timeline, '{-1,grants,generations}', '0'), 'catalogue_changed'
           from entitlements.snapshots where product = 'reel'`,
      ),
  },
} as const satisfies Record<string, Walk>;

export type WalkName = keyof typeof WALKS;

/** How a generation ended: with all that was asked for, or with what else. */
function endingOf({ status, error, progress: { done, total } }: Generation): string {
  if (error !== undefined) return `failed: ${error.code}`;
  return status === 'completed' && done < total ? `completed with ${done} of ${total}` : status;
}

/** What no call does while the program runs, the tests write as the migrator. */
async function change(db: Database, sql: string): Promise<void> {
  await db.script(sql);
}
