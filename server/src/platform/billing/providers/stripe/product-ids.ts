/** Our meaning of a Stripe Product of ours. Exactly one of `plan`, `addOn` and `overage` is there, by names within the product. */
export interface SoldItem {
  readonly product: string;
  readonly plan?: string | undefined;
  readonly addOn?: string | undefined;
  /** A limit: units past it. */
  readonly overage?: string | undefined;
}

/** How a price is charged: what tells a plan from an add-on, which share their names. */
export type Charged = 'recurring' | 'metered' | 'one_time';

/** Names are lower-case words joined by _ (entitlements/check.ts): a product's own are written with -, so that an id reads one way. */
const ID = /^plinth_([a-z][a-z0-9-]*)_(overage-)?([a-z][a-z0-9_]*)$/;

/** The id of the Stripe Product for what we sell: `plinth_reel_pro`, `plinth_gateway_overage-calls`. The same for ever. */
export function productIdOf({ product, plan, addOn, overage }: SoldItem): string {
  const name = overage === undefined ? (plan ?? addOn) : `overage-${overage}`;
  return `plinth_${product.replaceAll('_', '-')}_${name}`;
}

/** The item of a Stripe Product's id, also after the plans in code have changed; undefined: it is not ours. */
export function soldItemOf(id: string, charged: Charged): SoldItem | undefined {
  const [, product, isOverage, name] = ID.exec(id) ?? [];
  if (product === undefined || name === undefined) return undefined;
  const of = { product: product.replaceAll('-', '_') };
  if (isOverage !== undefined || charged === 'metered') return { ...of, overage: name };
  return charged === 'one_time' ? { ...of, addOn: name } : { ...of, plan: name };
}
