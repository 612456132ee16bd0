import type { Random } from '#platform/kernel';
import type { Rational } from './rational.ts';

/** Random decisions, exact to the last bit. */
export interface Chance {
  /** A whole number from 0 to below `n`, each as likely as the others. */
  below(n: bigint): bigint;
  /** True in `cases` of `n`. */
  happens(cases: bigint, n: bigint): boolean;
}

/** Draws noise of a scale. */
export type Noise = (scale: Rational) => bigint;

/** From random bytes: a number of as many bits as `n - 1` has is drawn anew until it is below `n`. */
export function exactChance({ bytes }: Pick<Random, 'bytes'>): Chance {
  function below(n: bigint): bigint {
    const bits = (n - 1n).toString(2).length;
    for (;;) {
      const drawn = BigInt(`0x${Buffer.from(bytes(Math.ceil(bits / 8))).toString('hex')}`);
      const number = drawn & ((1n << BigInt(bits)) - 1n);
      if (number < n) return number;
    }
  }
  return { below, happens: (cases, n) => below(n) < cases };
}

/**
 * Two-sided geometric noise: `z` with probability proportional to exp(-|z| / scale). Exact, with whole numbers alone: Canonne, Kamath,
 * Steinke 2020, 'The Discrete Gaussian for Differential Privacy', algorithm 2. Rounded floats have other probabilities, and by their
 * lowest bits they tell what was added to what (Mironov 2012).
 */
export function discreteLaplace(chance: Chance): Noise {
  return ({ numerator: t, denominator: s }) => {
    for (;;) {
      const rest = chance.below(t);
      if (!isAcceptedByExp(chance, rest, t)) continue;
      let whole = 0n;
      while (isAcceptedByExp(chance, 1n, 1n)) whole += 1n;
      const size = (rest + t * whole) / s;
      const isNegative = chance.happens(1n, 2n);
      // 0 has one sign, or it would come twice as often.
      if (isNegative && size === 0n) continue;
      return isNegative ? -size : size;
    }
  };
}

/** True with probability exp(-a/b), for 0 ≤ a ≤ b: algorithm 1 of the same paper. */
function isAcceptedByExp(chance: Chance, a: bigint, b: bigint): boolean {
  let draws = 1n;
  while (chance.happens(a, b * draws)) draws += 1n;
  return draws % 2n === 1n;
}
