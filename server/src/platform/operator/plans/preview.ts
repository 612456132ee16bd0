import type { Database } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { ruleJson, ruleOf } from '#platform/limits';
import { comparePlans, type PlanChange, reusedNames } from './compare.ts';
import { heldIn, overIn, type ShrinkingLimit, withDefaultOf } from './store.ts';

/** A plan that a change touches, and whom. */
export interface TouchedPlan {
  /** `notes.pro` */
  readonly plan: string;
  /** Accounts that get the new terms at once: they were given it, or have it by default. */
  readonly accounts: number;
  /** Accounts that bought it, and keep their terms until they are moved. */
  readonly keep: number;
  /** Limits that shrink below what accounts have used of them by now. */
  readonly over: readonly { readonly limit: string; readonly accounts: number }[];
}

/** The effect of other plans, before they are in effect. */
export interface PlansPreview {
  readonly changes: readonly PlanChange[];
  readonly plans: readonly TouchedPlan[];
  /** Why they can't be put into effect. */
  readonly problems: readonly string[];
}

/** Compares the plans in effect with others, and counts the accounts that the difference touches. */
export async function previewPlans(
  db: Database,
  before: readonly Catalogue[],
  after: readonly Catalogue[],
): Promise<PlansPreview> {
  const changes = comparePlans(before, after);
  const touched = new Set(changes.map(({ product }) => product));
  const plans: TouchedPlan[] = [];
  for (const old of before.filter(({ product }) => touched.has(product)))
    plans.push(
      ...(await touchedPlans(db, old, { after: after.find((one) => one.product === old.product), changes })),
    );
  return { changes, plans, problems: await refusalsOf(db, before, after) };
}

/** Why plans can't take the place of others: what is held is taken away, or counted otherwise. */
export async function refusalsOf(
  db: Database,
  before: readonly Catalogue[],
  after: readonly Catalogue[],
): Promise<string[]> {
  const problems = reusedNames(before, after);
  for (const old of before) {
    const next = after.find(({ product }) => product === old.product);
    const kept = new Set([...Object.keys(next?.plans ?? {}), ...Object.keys(next?.addOns ?? {})]);
    const gone = [...Object.keys(old.plans), ...Object.keys(old.addOns)].filter((name) => !kept.has(name));
    if (gone.length === 0) continue;
    const [held] = await db.system('plans.preview', [heldIn(old.product)]);
    for (const { held: id, accounts } of held)
      if (gone.some((name) => id === `${old.product}.${name}`))
        problems.push(
          `${id} is held by ${accounts === 1 ? 'an account' : `${accounts} accounts`}: keep it, with "hidden: true" where it is a plan that is no longer sold.`,
        );
  }
  return problems;
}

async function touchedPlans(
  db: Database,
  old: Catalogue,
  { after, changes }: { readonly after: Catalogue | undefined; readonly changes: readonly PlanChange[] },
): Promise<TouchedPlan[]> {
  const { product } = old;
  const shrinking = shrinkingLimits(old, after);
  const [[held], [[byDefault]], [over]] = await Promise.all([
    db.system('plans.preview', [heldIn(product)]),
    db.system('plans.preview', [withDefaultOf(product)]),
    shrinking.length === 0 ? [[]] : db.system('plans.preview', [overIn(product, shrinking)]),
  ]);
  const paths = changes.filter((change) => change.product === product).map(({ path }) => path);
  return [...Object.keys(old.plans), ...Object.keys(old.addOns)].flatMap((name) => {
    const isTouched = paths.some(
      (path) => path === '' || new RegExp(`^(plans|addOns)\\.${name}(\\.|$)`).test(path),
    );
    const isDefault = name === old.defaultPlan;
    // Another default plan, or none: those that have it by default lose it.
    if (!isTouched && !(isDefault && paths.includes('defaultPlan'))) return [];
    const plan = `${product}.${name}`;
    const found = isTouched ? held.find((row) => row.held === plan) : undefined;
    const { accounts: all, keep } = found ?? { accounts: 0, keep: 0 };
    const accounts = all - keep + (isDefault ? (byDefault?.accounts ?? 0) : 0);
    return [
      {
        plan,
        accounts,
        keep,
        over: over
          .filter((row) => row.plan === plan)
          .map(({ limit, accounts: count }) => ({ limit, accounts: count })),
      },
    ];
  });
}

/** Limits that count by the whole account, and whose size in a plan becomes smaller. */
function shrinkingLimits(old: Catalogue, after: Catalogue | undefined): ShrinkingLimit[] {
  return Object.entries(old.plans).flatMap(([name, plan]) => {
    const next = after?.plans[name];
    if (next === undefined) return [];
    return Object.entries(old.limits).flatMap(([limit, declaration]): ShrinkingLimit[] => {
      const [was, size] = [plan.grants[limit], next.grants[limit]].map(Number);
      if (declaration.by !== 'account' || was === undefined || size === undefined || !(size < was)) return [];
      return [
        {
          plan: `${old.product}.${name}`,
          perSeat: next.perSeat?.includes(limit) ?? false,
          size,
          rule: ruleJson(old.product, ruleOf(limit, declaration)),
        },
      ];
    });
  });
}
