import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sharedOf } from './ledger.ts';

const minor = (max: number) => fc.integer({ min: 0, max });

/** A payment with its tax, and what goes back of it piece by piece, up to all of it and more. */
const payments = fc
  .tuple(
    fc.integer({ min: 1, max: 1_000_000_000_000 }),
    minor(10_000),
    fc.array(fc.tuple(minor(10_000), fc.boolean())),
  )
  .map(([paid, taxPoints, pieces]) => ({
    paid,
    tax: Math.floor((paid * taxPoints) / 20_000),
    pieces: pieces.map(([points, isDispute]) => ({
      amount: Math.floor((paid * points) / 10_000),
      isDispute,
    })),
  }));

test('a payee’s part and the platform’s are the total, whatever goes back in whatever pieces', () => {
  fc.assert(
    fc.property(payments, minor(10_000), ({ paid, tax, pieces }, points) => {
      const sums = { paid, tax, refunded: 0, disputed: 0, gift: 0 };
      let [rows, before] = [0, { total: 0, share: 0 }];
      const apply = () => {
        const now = sharedOf(sums, points);
        rows += now.share - before.share;
        before = now;
        expect(now.share).toBe(Number((BigInt(now.total) * BigInt(points)) / 10_000n));
        expect(now.total).toBeLessThanOrEqual(Math.max(0, paid - tax));
        expect(now.share).toBeGreaterThanOrEqual(0);
      };
      apply();
      expect(before.total).toBe(paid - tax);
      for (const { amount, isDispute } of pieces) {
        if (isDispute) sums.disputed += amount;
        else sums.refunded += amount;
        apply();
      }
      expect(rows).toBe(before.share);
      expect(sharedOf({ ...sums, refunded: paid }, points)).toEqual({ total: 0, share: 0 });
    }),
    { numRuns: 10_000 },
  );
});

test.each([
  [
    { paid: 999, tax: 0, refunded: 0, disputed: 0, gift: 0 },
    { total: 999, share: 699 },
  ],
  [
    { paid: 1_190, tax: 190, refunded: 0, disputed: 0, gift: 0 },
    { total: 1_000, share: 700 },
  ],
  [
    { paid: 1_190, tax: 190, refunded: 595, disputed: 0, gift: 0 },
    { total: 500, share: 350 },
  ],
  [
    { paid: 999, tax: 0, refunded: 998, disputed: 0, gift: 0 },
    { total: 1, share: 0 },
  ],
  [
    { paid: 1_190, tax: 190, refunded: 0, disputed: 0, gift: 595 },
    { total: 500, share: 350 },
  ],
])('%j is %j', (sums, shared) => {
  expect(sharedOf(sums, 7_000)).toEqual(shared);
});
