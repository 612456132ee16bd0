/** A customer's plan and limits in a product: an entry of `GET /v1/customers/{external_id}/entitlements`. Limits are named within the product. */
export interface Entitlement {
  readonly product: string;
  /** `product.plan`; null: none. */
  readonly plan: string | null;
  readonly plan_name: string | null;
  /** A size, yes or no; null: without a cap. */
  readonly grants: Readonly<Record<string, number | boolean | null>>;
  readonly used: Readonly<Record<string, number>>;
  /** null: without a cap. */
  readonly left: Readonly<Record<string, number | null>>;
  /** ISO 8601. */
  readonly resets_at: Readonly<Record<string, string | null>>;
  readonly until: string | null;
}

/** The app's own server hands this on: `await plinth.customer(id).entitlements()`. */
export interface CustomerEntitlements {
  readonly data: readonly Entitlement[];
}

/** A plan on sale; amounts are in minor units. */
export interface Plan {
  readonly id: string;
  readonly product: string;
  readonly name: string;
  readonly price: { readonly currency: string; readonly monthly: number; readonly yearly: number | null };
  readonly trial_days: number | null;
  readonly trial_needs_card: boolean | null;
  readonly per_seat: readonly string[];
}

/** A limit or an option, and its size in each plan by the plan's id. */
export interface Compared {
  readonly name: string;
  readonly kind: string;
  readonly per: string | null;
  readonly unit: string | null;
  readonly plans: Readonly<Record<string, number | boolean | null>>;
}

/** The reply of `GET /v1/plans`. */
export interface PriceList {
  readonly data: readonly Plan[];
  readonly comparison: Readonly<Record<string, readonly Compared[]>>;
}
