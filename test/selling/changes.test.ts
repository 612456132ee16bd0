import { createSubscriptions } from '#platform/billing';
import { statement } from '#platform/db';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Customer } from '../services/app.ts';
import { engine } from '../services/index.ts';
import { openCounter } from './stand.ts';

const counter = await openCounter();
const { app, buy, call, customer, heard, later, order, plan, read, sandbox, stripe } = counter;
const REEL = { product: 'reel' };
const BASIC = { ...REEL, plan: 'basic' };
const PRO = { ...REEL, plan: 'pro' };

beforeEach(() => sandbox.faults.clear());

const change = (who: Customer, body: Readonly<Record<string, unknown>>) =>
  call(who.key, 'POST /v1/billing/subscription/change', { body });
const cancel = (who: Customer, query = '') =>
  call(who.key, `DELETE /v1/billing/subscription?product=reel${query}`);
const resume = (who: Customer) => call(who.key, 'POST /v1/billing/subscription/resume', { body: REEL });

async function holding(what: Readonly<Record<string, unknown>>): Promise<Customer> {
  const who = await customer();
  await buy(who, what);
  return who;
}

async function invoicesOf({ key }: Customer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { body } = await call(key, 'GET /v1/billing/invoices');
  return body['data'] as readonly Readonly<Record<string, unknown>>[];
}

/** The store's id of the account's subscription. */
async function storeId({ accountId }: Customer): Promise<string> {
  const [row] = await counter.db.asMigrator(
    statement<{ store_id: string }>(
      'select store_id from billing.subscriptions where account_id = $1 order by id desc limit 1',
      [accountId],
    ),
  );
  return row?.store_id ?? '';
}

describe('a dearer plan', () => {
  test('is in effect at once, for what its preview said', async () => {
    const ada = await holding(BASIC);
    await later(15);
    const asked = 'GET /v1/billing/subscription/preview?product=reel&plan=pro';
    const { body: preview } = await call(ada.key, asked);
    expect(preview).toMatchObject({ when: 'now', at: null, currency: 'usd', not_fitting: [] });
    const { status, body } = await change(ada, { ...PRO, prorated_at: preview['prorated_at'] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ subscription: { plan: 'reel.pro', state: 'active' }, not_fitting: [] });
    expect(await plan(ada)).toBe('reel.pro');
    await heard();
    const [newest] = await invoicesOf(ada);
    expect(newest).toMatchObject({ state: 'paid', total: preview['due_now'] });
    expect(preview['due_now']).toBeGreaterThan(1_500);
    expect(preview['due_now']).toBeLessThan(3_400);
  });

  test('is not had when the card is declined, and nothing has changed', async () => {
    const ada = await holding(BASIC);
    const id = await storeId(ada);
    const [hers] = await counter.db.asMigrator(
      statement<{ customer: string }>('select customer from billing.customers where account_id = $1', [
        ada.accountId,
      ]),
    );
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: hers?.customer ?? '',
    });
    await stripe.subscriptions.update(id, { default_payment_method: bad.id });
    expect(await change(ada, PRO)).toMatchObject({
      status: 402,
      body: { error: { code: 'payment_declined' } },
    });
    await heard();
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic', state: 'active' });
    expect(await plan(ada)).toBe('reel.basic');
  });

  test.runIf(engine === 'postgres')('that is asked for by several at once is charged once', async () => {
    const ada = await holding(BASIC);
    const answers = await Promise.all([change(ada, PRO), change(ada, PRO), change(ada, PRO)]);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect((await change(ada, PRO)).status).toBe(200);
    await heard();
    expect(await invoicesOf(ada)).toHaveLength(2);
    expect(await plan(ada)).toBe('reel.pro');
  });
});

describe('a cheaper plan', () => {
  test('begins when what is paid for is over, without a job having to run', async () => {
    const ada = await holding(PRO);
    const { body } = await change(ada, BASIC);
    expect(body).toMatchObject({ subscription: { plan: 'reel.pro', next: { plan: 'reel.basic' } } });
    expect(await plan(ada)).toBe('reel.pro');
    await later(32);
    expect(await plan(ada)).toBe('reel.basic');
    expect(await read(ada)).toMatchObject({ plan: 'reel.basic', next: null });
  });

  test.runIf(engine === 'postgres')('is taken back by a change to what it is', async () => {
    const ada = await holding(PRO);
    await change(ada, BASIC);
    expect((await change(ada, PRO)).body).toMatchObject({ subscription: { plan: 'reel.pro', next: null } });
    await later(32);
    expect(await plan(ada)).toBe('reel.pro');
  });

  test.runIf(engine === 'postgres')('may be had at once: what is left is credited', async () => {
    const ada = await holding(PRO);
    const { body } = await change(ada, { ...BASIC, when: 'now' });
    expect(body).toMatchObject({ subscription: { plan: 'reel.basic', next: null } });
    expect(await plan(ada)).toBe('reel.basic');
  });

  test.runIf(engine === 'postgres')(
    'below what is in use is refused at once with the list, and arranged for later with it',
    async () => {
      const ada = await holding(PRO);
      const unfit = [{ limit: 'machines', used: 7, max: 5 }];
      const { modules } = app;
      const subscriptions = createSubscriptions({
        ...modules,
        catalogues: modules.entitlements.catalogues,
        look: (refs) => modules.inbox.look('stripe', refs),
        notFitting: async () => unfit,
      });
      const visitor = {
        accountId: ada.accountId,
        caller: { userId: ada.userId, platformRole: 'user', scopes: ['*'], accountId: ada.accountId },
        origin: { requestId: 'test', ip: '127.0.0.1', userAgent: 'a test' },
      } as const;
      await expect(subscriptions.change(visitor, { ...BASIC, when: 'now' })).rejects.toMatchObject({
        code: 'does_not_fit',
        details: { not_fitting: unfit },
      });
      expect(await plan(ada)).toBe('reel.pro');
      expect(await subscriptions.change(visitor, BASIC)).toMatchObject({
        subscription: { next: { plan: 'reel.basic' } },
        notFitting: unfit,
      });
    },
  );
});

