import { statement } from '#platform/db';
import { afterEach, describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const selling = await openSellingApp({ atStripe: { receiptSeconds: 3_600 } });
afterEach(selling.endAll);
const { app, call, db, customer, drainEvents, later, order, plan, read, sandbox, stripe } = selling;
const { change, storeId } = subscriptionCalls(selling);
const TEAM = { product: 'gateway', plan: 'team', currency: 'eur' };
const GOOD = 'AT611904300234573201';
const BAD = 'AT861904300235473202';
const DAY = 86_400_000;
const RETURNED = 'AT591904300235473203';

/** Orders, and has an account debited. */
async function orderByDebit(what: Readonly<Record<string, unknown>>, iban: string): Promise<Customer> {
  const ada = await customer();
  const { body } = await order(ada, what);
  expect(await sandbox.pay(String(body['checkout_url']), { iban })).toMatchObject({ outcome: 'complete' });
  await drainEvents();
  return ada;
}

const planOf = (who: Customer) => plan(who, 'gateway');

/** What the last days brought. */
async function moneyOf({ accountId }: Customer, days = 60): Promise<readonly unknown[]> {
  const [from, until] = [-days, 1].map((after) => day(sandbox.now().getTime() + after * DAY));
  const asked = { group: ['kind'], zone: 'UTC', accountId, from, until } as const;
  const rows = await (await app.modules.reports.revenue(asked)).page({ limit: 10 });
  return rows.map(({ kind, gross_minor: gross }) => [kind, gross]);
}

/** What all subscriptions bring in a month. */
async function readRecurring(): Promise<readonly unknown[]> {
  const report = await app.modules.reports.recurring({ group: ['plan'], zone: 'UTC' });
  const rows = await report.page({ limit: 10 });
  return rows.map(({ plan: of, mrr_minor: mrr }) => [of, mrr]);
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Which letters they got. */
async function mailsOf({ accountId }: Customer): Promise<string[]> {
  const letters = statement<{ template: string }>(
    'select template from mail.messages where account_id = $1 order by created_at, id',
    [accountId],
  );
  return (await db.asMigrator(letters)).map(({ template }) => template);
}

async function invoicesOf({ key }: Customer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { body } = await call(key, 'GET /v1/billing/invoices');
  return body['data'] as readonly Readonly<Record<string, unknown>>[];
}

/** From now on that account is debited. */
async function uses(who: Customer, iban: string): Promise<string> {
  const { customer: at } = await stripe.subscriptions.retrieve(await storeId(who));
  const method = await stripe.paymentMethods.create({
    type: 'sepa_debit',
    sepa_debit: { iban },
    billing_details: { name: 'Ada' },
  });
  await stripe.paymentMethods.attach(method.id, { customer: idOf(at) });
  await stripe.subscriptions.update(await storeId(who), { default_payment_method: method.id });
  return method.id;
}

// What the provider is asked hangs on no engine.
describe.runIf(engine === 'postgres')('a plan by a debit', () => {
  test('is had once it is paid, is sold once meanwhile, and its money is of that day', async () => {
    const ada = await orderByDebit(TEAM, GOOD);
    expect([await planOf(ada), await moneyOf(ada), await readRecurring()]).toEqual([
      'gateway.developer',
      [],
      [],
    ]);
    const { body } = await call(ada.key, 'GET /v1/billing/subscriptions');
    expect(body['data']).toMatchObject([{ plan: 'gateway.team', state: 'pending' }]);
    expect(await order(ada, TEAM)).toMatchObject({
      status: 409,
      body: { error: { code: 'already_subscribed' } },
    });
    await later(4);
    expect(await planOf(ada)).toBe('gateway.developer');
    await later(1);
    expect(await planOf(ada)).toBe('gateway.team');
    expect(await moneyOf(ada, 2)).toEqual([['sale', 5_400]]);
    expect(await readRecurring()).toEqual([['gateway.team', 5_400]]);
  });

  test('that fails was never had, and can be bought again', async () => {
    const ada = await orderByDebit(TEAM, BAD);
    await later(5);
    expect([await planOf(ada), await moneyOf(ada)]).toEqual(['gateway.developer', []]);
    expect(await mailsOf(ada)).toEqual([]);
    const { body } = await order(ada, TEAM);
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    expect(await planOf(ada)).toBe('gateway.team');
  });

  test('that is given back after nine days is suspended, and its money is gone', async () => {
    const ada = await orderByDebit(TEAM, RETURNED);
    await later(5);
    expect(await planOf(ada)).toBe('gateway.team');
    await later(4);
    expect(await planOf(ada)).toBe('gateway.developer');
    expect(await moneyOf(ada)).toEqual([
      ['dispute', -5_400],
      ['sale', 5_400],
    ]);
  });

  test('goes on while a renewal is on its way, and has its grace when that fails', async () => {
    const ada = await orderByDebit(TEAM, GOOD);
    await later(5);
    await uses(ada, BAD);
    const renews = Date.parse(String((await read(ada, 'gateway'))['period_ends_at']));
    await later((renews - sandbox.now().getTime()) / DAY + 1);
    expect(await read(ada, 'gateway')).toMatchObject({ plan: 'gateway.team', state: 'active' });
    expect(await mailsOf(ada)).toEqual([]);
    await later(4.2);
    expect(await read(ada, 'gateway')).toMatchObject({ state: 'past_due' });
    expect(await planOf(ada)).toBe('gateway.team');
    expect(await mailsOf(ada)).toEqual(['payment_failed']);
  });
});

describe.runIf(engine === 'postgres')('a change that is paid by debit', () => {
  const SEATS = { product: 'gateway', quantity: 3 };

  test('is made at once where the account has paid before, once, and its money is of the day it comes', async () => {
    const ada = await orderByDebit(TEAM, GOOD);
    await later(5);
    for (const _ of [1, 2])
      expect(await change(ada, SEATS)).toMatchObject({
        status: 200,
        body: { confirmation: null, subscription: { quantity: 3, state: 'active' } },
      });
    await drainEvents();
    expect((await invoicesOf(ada)).map(({ state }) => state)).toEqual(['open', 'paid']);
    expect(await moneyOf(ada)).toEqual([['sale', 5_400]]);
    await later(5);
    expect((await invoicesOf(ada)).map(({ state }) => state)).toEqual(['paid', 'paid']);
    expect(await mailsOf(ada)).toEqual([]);
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 3, state: 'active' });
  });

  test('is not had on the word of an account that has paid nothing yet, and can be arranged', async () => {
    const ada = await customer();
    await selling.buy(ada, { ...TEAM, quantity: 2 });
    await uses(ada, BAD);
    expect(await change(ada, SEATS)).toMatchObject({
      status: 409,
      body: { error: { code: 'debit_takes_days' } },
    });
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 2, next: null, pending: null });
    expect(await change(ada, { ...SEATS, when: 'period_end' })).toMatchObject({
      status: 200,
      body: { subscription: { quantity: 2, next: { quantity: 3 } } },
    });
    // A refusal takes nothing away that was arranged; and what costs nothing asks no bank.
    expect((await change(ada, { ...SEATS, quantity: 4 })).status).toBe(409);
    expect(await read(ada, 'gateway')).toMatchObject({ next: { quantity: 3 } });
    expect(await change(ada, { ...SEATS, quantity: 1, when: 'now' })).toMatchObject({
      status: 200,
      body: { subscription: { quantity: 1, next: null } },
    });
  });

  test('is not had on the word of an account that had its money given back', async () => {
    const ada = await customer();
    await selling.buy(ada, TEAM);
    const account = await uses(ada, RETURNED);
    const { customer: at } = await stripe.subscriptions.retrieve(await storeId(ada));
    await stripe.paymentIntents.create({
      customer: idOf(at),
      payment_method: account,
      amount: 100,
      currency: 'eur',
      confirm: true,
      off_session: true,
    });
    await later(9);
    expect(await change(ada, SEATS)).toMatchObject({ body: { error: { code: 'debit_takes_days' } } });
  });

  test.each(['on its way', 'paid'])(
    'and is %s leaves no credit: a cheaper plan is had with the end of the period',
    async (state) => {
      const ada = await orderByDebit(TEAM, RETURNED);
      await later(5);
      expect(await change(ada, SEATS)).toMatchObject({ body: { subscription: { quantity: 3 } } });
      if (state === 'paid') await later(3);
      const fewer = { ...SEATS, quantity: 1 };
      expect(await change(ada, { ...fewer, when: 'now' })).toMatchObject({
        status: 409,
        body: { error: { code: 'debit_takes_days' } },
      });
      expect(await change(ada, fewer)).toMatchObject({
        body: { subscription: { quantity: 3, next: { quantity: 1 } } },
      });
      // The bank gives all of it back: nothing of it is left at the provider to pay with.
      await later(9);
      expect(await planOf(ada)).toBe('gateway.developer');
      const { customer: at } = await stripe.subscriptions.retrieve(await storeId(ada));
      expect(await stripe.customers.retrieve(idOf(at))).toMatchObject({ balance: 0 });
    },
  );

  test('that fails days later is a failure as that of a renewal: the new plan stays for the promised days', async () => {
    const ada = await orderByDebit(TEAM, GOOD);
    await later(5);
    await uses(ada, BAD);
    const { items } = await stripe.subscriptions.retrieve(await storeId(ada));
    // An account that has paid before, and pays no more.
    await stripe.subscriptions.update(await storeId(ada), {
      items: [{ id: items.data[0]?.id ?? '', quantity: 3 }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'allow_incomplete',
    });
    await drainEvents();
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 3, state: 'active' });
    await later(5);
    expect(await read(ada, 'gateway')).toMatchObject({ quantity: 3, state: 'past_due' });
    expect([await planOf(ada), await mailsOf(ada)]).toEqual(['gateway.team', ['payment_failed']]);
    await later(6.9);
    expect(await planOf(ada)).toBe('gateway.team');
    await later(0.2);
    expect(await planOf(ada)).toBe('gateway.developer');
  });
});

