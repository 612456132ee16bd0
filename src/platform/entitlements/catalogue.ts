import type { Micros } from '#platform/kernel';

/** What a limit counts by. `subject` is what the route names: a draft for its cooldown. */
export type LimitSubject = 'account' | 'user' | 'key' | 'subject';

/**
 * A limit as a product declares it; each plan then says its size (the grant of the same name).
 * The size is: quota and burst, units; cooldown, seconds; concurrency, permits at once; budget, micro-dollars.
 */
export type LimitDeclaration =
  | { readonly kind: 'quota'; readonly per: 'day' | 'week' | 'month'; readonly by: LimitSubject }
  | { readonly kind: 'burst'; readonly per: 'minute' | 'hour'; readonly by: LimitSubject }
  | { readonly kind: 'cooldown'; readonly by: LimitSubject }
  | { readonly kind: 'concurrency'; readonly by: LimitSubject }
  | { readonly kind: 'budget'; readonly per: 'day' | 'month'; readonly by: LimitSubject };

/**
 * A size without a cap: the largest whole number that JavaScript holds exactly. PostgreSQL compares it as it compares
 * any size, without a special case in admission; answers to callers show it as null.
 */
export const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** What a plan grants beside its limits: a number that requests are compared with, or whether it has something at all. */
export type OptionKind = 'number' | 'boolean';

/** The value of one grant: a size, or whether the plan has a feature at all. */
export type GrantValue = number | boolean;
export type Grants = Readonly<Record<string, GrantValue>>;

export interface Price {
  readonly currency: 'usd';
  /** Minor units (cents) a month; 0 is free. */
  readonly monthly: number;
  readonly yearly?: number;
}

/** A plan of a product. The one with the highest rank that an account holds is in effect. */
export interface Plan {
  readonly name: string;
  readonly rank: number;
  readonly price: Price;
  readonly grants: Grants;
  /** Shown to admins and on the local owner's account only; not sold. */
  readonly hidden?: boolean;
}

/**
 * A purchase on top of a plan, for a time; while it lasts, the effective plan is at least `lifts`, whatever lies
 * beneath, nothing included. Bought again while it lasts, its days begin when those before are over.
 */
export interface AddOn {
  readonly name: string;
  readonly price: { readonly currency: 'usd'; readonly once: number };
  readonly days: number;
  readonly lifts: string;
}

/** A feature: what one use of it consumes, and the boolean options that a plan must have for it. */
export interface Feature {
  readonly consumes: readonly string[];
  readonly requires?: readonly string[];
  /** Reserved from the budgets at admission when the caller gives no better estimate. */
  readonly reserve: Micros;
  /** Seconds in which its work is over, come what may: its place is free again at the latest then. */
  readonly longestSeconds: number;
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
}
