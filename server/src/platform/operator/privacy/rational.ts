/** A positive fraction in lowest terms, or 0. Budgets of privacy are added up with these: no sum of floats is exact. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A fraction as code has it: two whole numbers above 0. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

export const ZERO: Rational = { numerator: 0n, denominator: 1n };

/** Reads a fraction of two positive whole numbers. Throws for anything else: NaN, infinity, 0, below 0, 0.5. */
export function positiveRational({ numerator, denominator }: Fraction): Rational {
  for (const part of [numerator, denominator])
    if (!Number.isSafeInteger(part) || part <= 0) throw new RangeError(`${part} is no positive whole number`);
  return sumOf(ZERO, { numerator: BigInt(numerator), denominator: BigInt(denominator) });
}

export function sumOf(a: Rational, b: Rational): Rational {
  const numerator = a.numerator * b.denominator + b.numerator * a.denominator;
  const denominator = a.denominator * b.denominator;
  let [divisor, less] = [numerator, denominator];
  while (less !== 0n) [divisor, less] = [less, divisor % less];
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function isAboveOne({ numerator, denominator }: Rational): boolean {
  return numerator > denominator;
}