describe.runIf(engine === 'postgres')('an add-on', () => {
  test('is had when its receipt comes, an hour after it was paid', async () => {
    const ada = await customer();
    await selling.buy(ada, { product: 'reel', plan: 'pro' });
    const { body } = await order(ada, { product: 'reel', add_on: 'pro_boost' });
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    const boosts = async () => (await invoicesOf(ada)).filter(({ total }) => total === 1_995);
    expect(await boosts()).toEqual([]);
    await later(1);
    expect(await boosts()).toMatchObject([{ state: 'paid' }]);
    const { body: rights } = await call(ada.key, 'GET /v1/billing/entitlements');
    expect(JSON.stringify(rights)).toContain('reel.pro_boost');
    expect(await moneyOf(ada)).toEqual([['sale', 3_995 + 1_995]]);
  });
});

describe.runIf(engine === 'postgres')('a credit note', () => {
  test('takes from revenue what was refunded by it, and nothing for what is credited', async () => {
    const ada = await customer();
    await selling.buy(ada, { product: 'reel', plan: 'pro' });
    const { latest_invoice: latest } = await stripe.subscriptions.retrieve(await storeId(ada));
    const invoice = typeof latest === 'string' ? latest : (latest?.id ?? '');
    await stripe.creditNotes.create({ invoice, amount: 995, refund_amount: 300, credit_amount: 695 });
    await drainEvents();
    expect(await plan(ada)).toBe('reel.pro');
    expect(await moneyOf(ada)).toEqual([
      ['refund', -300],
      ['sale', 3_995],
    ]);
    // What was credited is less of the next sale.
    await later(32);
    expect(await moneyOf(ada)).toEqual([
      ['refund', -300],
      ['sale', 3_995 + 3_995 - 695],
    ]);
    expect(await plan(ada)).toBe('reel.pro');
  });
});
