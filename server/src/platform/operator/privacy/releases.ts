import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Logger } from '#platform/telemetry';
import { type Contribution, countKinds, publishCounts } from './counts.ts';
import type { Period, ProductRelease } from './declaration.ts';
import type { Noise } from './discrete-laplace.ts';
import { isAboveOne, sumOf } from './rational.ts';
import * as store from './store.ts';

const RELEASED = commitPoint('privacy.released', 'the counts of a release, and the ε that it spent');

/** Result of a run for one product: `refused` where the period has not so much ε left, or shares days with another. */
export type ReleaseResult = 'released' | 'already released' | 'refused';

export interface ReleaserParts {
  readonly db: Database;
  readonly noise: Noise;
  readonly releases: readonly ProductRelease[];
  /** How many months a period has, a divisor of 12; 1 when not said. */
  readonly months?: number;
  readonly log: Pick<Logger, 'warn'>;
}

/** Makes what is missing of the releases of the last period, each once, also when other processes do the same. Answers what came of each product. */
export async function makeReleases(parts: ReleaserParts): Promise<Readonly<Record<string, ReleaseResult>>> {
  const { db, releases, months = 1, log } = parts;
  const [[period]] = await db.system('privacy.release', [store.lastPeriod(months)]);
  const results: Record<string, ReleaseResult> = {};
  if (period === undefined) return results;
  for (const release of releases) {
    const { product } = release;
    const result = await db.system('privacy.release', RELEASED, (tx) =>
      releaseIn(tx, { ...parts, release, period }),
    );
    if (result === 'refused')
      log.warn({ product, ...period }, 'a release would pass the budget of its period');
    results[product] = result;
  }
  return results;
}

/**
 * One commit holds the counts and what they cost: a run that is killed before it has shown nothing and spent nothing, and what it drew
 * is lost unseen. The budget's row is locked first, so that releases of one period follow one another.
 */
async function releaseIn(
  tx: Transaction,
  { release, period, noise }: ReleaserParts & { readonly release: ProductRelease; readonly period: Period },
): Promise<ReleaseResult> {
  await tx.run(store.beginBudget(period));
  const [budget] = await tx.run(store.lockBudget(period));
  if (budget === undefined) return 'refused';
  const [latest] = await tx.run(store.listReleases(release.product, { limit: 1 }));
  if (latest?.starts_on === period.starts_on) return 'already released';
  const before = { numerator: BigInt(budget.numerator), denominator: BigInt(budget.denominator) };
  const spent = sumOf(before, release.epsilon);
  if (isAboveOne(spent)) return 'refused';
  const contributions = await contributionsIn(tx, release, period);
  const shown = publishCounts(countKinds(release.kinds, contributions), { ...release, noise });
  await tx.runAll([store.insertRelease(release, period, shown), store.spendBudget(period, spent)]);
  return 'released';
}

/** Contributions of accounts that take part until the end: an account that opts out waits for the commit, or is not in it. The long read blocks no other call. */
async function contributionsIn(
  tx: Transaction,
  { contributions }: ProductRelease,
  period: Period,
): Promise<Contribution[]> {
  const participants = (await tx.run(store.participants)).map(({ account_id }) => account_id);
  const rows = await tx.run(contributions(participants, period));
  const locked = await tx.run(store.lockParticipants);
  const stay = new Set<string>(locked.map(({ account_id }) => account_id));
  return rows.filter(({ account_id }) => stay.has(account_id));
}
