import { type Catalogue, type Grants, isPack, type Plan, UNLIMITED } from './catalogue.ts';
import { atTerms, withOverrides } from './terms.ts';
import type { Allowances, GrantSource, Segment, TimedGrant } from './timeline.ts';

/** Payment providers that take reports of what was used, and bill it. */
export const METERED: ReadonlySet<GrantSource> = new Set(['stripe']);

/** Plan, add-ons and grants in effect for a while. */
export type Effective = Omit<Segment, 'from' | 'until'>;

/** A grant that runs. */
export interface RunningGrant extends TimedGrant {
  /** Its provider bills units past its limits by now: in a trial nothing is. */
  readonly billsPast: boolean;
}

/** The plan that a grant, or the default, puts in effect. */
interface HeldPlan {
  readonly name: string;
  readonly plan: Plan;
  readonly source: Exclude<Segment['source'], null>;
  readonly quantity: number;
  /** Its sizes were agreed with the account. */
  readonly isAgreed: boolean;
  /** Whether units past its quotas can be billed: by a payment provider with meters, to a subscription of that very plan. */
  readonly metered: boolean;
}

/** The sum of grants while all of these run, in the order in which they began. */
export function effectiveOf(
  catalogue: Catalogue,
  active: readonly RunningGrant[],
  allowances: Allowances,
): Effective {
  const addOns = active.flatMap(({ addOn }) =>
    addOn !== null && Object.hasOwn(catalogue.addOns, addOn) ? [`${catalogue.product}.${addOn}`] : [],
  );
  const add_ons = [...new Set(addOns)].sort();
  const held = active.flatMap((grant) => heldBy(catalogue, grant)).reduce(betterPlan, defaultOf(catalogue));
  if (held === undefined) return { plan: null, add_ons, source: null, grants: {} };
  const { name, plan, source, quantity } = held;
  const seats = plan.perSeat === undefined ? {} : { quantity };
  const effective = { plan: `${catalogue.product}.${name}`, add_ons, source, ...seats };
  const grants = grantsFor(plan, quantity);
  const overage = held.metered ? overageOf(plan, allowances) : {};
  const past = Object.entries(overage).map(([limit, most]) => [limit, Number(grants[limit]) + most]);
  if (past.length === 0) return { ...effective, grants };
  return { ...effective, overage, grants: { ...grants, ...Object.fromEntries(past) } };
}

/** The same product for an account that has no more of it than what it was granted. */
export function withoutDefault(catalogue: Catalogue): Catalogue {
  const { defaultPlan, ...rest } = catalogue;
  return defaultPlan === undefined ? catalogue : rest;
}

function defaultOf({ defaultPlan: name, plans }: Catalogue): HeldPlan | undefined {
  const plan = name === undefined ? undefined : plans[name];
  if (name === undefined || plan === undefined) return undefined;
  return { name, plan, source: 'default', quantity: 1, isAgreed: false, metered: false };
}

export function heldBy({ plans, addOns }: Catalogue, grant: RunningGrant): HeldPlan[] {
  const bought = grant.addOn === null;
  const addOn = bought || !Object.hasOwn(addOns, grant.addOn) ? undefined : addOns[grant.addOn];
  const lifts = addOn === undefined || isPack(addOn) ? undefined : addOn.lifts;
  const name = bought ? grant.plan : lifts;
  if (name === null || name === undefined || !Object.hasOwn(plans, name)) return [];
  const present = plans[name];
  if (present === undefined) return [];
  const sold = bought && grant.terms !== null ? atTerms(present, grant.terms) : present;
  const plan = bought && grant.overrides !== null ? withOverrides(sold, grant.overrides) : sold;
  const { source, billsPast } = grant;
  const metered = bought && billsPast && METERED.has(source);
  const isAgreed = plan !== sold;
  return [{ name, plan, source, quantity: bought ? grant.quantity : 1, isAgreed, metered }];
}

/** Among equal plans the one with more seats, else the last whose sizes were agreed, else the first is in effect; but a default never stands in front of a grant. */
function betterPlan(held: HeldPlan | undefined, other: HeldPlan): HeldPlan {
  if (held === undefined || other.plan.rank > held.plan.rank) return other;
  if (other.plan.rank < held.plan.rank) return held;
  const isMore = other.quantity > held.quantity || (other.quantity === held.quantity && other.isAgreed);
  return held.source === 'default' || isMore ? other : held;
}

function overageOf({ overage = [] }: Plan, allowances: Allowances): Record<string, number> {
  const allowed = overage.map(({ limit }) => [limit, allowances[limit] ?? 0] as const);
  return Object.fromEntries(allowed.filter(([, most]) => most > 0));
}

export function isSame(a: Effective, b: Effective): boolean {
  return (
    a.plan === b.plan &&
    a.source === b.source &&
    a.quantity === b.quantity &&
    a.add_ons.join() === b.add_ons.join() &&
    JSON.stringify(a.overage) === JSON.stringify(b.overage) &&
    JSON.stringify(a.grants) === JSON.stringify(b.grants)
  );
}

/**
 * Grants of a plan for an account that holds so many seats of it: limits that are sold by the seat have that many times their size.
 * A size without a cap stays one, and so does what would pass the largest whole number.
 */
export function grantsFor({ grants, perSeat }: Plan, seats: number): Grants {
  if (perSeat === undefined || seats === 1) return grants;
  const multiplied = perSeat.map((limit) => [limit, Math.min(Number(grants[limit]) * seats, UNLIMITED)]);
  return { ...grants, ...Object.fromEntries(multiplied) };
}
