import { statement } from '#platform/db';
import { afterEach, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { idOf, openSellingApp } from './fixture.ts';
import { subscriptionCalls } from './subscription-calls.ts';

const selling = await openSellingApp();
const { app, db, drainEvents, later, sandbox, stripe } = selling;
const { holding, mailsOf, storeId } = subscriptionCalls(selling);
const { notices } = app.modules;
afterEach(selling.endAll);
const BASIC = { product: 'reel', plan: 'basic' };
const SCALE = { product: 'gateway', plan: 'scale' };
const YEARLY = { product: 'gateway', plan: 'team', cycle: 'yearly', quantity: 2 };
const isNotice = (template: string) =>
  ['trial_ends', 'renewal_ahead', 'card_expires', 'price_raised'].includes(template);

/** The notices that they were mailed after two runs at once, and one more. */
async function told(who: Customer): Promise<string[]> {
  await Promise.all([notices.run(), notices.run()]);
  expect(await notices.run()).toBe(0);
  return (await mailsOf(who)).filter(isNotice);
}

async function eventsOf({ accountId }: Customer): Promise<unknown[]> {
  const rows = await db.asMigrator(
    statement<{ data: unknown }>(
      "select data from webhooks.events where account_id = $1 and type = 'trial.ending'",
      [accountId],
    ),
  );
  return rows.map(({ data }) => data);
}

/** Pays by a card that is good until the end of so many months from now. */
async function givesCard(who: Customer, months: number): Promise<void> {
  const id = await storeId(who);
  const customer = idOf((await stripe.subscriptions.retrieve(id)).customer);
  const [time] = await db.asMigrator(statement<{ now: Date }>('select app.now() as now'));
  const end = new Date(time?.now ?? 0);
  end.setUTCDate(1);
  end.setUTCMonth(end.getUTCMonth() + months);
  const made = await stripe.paymentMethods.create({
    type: 'card',
    card: {
      number: '4242424242424242',
      exp_month: end.getUTCMonth() + 1,
      exp_year: end.getUTCFullYear(),
      cvc: '123',
    },
  });
  await stripe.paymentMethods.attach(made.id, { customer });
  await stripe.subscriptions.update(id, { default_payment_method: made.id });
  await drainEvents();
}

/** Another price of what they pay for, from now on or from the next period on. */
async function setsPrice(who: Customer, amount: number, from: 'now' | 'next period'): Promise<void> {
  const id = await storeId(who);
  const { items } = await stripe.subscriptions.retrieve(id);
  const [item] = items.data;
  if (item === undefined) throw new Error('there is no item');
  const product = idOf(item.price.product);
  const recurring = { interval: 'month' as const };
  const price = await stripe.prices.create({ product, currency: 'usd', unit_amount: amount, recurring });
  if (from === 'now')
    await stripe.subscriptions.update(id, {
      items: [{ id: item.id, price: price.id }],
      proration_behavior: 'none',
    });
  else {
    const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
    const [phase] = schedule.phases;
    if (phase === undefined) throw new Error('there is no phase');
    await stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'release',
      proration_behavior: 'none',
      phases: [
        {
          items: [{ price: item.price.id, quantity: 1 }],
          start_date: phase.start_date,
          end_date: phase.end_date,
        },
        { items: [{ price: price.id, quantity: 1 }] },
      ],
    });
  }
  await drainEvents();
}

test('a trial that ends in a week is told once, with its event, and one that was ended before is not', async () => {
  const [ada, eve] = [await holding(SCALE), await holding(SCALE)];
  await later(6);
  expect(await told(ada)).toEqual([]);
  await later(2);
  // No event tells of it: the subscription is read once more.
  sandbox.hold();
  await stripe.subscriptions.update(await storeId(eve), { cancel_at_period_end: true });
  expect(await told(ada)).toEqual(['trial_ends']);
  expect(await mailsOf(eve)).not.toContain('trial_ends');
  expect(await eventsOf(ada)).toMatchObject([{ plan: 'gateway.scale', ends_unpaid: false }]);
  expect(await eventsOf(eve)).toEqual([]);
  await sandbox.release();
});

test('a year is told before it is paid again, each year anew, and a month never', async () => {
  const [ada, eve] = [await holding(YEARLY), await holding(BASIC)];
  await later(320);
  expect(await told(ada)).toEqual([]);
  await later(12);
  expect(await told(ada)).toEqual(['renewal_ahead']);
  await later(365);
  expect(await told(ada)).toEqual(['renewal_ahead', 'renewal_ahead']);
  expect((await mailsOf(eve)).filter(isNotice)).toEqual([]);
});

test('a card that is over before the next charge is told once, and one that lasts is not', async () => {
  const [ada, eve] = [await holding(BASIC), await holding(BASIC)];
  await givesCard(ada, 0);
  await givesCard(eve, 2);
  expect(await told(ada)).toEqual(['card_expires']);
  expect((await mailsOf(eve)).filter(isNotice)).toEqual([]);
});

test('a raised price is told to those who renew at it, and a lower one is not', async () => {
  const [ada, eve, joe] = [await holding(BASIC), await holding(BASIC), await holding(BASIC)];
  await setsPrice(ada, 795, 'now');
  await setsPrice(eve, 795, 'next period');
  await setsPrice(joe, 295, 'now');
  expect(await told(ada)).toEqual(['price_raised']);
  expect((await mailsOf(eve)).filter(isNotice)).toEqual(['price_raised']);
  expect((await mailsOf(joe)).filter(isNotice)).toEqual([]);
  await later(32);
  // The new price is the price by now.
  expect(await told(ada)).toEqual(['price_raised']);
  expect((await mailsOf(eve)).filter(isNotice)).toEqual(['price_raised']);
});
