import {
  type AddOn,
  type Boost,
  type Catalogue,
  currenciesOf,
  type Feature,
  type Grants,
  inCurrency,
  isPack,
  type LimitDeclaration,
  type OptionKind,
  type Pack,
  type Plan,
  UNLIMITED,
} from './catalogue.ts';
import { amountProblems, currencyProblems, saleProblems } from './check-sale.ts';

/** A declaration whose parts the compiler has held against each other already, or that came from untyped code. */
export interface PlainDeclaration extends Omit<Catalogue, 'product' | 'options' | 'addOns'> {
  readonly key: string;
  readonly options?: Readonly<Record<string, OptionKind>>;
  readonly addOns?: Readonly<Record<string, AddOn>>;
}

/** Limits that are changed beside the features: by the transaction that stores something, by machines that come and go, by each call of a route. */
const NOT_CONSUMED: ReadonlySet<string> = new Set(['gauge', 'seats', 'rate']);

/** The provider's lookup keys and meters are made of names, and are bounded. */
const LONGEST_NAME = 40;
const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Checks what a product sells, and answers it as a catalogue. Throws one error with a line for each problem. */
export function catalogueOf(declaration: PlainDeclaration): Catalogue {
  const { catalogue, problems } = checkCatalogue(declaration);
  if (problems.length > 0)
    throw new Error(
      `the product "${declaration.key}" can't be sold:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  return catalogue;
}

/** The catalogue of a declaration, with a line for each problem that forbids to sell it. */
export function checkCatalogue(declaration: PlainDeclaration): {
  readonly catalogue: Catalogue;
  readonly problems: readonly string[];
} {
  const { key, name, holds, limits, features, plans, defaultPlan, tiers } = declaration;
  const parts = { product: key, name, holds, limits, features, plans };
  const rest = { options: declaration.options ?? {}, addOns: declaration.addOns ?? {} };
  const said = { ...(defaultPlan === undefined ? {} : { defaultPlan }), ...(tiers && { tiers }) };
  const catalogue = { ...parts, ...rest, ...said };
  const problems = [
    ...nameProblems(catalogue),
    ...Object.entries(catalogue.limits).flatMap(([limit, of]) => limitProblems(limit, of)),
    ...Object.entries(catalogue.features).flatMap(([feature, of]) => featureProblems(catalogue, feature, of)),
    ...Object.entries(catalogue.plans).flatMap(([plan, of]) => planProblems(catalogue, plan, of)),
    ...currencyProblems(catalogue),
    ...orderProblems(catalogue),
    ...Object.entries(catalogue.addOns).flatMap(([addOn, of]) => addOnProblems(catalogue, addOn, of)),
    ...defaultProblems(catalogue),
  ];
  return { catalogue, problems };
}

function nameProblems(catalogue: Catalogue): string[] {
  const named = [catalogue.limits, catalogue.options, catalogue.features, catalogue.plans, catalogue.addOns];
  const names = [catalogue.product, ...named.flatMap((part) => Object.keys(part))];
  const both = Object.keys(catalogue.limits).filter((name) => Object.hasOwn(catalogue.options, name));
  const plansAndAddOns = Object.keys(catalogue.plans).filter((name) => Object.hasOwn(catalogue.addOns, name));
  return [
    ...names
      .filter((name) => !NAME.test(name) || name in Object.prototype)
      .map(
        (name) =>
          `"${name}" is no name: lower-case words joined by _, and none that every object of JavaScript has`,
      ),
    ...names
      .filter((name) => name.length > LONGEST_NAME)
      .map((name) => `"${name}" is longer than ${LONGEST_NAME} characters`),
    ...both.map((name) => `"${name}" is both a limit and an option`),
    ...plansAndAddOns.map((name) => `"${name}" is both a plan and an add-on`),
    ...(Object.keys(catalogue.plans).length === 0 ? ['there is no plan'] : []),
  ];
}

const BOUND_OF_KEYS = /^key_((daily_|monthly_)?(budget|calls|tokens)|(calls|tokens)_per_minute)$/;

function limitProblems(name: string, limit: LimitDeclaration): string[] {
  if (BOUND_OF_KEYS.test(name)) return [`limit ${name}: so the bounds of keys are called`];
  if (name === 'failures') return ['limit failures: so the limit of what failed calls cost is called'];
  if (limit.kind !== 'credits' || limit.rollover === undefined) return [];
  const { percent, most } = limit.rollover;
  const fits = Number.isInteger(percent) && percent >= 1 && percent <= 100 && isAmount(most);
  return fits ? [] : [`limit ${name}: rolls over no whole percent from 1 to 100, or no whole amount at most`];
}

function featureProblems(catalogue: Catalogue, name: string, feature: Feature): string[] {
  const problems = [
    ...feature.consumes
      .filter((limit) => !Object.hasOwn(catalogue.limits, limit))
      .map((limit) => `consumes "${limit}", which is no limit`),
    ...feature.consumes
      .filter((limit) => NOT_CONSUMED.has(catalogue.limits[limit]?.kind ?? ''))
      .map((limit) => `consumes "${limit}", which no use of a feature changes`),
    ...(feature.requires ?? [])
      .filter((option) => catalogue.options[option] !== 'boolean')
      .map((option) => `requires "${option}", which is no boolean option`),
    ...(new Set(feature.consumes).size < feature.consumes.length ? ['consumes a limit twice'] : []),
    ...(Number.isSafeInteger(feature.longestSeconds) && feature.longestSeconds > 0
      ? []
      : ['says not in how many seconds it is over']),
    ...(Number.isSafeInteger(feature.reserve) && feature.reserve >= 0
      ? []
      : ['reserves no whole amount of micro-dollars']),
  ];
  return problems.map((problem) => `feature ${name}: ${problem}`);
}

function planProblems(catalogue: Catalogue, name: string, plan: Plan): string[] {
  const { limits, options } = catalogue;
  const declared = { ...limits, ...options };
  const problems = [
    ...Object.keys(declared)
      .filter((grant) => !Object.hasOwn(plan.grants, grant))
      .map((grant) => `forgets ${grant}`),
    ...Object.keys(plan.grants)
      .filter((grant) => !Object.hasOwn(declared, grant))
      .map((grant) => `grants "${grant}", which is neither limit nor option`),
    ...Object.entries(limits).flatMap(([limit, of]) => sizeProblems(limit, of, plan.grants[limit])),
    ...Object.entries(options).flatMap(([option, kind]) => optionProblems(option, kind, plan.grants[option])),
    ...(Number.isSafeInteger(plan.rank) ? [] : ['its rank is no whole number']),
    ...amountProblems(plan.price),
    ...saleProblems(catalogue, plan),
    ...reserveProblems(catalogue, plan),
  ];
  return problems.map((problem) => `plan ${name}: ${problem}`);
}

/** Problems of sizes and options that an account would have in place of those of a plan, a line each. */
export function overrideProblems(catalogue: Catalogue, name: string, overrides: Grants): string[] {
  const plan = catalogue.plans[name];
  if (plan === undefined) return [];
  return planProblems(catalogue, name, { ...plan, grants: { ...plan.grants, ...overrides } });
}

function sizeProblems(limit: string, declaration: LimitDeclaration, size: unknown): string[] {
  if (size === undefined) return [];
  if (!isAmount(size)) return [`${limit} is no whole number from 0 up`];
  // A cooldown is added to the present time; nothing else is ever added to a cap.
  return declaration.kind === 'cooldown' && size === UNLIMITED
    ? [`${limit} never ends: say how many seconds it takes`]
    : [];
}

function optionProblems(option: string, kind: OptionKind, value: unknown): string[] {
  if (value === undefined) return [];
  const fits = kind === 'boolean' ? typeof value === 'boolean' : isAmount(value);
  return fits ? [] : [`${option} is no ${kind === 'boolean' ? 'boolean' : 'whole number from 0 up'}`];
}

/** A budget smaller than one use of a feature would close the feature without ever saying so. */
function reserveProblems(catalogue: Catalogue, plan: Plan): string[] {
  return Object.entries(catalogue.features).flatMap(([feature, { consumes, reserve }]) =>
    consumes
      .filter((limit) => catalogue.limits[limit]?.kind === 'budget')
      .filter((limit) => Number(plan.grants[limit]) > 0 && Number(plan.grants[limit]) < reserve)
      .map((limit) => `${limit} can't hold the reserve of one ${feature}`),
  );
}

