import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertHolds } from '@plinth/testkit/property';
import {
  billingRecords,
  day,
  dispute,
  invoice,
  line,
  payment,
  refund,
} from '@plinth/testkit/fixtures/billing/rows';
import { backingsOf } from './credit.ts';
import type { BillingRecords } from './billing-records.ts';

/** A customer's act, and whether its payment goes back. `amount`: of the gift or purchase; `part`: of the reduction or refund. */
const deed = fc.record({
  what: fc.constantFrom('subscribe', 'reduce', 'buy', 'give'),
  amount: fc.integer({ min: 1, max: 1_000 }),
  part: fc.integer({ min: 0, max: 1_000 }),
  goesBack: fc.constantFrom('no', 'no', 'refund', 'dispute'),
});
type Deed = (typeof deed)['generate'] extends (...all: never) => { readonly value: infer Value }
  ? Value
  : never;

/** The records of a customer whose balance is spent as Stripe spends it. */
function recordsOf(deeds: readonly Deed[]): BillingRecords {
  let balance = 0;
  const left = new Map<string, number>();
  const all = { invoices: [], lines: [], payments: [], refunds: [], disputes: [] } as {
    [K in 'invoices' | 'lines' | 'payments' | 'refunds' | 'disputes']: BillingRecords[K][number][];
  };
  const pays = (n: number, amount: number, of: Parameters<typeof invoice>[0]) => {
    const used = Math.min(amount, Math.max(0, balance));
    balance -= used;
    const store_id = `in_${n}`;
    const row = invoice({
      store_id,
      state: 'paid',
      total: amount,
      paid: amount - used,
      issued_at: day(n),
      ...of,
    });
    all.invoices.push(row);
    if (amount > used)
      all.payments.push(payment(n, { invoice: store_id, state: 'succeeded', amount: amount - used }));
    return row;
  };
  for (const [n, { what, amount, part, goesBack }] of deeds.entries()) {
    const charge = `ch_${n}`;
    const id = [...left.keys()][part % Math.max(1, left.size)] ?? '';
    const rest = left.get(id) ?? 0;
    const credit = Math.floor((rest * part) / 1_000);
    if (what === 'give') balance += amount;
    if (what === 'subscribe' || what === 'buy') {
      const of = what === 'subscribe' ? { subscription: `sub_${n}` } : { subscription: null };
      const row = pays(n, amount, of);
      if (what === 'subscribe') {
        all.lines.push(
          line({ invoice_id: row.id, store_id: `il_${n}`, amount, period_ends_at: day(n + 90) }),
        );
        left.set(`sub_${n}`, amount);
      }
      if (goesBack === 'dispute') all.disputes.push({ ...dispute(n, 'lost', charge), amount: row.paid });
      if (goesBack === 'refund')
        all.refunds.push({ ...refund(n, Math.floor((row.paid * part) / 1_000)), charge });
    }
    if (what === 'reduce' && credit > 0) {
      left.set(id, rest - credit);
      balance += credit;
      const row = invoice({
        store_id: `in_${n}`,
        subscription: id,
        state: 'paid',
        total: -credit,
        paid: 0,
        issued_at: day(n),
      });
      all.invoices.push(row);
      const end = day(Number(id.slice(4)) + 90);
      all.lines.push(line({ invoice_id: row.id, store_id: `il_${n}`, amount: -credit, period_ends_at: end }));
    }
  }
  return billingRecords(all);
}

const sum = (amounts: Iterable<number>) => [...amounts].reduce((all, one) => all + one, 0);

