import {
  type AddOn,
  type Catalogue,
  currenciesOf,
  type Currency,
  type Grants,
  type GrantValue,
  inCurrency,
  isPack,
  type LimitDeclaration,
  type Plan,
  UNLIMITED,
} from '#platform/entitlements';
import { namedObject } from '#platform/http';
import { z } from 'zod';
import { currencyCode } from './currency-code.ts';

const granted = z
  .union([z.number(), z.boolean(), z.null()])
  .describe('A size, yes or no; null: without a cap.');
export const grantsReply = z.record(z.string(), granted);

const amounts = {
  monthly: z
    .int()
    .describe(
      'Minor units (cents; whole yen) a month; 0 is free. Of one seat, where a plan is sold by seats.',
    ),
  yearly: z.int().nullable().describe('For a year that is paid at once; null: it is not sold so.'),
};
const planPrice = namedObject('PlanPrice', {
  currency: currencyCode,
  ...amounts,
  also: z
    .record(currencyCode, namedObject('PlanAmounts', amounts))
    .describe(
      'In other currencies: name one at the checkout. An account pays in one for as long as it has a plan.',
    ),
});

export const planReply = namedObject('Plan', {
  id: z.string().describe('`product.plan`, as it is named everywhere.'),
  product: z.string(),
  name: z.string(),
  price: planPrice,
  default: z.boolean().describe('Whether accounts without a purchase have it.'),
  holds: z
    .enum(['personal', 'organization', 'both'])
    .describe('Whose data the product holds: its plans are for accounts of that kind.'),
  trial_days: z.int().nullable().describe('Days before the first payment; null: there is no trial.'),
  trial_needs_card: z
    .boolean()
    .nullable()
    .describe('False: the trial begins without a card, for accounts whose maker’s address is verified.'),
  per_seat: z
    .array(z.string())
    .describe(
      'Sold by quantity: the sizes of these limits are of one, and are multiplied. None: one is sold.',
    ),
  overage: z
    .record(z.string(), z.int())
    .describe(
      'Limits that an account may choose to pass: what one unit past them costs, in millionths of the currency.',
    ),
  grants: grantsReply,
});

const addOnReply = namedObject('AddOn', {
  id: z.string(),
  product: z.string(),
  name: z.string(),
  price: namedObject('AddOnPrice', {
    currency: currencyCode,
    once: z.int(),
    also: z.record(currencyCode, namedObject('AddOnAmount', { once: z.int() })),
  }),
  days: z
    .int()
    .nullable()
    .describe('How long it lasts; bought again meanwhile, it lasts that much longer. null: it is a pack.'),
  lifts: z
    .string()
    .nullable()
    .describe('The plan that is at least in effect while it lasts; null: it is a pack.'),
  pack: namedObject('Pack', {
    limit: z.string(),
    credits: z.int().describe('Units of that limit, beside those of the plan.'),
    months: z.int().describe('Months from the payment until what is left of them expires.'),
  })
    .nullable()
    .describe('Credits that it adds; null: it lifts a plan for a time.'),
});

const comparedReply = namedObject('PlanComparison', {
  name: z.string(),
  kind: z.enum([
    'quota',
    'credits',
    'burst',
    'cooldown',
    'concurrency',
    'budget',
    'gauge',
    'seats',
    'rate',
    'number',
    'boolean',
  ]),
  per: z.enum(['minute', 'hour', 'day', 'week', 'month', 'billing_period']).nullable(),
  unit: z.enum(['uses', 'seconds', 'at_once', 'micro_dollars', 'amount', 'bytes', 'members']).nullable(),
  plans: z.record(z.string(), granted).describe('Its size in each plan, by the plan’s id.'),
});

export const priceListReply = namedObject('PlanList', {
  sold: z
    .boolean()
    .describe('Whether plans can be bought here: without a payment provider they are given by hand alone.'),
  data: z.array(planReply).describe('Product by product, price ascending.'),
  add_ons: z.array(addOnReply),
  comparison: z
    .record(z.string(), z.array(comparedReply))
    .describe('For each product, what its plans differ in.'),
});

type PlanView = z.infer<typeof planReply>;
export type PriceList = Omit<z.infer<typeof priceListReply>, 'sold'>;
type PlanComparison = z.infer<typeof comparedReply>;

/**
 * Plans and add-ons on sale, product by product, price ascending; hidden plans are left out, and budgets, which are sizes in what model
 * calls cost, unless that is shown.
 */
