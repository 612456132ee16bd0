import type { Noise } from '../../server/src/platform/operator/privacy/discrete-laplace.ts';

/** Scales that noise is drawn at: that of a release with ε = 1, one at which rounding shows, and one that is no whole number. */
const SCALES = [
  [5n, 1n],
  [1n, 1n],
  [7n, 3n],
] as const;
/** No double of this size is odd. */
const BEYOND_DOUBLES = 2n ** 80n;
/** Bins with fewer expected draws are counted with their tail. */
const LEAST_EXPECTED = 50;
/** Bound in the standard normal distribution: exact noise is called wrong once in a thousand million tests. */
const SIX_SIGMA = 5.998;

/** A comparison of drawn noise with what its law says. */
export interface LawTest {
  readonly name: string;
  readonly statistic: number;
  /** Exceeded with probability 1e-9 where the noise is right. */
  readonly critical: number;
}

/** Draws noise and compares it with P(z) = (1 − q) / (1 + q) · q^|z|, q = exp(−1 / scale), by Pearson's chi-square. */
export function testLaw(noise: Noise, draws: number): LawTest[] {
  const ofScales = SCALES.map(([numerator, denominator]) => {
    const drawn = Array.from({ length: draws }, () => Number(noise({ numerator, denominator })));
    const q = Math.exp(-Number(denominator) / Number(numerator));
    return { name: `chi-square at scale ${numerator}/${denominator}`, ...compare(drawn, q) };
  });
  const odd = Array.from({ length: draws }, () => {
    const value = noise({ numerator: BEYOND_DOUBLES, denominator: 1n });
    return value % 2n !== 0n;
  }).filter(Boolean).length;
  const half = draws / 2;
  const parity = { statistic: (2 * (odd - half) ** 2) / half, critical: criticalValue(1) };
  return [...ofScales, { name: 'odd numbers at scale 2^80', ...parity }];
}

function compare(drawn: readonly number[], q: number): Omit<LawTest, 'name'> {
  const middle = (1 - q) / (1 + q);
  let last = 0;
  while (drawn.length * middle * q ** (last + 1) >= LEAST_EXPECTED) last += 1;
  const bins = new Map<number, number>();
  for (const value of drawn) {
    const bin = Math.max(-last - 1, Math.min(last + 1, value));
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const tail = q ** (last + 1) / (1 + q);
  let statistic = 0;
  let counted = 0;
  for (let bin = -last - 1; bin <= last + 1; bin += 1) {
    const expected = drawn.length * (Math.abs(bin) > last ? tail : middle * q ** Math.abs(bin));
    statistic += ((bins.get(bin) ?? 0) - expected) ** 2 / expected;
    counted += bins.get(bin) ?? 0;
  }
  // A value that is no whole number is in no bin.
  return {
    statistic: counted === drawn.length ? statistic : Infinity,
    critical: criticalValue(2 * last + 2),
  };
}

/** A value of the chi-square distribution (Wilson, Hilferty 1931). */
function criticalValue(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + SIX_SIGMA * Math.sqrt(spread)) ** 3;
}
