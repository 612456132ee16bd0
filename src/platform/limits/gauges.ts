import { type Statement, statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { type Denial, denial } from './denial.ts';
import { limitExceeded } from './refusals.ts';

/**
 * Moves a gauge by a signed amount: the last statement of the transaction, in the account's scope, that changes what is
 * measured. Growth beyond the plan's size undoes that transaction: `gaugeDenial` reads why.
 */
export type Gauging = (product: string, gauge: string, delta: number) => Statement<{ used: number }>;

export function createGauging(catalogues: readonly Catalogue[]): Gauging {
  return (product, gauge, delta) => {
    const limits = catalogues.find((one) => one.product === product)?.limits;
    if (limits?.[gauge]?.kind !== 'gauge') throw new Error(`${product} has no gauge ${gauge}`);
    if (!Number.isSafeInteger(delta)) throw new Error(`a gauge moves by whole amounts, not by ${delta}`);
    return statement('select limits.gauge_here($1, $2, $3) as used', [product, gauge, delta]);
  };
}

/** Why a transaction was undone, when a gauge had no room; else undefined. */
export function gaugeDenial(error: unknown): Denial | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'PL013' || !('detail' in error))
    return;
  return denial(JSON.parse(String(error.detail)) as Record<string, unknown>);
}

/** The error that a caller is answered when a gauge had no room; everything else stays what it is. */
export function gaugeRefusal(error: unknown, upgrade: string | null = null): unknown {
  const denied = gaugeDenial(error);
  return denied === undefined ? error : limitExceeded(denied, upgrade);
}
