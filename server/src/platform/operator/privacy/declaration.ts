import type { Statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Contribution } from './counts.ts';
import { type Fraction, isAboveOne, positiveRational, type Rational, sumOf, ZERO } from './rational.ts';

/** Days of UTC that a release is about: the first one, and the one after the last. */
export interface Period {
  readonly starts_on: string;
  readonly ends_on: string;
}

/** A product's release to all customers, by the month: counts of accounts over a closed list of kinds. */
export interface ReleaseDeclaration {
  /** All kinds that may ever be shown. Written in code: a list that is made of what accounts have would tell of them. */
  readonly kinds: readonly string[];
  /** The part of each account's budget of 1 a period that a release spends; releases of all products add up. */
  readonly epsilon: Fraction;
  /** Counts below it are not shown, noise included. */
  readonly minimumGroup: number;
  /**
   * The kinds of these accounts, and of no others, in the period. A row is of one account, its kinds are ordered by what matters most to it,
   * and both follow from that account's data alone: the proof needs it. Kinds beyond the first five are not counted.
   */
  readonly contributions: (accountIds: readonly AccountId[], period: Period) => Statement<Contribution>;
}

/** A product's declaration, checked. */
export interface ProductRelease extends Omit<ReleaseDeclaration, 'epsilon'> {
  readonly product: string;
  readonly epsilon: Rational;
}

/** Checks what products declare. Throws for an ε that is none, and for more in sum than a period has. */
export function checkedReleases(
  declared: readonly (ReleaseDeclaration & { readonly product: string })[],
): ProductRelease[] {
  const releases = declared.map((one) => ({ ...one, epsilon: positiveRational(one.epsilon) }));
  for (const { product, kinds, minimumGroup } of releases) {
    if (kinds.length === 0 || new Set(kinds).size < kinds.length)
      throw new Error(`the release of ${product}: its kinds are none, or one is named twice`);
    if (!Number.isSafeInteger(minimumGroup) || minimumGroup < 1)
      throw new RangeError(`the release of ${product}: its minimum group is ${minimumGroup}`);
  }
  const spent = releases.reduce((total, { epsilon }) => sumOf(total, epsilon), ZERO);
  if (isAboveOne(spent))
    throw new RangeError(`the releases of a period would spend ${spent.numerator}/${spent.denominator} of 1`);
  return releases;
}
