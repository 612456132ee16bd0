import { statement } from '#platform/db';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { agreedChange } from './agreed.ts';
import { openSellingApp } from './fixture.ts';

const { buy, call, customer, db, drainEvents, plan, read, sandbox, stripe } = await openSellingApp();
const BASIC = { product: 'reel', plan: 'basic' };
const PRO = { product: 'reel', plan: 'pro' };

beforeEach(() => sandbox.faults.clear());

async function createSubscriber(what: Readonly<Record<string, unknown>>): Promise<Customer> {
  const who = await customer();
  await buy(who, what);
  return who;
}

/** The provider's id of the account's subscription. */
async function storeId({ accountId }: Customer): Promise<string> {
  const [row] = await db.asMigrator(
    statement<{ store_id: string }>('select store_id from billing.subscriptions where account_id = $1', [
      accountId,
    ]),
  );
  return row?.store_id ?? '';
}

/** By its key: the same call again has the same body. */
const sent = new Map<string, Readonly<Record<string, unknown>>>();

async function changeWithKey(who: Customer, key: string, to: Readonly<Record<string, unknown>> = PRO) {
  const name = `${who.accountId} ${key} ${JSON.stringify(to)}`;
  const body = sent.get(name) ?? (await agreedChange(call, who, to));
  sent.set(name, body);
  return call(who.key, 'POST /v1/billing/subscription/change', { body, headers: { 'idempotency-key': key } });
}

describe('a change with an Idempotency-Key', () => {
  test('is made once: a repeat, also after a change back, gets the first answer', async () => {
    const ada = await createSubscriber(BASIC);
    const first = await changeWithKey(ada, 'up');
    expect(first).toMatchObject({ status: 200, body: { subscription: { plan: 'reel.pro' } } });
    expect((await changeWithKey(ada, 'down', { ...BASIC, when: 'now' })).status).toBe(200);
    // The repeat does not ask the provider for it.
    sandbox.faults.always('POST', { kind: 'status', status: 500 });
    sandbox.faults.always('GET', { kind: 'status', status: 500 });
    const again = await changeWithKey(ada, 'up');
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await changeWithKey(ada, 'up', BASIC)).toMatchObject({
      status: 422,
      body: { error: { code: 'idempotency_mismatch' } },
    });
    sandbox.faults.clear();
    await drainEvents();
    expect(await plan(ada)).toBe('reel.basic');
  });

  test.runIf(engine === 'postgres')(
    'that the provider made and never answered is not made again by its repeat',
    async () => {
      const ada = await createSubscriber(BASIC);
      const subscription = await storeId(ada);
      const before = (await stripe.subscriptions.retrieve(subscription)).items.data[0];
      // As often as the package tries by itself.
      const lost = { kind: 'reset', done: true } as const;
      sandbox.faults.at(`POST /v1/subscriptions/${subscription}`, lost, lost, lost);
      expect((await changeWithKey(ada, 'lost')).status).toBe(503);
      const made = (await stripe.subscriptions.retrieve(subscription)).items.data[0];
      expect(made?.price.id).not.toBe(before?.price.id);
      expect(await changeWithKey(ada, 'lost')).toMatchObject({
        status: 200,
        body: { subscription: { plan: 'reel.pro' } },
      });
      expect((await stripe.invoices.list({ subscription })).data).toHaveLength(2);
      // A call puts it back meanwhile, which the repeat was not asked to undo.
      const item = { id: made?.id ?? '', price: before?.price.id ?? '' };
      await stripe.subscriptions.update(subscription, { items: [item], proration_behavior: 'none' });
      expect((await changeWithKey(ada, 'lost')).headers.get('idempotent-replayed')).toBe('true');
      await drainEvents();
      expect(await read(ada)).toMatchObject({ plan: 'reel.basic' });
    },
  );

  test.runIf(engine === 'postgres')(
    'that was declined is made when it is repeated with a better card',
    async () => {
      const ada = await createSubscriber(BASIC);
      const subscription = await storeId(ada);
      const { customer: them } = await stripe.subscriptions.retrieve(subscription);
      const pays = async (card: string) => {
        const { id } = await stripe.paymentMethods.attach(card, {
          customer: typeof them === 'string' ? them : them.id,
        });
        await stripe.subscriptions.update(subscription, { default_payment_method: id });
      };
      await pays('pm_card_chargeCustomerFail');
      expect((await changeWithKey(ada, 'card')).status).toBe(402);
      await pays('pm_card_visa');
      expect((await changeWithKey(ada, 'card')).status).toBe(200);
      await drainEvents();
      expect(await plan(ada)).toBe('reel.pro');
    },
  );
});
