import type { Catalogue, Grants, Plan } from './catalogue.ts';

/** The part of a plan that a purchase keeps when the plan changes. */
export type PlanTerms = Pick<Plan, 'grants' | 'perSeat' | 'overage' | 'price' | 'trialDays'>;

export function termsOf({ grants, perSeat, overage, price, trialDays }: Plan): PlanTerms {
  return {
    grants,
    price,
    ...(perSeat === undefined ? {} : { perSeat }),
    ...(overage === undefined ? {} : { overage }),
    ...(trialDays === undefined ? {} : { trialDays }),
  };
}

/** The terms of a plan of a catalogue; null: it has no such plan. */
export function termsIn({ plans }: Pick<Catalogue, 'plans'>, name: string): PlanTerms | null {
  const plan = Object.hasOwn(plans, name) ? plans[name] : undefined;
  return plan === undefined ? null : termsOf(plan);
}

/**
 * A plan as it was sold. What its product has had since (a new limit or option) has the size that the plan has now, and what the product
 * has no more is gone.
 */
export function atTerms(plan: Plan, { grants, perSeat, overage }: PlanTerms): Plan {
  const { perSeat: _seats, overage: _past, ...rest } = plan;
  const kept = Object.entries(plan.grants).map(([name, present]) => {
    const sold = Object.hasOwn(grants, name) ? grants[name] : undefined;
    return [name, sold !== undefined && typeof sold === typeof present ? sold : present];
  });
  return {
    ...rest,
    grants: Object.fromEntries(kept),
    ...(perSeat === undefined ? {} : { perSeat: perSeat.filter((name) => Object.hasOwn(plan.grants, name)) }),
    ...(overage === undefined
      ? {}
      : { overage: overage.filter(({ limit }) => Object.hasOwn(plan.grants, limit)) }),
  };
}

/** A plan with what one account has by agreement: a size is the account's whole, and is not multiplied by seats. What its product has no more is gone. */
export function withOverrides(plan: Plan, overrides: Grants): Plan {
  const agreed = Object.entries(overrides).filter(
    ([name, value]) => Object.hasOwn(plan.grants, name) && typeof plan.grants[name] === typeof value,
  );
  return {
    ...plan,
    grants: { ...plan.grants, ...Object.fromEntries(agreed) },
    ...(plan.perSeat && { perSeat: plan.perSeat.filter((name) => !Object.hasOwn(overrides, name)) }),
  };
}