describe('a subscription', () => {
  test('that is canceled is in effect until its end, and goes on when it is resumed', async () => {
    const ada = await holding(PRO);
    const { status, body } = await cancel(ada);
    expect(status).toBe(200);
    const { cancels_at, period_ends_at } = await read(ada);
    expect(body).toEqual({ ok: true, ends_at: cancels_at });
    expect(cancels_at).toBe(period_ends_at);
    expect((await cancel(ada)).body).toEqual(body);
    expect(await plan(ada)).toBe('reel.pro');
    expect((await resume(ada)).body).toMatchObject({ cancels_at: null });
    await later(32);
    expect(await plan(ada)).toBe('reel.pro');
    await cancel(ada);
    await later(32);
    expect(await plan(ada)).toBe(null);
    expect((await resume(ada)).status).toBe(404);
  });

  test.runIf(engine === 'postgres')(
    'that is canceled at once is over at once, and can be bought again',
    async () => {
      const ada = await holding(PRO);
      expect((await cancel(ada, '&when=now')).status).toBe(200);
      expect(await plan(ada)).toBe(null);
      expect((await cancel(ada)).status).toBe(404);
      expect((await order(ada, PRO)).status).toBe(201);
      await later(1);
      await buy(ada, BASIC);
      const list = 'GET /v1/billing/subscriptions?limit=1';
      const { body } = await call(ada.key, list);
      expect(body['data']).toMatchObject([{ plan: 'reel.basic', state: 'active' }]);
      const { body: next } = await call(ada.key, `${list}&cursor=${String(body['next_cursor'])}`);
      expect(next).toMatchObject({ data: [{ plan: 'reel.pro', state: 'canceled' }], next_cursor: null });
    },
  );

  test.runIf(engine === 'postgres')('with a change arranged is canceled with it', async () => {
    const ada = await holding(PRO);
    await change(ada, BASIC);
    expect((await cancel(ada)).status).toBe(200);
    expect(await read(ada)).toMatchObject({ plan: 'reel.pro', next: null });
    await later(32);
    expect(await plan(ada)).toBe(null);
  });

  test.runIf(engine === 'postgres')('that is to end is not changed for after its end', async () => {
    const ada = await holding(PRO);
    await cancel(ada);
    expect(await change(ada, BASIC)).toMatchObject({
      status: 409,
      body: { error: { code: 'subscription_ending' } },
    });
  });

  test.runIf(engine === 'postgres')('of several products is named', async () => {
    const ada = await holding(PRO);
    await buy(ada, { product: 'gateway', plan: 'team' });
    expect((await call(ada.key, 'GET /v1/billing/subscription')).status).toBe(400);
    expect(await read(ada, 'gateway')).toMatchObject({ plan: 'gateway.team' });
  });

  test.runIf(engine === 'postgres')('has as many seats as are asked for', async () => {
    const ada = await holding({ product: 'gateway', plan: 'team', quantity: 2 });
    const { body } = await change(ada, { quantity: 5 });
    expect(body).toMatchObject({ subscription: { quantity: 5 } });
    expect((await change(ada, { quantity: 1 })).body).toMatchObject({
      subscription: { quantity: 5, next: { quantity: 1 } },
    });
  });

  test('of another account is not there, and can not be touched', async () => {
    const [ada, eve] = [await holding(PRO), await customer()];
    expect((await cancel(eve)).status).toBe(404);
    expect((await change(eve, BASIC)).status).toBe(404);
    expect((await resume(eve)).status).toBe(404);
    expect(await invoicesOf(eve)).toEqual([]);
    expect(await read(ada)).toMatchObject({ cancels_at: null, next: null });
  });

  test.runIf(engine === 'postgres')('stays what it is while the store is away, which is said', async () => {
    const ada = await holding(PRO);
    sandbox.faults.always('GET /v1/subscriptions', { kind: 'status', status: 503 });
    expect(await cancel(ada)).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    sandbox.faults.clear();
    expect(await read(ada)).toMatchObject({ cancels_at: null });
  });
});

test('what was done is audited, with who did it', async () => {
  const ada = await holding(PRO);
  await cancel(ada);
  const rows = await counter.db.asMigrator(
    statement<{ action: string; user_id: string }>(
      `select action, user_id from audit.events where account_id = $1 and action = 'subscription.cancel'`,
      [ada.accountId],
    ),
  );
  expect(rows).toEqual([{ action: 'subscription.cancel', user_id: ada.userId }]);
});
