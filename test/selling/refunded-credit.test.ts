import { advance } from '@plinth/testkit/factories';
import { describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const selling = await openSellingApp({
  crashHook: death.crashHook,
});
const { call, buy, customer, db, drainEvents, later, order, plan, sandbox, stripe } = selling;
const { refundedCredits } = selling.app.modules;
const { change, storeId } = subscriptionCalls(selling);
const [BASIC, PRO] = [
  { product: 'reel', plan: 'basic' },
  { product: 'reel', plan: 'pro' },
];
/** What the rest of Pro's first day is, less that of Basic's. */
const CREDIT = 3_995 - 595;

/** A customer who has taken the smaller plan at once, and is credited the rest of the bigger one. */
async function createDowngraded(): Promise<Customer> {
  const who = await customer();
  await buy(who, PRO);
  await change(who, { ...BASIC, when: 'now' });
  await drainEvents();
  expect(await creditOf(who)).toBe(CREDIT);
  return who;
}

async function customerOf(who: Customer): Promise<string> {
  return idOf((await stripe.subscriptions.retrieve(await storeId(who))).customer);
}

async function creditOf(who: Customer): Promise<number> {
  const { balance } = (await stripe.customers.retrieve(await customerOf(who))) as { balance: number };
  return 0 - balance;
}

/** Their first charge is taken back by the bank. */
async function disputeCharge(who: Customer): Promise<string> {
  const { data } = await stripe.charges.list({ customer: await customerOf(who), limit: 100 });
  const { id } = sandbox.bank.dispute(data.at(-1)?.id ?? '');
  await drainEvents();
  return id;
}

async function decideDispute(dispute: string, outcome: 'lost' | 'won'): Promise<void> {
  sandbox.bank.decide(dispute, outcome);
  await drainEvents();
}

async function runGoneCredits(who: Customer): Promise<number> {
  await refundedCredits.run();
  return creditOf(who);
}

// What the provider is asked hangs on no engine.
describe.runIf(engine === 'postgres')('credit of a plan whose payment a bank takes back', () => {
  test('is gone once, and theirs again when the dispute is won', async () => {
    const who = await createDowngraded();
    const dispute = await disputeCharge(who);
    expect(await plan(who)).toBeNull();
    expect([await runGoneCredits(who), await runGoneCredits(who)]).toEqual([0, 0]);
    await decideDispute(dispute, 'won');
    expect([await runGoneCredits(who), await runGoneCredits(who)]).toEqual([CREDIT, CREDIT]);
    expect(await plan(who)).toBe('reel.basic');
  });

  test('pays for nothing when it is lost: the next month is charged, and had', async () => {
    const who = await createDowngraded();
    await decideDispute(await disputeCharge(who), 'lost');
    expect(await runGoneCredits(who)).toBe(0);
    expect(await plan(who)).toBeNull();
    await later(32);
    expect(await plan(who)).toBe('reel.basic');
    const [charge] = (await stripe.charges.list({ customer: await customerOf(who) })).data;
    expect(charge).toMatchObject({ amount: 595, status: 'succeeded' });
  });

  test('is gone whether the downgrade or the dispute is told of first', async () => {
    const who = await customer();
    await buy(who, PRO);
    sandbox.hold();
    await stripeDowngrade(who);
    await disputeCharge(who);
    await sandbox.release(
      sandbox
        .held()
        .map(({ id }) => id)
        .toReversed(),
    );
    await sandbox.release();
    await drainEvents();
    expect(await runGoneCredits(who)).toBe(0);
  });

  test('is gone too where the plan was made smaller when the money was gone already', async () => {
    const who = await customer();
    await buy(who, PRO);
    await disputeCharge(who);
    await change(who, { ...BASIC, when: 'now' });
    await drainEvents();
    expect(await runGoneCredits(who)).toBe(0);
  });

  test('and that is spent is gone as far as it is there, with what was bought; the rest is taken once it is there again', async () => {
    const who = await createDowngraded();
    const { body } = await order(who, { product: 'gateway', plan: 'scale' });
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    expect(await plan(who, 'gateway')).toBe('gateway.scale');
    const left = await creditOf(who);
    expect(left).toBeLessThan(CREDIT);
    await disputeCharge(who);
    expect(await runGoneCredits(who)).toBe(0);
    expect([await plan(who), await plan(who, 'gateway')]).toEqual([null, 'gateway.developer']);
    // An operator gives them a little of it: within the hour it is left alone, and then it is gone.
    await stripe.customers.createBalanceTransaction(await customerOf(who), { amount: -100, currency: 'usd' });
    expect(await runGoneCredits(who)).toBe(100);
    await advance(db, '61 minutes');
    expect(await runGoneCredits(who)).toBe(0);
  });
});

describe.runIf(engine === 'postgres')('credit beside a refund', () => {
  test('is theirs as far as both are no more than what was paid', async () => {
    const who = await createDowngraded();
    const [charge] = (await stripe.charges.list({ customer: await customerOf(who) })).data;
    const refund = async (amount: number) => {
      await stripe.refunds.create({ charge: charge?.id ?? '', amount });
      await drainEvents();
      return runGoneCredits(who);
    };
    expect(await refund(595)).toBe(CREDIT);
    expect(await refund(1_000)).toBe(CREDIT - 1_000);
    const { body } = await call(who.key, 'GET /v1/billing/invoices');
    const refunded = (body['data'] as { refunded: number }[]).map((invoice) => invoice.refunded);
    expect(refunded.filter((amount) => amount > 0)).toEqual([1_595]);
    expect(await refund(2_400)).toBe(0);
    expect(await plan(who)).toBe('reel.basic');
  });
});

describe.runIf(engine === 'postgres')('a process that dies', () => {
  test.each([
    'before billing.change',
    'after billing.change',
    'after billing.credit-asked',
    'before billing.credit-taken',
    'after billing.credit-taken',
  ])('%s takes credit once, and gives it back once', async (where) => {
    const who = await createDowngraded();
    const dispute = await disputeCharge(who);
    const dies = async () => {
      death.plan(where);
      await expect(refundedCredits.run()).rejects.toThrow('1 credits failed');
    };
    await dies();
    expect([await runGoneCredits(who), await runGoneCredits(who)]).toEqual([0, 0]);
    await decideDispute(dispute, 'won');
    await dies();
    expect([await runGoneCredits(who), await runGoneCredits(who)]).toEqual([CREDIT, CREDIT]);
  });

  test('before it knows what was taken gives it back where the dispute is won meanwhile', async () => {
    const who = await createDowngraded();
    const dispute = await disputeCharge(who);
    death.plan('before billing.credit-taken');
    await expect(refundedCredits.run()).rejects.toThrow('1 credits failed');
    expect(await creditOf(who)).toBe(0);
    await decideDispute(dispute, 'won');
    expect([await runGoneCredits(who), await runGoneCredits(who)]).toEqual([CREDIT, CREDIT]);
  });
});

/** As an operator does in the provider's dashboard. */
async function stripeDowngrade(who: Customer): Promise<void> {
  const id = await storeId(who);
  const { items } = await stripe.subscriptions.retrieve(id);
  const [price] = (await stripe.prices.list({ lookup_keys: ['plinth:reel.basic:monthly'] })).data;
  await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]?.id ?? '', price: price?.id ?? '' }],
    proration_behavior: 'always_invoice',
  });
}
