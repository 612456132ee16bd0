import type { Database } from '#platform/db';
import { type Secrets, sealedColumns } from '#platform/secrets';
import { createQStashSandbox } from '#sandbox/qstash';
import type { Vendor, Walk } from '@plinth/testkit/crash/walk';
import { chat } from '../../products/gateway/testing/crashes.ts';
import { ask, create } from '../../products/reel/testing/crashes.ts';
import { clientOf } from '../process/client.ts';
import { openStripe } from './stripe.ts';

const ENDPOINT = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f07';

/** As an endpoint's secret stands in its row. */
function sealedSecret(secrets: Secrets): string {
  const of = sealedColumns().find(
    ({ table, column }) => `${table}.${column}` === 'webhooks.endpoints.secret',
  );
  if (of === undefined) throw new Error('the secrets of endpoints are not sealed');
  return secrets.seal('whsec_AAAA', of.context(ENDPOINT));
}

const COMPLETED = ['completed'];
const borrow: Walk['customer'] = ({ url, key: token }, key) => clientOf(url, token).borrow(key);

/** The name by which QStash reaches whichever process is alive. */
const TARGET = 'https://plinth.test';

async function openQStash(): Promise<Vendor> {
  const qstash = await createQStashSandbox();
  return {
    settings: {
      JOBS_DELIVERY: 'qstash',
      QSTASH_URL: qstash.url,
      QSTASH_TOKEN: qstash.token,
      QSTASH_CURRENT_SIGNING_KEY: qstash.keys.current,
      QSTASH_NEXT_SIGNING_KEY: qstash.keys.next,
      PUBLIC_URL: TARGET,
    },
    listen: (url) => qstash.route(TARGET, url),
    close: () => qstash.close(),
  };
}

/** Walks of the platform: what no product does, and works of Reel and the gateway during which the platform does more than they know. */
export const PLATFORM_WALKS: Readonly<Record<string, Walk>> = {
  'a create whose customer does not come back': { customer: create, leaves: true, later: '61 seconds' },
  'a create at whose first call the provider fails': {
    provider: ({ faults }) => faults.next({ kind: 'status', status: 500 }),
    customer: create,
    ends: COMPLETED,
  },
  'a create that fails at a provider which asks to come back later': {
    provider: ({ faults }) => faults.next({ kind: 'status', status: 503, retry_after: 130 }),
    customer: create,
    ends: COMPLETED,
    later: '140 seconds',
  },
  'a create for which the provider has no room': {
    provider: ({ faults }) => faults.next({ kind: 'status', status: 429, retry_after: 50 }),
    customer: create,
    ends: COMPLETED,
    later: '140 seconds',
  },
  'a create that QStash delivers': { through: openQStash, customer: create, ends: COMPLETED },
  'a create that waits for a worker': {
    earlier: { customer: ask },
    customer: create,
    ends: COMPLETED,
  },
  'a create whose worker died': {
    earlier: { customer: create, crashAt: 'reel.variant:after' },
    customer: create,
    ends: COMPLETED,
  },
  'a create whose provider keeps silent': {
    provider: ({ faults }) => faults.next({ kind: 'hang', billed: true }),
    customer: create,
    ends: COMPLETED,
  },
  'a create before the process stops': { customer: create, ends: COMPLETED, stops: true },
  'a chat call': { customer: (client) => chat(client), leaves: true },
  'a streamed chat call': { customer: (client) => chat(client, { stream: true }), leaves: true },
  'a chat call whose process died': {
    earlier: { customer: (client) => chat(client), crashAt: 'ai.dispatch:after' },
    leaves: true,
  },
  'a registration': {
    customer: ({ url, key }) => clientOf(url, key).register('ada@example.com'),
    ends: ['verify_email sent'],
  },
  'a purchase that Stripe tells of': {
    through: openStripe,
    customer: async (client, _key, stripe) => (await stripe?.tell?.(client)) ?? '',
    ends: ['reel.basic active, paid'],
  },
  'a permit over HTTP': { customer: borrow, ends: ['settled'], hides: 1 },
  'a permit over HTTP whose backend does not come back': {
    customer: borrow,
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
};

/** What no call does while the program runs, the tests write as the migrator. */
async function change(db: Database, sql: string): Promise<void> {
  await db.script(sql);
}
