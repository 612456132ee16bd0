import { describe, expect, test } from 'vitest';
import type { Body } from '../../../payment-provider.ts';
import { read } from '../read.ts';
import { item, price, subscription } from '@plinth/testkit/fixtures/billing/bodies';

const ref = { kind: 'subscription', id: 'sub_1' } as const;
const seconds = (n: number) => new Date(n * 1_000);
const readSubscription = (more: Body = {}) => read(ref, subscription(more)).subscription;

describe('a subscription', () => {
  test('is told with its plan by the product of its price, and leads to its customer and newest invoice', () => {
    const facts = read(ref, subscription());
    expect(facts.also).toEqual([
      { kind: 'customer', id: 'cus_1' },
      { kind: 'invoice', id: 'in_1' },
    ]);
    expect(facts.subscription).toEqual({
      id: 'sub_1',
      product: 'reel',
      plan: 'pro',
      cycle: 'monthly',
      quantity: 1,
      unitAmount: 3_995,
      currency: 'usd',
      unitMicros: {},
      state: 'active',
      givenUp: false,
      startsAt: seconds(50),
      trialEndsAt: null,
      card: undefined,
      isOurs: false,
      periodStartsAt: seconds(100),
      periodEndsAt: seconds(200),
      cancelsAt: null,
      endedAt: null,
      next: null,
    });
  });

  test.each([
    [{ interval: 'month', interval_count: 3 }, 'P3M'],
    [{ interval: 'week' }, 'P1W'],
    [{ interval: 'month', interval_count: 12 }, 'yearly'],
  ])('that is paid each %o is so', (recurring, cycle) => {
    const paid = { ...price(), recurring: { usage_type: 'licensed', ...recurring } };
    expect(readSubscription({ items: { data: [item({ price: paid })] } })).toMatchObject({ cycle });
  });

  test('says what its card is told by, and whether it began at a page of ours', () => {
    const default_payment_method = { id: 'pm_1', type: 'card', fingerprint: 'AOB934' };
    const metadata = { plinth_account: 'an account' };
    expect(readSubscription({ default_payment_method, metadata })).toMatchObject({
      card: 'AOB934',
      isOurs: true,
    });
    const untold = { ...default_payment_method, fingerprint: null };
    for (const method of ['pm_1', null, untold])
      expect(readSubscription({ default_payment_method: method })).toMatchObject({
        card: undefined,
        isOurs: false,
      });
  });

  test.each([
    ['incomplete', 'incomplete'],
    ['incomplete_expired', 'expired'],
    ['trialing', 'trialing'],
    ['active', 'active'],
    ['past_due', 'past_due'],
    ['unpaid', 'past_due'],
    ['paused', 'paused'],
    ['canceled', 'canceled'],
  ])('that Stripe calls %s is %s', (status, state) => {
    expect(readSubscription({ status })).toMatchObject({ state, givenUp: status === 'unpaid' });
  });

  test('of a status that nobody knows is not guessed, and the error does not quote it', () => {
    expect(() => readSubscription({ status: 'ada@example.com' })).toThrow(/can't be read: status$/);
  });

  test('is paused where nothing will be charged for it, and not where the bill is only put off', () => {
    expect(readSubscription({ pause_collection: { behavior: 'void' } })?.state).toBe('paused');
    expect(readSubscription({ pause_collection: { behavior: 'keep_as_draft' } })?.state).toBe('active');
    expect(readSubscription({ status: 'canceled', pause_collection: { behavior: 'void' } })?.state).toBe(
      'canceled',
    );
  });

  test('ends when it was asked to: at an instant, or with its period', () => {
    expect(readSubscription({ cancel_at: 170 })?.cancelsAt).toEqual(seconds(170));
    expect(readSubscription({ cancel_at_period_end: true })?.cancelsAt).toEqual(seconds(200));
  });

  test.each([
    [true, 150, true],
    [true, 200, undefined],
    [false, 150, undefined],
  ])(
    'is followed up where it ends with a period shorter than its plan’s: %s, %i',
    (cancel_at_period_end, cancel_at, follows) => {
      expect(readSubscription({ cancel_at_period_end, cancel_at })?.needsFollowUp).toBe(follows);
    },
  );

  test('of several items is its plan, whatever else is charged with it', () => {
    const metered = price({
      product: 'plinth_reel_overage-calls',
      recurring: { interval: 'month', usage_type: 'metered' },
    });
    const items = {
      data: [
        item({ price: metered }),
        item({ price: price({ product: 'prod_other' }) }),
        item({ quantity: 4 }),
      ],
    };
    expect(readSubscription({ items })).toMatchObject({ plan: 'pro', quantity: 4 });
  });

  test('of nothing that we sell is foreign', () => {
    const items = { data: [item({ price: price({ product: 'prod_other' }) })] };
    expect(read(ref, subscription({ items }))).toMatchObject({
      foreign: true,
      customer: 'cus_1',
    });
  });

  test('has no customer’s own words in what is read of it', () => {
    const facts = read(ref, subscription({ description: 'secret', metadata: { note: 'secret' } }));
    expect(JSON.stringify(facts)).not.toContain('secret');
  });
});

const phase = ([start_date = 0, end_date = 0]: readonly number[], plan: string, quantity = 1): Body => ({
  start_date,
  end_date,
  items: [{ price: price({ product: `plinth_reel_${plan}` }), quantity }],
});
const scheduleWith = (phases: readonly Body[], more: Body = {}): Body => ({
  schedule: {
    status: 'active',
    end_behavior: 'release',
    current_phase: { end_date: 200 },
    phases,
    ...more,
  },
});

describe('a schedule', () => {
  const both = [phase([100, 200], 'pro'), phase([200, 300], 'basic', 2)];

  test('says what comes after the present phase', () => {
    expect(readSubscription(scheduleWith(both))?.next).toEqual({
      product: 'reel',
      plan: 'basic',
      cycle: 'monthly',
      quantity: 2,
      at: seconds(200),
    });
  });

  test('that goes on as it is, is over, or waits for its beginning, changes nothing', () => {
    expect(
      readSubscription(scheduleWith([phase([100, 200], 'pro'), phase([200, 300], 'pro')]))?.next,
    ).toBeNull();
    expect(readSubscription(scheduleWith(both, { status: 'released' }))?.next).toBeNull();
    expect(readSubscription(scheduleWith(both, { current_phase: null }))?.next).toBeNull();
    expect(readSubscription({ schedule: 'sub_sched_1' })?.next).toBeNull();
  });

  test('that cancels after its last phase says when', () => {
    const last = { end_behavior: 'cancel' };
    expect(readSubscription(scheduleWith([phase([100, 200], 'pro')], last))?.cancelsAt).toEqual(seconds(200));
    expect(readSubscription(scheduleWith(both, last))?.cancelsAt).toBeNull();
  });
});
