import { advanceTo } from '@plinth/testkit/factories';
import { denialOf } from '@plinth/testkit/fixtures/limits';
import { beforeEach, describe, expect, test } from 'vitest';
import { openOverageFixture } from './overage.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const shop = await openOverageFixture(death.crashHook);
const { admit, begin, billed, choose, customer, later, limits, overage, reports, sandbox, subscribe, use } =
  shop;

beforeEach(() => {
  sandbox.faults.clear();
});

/** A minute later, what was used is counted and told. */
async function run(): Promise<number> {
  await later();
  return overage.run();
}

describe('a limit that may be passed', () => {
  test('is a hard cap until its account chooses otherwise, and then has room for as much as it chose', async () => {
    const ada = await customer();
    expect(await overage.list(ada.accountId)).toMatchObject([
      { limit: 'posts', included: 10, most: 0, past: 0 },
    ]);
    await use(ada, 10);
    expect(denialOf(await admit(ada, 1))).toMatchObject({ limit: 'posts', used: 10, max: 10 });
    expect(await choose(ada, 3)).toMatchObject({
      included: 10,
      most: 3,
      unit_micros: 10_000,
      currency: 'usd',
    });
    await use(ada, 3);
    expect(denialOf(await admit(ada, 1))).toMatchObject({ limit: 'posts', used: 13, max: 13 });
    const [used] = await limits.usage(ada.accountId);
    expect(used).toMatchObject({ used: 13, max: 13 });
    expect(await run()).toBe(3);
    expect(await overage.list(ada.accountId)).toMatchObject([{ used: 13, past: 3, most: 3 }]);
    expect(await billed(ada.customer)).toBe(3);
  });

  test('is passed by nobody at once by more than was chosen', async () => {
    const ada = await customer();
    await choose(ada, 5);
    const all = await Promise.all(Array.from({ length: 30 }, () => admit(ada, 1)));
    expect(all.filter(({ kind }) => kind === 'permit')).toHaveLength(15);
  });

  test('is closed again by a smaller choice, which takes nothing back', async () => {
    const ada = await customer();
    await choose(ada, 5);
    await use(ada, 14);
    await choose(ada, 0);
    expect(denialOf(await admit(ada, 1))).toMatchObject({ used: 14, max: 10 });
    await run();
    expect(await billed(ada.customer)).toBe(4);
  });

  test('is not for sale on a plan without it, nor where no provider with meters is paid', async () => {
    const ada = await customer();
    await subscribe(ada.accountId, undefined);
    await expect(choose(ada, 5)).rejects.toMatchObject({ code: 'overage_not_sold' });
    await subscribe(ada.accountId, 'pro', 'app_store');
    await expect(choose(ada, 5)).rejects.toMatchObject({ code: 'overage_not_sold' });
    expect(await overage.list(ada.accountId)).toEqual([]);
  });
});

