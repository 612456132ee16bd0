import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { ids } from '@plinth/testkit/factories';
import type { WorldEvent } from '#sandbox/stripe';
import { planOf } from './account-state.ts';
import { type Node, openNode, SECRET } from './node.ts';
import { testApp } from '@plinth/testkit/services/app';
import { StripeCustomer } from './stripe-customer.ts';
import { openDrivenStripe } from './driven-stripe.ts';

const drivenStripe = await openDrivenStripe();
const node = await openNode(drivenStripe);
/** The whole program with a payment provider that is away: nothing of a forged message is asked of it. */
const app = await testApp({
  work: false,
  settings: {
    STRIPE_API_URL: 'http://127.0.0.1:9',
    STRIPE_SECRET_KEY: 'sk_test_of_a_shop',
    STRIPE_WEBHOOK_SECRET: SECRET,
  },
});
const [ours, others] = [ids.next<AccountId>(), ids.next<AccountId>()];
const [customer, other] = [new StripeCustomer(drivenStripe), new StripeCustomer(drivenStripe)];
let told: readonly WorldEvent[];

beforeAll(async () => {
  await node.open(ours, 'ada@example.com');
  await node.open(others, 'bob@example.com');
  await customer.register(ours);
  await other.register(others);
  await customer.subscribes('reel.pro');
  told = drivenStripe.newEvents();
  for (const event of told) await node.hear(event);
  await node.inbox.drain();
});

/** What there is in all of billing, to the row. */
async function readAllRows({ db }: Node): Promise<unknown> {
  const tables = await db.asMigrator(
    statement<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.tables
       where table_schema in ('billing', 'entitlements') and table_name not in ('buckets', 'drains', 'defaults') order by 1`,
    ),
  );
  const all = tables.map(
    ({ name }) => `select '${name}' as name, (select jsonb_agg(t order by t::text) from ${name} t) as rows`,
  );
  return db.asMigrator(statement(all.join(' union all ')));
}

/** An event that would cancel everything, were it believed. */
const cancellingEvent = (about: object = {}) => {
  const [event] = told.filter(({ type }) => type === 'customer.subscription.created');
  if (event === undefined) throw new Error('nothing was told of the subscription');
  return { ...event, id: 'evt_forged', type: 'customer.subscription.deleted', ...about };
};
/** A message with a signature; a text is sent as it is. */
function signEvent(event: object | string, { secret = SECRET, at = drivenStripe.now() } = {}) {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const timestamp = Math.floor(at.getTime() / 1_000);
  const header = drivenStripe.stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  return { body, headers: { 'stripe-signature': header } };
}
const minutesAgo = (minutes: number) => new Date(drivenStripe.now().getTime() - minutes * 60_000);

describe('a message that Stripe did not send', () => {
  test.each([
    ['has no signature', () => ({ body: JSON.stringify(cancellingEvent()), headers: {} })],
    ['is signed with another secret', () => signEvent(cancellingEvent(), { secret: 'whsec_of_somebody' })],
    [
      'was changed after it was signed',
      () => ({ ...signEvent(cancellingEvent()), body: JSON.stringify(cancellingEvent({ id: 'evt_other' })) }),
    ],
    ['was signed six minutes ago', () => signEvent(cancellingEvent(), { at: minutesAgo(6) })],
    ['is of the mode with real money', () => signEvent(cancellingEvent({ livemode: true }))],
    ['is no event', () => signEvent({ object: 'event' })],
    ['is no JSON', () => signEvent('canceled')],
    [
      'has a signature of nonsense',
      () => ({ body: JSON.stringify(cancellingEvent()), headers: { 'stripe-signature': 't=1,v1=%,,=' } }),
    ],
  ])('and %s, is refused and changes nothing', async (_, message) => {
    const before = await readAllRows(node);
    await expect(node.inbox.receive('stripe', message())).rejects.toMatchObject({ code: 'webhook_forged' });
    await node.inbox.drain();
    expect(await readAllRows(node)).toEqual(before);
  });
});

const NAMES = ['POST /v1/webhooks/stripe', 'POST /v1/billing/webhook', 'POST /v1/subscriptions/webhook'];
const readInbox = () => app.db.asMigrator(statement('select event_id from billing.inbox'));

describe('over HTTP', () => {
  test('ten megabytes of nonsense are refused, and nothing is kept', async () => {
    const { status } = await app.call(undefined, 'POST /v1/webhooks/stripe', {
      body: { id: 'x'.repeat(10_000_000) },
    });
    expect(status).toBe(413);
    expect(await readInbox()).toEqual([]);
  });

  test.each(NAMES)(
    'a message that Stripe did not send is refused by %s, and nothing is kept',
    async (route) => {
      const reply = await app.call(undefined, route, {
        body: cancellingEvent(),
        headers: signEvent(cancellingEvent(), { secret: 'whsec_of_somebody' }).headers,
      });
      expect(reply).toMatchObject({ status: 401, body: { error: { code: 'webhook_forged' } } });
      expect(await readInbox()).toEqual([]);
    },
  );
});

test('over HTTP a message that Stripe did send is kept once, by whichever name', async () => {
  // That process goes by the wall clock.
  const { headers } = signEvent(cancellingEvent(), { at: new Date() });
  for (const route of NAMES) {
    expect(await app.call(undefined, route, { body: cancellingEvent(), headers })).toMatchObject({
      status: 200,
    });
  }
  expect(await readInbox()).toEqual([{ event_id: 'evt_forged' }]);
});

describe('a message that Stripe did send', () => {
  test('and sends again, changes nothing', async () => {
    const before = await readAllRows(node);
    for (const event of told) await node.hear(event);
    await node.inbox.drain();
    expect(await readAllRows(node)).toEqual(before);
  });

  test('is no more than an event: what it says of the object is not believed', async () => {
    const before = await node.rows(ours);
    await node.inbox.receive('stripe', signEvent(cancellingEvent({ id: 'evt_that_lies' })));
    await node.inbox.drain();
    expect(await node.rows(ours)).toEqual(before);
    expect(planOf(before, 'reel', drivenStripe.now())).toBe('reel.pro');
  });
});

describe('whose a customer is', () => {
  test('is decided once: a note that names another account later changes nothing for either', async () => {
    const before = [await node.rows(ours), await node.rows(others)];
    await customer.isNoted(others);
    for (const event of drivenStripe.newEvents()) await node.hear(event);
    await node.inbox.drain();
    expect([await node.rows(ours), await node.rows(others)]).toEqual(before);
  });

  test('is nobody for a note that names no account of ours', async () => {
    const stranger = new StripeCustomer(drivenStripe);
    await stranger.register(ids.next<AccountId>());
    await stranger.subscribes('reel.pro');
    const before = [await node.rows(ours), await node.rows(others)];
    for (const event of drivenStripe.newEvents()) await node.hear(event);
    await node.inbox.drain();
    expect([await node.rows(ours), await node.rows(others)]).toEqual(before);
  });
});
