import { type Micros, AppError } from '#platform/kernel';
import './errors.ts';

/**
 * The subject that a limit counts by. A member is a user within one account: everything that is charged is an account's. `subject` is
 * what the route names: a draft for its cooldown.
 */
export type LimitSubject = 'account' | 'member' | 'key' | 'subject';

/**
 * The subject that a rate counts by, always within one account. A key counts together with the keys that come from it; a machine is what
 * the route says that calls.
 */
export type RateSubject = 'account' | 'member' | 'key' | 'machine' | 'ip';

/**
 * The window that a quota or a budget counts in: a day, an ISO week or a month of UTC, or of the account's own time zone; or
 * the account's billing period in the product, from the day on which it first held a plan.
 */
type Window<Per extends 'day' | 'week' | 'month'> =
  | { readonly per: Per; readonly zone?: 'account' }
  | { readonly per: 'billing_period' };

/**
 * A limit as a product declares it; each plan then says its size (the grant of the same name).
 * The size is: quota and burst, units; credits, units that the plan gives for each window; cooldown, seconds; concurrency,
 * permits at once; budget, micro-dollars; gauge, how much there may be (bytes, rows; members are counted by the accounts
 * module itself); seats, machines at once; rate, calls a minute of the routes that name it, which leaves no row.
 */
export type LimitDeclaration =
  | ({ readonly kind: 'quota'; readonly by: LimitSubject } & Window<'day' | 'week' | 'month'>)
  | {
      readonly kind: 'credits';
      readonly per: 'month' | 'billing_period';
      readonly by: 'account';
      /** So many percent of what is left of a window, but not more than `most`, last one window longer. */
      readonly rollover?: { readonly percent: number; readonly most: number };
    }
  | {
      readonly kind: 'burst';
      readonly per: 'minute' | 'hour';
      readonly by: LimitSubject;
      /** Over the last minute or hour at any moment, and not from one full minute or hour to the next. */
      readonly sliding?: true;
    }
  | { readonly kind: 'cooldown'; readonly by: LimitSubject }
  | { readonly kind: 'concurrency'; readonly by: LimitSubject }
  | ({ readonly kind: 'budget'; readonly by: LimitSubject } & Window<'day' | 'week' | 'month'>)
  | { readonly kind: 'gauge'; readonly by: 'account'; readonly unit?: 'bytes' | 'members' }
  | { readonly kind: 'seats'; readonly by: 'account' }
  | { readonly kind: 'rate'; readonly by: RateSubject };

/**
 * A size without a cap: the largest whole number that JavaScript holds exactly. PostgreSQL compares it as it compares
 * any size, without a special case in admission; answers to callers show it as null.
 */
export const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** A grant of a plan beside its limits: a number that requests are compared with, or whether it has something at all. */
export type OptionKind = 'number' | 'boolean';

/** The value of one grant: a size, or whether the plan has a feature at all. */
export type GrantValue = number | boolean;
export type Grants = Readonly<Record<string, GrantValue>>;

/** By ISO 4217, in lower case: `usd`. */
export type Currency = string;

/** Prices, in minor units (cents; whole yen). */
export interface Amounts {
  /** A month, of one seat where it is sold by seats; 0 is free. */
  readonly monthly: number;
  /** The same for a year that is paid at once. */
  readonly yearly?: number;
}

/** One product has one `currency`, in which its plans are compared, and is sold in the same other ones throughout. */
export interface Price extends Amounts {
  readonly currency: Currency;
  readonly also?: Readonly<Record<Currency, Amounts>>;
}

/** Something that is sold in several currencies, and what it costs in the product's own. */
type InCurrencies<Amount> = Amount & {
  readonly currency: Currency;
  readonly also?: Readonly<Record<Currency, Amount>>;
};

/** The currencies of a price, that of the product first. */
export function currenciesOf({ currency, also = {} }: InCurrencies<unknown>): Currency[] {
  return [currency, ...Object.keys(also)];
}

/** A price in a currency; undefined: it is not sold in that one. */
export function inCurrency<Amount>(price: InCurrencies<Amount>, currency: Currency): Amount | undefined {
  if (currency === price.currency) return price;
  return Object.hasOwn(price.also ?? {}, currency) ? price.also?.[currency] : undefined;
}

/** Price of units past a quota. */
export interface Overage {
  readonly limit: string;
  /** One unit, in millionths of the price's currency. */
  readonly micros: Micros;
  /** The same in each of the price's other currencies. */
  readonly also?: Readonly<Record<Currency, Micros>>;
}

/** Ids of a plan or an add-on at the stores of phones, where it is not what `storeProducts` makes of its names (docs/billing.md). */
export interface StoreIds<Ids> {
  readonly app_store?: Ids;
  readonly google_play?: Ids;
}

