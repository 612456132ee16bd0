import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemRandom } from '#platform/kernel';
import { assertHolds } from '@plinth/testkit/property';
import { type Contribution, countKinds, publishCounts } from './counts.ts';
import { checkedReleases } from './declaration.ts';
import { discreteLaplace, exactChance } from './discrete-laplace.ts';

const LIST = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const EPSILON = { numerator: 1n, denominator: 1n };
const noise = discreteLaplace(exactChance(systemRandom));
const kinds = fc.array(fc.constantFrom(...LIST, 'no kind'), { maxLength: 20 });
const others = fc.array(fc.record({ account_id: fc.uuid(), kinds }), { maxLength: 12 });

test('with one account more, whatever it and others have, counts differ by one each and by five in all at most', () => {
  const property = fc.property(others, fc.array(kinds, { maxLength: 3 }), (all, rowsOfOne) => {
    const more: Contribution[] = rowsOfOne.map((row) => ({ account_id: 'one more', kinds: row }));
    const [before, after] = [countKinds(LIST, all), countKinds(LIST, [...more, ...all])];
    const differences = LIST.map((kind) => (after.get(kind) ?? 0) - (before.get(kind) ?? 0));
    expect([...after.keys()]).toEqual(LIST);
    expect(differences.every((difference) => difference === 0 || difference === 1)).toBe(true);
    expect(differences.reduce((sum, difference) => sum + difference, 0)).toBeLessThanOrEqual(5);
  });
  assertHolds(property, { numRuns: 300 });
});

test('an account counts in the first five of its kinds that are on the list, once each', () => {
  const rows = [{ account_id: 'one', kinds: ['no kind', 'h', 'h', 'c', 'a', 'b', 'g', 'f', 'e'] }];
  const counted = [...countKinds(LIST, rows)].filter(([, count]) => count === 1).map(([kind]) => kind);
  expect(counted).toEqual(['a', 'b', 'c', 'g', 'h']);
});

test('each kind of the list gets noise of scale k/ε, zeros too, and those that reach the minimum group are shown', () => {
  const scales: unknown[] = [];
  const drawn = [0n, 3n, 2n, -1n, 0n, 0n, 0n, 0n];
  const rows = [{ account_id: 'one', kinds: ['a', 'd'] }];
  const shown = publishCounts(countKinds(LIST, rows), {
    epsilon: { numerator: 2n, denominator: 3n },
    minimumGroup: 3,
    noise(scale) {
      scales.push(scale);
      return drawn[scales.length - 1] ?? 0n;
    },
  });
  expect(shown).toEqual([{ kind: 'b', count: 3 }]);
  expect(scales).toEqual(LIST.map(() => ({ numerator: 15n, denominator: 2n })));
});

test('of the ten most frequent patterns of 1,000 accounts a release shows at least seven', () => {
  // Forty kinds, of which the nth is had by one in n + 1 accounts; an account keeps the five that it met first.
  const list = Array.from({ length: 40 }, (_, at) => `kind ${at + 1}`);
  const { below } = exactChance(systemRandom);
  const order = () =>
    list.map((kind) => [Number(below(1_000_000n)), kind] as const).sort(([a], [b]) => a - b);
  const accounts = Array.from({ length: 1_000 }, (_, at) => ({
    account_id: String(at),
    kinds: order()
      .map(([, kind]) => kind)
      .filter((kind) => below(BigInt(list.indexOf(kind) + 2)) === 0n),
  }));
  const all = list.map((kind) => [kind, accounts.filter((one) => one.kinds.includes(kind)).length] as const);
  const top = [...all].sort(([, a], [, b]) => b - a).slice(0, 10);
  const shown = publishCounts(countKinds(list, accounts), { epsilon: EPSILON, minimumGroup: 30, noise });
  const names = new Set(shown.map(({ kind }) => kind));
  expect(top.filter(([kind]) => names.has(kind)).length).toBeGreaterThanOrEqual(7);
});

const declared = (epsilon: { numerator: number; denominator: number }, more = {}) => ({
  product: 'notes',
  kinds: LIST,
  minimumGroup: 20,
  epsilon,
  contributions: () => ({ text: '', values: [] }),
  ...more,
});

test.each([NaN, -1, 0, Infinity, -Infinity, 0.5, 2 ** 53])(
  'an ε of %d is refused, above and below the line',
  (part) => {
    expect(() => checkedReleases([declared({ numerator: part, denominator: 1 })])).toThrow(RangeError);
    expect(() => checkedReleases([declared({ numerator: 1, denominator: part })])).toThrow(RangeError);
  },
);

test('products that would spend more than a period has, together, are refused; what it has to the last is not', () => {
  const third = declared({ numerator: 1, denominator: 3 });
  expect(checkedReleases([third, third, third])).toHaveLength(3);
  const little = declared({ numerator: 1, denominator: 1_000_000 });
  expect(() => checkedReleases([third, third, third, little])).toThrow('1000001/1000000 of 1');
});

test('a list that names a kind twice or none, and a minimum group that is none, are refused', () => {
  const half = { numerator: 1, denominator: 2 };
  for (const more of [{ kinds: [] }, { kinds: ['a', 'a'] }, { minimumGroup: 0 }, { minimumGroup: NaN }])
    expect(() => checkedReleases([declared(half, more)])).toThrow('the release of notes');
});
