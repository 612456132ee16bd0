import { Stripe } from 'stripe';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createReceiver, createFixture, failureOf, typeOf } from '../testing/fixture.ts';

const { sandbox, stripe } = await createFixture();
const receiver = await createReceiver();

const MINUTE = 60;
const TOLD: Stripe.WebhookEndpointCreateParams.EnabledEvent[] = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
];
let endpoint: Stripe.WebhookEndpoint;
let secret: string;

beforeEach(async () => {
  endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: TOLD });
  secret = endpoint.secret ?? '';
});
afterEach(async () => {
  await sandbox.release();
  await sandbox.idle();
  await stripe.webhookEndpoints.del(endpoint.id);
  receiver.heard();
  receiver.answers.length = 0;
});

/** What was sent last, as the package reads it. */
function lastEvent(): Stripe.Event {
  const { body = '', headers } = receiver.received.at(-1) ?? {};
  const signature = String(headers?.['stripe-signature']);
  return stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, sandbox.now().getTime());
}

describe('endpoints', () => {
  test('tell their secret once, and are told only what they asked for', async () => {
    expect(secret).toMatch(/^whsec_/);
    expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty('secret');
    await stripe.products.create({ name: 'not asked for' });
    await stripe.customers.create();
    await sandbox.idle();
    expect(receiver.heard()).toEqual(['customer.created']);
  });

  test('that are disabled or gone are told nothing', async () => {
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    await stripe.customers.create();
    await sandbox.idle();
    expect(receiver.heard()).toEqual([]);
    expect(await failureOf(stripe.webhookEndpoints.update(endpoint.id, { url: 'nowhere' }))).toMatchObject({
      code: 'url_invalid',
    });
    expect(await failureOf(stripe.webhookEndpoints.del('we_none'))).toMatchObject({
      code: 'resource_missing',
    });
  });
});

describe('messages', () => {
  test('are signed as the package checks it, and say what changed', async () => {
    const { id } = await stripe.customers.create({ name: 'before' });
    await stripe.customers.update(id, { name: 'after' }, { idempotencyKey: 'renamed' });
    await sandbox.idle();
    expect(lastEvent()).toMatchObject({
      type: 'customer.updated',
      api_version: '2026-10-28.endive',
      data: { object: { id, name: 'after' }, previous_attributes: { name: 'before' } },
      request: { idempotency_key: 'renamed' },
    });
  });

  test('are told by the API afterwards, narrowed by type and time', async () => {
    const { id, created } = await stripe.customers.create();
    const { data } = await stripe.events.list({
      types: ['customer.created', 'price.created'],
      created: { gte: created },
    });
    expect(data[0]).toMatchObject({ type: 'customer.created', data: { object: { id } } });
    expect((await stripe.events.list({ type: 'price.*' })).data).toEqual([]);
    await expect(stripe.events.retrieve(data[0]?.id ?? '')).resolves.toMatchObject({
      type: 'customer.created',
    });
  });

  test('that are not taken are sent again, ever later, with a new signature', async () => {
    receiver.answers.push(500, 302, 503);
    await stripe.customers.create();
    for (const minutes of [0, 1, 5, 30]) {
      sandbox.advance(minutes * MINUTE);
      await sandbox.idle();
    }
    expect(receiver.heard()).toHaveLength(4);
    expect(
      sandbox
        .deliveries()
        .slice(-4)
        .map(({ status, attempt }) => [attempt, status]),
    ).toEqual([
      [1, 500],
      [2, 302],
      [3, 503],
      [4, 200],
    ]);
    expect(lastEvent().type).toBe('customer.created');
    sandbox.advance(72 * 60 * MINUTE);
    await sandbox.idle();
    expect(receiver.heard()).toEqual([]);
  });

  test('are given up after three days, and can be asked for', async () => {
    receiver.answers.push(...Array.from({ length: 20 }, () => 500));
    await stripe.customers.create();
    for (let hour = 0; hour < 80; hour += 1) {
      sandbox.advance(60 * MINUTE);
      await sandbox.idle();
    }
    const tries = receiver.heard().length;
    expect(tries).toBe(11);
    sandbox.advance(30 * 24 * 60 * MINUTE - 81 * 60 * MINUTE);
    await sandbox.idle();
    expect(receiver.heard()).toEqual([]);
    expect((await stripe.events.list({ limit: 1 })).data[0]).toMatchObject({
      type: 'customer.created',
      pending_webhooks: 1,
    });
  });
});

/** Three messages that are kept back. */
async function holdThreeEvents(): Promise<string[]> {
  sandbox.hold();
  const { id } = await stripe.customers.create({ name: 'one' });
  await stripe.customers.update(id, { name: 'two' });
  await stripe.customers.del(id);
  return sandbox.held().map((event) => event.id);
}

describe('control of the sandbox', () => {
  test('keeps messages back, and lets them go in any order, twice, or never', async () => {
    const [made = '', changed = '', gone = ''] = await holdThreeEvents();
    await sandbox.idle();
    expect(receiver.heard()).toEqual([]);
    await sandbox.release([gone, made]);
    expect(receiver.heard()).toEqual(['customer.deleted', 'customer.created']);
    await sandbox.redeliver(gone);
    expect(receiver.heard()).toEqual(['customer.deleted']);
    sandbox.drop([changed]);
    await sandbox.release();
    expect(receiver.heard()).toEqual([]);
  });

  test('takes a message by hand, for a receiver that has no port', async () => {
    const [made = ''] = await holdThreeEvents();
    const { body, headers } = sandbox.message(made);
    const signature = headers['stripe-signature'] ?? '';
    expect(typeOf(body)).toBe('customer.created');
    const check = (by: string) =>
      stripe.webhooks.constructEvent(body, signature, by, 300, undefined, sandbox.now().getTime());
    expect(check(secret).id).toBe(made);
    expect(() => check('whsec_another')).toThrow(Stripe.errors.StripeSignatureVerificationError);
  });

  test('signs by the time that has passed since the clock was moved: a test may take minutes between its moves', async () => {
    const [made = ''] = await holdThreeEvents();
    const time = () => Number(/t=(\d+)/.exec(sandbox.message(made).headers['stripe-signature'] ?? '')?.[1]);
    const [first, stands] = [time(), sandbox.now()];
    await vi.waitFor(() => expect(time()).toBeGreaterThan(first), { timeout: 120_000 });
    expect(sandbox.now()).toEqual(stands);
  });

  test('moves the clock on, and messages are signed when it has arrived', async () => {
    sandbox.hold();
    await stripe.customers.create();
    sandbox.advance(24 * 60 * MINUTE);
    await sandbox.release();
    expect(lastEvent().type).toBe('customer.created');
  });
});