/** Among plans on sale, one that is worth more costs more: else the cheapest upgrade would not be the next one. */
function orderProblems(catalogue: Catalogue): string[] {
  const byRank = Object.entries(catalogue.plans).sort(([, a], [, b]) => a.rank - b.rank);
  const sold = byRank.filter(([, plan]) => plan.hidden !== true);
  const pairs = (plans: typeof byRank) => plans.slice(1).map((plan, index) => [plans[index], plan] as const);
  return [
    ...pairs(byRank).flatMap(([lower, higher]) =>
      lower?.[1].rank === higher[1].rank ? [`plans ${lower[0]} and ${higher[0]} have the same rank`] : [],
    ),
    ...pairs(sold).flatMap(([lower, higher]) =>
      lower !== undefined && !costsMore(lower[1], higher[1])
        ? [`plan ${higher[0]} ranks above ${lower[0]} and does not cost more`]
        : [],
    ),
  ];
}

/** In each currency that both are sold in. */
function costsMore({ price: lower }: Plan, { price: higher }: Plan): boolean {
  return currenciesOf(higher).every((currency) => {
    const least = inCurrency(lower, currency);
    return least === undefined || (inCurrency(higher, currency)?.monthly ?? 0) > least.monthly;
  });
}

function addOnProblems(catalogue: Catalogue, name: string, addOn: AddOn): string[] {
  const own = isPack(addOn) ? packProblems(catalogue, addOn) : boostProblems(catalogue, addOn);
  const problems = [...own, ...amountProblems(addOn.price)];
  return problems.map((problem) => `add-on ${name}: ${problem}`);
}