export function priceListOf(all: readonly Catalogue[], seesModelCost = false): PriceList {
  const catalogues = seesModelCost ? all : all.map(withoutBudgets);
  return {
    data: catalogues.flatMap((catalogue) =>
      soldPlans(catalogue).map(([name, plan]) => planView(catalogue, name, plan)),
    ),
    add_ons: catalogues.flatMap((catalogue) =>
      Object.entries(catalogue.addOns).map(([name, addOn]) => addOnView(catalogue, name, addOn)),
    ),
    comparison: Object.fromEntries(
      catalogues.map((catalogue) => [catalogue.product, comparisonOf(catalogue)]),
    ),
  };
}

/** Values by limit or option without those of budgets. */
export function omitBudgets<Values extends Readonly<Record<string, unknown>>>(
  { limits }: Pick<Catalogue, 'limits'>,
  values: Values,
): Values {
  const shown = Object.entries(values).filter(([name]) => limits[name]?.kind !== 'budget');
  return Object.fromEntries(shown) as Values;
}

function withoutBudgets(catalogue: Catalogue): Catalogue {
  const plans = Object.entries(catalogue.plans).map(([name, plan]) => [
    name,
    { ...plan, grants: omitBudgets(catalogue, plan.grants) },
  ]);
  const limits = omitBudgets(catalogue, catalogue.limits);
  return { ...catalogue, limits, plans: Object.fromEntries(plans) };
}

/** Grants as callers see them: what has no cap is null. */
export function shownGrants(grants: Grants): Record<string, GrantValue | null> {
  return Object.fromEntries(Object.entries(grants).map(([name, value]) => [name, grantToJson(value)]));
}

/** A size as callers see it. */
export function grantToJson<Value extends GrantValue>(value: Value): Value | null {
  return value === UNLIMITED ? null : value;
}

function soldPlans(catalogue: Catalogue): [string, Plan][] {
  return Object.entries(catalogue.plans)
    .filter(([, plan]) => plan.hidden !== true)
    .sort(([, a], [, b]) => a.price.monthly - b.price.monthly);
}

function planView({ product, defaultPlan, holds }: Catalogue, name: string, plan: Plan): PlanView {
  return {
    id: `${product}.${name}`,
    product,
    name: plan.name,
    price: priceView(plan),
    default: name === defaultPlan,
    holds,
    trial_days: plan.trialDays ?? null,
    trial_needs_card: plan.trialDays === undefined ? null : plan.trialNeedsCard !== false,
    per_seat: [...(plan.perSeat ?? [])],
    overage: Object.fromEntries((plan.overage ?? []).map(({ limit, micros }) => [limit, micros])),
    grants: shownGrants(plan.grants),
  };
}

function priceView({ price }: Plan): PlanView['price'] {
  const shownIn = (currency: Currency) => {
    const { monthly, yearly } = inCurrency(price, currency) ?? price;
    return { monthly, yearly: yearly ?? null };
  };
  const [currency = price.currency, ...others] = currenciesOf(price);
  const also = Object.fromEntries(others.map((one) => [one, shownIn(one)]));
  return { currency, ...shownIn(currency), also };
}

function addOnView({ product }: Catalogue, name: string, addOn: AddOn): PriceList['add_ons'][number] {
  const { currency, once, also = {} } = addOn.price;
  const of = { id: `${product}.${name}`, product, name: addOn.name, price: { currency, once, also } };
  if (!isPack(addOn)) return { ...of, days: addOn.days, lifts: `${product}.${addOn.lifts}`, pack: null };
  const { limit, credits, months } = addOn;
  return { ...of, days: null, lifts: null, pack: { limit, credits, months } };
}

function comparisonOf(catalogue: Catalogue): PlanComparison[] {
  const plans = soldPlans(catalogue);
  const sizes = (grant: string) =>
    Object.fromEntries(
      plans.map(([name, plan]) => [`${catalogue.product}.${name}`, grantToJson(plan.grants[grant] ?? 0)]),
    );
  return [
    ...Object.entries(catalogue.limits).map(([name, limit]) => ({
      name,
      ...measureOf(limit),
      plans: sizes(name),
    })),
    ...Object.entries(catalogue.options).map(([name, kind]) => ({
      name,
      kind,
      per: null,
      unit: null,
      plans: sizes(name),
    })),
  ];
}

const UNITS = {
  quota: 'uses',
  credits: 'uses',
  burst: 'uses',
  cooldown: 'seconds',
  concurrency: 'at_once',
  budget: 'micro_dollars',
  gauge: 'amount',
  seats: 'at_once',
  rate: 'uses',
} as const;

function measureOf(limit: LimitDeclaration): Pick<PlanComparison, 'kind' | 'per' | 'unit'> {
  return {
    kind: limit.kind,
    per: 'per' in limit ? limit.per : limit.kind === 'rate' ? 'minute' : null,
    unit: ('unit' in limit ? limit.unit : undefined) ?? UNITS[limit.kind],
  };
}
