import type { Noise } from './discrete-laplace.ts';
import type { Rational } from './rational.ts';

/** Kinds that an account counts in, those first that matter most to it. */
export interface Contribution {
  readonly account_id: string;
  readonly kinds: readonly string[];
}

/** A kind as a release shows it: with noise, so that it is not how many accounts there are. */
export interface ShownCount {
  readonly kind: string;
  readonly count: number;
}

/** To how many kinds one account adds 1: the L1 sensitivity of the counts. */
export const MOST_KINDS = 5;

/**
 * How many accounts have each kind of the closed list. An account adds at most 1 to each of its first five kinds that are on the list,
 * independent of other accounts: with one account more the counts differ by at most five in sum.
 */
export function countKinds(
  list: readonly string[],
  contributions: Iterable<Contribution>,
): ReadonlyMap<string, number> {
  const known = new Set(list);
  const ofAccounts = new Map<string, Set<string>>();
  for (const { account_id: account, kinds } of contributions) {
    const chosen = ofAccounts.get(account) ?? new Set();
    ofAccounts.set(account, chosen);
    for (const kind of kinds) if (known.has(kind) && chosen.size < MOST_KINDS) chosen.add(kind);
  }
  const counts = new Map(list.map((kind) => [kind, 0]));
  for (const chosen of ofAccounts.values())
    for (const kind of chosen) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/**
 * The counts that may be shown: each with noise of the scale k/ε, kinds that no account has too, and of these the ones that reach
 * the minimum group. Differentially private with ε for one account more or less (docs/privacy-releases.md).
 */
export function publishCounts(
  counts: ReadonlyMap<string, number>,
  {
    epsilon,
    minimumGroup,
    noise,
  }: { readonly epsilon: Rational; readonly minimumGroup: number; readonly noise: Noise },
): ShownCount[] {
  const scale = {
    numerator: epsilon.denominator * BigInt(MOST_KINDS),
    denominator: epsilon.numerator,
  };
  return [...counts]
    .map(([kind, count]) => ({ kind, count: count + Number(noise(scale)) }))
    .filter(({ count }) => count >= minimumGroup);
}