/** By cycle. Former ids stay in the list: what was bought by them goes on. */
export interface CycleIds {
  readonly monthly?: readonly string[];
  readonly yearly?: readonly string[];
}

/** A plan of a product. The one with the highest rank that an account holds is in effect. */
export interface Plan {
  readonly name: string;
  readonly rank: number;
  readonly price: Price;
  readonly grants: Grants;
  /** Days that a customer of a payment provider has it before they first pay. */
  readonly trialDays?: number;
  /** False: the trial begins without a card, and ends with its last day where none was added. Needed where it is left out. */
  readonly trialNeedsCard?: boolean;
  /** Sold by seats: the sizes of these limits are of one seat, and are multiplied by as many as were bought. */
  readonly perSeat?: readonly string[];
  /** Quotas that may be passed for money, as far as the account allows: nothing, until it does. */
  readonly overage?: readonly Overage[];
  readonly storeIds?: StoreIds<CycleIds>;
  /** Shown to admins and on the local owner's account only; not sold. */
  readonly hidden?: boolean;
}

/** A purchase that is paid once. */
interface SoldOnce {
  readonly name: string;
  readonly price: {
    readonly currency: Currency;
    readonly once: number;
    readonly also?: Readonly<Record<Currency, { readonly once: number }>>;
  };
  readonly storeIds?: StoreIds<readonly string[]>;
}

/**
 * A purchase on top of a plan, for a time; while it lasts, the effective plan is at least `lifts`, on top of any plan or of none.
 * Bought again while it lasts, its days begin when those before are over.
 */
export interface Boost extends SoldOnce {
  readonly days: number;
  readonly lifts: string;
}

/** Credits on top of those of a plan. They are used while the account has a plan that grants the limit. */
export interface Pack extends SoldOnce {
  /** A limit of the kind `credits`. */
  readonly limit: string;
  /** Units in one pack. */
  readonly credits: number;
  /** Months of the calendar (UTC) from the payment until what is left expires. */
  readonly months: number;
}

export type AddOn = Boost | Pack;

export const isPack = (addOn: AddOn | undefined): addOn is Pack => addOn !== undefined && 'credits' in addOn;

/** Whose backend, outside of this program, does the work: the account's own, or one of the operator that serves many accounts. */
export type Backend = 'account' | 'operator';

/** A feature: what one use of it consumes, and the boolean options that a plan must have for it. */
export interface Feature {
  readonly consumes: readonly string[];
  readonly requires?: readonly string[];
  /** Reserved from the budgets at admission when the caller gives no better estimate. */
  readonly reserve: Micros;
  /** Seconds in which its work is over, come what may: its place is free again at the latest then. */
  readonly longestSeconds: number;
  /**
   * Whose backends may take permits of it over HTTP: those of the operator alone, or those of accounts too. Not said:
   * no backend may, for the product itself does the work.
   */
  readonly outside?: Backend;
}

/** The part of a product that entitlements and limits know: everything that is sold. Plan ids are `product.plan`. */
export interface Catalogue {
  readonly product: string;
  readonly name: string;
  /** Whose data the product holds. */
  readonly holds: 'personal' | 'organization' | 'both';
  readonly limits: Readonly<Record<string, LimitDeclaration>>;
  readonly options: Readonly<Record<string, OptionKind>>;
  readonly features: Readonly<Record<string, Feature>>;
  readonly plans: Readonly<Record<string, Plan>>;
  readonly addOns: Readonly<Record<string, AddOn>>;
  /** The plan of accounts without a purchase; none: they get 402. */
  readonly defaultPlan?: string;
  /** The names of its plans are the `tier` of users, and of a checkout that names no product. Of one product at most. */
  readonly tiers?: true;
  /**
   * Its operator has turned it off: it takes no call, checkout or trial, and is not listed. What stores tell of it is booked all the same, and
   * timelines are written as ever: turned on again, everything is there.
   */
  readonly isOff?: true;
}

type Product = Pick<Catalogue, 'product' | 'name' | 'isOff'>;

/** Whether a product takes calls here. */
export const isRunning = ({ isOff }: Product): boolean => isOff !== true;

/** The answer to a call of a product that is off: 404, for a repeat will not do better. */
export function productOff({ product, name }: Product): AppError {
  return new AppError('product_off', {
    message: `${name} is off on this server. Its operator turns it on by the setting PRODUCTS.`,
    details: { product },
  });
}

/** Throws `product_off` for a product that is. One that there is not passes: others say so in their own words. */
export function assertRunning(product: Product | undefined): void {
  if (product !== undefined && !isRunning(product)) throw productOff(product);
}
