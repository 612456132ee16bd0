import { type Catalogue, type Grants, isPack } from './catalogue.ts';
import type { Entitlements } from './service.ts';

/** A refused caller's way on: the cheapest plan that would admit the call. */
export interface UpgradeQuestion {
  readonly product: string;
  readonly plan: string | null;
  /** The limit or grant that stood in the way, when it is one. */
  readonly grant: string | null;
  /** The least that is needed of it; of a limit that is used up, more than its present size. */
  readonly atLeast: number | boolean | null;
}

/** Answers the id of that plan: `reel.standard`. */
export interface UpgradeFor {
  (question: UpgradeQuestion): string | null;
  /** The id of the cheapest pack that adds so many credits of a limit, or more: `studio.hundred`; null: none is sold. */
  readonly pack?: Entitlements['packFor'];
  /** Whether a grant is a size in what model calls cost. */
  readonly isBudget?: (product: string, grant: string) => boolean;
}

export function createUpgradeFor({
  upgradeFor,
  packFor,
  catalogues,
}: Pick<Entitlements, 'upgradeFor' | 'packFor' | 'catalogues'>): UpgradeFor {
  const planFor: UpgradeFor = ({ product, plan, grant, atLeast }) =>
    upgradeFor(product, plan, (grants) => grant === null || isEnough(grants[grant], atLeast))?.plan ?? null;
  return Object.assign(planFor, {
    pack: packFor,
    isBudget: (product: string, grant: string) => catalogues.get(product)?.limits[grant]?.kind === 'budget',
  });
}

export function cheapestPack({ product, addOns }: Catalogue, limit: string, atLeast: number): string | null {
  const packs = Object.entries(addOns).flatMap(([name, sold]) =>
    isPack(sold) && sold.limit === limit && sold.credits >= atLeast
      ? [{ id: `${product}.${name}`, once: sold.price.once }]
      : [],
  );
  return packs.toSorted((a, b) => a.once - b.once)[0]?.id ?? null;
}

function isEnough(held: Grants[string] | undefined, needed: UpgradeQuestion['atLeast']): boolean {
  if (typeof needed === 'number') return typeof held === 'number' && held >= needed;
  return held !== undefined && held !== false && held !== 0;
}
