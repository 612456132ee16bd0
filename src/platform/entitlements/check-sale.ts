import { type Catalogue, type LimitDeclaration, type Plan, UNLIMITED } from './catalogue.ts';

/** A product is sold in one currency: else nobody could say which of two plans costs more. */
export function currencyProblems({ plans, addOns }: Catalogue): string[] {
  const prices = [...Object.values(plans), ...Object.values(addOns)].map(({ price }) => price);
  const used = new Set(prices.map(({ currency }) => currency));
  return used.size > 1 ? [`it is sold in several currencies: ${[...used].join(', ')}`] : [];
}

/** What can't be right about how a plan is sold: a year, a trial, by the seat, past its quotas. */
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

function yearProblems({ price: { monthly, yearly } }: Plan): string[] {
  if (yearly === undefined || (yearly >= monthly && yearly <= 12 * monthly && monthly > 0)) return [];
  return ['a year costs less than one month, or more than twelve'];
}

function trialProblems({ price, trialDays }: Plan): string[] {
  if (trialDays === undefined) return [];
  if (price.monthly === 0) return ['is free, and has a trial'];
  return Number.isSafeInteger(trialDays) && trialDays > 0 ? [] : ['its trial lasts no whole number of days'];
}

/** A cooldown gets no shorter for whoever pays twice: that is another plan. */
function seatProblems(name: string, limit: LimitDeclaration | undefined): string[] {
  if (limit === undefined) return [`sells "${name}" by the seat, which is no limit`];
  return limit.kind === 'cooldown' ? [`sells ${name} by the seat, which is a cooldown`] : [];
}

/** Only what a whole account counts in windows is past its size for good at a window's end, and can be billed. */
function overageProblems(
  { price, grants }: Plan,
  { limit: name, micros }: NonNullable<Plan['overage']>[number],
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
    ...(Number.isSafeInteger(micros) && micros > 0
      ? []
      : [`one unit past ${name} costs no whole number of micro-units`]),
  ];
}

function isWithoutDoubles(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
