import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BillingRecords } from './billing-records.ts';
import { dunningStateOf } from './dunning-state.ts';
import { failuresToTell } from './grace.ts';
import { notificationsOf } from './notifications/notifications.ts';
import {
  billingRecords,
  day,
  dayOf,
  first,
  invoice,
  paid,
  payment,
  subscription,
} from '@plinth/testkit/fixtures/billing/rows';

/** Days after the first try on which a provider tries again. */
const SCHEDULES = [
  [1, 3, 5, 7],
  [3, 8, 15],
  [1, 2, 3, 5, 8, 11, 14],
  [0.04, 0.5, 1, 2, 3],
] as const;
/** Tries by the customers themselves, with cards that are dead too. */
const ownTries = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 4 });
/** How late each message is, by days: SEPA takes nine, and messages get lost. */
const delays = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 8, maxLength: 8 });

/** Rows of a renewal as it is on a day, `seen` being the provider's own tries that it has told of. */
function rowsWith(tries: readonly number[], own: readonly number[], at: number): BillingRecords {
  const known = tries.filter((after) => after <= at);
  const charges = [...known, ...own.filter((after) => after <= at)].map((after, n) =>
    payment(30 + after, { store_id: `ch_${n}` }),
  );
  return billingRecords({
    subscriptions: [
      subscription({ state: known.length > 0 ? 'past_due' : 'active', period_ends_at: day(60) }),
    ],
    invoices: [first, invoice({ attempts: known.length })],
    payments: [paid, ...charges],
  });
}

interface TellingResult {
  readonly ends: readonly number[];
  readonly mailed: readonly number[];
  readonly records: BillingRecords;
}

/** Hears of the renewal on these days, each time of how it is at the provider by then: twice, and the older answer again. */
function hear(tries: readonly number[], own: readonly number[], days: readonly number[]): TellingResult {
  let told: BillingRecords['told'] = [];
  const [ends, mailed]: [number[], number[]] = [[], []];
  const noted = new Set<string>();
  let records = billingRecords();
  for (const at of days.toSorted((a, b) => a - b))
    for (const seen of [at, at, at / 2]) {
      const rows = rowsWith(tries, own, seen);
      told = [...told, ...failuresToTell({ ...rows, told }, { now: day(30 + at), longestDays: 14 })];
      records = { ...rows, told };
      const [one = subscription()] = records.subscriptions;
      const end = dayOf(dunningStateOf(one, records).graceEndsAt);
      if (end !== null) ends.push(end - 30);
      for (const { kind, about, graceEndsAt } of notificationsOf(records, day(30 + at))) {
        if (!kind.startsWith('payment_failed') || noted.has(`${kind} ${about}`)) continue;
        noted.add(`${kind} ${about}`);
        mailed.push((dayOf(graceEndsAt ?? null) ?? 0) - 30);
      }
    }
  return { ends, mailed, records };
}

test('whatever a provider tries, and whenever it is heard of, no plan ends before a date that a mail has named', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SCHEDULES), ownTries, delays, (after, own, late) => {
      const tries = [0, ...after];
      const days = [...tries, ...own].map((at, n) => at + (late[n % late.length] ?? 0));
      const { ends, mailed, records } = hear(tries, own, days);
      const [firstTold] = records.told;
      const from = (dayOf(firstTold?.told_at ?? null) ?? 0) - 30;
      for (const [n, end] of ends.entries()) {
        expect(end).toBeGreaterThanOrEqual(ends[n - 1] ?? 0);
        expect(end).toBeGreaterThanOrEqual(from + 7 - 1e-6);
        expect(end).toBeLessThanOrEqual(from + 14 + 1e-6);
      }
      expect(ends.at(-1)).toBeGreaterThanOrEqual(Math.max(...mailed));
      expect(mailed.toSorted((a, b) => a - b)).toEqual(mailed);
    }),
    { numRuns: 300 },
  );
});

test('the same telling again, as by a rebuild, promises nothing new', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SCHEDULES),
      ownTries,
      fc.double({ min: 0, max: 40, noNaN: true }),
      (after, own, at) => {
        const { records } = hear([0, ...after], own, [0, 2, 6, 13]);
        expect(failuresToTell(records, { now: day(43 + at), longestDays: 14 })).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});

test('a customer’s own tries move no date, however many and whenever', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SCHEDULES), ownTries, (after, own) => {
      const tries = [0, ...after];
      const days = [...tries, ...own];
      expect(hear(tries, own, days).ends.at(-1)).toBe(hear(tries, [], days).ends.at(-1));
    }),
    { numRuns: 200 },
  );
});

test('a shorter setting takes back no day that was promised under a longer one', () => {
  const rows = rowsWith([0, 5, 10], [], 5);
  const told = failuresToTell(rowsWith([0, 5, 10], [], 0), { now: day(30), longestDays: 14 });
  const more = [...told, ...failuresToTell({ ...rows, told }, { now: day(36), longestDays: 14 })];
  expect(more.map(({ grace_ends_at: end }) => dayOf(end))).toEqual([37, 39]);
  const third = rowsWith([0, 5, 8], [], 8);
  const last = failuresToTell({ ...third, told: more }, { now: day(38), longestDays: 7 });
  expect(last.map(({ grace_ends_at: end }) => dayOf(end))).toEqual([39]);
});
