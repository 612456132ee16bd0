import { statement } from '#platform/db';
import { afterEach, describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const counter = await openSellingApp();
afterEach(counter.endAll);
const { buy, call, customer, drainEvents, later, plan, read, sandbox, stripe } = counter;
const BASIC = { product: 'reel', plan: 'basic' };
const STANDARD = { product: 'reel', plan: 'standard' };
const PRO = { product: 'reel', plan: 'pro' };

const { change, mailsOf, storeId } = subscriptionCalls(counter);

/** What Stripe has of a customer. */
async function atStripe(who: Customer) {
  return stripe.subscriptions.retrieve(await storeId(who));
}

/** A customer with the small plan, whose card is from now on that one. */
async function createSubscriber(card: string): Promise<Customer> {
  const who = await customer();
  await buy(who, BASIC);
  const { id, customer: them } = await atStripe(who);
  const method = await stripe.paymentMethods.attach(card, { customer: idOf(them) });
  await stripe.subscriptions.update(id, { default_payment_method: method.id });
  await later(15);
  return who;
}

/** A customer whose bank asks them about a bigger plan. */
async function changeToConfirm() {
  const who = await createSubscriber('pm_card_authenticationRequired');
  const { status, body } = await change(who, PRO);
  await drainEvents();
  return { who, status, body, page: (body['confirmation'] as { confirm_url: string }).confirm_url };
}

const decide = async (page: string, decision: 'confirm' | 'fail') => {
  await fetch(`${page}/bank`, {
    method: 'POST',
    body: new URLSearchParams({ decision }),
    redirect: 'manual',
  });
  await drainEvents();
};
const readRecurring = async ({ accountId }: Customer) =>
  counter.db.asMigrator(
    statement<{ plan: string; yearly: number }>(
      `select plan, yearly::float8 from billing.recurring(app.now(), 'sandbox') where account_id = $1`,
      [accountId],
    ),
  );
/** The same at the moment at which their newest line begins, before we heard of any change. */
const recurringAtItsChange = async ({ accountId }: Customer) =>
  counter.db.asMigrator(
    statement<{ plan: string; yearly: number }>(
      `select plan, yearly::float8 from billing.recurring(
         (select max(period_starts_at) + interval '1 microsecond' from billing.invoice_lines where account_id = $1), 'sandbox')
       where account_id = $1`,
      [accountId],
    ),
  );
const BEFORE = [{ plan: 'reel.basic', yearly: 7_140 }];
const invoicesOf = async ({ key }: Customer) =>
  (await call(key, 'GET /v1/billing/invoices')).body['data'] as { state: string; total: number }[];

describe('a dearer plan that a bank asks about', () => {
  test('waits for the person, who has what they had and is told the page', async () => {
    const { who, status, body, page } = await changeToConfirm();
    expect(status).toBe(200);
    expect(body).toMatchObject({ subscription: { plan: 'reel.basic', state: 'active' } });
    expect(await plan(who)).toBe('reel.basic');
    expect(await read(who)).toMatchObject({
      plan: 'reel.basic',
      grace_ends_at: null,
      pending: { plan: 'reel.pro', cycle: 'monthly', quantity: 1, confirm_url: page },
    });
    expect(await readRecurring(who)).toEqual(BEFORE);
    expect(await recurringAtItsChange(who)).toEqual(BEFORE);
    expect(await mailsOf(who)).toEqual(['payment_action_required']);
  });

  test('is had once it is confirmed, and paid once', async () => {
    const { who, page } = await changeToConfirm();
    await decide(page, 'confirm');
    expect(await plan(who)).toBe('reel.pro');
    expect(await read(who)).toMatchObject({ plan: 'reel.pro', state: 'active', pending: null });
    expect(await readRecurring(who)).toEqual([{ plan: 'reel.pro', yearly: 47_940 }]);
    expect((await invoicesOf(who)).map(({ state }) => state)).toEqual(['paid', 'paid']);
  });

  test('is not had when they refuse, and can be paid with another card while it waits', async () => {
    const { who, page } = await changeToConfirm();
    await decide(page, 'fail');
    expect(await plan(who)).toBe('reel.basic');
    expect(await read(who)).toMatchObject({
      plan: 'reel.basic',
      state: 'active',
      pending: { plan: 'reel.pro' },
    });
    expect(await readRecurring(who)).toEqual(BEFORE);
    const { data } = await stripe.invoices.list({ status: 'open', limit: 1 });
    const good = await stripe.paymentMethods.attach('pm_card_visa', {
      customer: idOf((await atStripe(who)).customer),
    });
    await stripe.invoices.pay(data[0]?.id ?? '', { payment_method: good.id });
    await drainEvents();
    expect(await plan(who)).toBe('reel.pro');
  });

  test('comes to nothing when nobody confirms it, which is said, and nothing is owed', async () => {
    const { who } = await changeToConfirm();
    await later(1);
    expect(await read(who)).toMatchObject({ plan: 'reel.basic', state: 'active', pending: null });
    expect(await plan(who)).toBe('reel.basic');
    expect(await readRecurring(who)).toEqual(BEFORE);
    expect((await invoicesOf(who)).map(({ state }) => state)).toEqual(['void', 'paid']);
    expect(await mailsOf(who)).toEqual(['payment_action_required', 'change_not_paid']);
  });

  test('asked for again has the same page, and another change takes its place', async () => {
    const { who, page } = await changeToConfirm();
    const again = await change(who, PRO);
    expect(again.body).toMatchObject({ confirmation: { confirm_url: page } });
    const other = await change(who, STANDARD);
    expect(other.body['confirmation']).not.toMatchObject({ confirm_url: page });
    await drainEvents();
    expect((await invoicesOf(who)).map(({ state }) => state).toSorted()).toEqual(['open', 'paid', 'void']);
    // To what it is: nothing waits any more.
    expect((await change(who, { ...BASIC, when: 'now' })).body).toMatchObject({ confirmation: null });
    await drainEvents();
    expect(await read(who)).toMatchObject({ plan: 'reel.basic', pending: null });
  });

  test('that they have refused is asked about again when they ask again, and nothing is declined meanwhile', async () => {
    const { who, page } = await changeToConfirm();
    await decide(page, 'fail');
    const again = await change(who, PRO);
    expect(again).toMatchObject({ status: 200, body: { subscription: { plan: 'reel.basic' } } });
    const { confirm_url: anew } = again.body['confirmation'] as { confirm_url: string };
    expect(anew).not.toBe(page);
    await decide(anew, 'confirm');
    expect(await plan(who)).toBe('reel.pro');
    expect((await invoicesOf(who)).map(({ state }) => state).toSorted()).toEqual(['paid', 'paid', 'void']);
  });

  test('comes to nothing, and a credit that it would have used is theirs as before', async () => {
    const who = await customer();
    await buy(who, STANDARD);
    await change(who, { ...BASIC, when: 'now' });
    await drainEvents();
    const { id, customer: them } = await atStripe(who);
    const credit = async () => {
      const { balance } = (await stripe.customers.retrieve(idOf(them))) as { balance: number };
      return balance;
    };
    const before = await credit();
    expect(before).toBeLessThan(-1_300);
    const method = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
      customer: idOf(them),
    });
    await stripe.subscriptions.update(id, { default_payment_method: method.id });
    const { body } = await change(who, PRO);
    expect(body).toMatchObject({ confirmation: { confirm_url: expect.any(String) } });
    expect(await credit()).toBe(0);
    await later(1);
    expect(await credit()).toBe(before);
    expect(await plan(who)).toBe('reel.basic');
    // And the next renewal is paid by it.
    await later(31);
    expect(await credit()).toBe(before + 595);
  });

  test('asked for while another one is under way is told to come again, and the other one waits for its bank', async () => {
    const who = await createSubscriber('pm_card_authenticationRequired');
    sandbox.faults.at('POST /v1/subscriptions', { kind: 'hold' });
    const former = change(who, STANDARD);
    await sandbox.faults.untilHeld(1);
    expect(await change(who, PRO)).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    for (const held of sandbox.faults.held()) held.release();
    expect(await former).toMatchObject({
      status: 200,
      body: { subscription: { pending: { plan: 'reel.standard' } } },
    });
  });

  test('is taken back by a cancellation', async () => {
    const { who } = await changeToConfirm();
    await call(who.key, 'DELETE /v1/billing/subscription?product=reel');
    await drainEvents();
    expect(await read(who)).toMatchObject({
      plan: 'reel.basic',
      pending: null,
      cancels_at: expect.any(String),
    });
  });

  test('is made or not at all where another change is arranged, which stays', async () => {
    const who = await customer();
    await buy(who, { product: 'gateway', plan: 'team', quantity: 3 });
    const { id, customer: them } = await atStripe(who);
    await change(who, { product: 'gateway', quantity: 1 });
    const method = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
      customer: idOf(them),
    });
    await stripe.customers.update(idOf(them), { invoice_settings: { default_payment_method: method.id } });
    await stripe.subscriptions.update(id, { default_payment_method: method.id });
    expect(await change(who, { product: 'gateway', quantity: 5 })).toMatchObject({
      status: 402,
      body: { error: { details: { code: 'subscription_payment_intent_requires_action' } } },
    });
    await drainEvents();
    expect(await read(who, 'gateway')).toMatchObject({ quantity: 3, next: { quantity: 1 }, pending: null });
  });
});

test('a declined change says why, leaves no page, and nobody is written to of it', async () => {
  const who = await createSubscriber('pm_card_chargeCustomerFail');
  expect(await change(who, PRO)).toMatchObject({
    status: 402,
    body: { error: { code: 'payment_declined', details: { code: 'generic_decline' } } },
  });
  await drainEvents();
  expect(await read(who)).toMatchObject({ plan: 'reel.basic', state: 'active', pending: null });
  expect((await invoicesOf(who)).map(({ state }) => state)).toEqual(['void', 'paid']);
  expect(await mailsOf(who)).toEqual([]);
});
