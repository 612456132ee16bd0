import { type Statement, statement } from '#platform/db';
import { type Catalogue, type Entitlements, isRunning } from '#platform/entitlements';
import type { MemberCapacity } from '#platform/accounts';
import { type Denial, limitExceeded, readDenial } from '../denial.ts';

/**
 * Moves a gauge by a signed amount: the last statement of the transaction, in the account's scope, that changes what is
 * measured. Growth beyond the plan's size undoes that transaction: `gaugeDenial` reads why.
 */
export type Gauging = (product: string, gauge: string, delta: number) => Statement<{ used: number }>;

export function createGauging(catalogues: readonly Catalogue[]): Gauging {
  return (product, gauge, delta) => {
    const limits = catalogues.find((one) => one.product === product)?.limits;
    const limit = limits?.[gauge];
    if (limit?.kind !== 'gauge') throw new Error(`${product} has no gauge ${gauge}`);
    if (limit.unit === 'members')
      throw new Error(`members are counted, and ${product}.${gauge} is not moved`);
    if (!Number.isSafeInteger(delta)) throw new Error(`a gauge moves by whole amounts, not by ${delta}`);
    return statement('select limits.gauge_here($1, $2, $3) as used', [product, gauge, delta]);
  };
}

/**
 * Asks whether an account's plans have room for its members: the last statements of the transaction that adds one (`more` is
 * 0) or invites one (1), in the account's scope and under its lock. None where no product sells members. Without room that
 * transaction is undone: `gaugeDenial` reads why.
 */
export type MembersGauging = (more: 0 | 1) => readonly Statement[];

export function createMembersGauging(catalogues: readonly Catalogue[]): MembersGauging {
  return (more) => {
    const gauges = catalogues
      .filter(isRunning)
      .flatMap(({ product, limits }) =>
        Object.entries(limits).flatMap(([name, limit]) =>
          limit.kind === 'gauge' && limit.unit === 'members' ? [{ p: product, n: name }] : [],
        ),
      );
    if (gauges.length === 0) return [];
    return [statement('select limits.room_for_members($1::jsonb, $2)', [JSON.stringify(gauges), more])];
  };
}

/** Why a transaction was undone, when a gauge had no room; else undefined. */
export function gaugeDenial(error: unknown): Denial | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'PL013' || !('detail' in error))
    return;
  return readDenial(JSON.parse(String(error.detail)) as Record<string, unknown>);
}

/** The error that a caller is answered when a gauge had no room; everything else stays what it is. */
export function gaugeRefusal(error: unknown, upgrade: string | null = null): unknown {
  const denied = gaugeDenial(error);
  return denied === undefined ? error : limitExceeded(denied, upgrade);
}

/** Members as the products' plans count them, with the cheapest plan that would have had room. */
export function createMemberCapacity(parts: {
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Pick<Entitlements, 'upgradeFor'>;
}): MemberCapacity {
  const { catalogues, entitlements } = parts;
  return {
    check: createMembersGauging(catalogues),
    refusal(error) {
      const denied = gaugeDenial(error);
      if (denied === undefined) return error;
      const { limit, max, plan } = denied;
      const [product = ''] = plan.split('.');
      const upgrade = entitlements.upgradeFor(product, plan, (grants) => Number(grants[limit]) > max);
      return gaugeRefusal(error, upgrade?.plan ?? null);
    },
  };
}
