import type { MemberCapacity } from '#platform/accounts';
import { type Catalogue, type Entitlements, isRunning } from '#platform/entitlements';
import { createMembersGauging, gaugeDenial, gaugeRefusal } from './gauges.ts';

/** Members as the products' plans count them, with the cheapest plan that would have had room. */
export function createMemberCapacity(parts: {
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Pick<Entitlements, 'upgradeFor'>;
}): MemberCapacity {
  const { catalogues, entitlements } = parts;
  return {
    check: createMembersGauging(catalogues.filter(isRunning)),
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
