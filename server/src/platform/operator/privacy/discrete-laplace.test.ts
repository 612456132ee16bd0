import { expect, test } from 'vitest';
import { type Chance, discreteLaplace, exactChance } from './discrete-laplace.ts';

/** Thrown where a run decides more than was chosen for it, with what there is to choose from. */
class Undecided {
  readonly options: readonly (readonly [choice: bigint, probability: number])[];
  constructor(options: readonly (readonly [choice: bigint, probability: number])[]) {
    this.options = options;
  }
}

/** Thrown where a run begins again: what it draws then has the law that it had before. */
class Rejected extends Error {}

function chosen(choices: readonly bigint[]): Chance {
  let at = 0;
  const take = (options: readonly (readonly [bigint, number])[]): bigint => {
    const possible = options.filter(([, probability]) => probability > 0);
    // Where there is no choice, none is spent.
    const choice = possible.length === 1 ? possible[0]?.[0] : choices[at++];
    if (choice === undefined) throw new Undecided(possible);
    return choice;
  };
  let rounds = 0;
  return {
    below(n) {
      rounds += 1;
      if (rounds > 1) throw new Rejected();
      return take(Array.from({ length: Number(n) }, (_, choice) => [BigInt(choice), 1 / Number(n)]));
    },
    happens(cases, n) {
      const probability = Number(cases) / Number(n);
      return (
        take([
          [1n, probability],
          [0n, 1 - probability],
        ]) === 1n
      );
    },
  };
}

/** The law of the first round that is not rejected, by paths that are no rarer than a probability; `rest` is how likely all others are. */
function lawOf(draw: (chance: Chance) => bigint, leastLikely: number) {
  const law = new Map<bigint, number>();
  let [accepted, rest] = [0, 0];
  const open: (readonly [choices: readonly bigint[], probability: number])[] = [[[], 1]];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const [choices, probability] = path;
    try {
      const value = draw(chosen(choices));
      law.set(value, (law.get(value) ?? 0) + probability);
      accepted += probability;
    } catch (end) {
      if (end instanceof Undecided && probability < leastLikely) rest += probability;
      else if (end instanceof Undecided)
        for (const [choice, likely] of end.options) open.push([[...choices, choice], probability * likely]);
      else if (!(end instanceof Rejected)) throw end;
    }
  }
  return { probabilityOf: (value: bigint) => (law.get(value) ?? 0) / accepted, rest: rest / accepted };
}

test.each([
  [1n, 1n],
  [3n, 1n],
  [5n, 2n],
  [2n, 3n],
])(
  'followed through all that can be drawn at scale %d/%d, each value is as likely as its law says',
  (numerator, denominator) => {
    const { probabilityOf, rest } = lawOf(
      (chance) => discreteLaplace(chance)({ numerator, denominator }),
      1e-7,
    );
    expect(rest).toBeLessThan(1e-3);
    const q = Math.exp(-Number(denominator) / Number(numerator));
    for (let z = -8; z <= 8; z += 1) {
      const expected = ((1 - q) / (1 + q)) * q ** Math.abs(z);
      expect(Math.abs(probabilityOf(BigInt(z)) - expected)).toBeLessThan(rest);
      expect(probabilityOf(BigInt(z))).toBeCloseTo(probabilityOf(BigInt(-z)), 12);
    }
  },
);

test.each([1, 2, 3, 7, 100, 255, 256])('bytes give each number below %d equally often, and no other', (n) => {
  const counts = Array.from({ length: 256 }, () => 0);
  for (let byte = 0; byte < 256; byte += 1) {
    let drawn = 0;
    // A byte that is refused is followed by 0, which is taken.
    const bytes = () => Uint8Array.of(drawn++ === 0 ? byte : 0);
    const value = Number(exactChance({ bytes }).below(BigInt(n)));
    if (drawn === 1) counts[value] = (counts[value] ?? 0) + 1;
  }
  expect(new Set(counts.slice(0, n)).size).toBe(1);
  expect(counts.slice(n).every((count) => count === 0)).toBe(true);
});

test('a number of more than one byte has all its bits from them', () => {
  const ones = exactChance({ bytes: (length) => new Uint8Array(length).fill(255) });
  expect(ones.below(2n ** 20n)).toBe(2n ** 20n - 1n);
  expect(ones.below(2n ** 80n)).toBe(2n ** 80n - 1n);
});