test('each unit of money that came in and stayed stands behind one purchase, however often it was credited and spent', () => {
  assertHolds(
    fc.property(fc.array(deed, { maxLength: 25 }), (deeds) => {
      const records = recordsOf(deeds);
      const backings = backingsOf(records, 'all');
      const took = sum(records.invoices.map(({ paid }) => paid));
      const kept =
        took -
        sum(records.refunds.map(({ amount }) => amount)) -
        sum(records.disputes.map(({ amount }) => amount));
      const items = records.invoices.filter(({ subscription }) => subscription === null);
      const behind = items.map(({ store_id }) => backings.get(store_id)?.money ?? 0);
      expect(sum(behind)).toBeLessThanOrEqual(kept);
      for (const { store_id, total } of records.invoices) {
        const { money, gift, gone } = backings.get(store_id) ?? { money: 0, gift: 0, gone: 0 };
        expect(money + gift + gone).toBe(Math.max(0, total));
        expect(Math.min(money, gift, gone)).toBeGreaterThanOrEqual(0);
      }
      const isGiven = deeds.some(({ what }) => what === 'give');
      for (const { gift } of isGiven ? [] : backings.values()) expect(gift).toBe(0);
      const goesBack = records.refunds.length + records.disputes.length > 0;
      for (const { gone } of goesBack ? [] : backings.values()) expect(gone).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

const sold = (store_id: string, n: number, total: number) =>
  invoice({ store_id, state: 'paid', subscription: null, total, paid: 0, issued_at: day(n) });
const [team, smaller] = [
  { ...sold('in_team', 0, 49_000), subscription: 'sub_1', paid: 49_000 },
  { ...sold('in_smaller', 1, -46_100), subscription: 'sub_1' },
];
const lines = [
  line({ invoice_id: team.id, store_id: 'il_team', amount: 49_000 }),
  line({ invoice_id: smaller.id, store_id: 'il_smaller', amount: -46_100 }),
];
const payments = [payment(0, { invoice: 'in_team', state: 'succeeded', amount: 49_000 })];

test.each([
  ['stands with the payment that its credit came from', {}, [45_000, 0, 0]],
  [
    'falls with a dispute of that',
    { disputes: [{ ...dispute(3, 'lost', 'ch_0'), amount: 49_000 }] },
    [0, 0, 45_000],
  ],
  [
    'stands again once that is won',
    { disputes: [{ ...dispute(3, 'won', 'ch_0'), amount: 49_000 }] },
    [45_000, 0, 0],
  ],
  ['falls with a refund of that', { refunds: [{ ...refund(3, 49_000), charge: 'ch_0' }] }, [0, 0, 45_000]],
  [
    'falls as far as what is left is too little',
    { refunds: [{ ...refund(3, 30_000), charge: 'ch_0' }] },
    [19_000, 0, 26_000],
  ],
])('an item %s', (_, more, [money, gift, gone]) => {
  const records = billingRecords({
    invoices: [team, smaller, sold('in_item', 2, 45_000)],
    lines,
    payments,
    ...more,
  });
  expect(backingsOf(records, 'all').get('in_item')).toMatchObject({ money, gift, gone });
});

const partsOf = (of: BillingRecords) =>
  ['in_1', 'in_2', 'in_3'].map((id) => {
    const { money = 0, gift = 0, gone: lost = 0 } = backingsOf(of, 'all').get(id) ?? {};
    return [money, gift, lost];
  });

test('the first purchase stands, and credit that was given is no money; once what went back was taken, given credit is had', () => {
  const gone = { disputes: [{ ...dispute(3, 'lost', 'ch_0'), amount: 30_000 }] };
  const items = [sold('in_1', 2, 19_000), sold('in_2', 4, 27_100), sold('in_3', 5, 500)];
  const records = billingRecords({ invoices: [team, smaller, ...items], lines, payments, ...gone });
  expect(partsOf(records)).toEqual([
    [19_000, 0, 0],
    [0, 0, 27_100],
    [0, 500, 0],
  ]);
  const taken = [{ subscription: 'sub_1', taken: 27_100 }];
  expect(partsOf({ ...records, taken })).toEqual([
    [19_000, 0, 0],
    [0, 27_100, 0],
    [0, 500, 0],
  ]);
});