function boostProblems({ plans }: Catalogue, { lifts, days }: Boost): string[] {
  return [
    ...(Object.hasOwn(plans, lifts) ? [] : [`lifts to "${lifts}", which is no plan`]),
    ...(isCount(days, UNLIMITED) ? [] : ['lasts no whole number of days']),
  ];
}

/** Units that one purchase adds at most: a thousand of the largest pack are still a safe integer. */
const LARGEST_PACK = 1_000_000_000_000;
const LONGEST_MONTHS = 120;

function packProblems({ limits }: Catalogue, { limit, credits, months }: Pack): string[] {
  const isCredits = Object.hasOwn(limits, limit) && limits[limit]?.kind === 'credits';
  return [
    ...(isCredits ? [] : [`sells "${limit}", which is no limit of credits`]),
    ...(isCount(credits, LARGEST_PACK) ? [] : [`has no whole number of credits from 1 to ${LARGEST_PACK}`]),
    ...(isCount(months, LONGEST_MONTHS)
      ? []
      : [`lasts no whole number of months from 1 to ${LONGEST_MONTHS}`]),
  ];
}

const isCount = (value: unknown, most: number): boolean => isAmount(value) && value > 0 && value <= most;

function defaultProblems(catalogue: Catalogue): string[] {
  const { defaultPlan, plans } = catalogue;
  if (defaultPlan === undefined) return [];
  const plan = plans[defaultPlan];
  if (plan === undefined) return [`the default plan "${defaultPlan}" is no plan`];
  return plan.price.monthly === 0 ? [] : [`the default plan "${defaultPlan}" is not free`];
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