describe('units past a limit', () => {
  test('are billed once, however often they are counted', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 12);
    for (const _ of [1, 2, 3]) await run();
    await use(ada, 1);
    await Promise.all([run(), overage.run()]);
    await run();
    expect(await billed(ada.customer)).toBe(3);
    expect(await reports(ada.accountId)).toMatchObject([
      { units: 2, state: 'sent' },
      { units: 1, state: 'sent' },
    ]);
  });

  test('are not billed while the work is under way, nor when it failed', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 10);
    const [works, fails] = [await begin(ada, 2), await begin(ada, 4)];
    await run();
    expect(await billed(ada.customer)).toBe(0);
    await fails.release('it failed');
    await works.settle();
    await run();
    expect(await billed(ada.customer)).toBe(2);
  });

  test('are only those past the bigger plan after a move to a smaller one', async () => {
    const ada = await customer('max');
    await choose(ada, 20);
    await use(ada, 30);
    const long = await begin(ada, 5);
    await run();
    await subscribe(ada.accountId, 'pro');
    await long.settle();
    await run();
    expect(await billed(ada.customer)).toBe(0);
    expect(denialOf(await admit(ada, 1))).toMatchObject({ used: 35, max: 30 });
  });

  test('used before it was chosen are nobody’s to pay', async () => {
    const ada = await customer('max');
    await use(ada, 30);
    await subscribe(ada.accountId, 'pro');
    await later(3_600);
    await choose(ada, 30);
    await run();
    await use(ada, 1);
    await run();
    expect(await billed(ada.customer)).toBe(1);
  });

  test('of a window that is over are billed all the same, and the next one begins anew', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 9);
    const late = await begin(ada, 3);
    const next = new Date(sandbox.now());
    next.setUTCMonth(next.getUTCMonth() + 1, 1);
    next.setUTCHours(0, 0, 1, 0);
    await advanceTo(shop.db, next.toISOString());
    sandbox.advanceTo(next);
    await use(ada, 5);
    await late.settle();
    await run();
    expect(await billed(ada.customer)).toBe(2);
    expect(await overage.list(ada.accountId)).toMatchObject([{ used: 5, past: 0 }]);
  });
});

describe('what the provider is told', () => {
  test.each([
    'before billing.overage-counted',
    'after billing.overage-counted',
    'before billing.overage-taken',
    'after billing.overage-taken',
    'before billing.change',
    'after billing.change',
    'before billing.overage-sent',
    'after billing.overage-sent',
  ])('is told once, though the process is killed %s', async (instant) => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 14);
    death.plan(instant);
    await expect(run()).rejects.toThrow();
    await later(120);
    await overage.run();
    await run();
    expect(await billed(ada.customer)).toBe(4);
  });

  test('of an account that could not be counted keeps no other one waiting', async () => {
    const both = [await customer(), await customer()];
    for (const one of both) {
      await choose(one, 20);
      await use(one, 11);
    }
    death.plan('before billing.overage-counted');
    await expect(run()).rejects.toThrow('1 accounts could not be counted');
    const units = await Promise.all(both.map(async (one) => billed(one.customer)));
    expect(units).toContain(1);
    await run();
    expect(await Promise.all(both.map(async (one) => billed(one.customer)))).toEqual([1, 1]);
  });

  test('waits while the provider is away, and is told when it is back', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 11);
    sandbox.faults.always('POST /v1/billing/meter_events', { kind: 'status', status: 500 });
    await expect(run()).rejects.toMatchObject({ code: 'store_unavailable' });
    sandbox.faults.clear();
    await later(120);
    await overage.run();
    expect(await billed(ada.customer)).toBe(1);
  });

  test('is refused for a customer whom the provider has no longer, rather than told to nobody', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 11);
    await shop.deleteCustomer(ada.customer);
    expect(await run()).toBe(0);
    expect(await reports(ada.accountId)).toEqual([{ units: 1, state: 'due', refusal: 'customer_deleted' }]);
  });

  test('is told again an hour after a refusal', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 11);
    sandbox.faults.at('POST /v1/billing/meter_events', { kind: 'status', status: 400 });
    await run();
    expect(await reports(ada.accountId)).toMatchObject([{ units: 1, state: 'due' }]);
    await later(3_700);
    await overage.run();
    expect(await reports(ada.accountId)).toMatchObject([{ units: 1, state: 'sent', refusal: null }]);
    expect(await billed(ada.customer)).toBe(1);
  });

  test('is left to the operator when nobody knows for a day whether it arrived', async () => {
    const ada = await customer();
    await choose(ada, 20);
    await use(ada, 11);
    death.plan('after billing.change');
    await expect(run()).rejects.toThrow('the process died');
    await later(24 * 3_600);
    await overage.run();
    expect(await reports(ada.accountId)).toMatchObject([{ units: 1, state: 'doubtful' }]);
    expect(await billed(ada.customer)).toBe(1);
  });
});
