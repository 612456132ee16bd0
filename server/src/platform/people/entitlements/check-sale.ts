import { minorDigits } from '#platform/kernel';
import {
  type AddOn,
  type Amounts,
  type Catalogue,
  currenciesOf,
  type Currency,
  inCurrency,
  type LimitDeclaration,
  type Overage,
  type Plan,
  UNLIMITED,
} from './catalogue.ts';

/**
 * A product has one currency: else two plans could not be compared by price. In others all of it is sold, or a customer who
 * pays in one could change to some plans and not to others.
 */
export function currencyProblems({ plans, addOns }: Catalogue): string[] {
  const sold = [...Object.values(plans), ...Object.values(addOns)].map(({ price }) => price);
  const own = new Set(sold.map(({ currency }) => currency));
  if (own.size > 1) return [`it is sold in several currencies: ${[...own].join(', ')}`];
  const all = new Set(sold.flatMap(currenciesOf));
  const missingCurrencies = (price: Parameters<typeof currenciesOf>[0]) =>
    [...all].filter((currency) => !currenciesOf(price).includes(currency));
  return [
    ...[...all]
      .filter((currency) => !isCurrency(currency))
      .map((currency) => `"${currency}" is no currency of ISO 4217`),
    ...Object.entries({ ...plans, ...addOns })
      .filter(([, { price }]) => !('monthly' in price && price.monthly === 0))
      .flatMap(([name, { price }]) =>
        missingCurrencies(price).map((currency) => `${name} has no price in ${currency}`),
      ),
  ];
}

function isCurrency(currency: Currency): boolean {
  return (
    currency === currency.toLowerCase() && Intl.supportedValuesOf('currency').includes(currency.toUpperCase())
  );
}

/** Have no cents any more, and Stripe counts them in cents. */
const FORMERLY_CENTS: ReadonlySet<Currency> = new Set(['isk', 'ugx']);

/** By Stripe's rules the last of three decimals is 0, and so are cents that there are no more. */
function isAmountOf(currency: Currency, amount: number): boolean {
  const step = FORMERLY_CENTS.has(currency) ? 100 : minorDigits(currency) < 3 ? 1 : 10;
  return Number.isSafeInteger(amount) && amount >= 0 && amount % step === 0;
}

/** Faults of an amount, in any of its currencies. */
export function amountProblems(price: Plan['price'] | AddOn['price']): string[] {
  return currenciesOf(price)
    .filter((currency) => {
      const amounts = inCurrency<object>(price, currency) ?? {};
      return Object.entries(amounts).some(
        ([of, amount]) => CYCLES.has(of) && !isAmountOf(currency, Number(amount)),
      );
    })
    .map((currency) => `its price is no whole number of ${currency}'s smallest units`);
}

const CYCLES: ReadonlySet<string> = new Set(['monthly', 'yearly', 'once']);

/** Faults in how a plan is sold: a year, a trial, by the seat, past its quotas. */
export function saleProblems({ limits }: Catalogue, plan: Plan): string[] {
  return [
    ...yearProblems(plan),
    ...trialProblems(plan),
    ...(plan.perSeat ?? []).flatMap((limit) => seatProblems(limit, limits[limit])),
    ...(plan.overage ?? []).flatMap((overage) => overageProblems(plan, overage, limits[overage.limit])),
    ...(isWithoutDoubles((plan.overage ?? []).map(({ limit }) => limit))
      ? []
      : ['has two prices past a limit']),
  ];
}

function yearProblems({ price }: Plan): string[] {
  const amounts = currenciesOf(price).map((currency) => inCurrency(price, currency));
  const isSold = amounts.map((amount) => amount?.yearly !== undefined);
  return [
    ...(new Set(isSold).size > 1 ? ['it is sold by the year in some currencies alone'] : []),
    ...(amounts.every((amount) => amount === undefined || isYearFit(amount))
      ? []
      : ['a year costs less than one month, or more than twelve']),
  ];
}

function isYearFit({ monthly, yearly }: Amounts): boolean {
  return yearly === undefined || (yearly >= monthly && yearly <= 12 * monthly && monthly > 0);
}

/** Stripe's bound. Days. */
const LONGEST_TRIAL = 730;

function trialProblems({ price, trialDays, trialNeedsCard }: Plan): string[] {
  if (trialDays === undefined)
    return trialNeedsCard === undefined ? [] : ['has no trial, and says whether its trial needs a card'];
  if (price.monthly === 0) return ['is free, and has a trial'];
  if (trialDays > LONGEST_TRIAL) return [`its trial lasts more than ${LONGEST_TRIAL} days`];
  return Number.isSafeInteger(trialDays) && trialDays > 0 ? [] : ['its trial lasts no whole number of days'];
}

/** A second seat does not shorten a cooldown: that is another plan. */
function seatProblems(name: string, limit: LimitDeclaration | undefined): string[] {
  if (limit === undefined) return [`sells "${name}" by the seat, which is no limit`];
  return limit.kind === 'cooldown' ? [`sells ${name} by the seat, which is a cooldown`] : [];
}

/** Only what a whole account counts in windows is past its size for good at a window's end, and can be billed. */
function overageProblems(
  { price, grants }: Plan,
  { limit: name, micros, also = {} }: Overage,
  limit: LimitDeclaration | undefined,
): string[] {
  if (limit?.kind !== 'quota' || limit.by !== 'account')
    return [`"${name}" may be passed, and is no quota of accounts`];
  return [
    ...(!('zone' in limit)
      ? []
      : [`${name} may be passed, and its windows are of the account's own time zone`]),
    ...(grants[name] === UNLIMITED ? [`${name} may be passed, and has no end`] : []),
    ...(price.monthly === 0 ? [`${name} may be passed, and the plan is free: nobody would be billed`] : []),
    ...([micros, ...Object.values(also)].every((each) => Number.isSafeInteger(each) && each > 0)
      ? []
      : [`one unit past ${name} costs no whole number of micro-units`]),
    ...currenciesOf(price)
      .filter((currency) => currency !== price.currency && !Object.hasOwn(also, currency))
      .map((currency) => `one unit past ${name} has no price in ${currency}`),
  ];
}

function isWithoutDoubles(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
