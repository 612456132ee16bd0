import type { Grants } from './catalogue.ts';
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
export type UpgradeFor = (question: UpgradeQuestion) => string | null;

export function createUpgradeFor({ upgradeFor }: Pick<Entitlements, 'upgradeFor'>): UpgradeFor {
  return ({ product, plan, grant, atLeast }) =>
    upgradeFor(product, plan, (grants) => grant === null || isEnough(grants[grant], atLeast))?.plan ?? null;
}

function isEnough(held: Grants[string] | undefined, needed: UpgradeQuestion['atLeast']): boolean {
  if (typeof needed === 'number') return typeof held === 'number' && held >= needed;
  return held !== undefined && held !== false && held !== 0;
}
