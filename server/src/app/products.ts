import { payingSubscriptions } from '#platform/billing';
import type { BrandDefaults } from '#platform/brands';
import { type Config, ConfigError, nearestOf } from '#platform/config';
import type { Database } from '#platform/db';
import { type Catalogue, isRunning } from '#platform/entitlements';
import type { Product } from '#platform/product';
import { products } from '#products';

/** Which products there are, which of them are off, and who pays for those all the same. */
export interface ProductChoice {
  readonly products: readonly Product[];
  /** The keys of those that run, and of those that are off. */
  readonly running: readonly string[];
  readonly off: readonly string[];
  /** The subscriptions in effect to what is off: `3 to prism, 1 to orbit`. Undefined: there is none. */
  readonly paid: string | undefined;
}

/** The choice of `PRODUCTS` on this database. Throws `ConfigError` for a key that no product has. */
export async function chooseProducts(db: Database, config: Config): Promise<ProductChoice> {
  const chosen = withChoice(products, config.products);
  const [running, off] = [true, false].map((is) =>
    chosen.filter(({ catalogue }) => isRunning(catalogue) === is).map(({ key }) => key),
  ) as [string[], string[]];
  if (off.length === 0) return { products: chosen, running, off, paid: undefined };
  // Where money is taken, subscriptions of a test mode pay for nothing.
  const isLive = config.stripe?.account?.mode === 'live';
  const [rows] = await db.system('billing.paying', [payingSubscriptions(off, isLive)]);
  const paid = rows.map(({ product, count }) => `${count} to ${product}`).join(', ');
  return { products: chosen, running, off, paid: paid === '' ? undefined : paid };
}

/** The products, those turned off that are not among the keys; without keys all run. */
export function withChoice(all: readonly Product[], keys: readonly string[]): readonly Product[] {
  const known = all.map(({ key }) => key);
  const unknown = keys.filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new ConfigError(unknown.map((key) => unknownProduct(key, known)));
  return all.map((product) =>
    keys.length === 0 || keys.includes(product.key)
      ? product
      : { ...product, catalogue: { ...product.catalogue, isOff: true } },
  );
}

function unknownProduct(key: string, known: readonly string[]): string {
  const nearest = nearestOf(key, known);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return `PRODUCTS names a product that there is not.${meant} There are: ${known.join(', ')}.`;
}

/** Throws `ConfigError` where a product is off in production that subscriptions pay for, and no setting allows it. */
export function assertNobodyPays({ paid }: ProductChoice, config: Config): void {
  if (paid === undefined || config.environment !== 'production' || config.productsOffWithSubscriptions)
    return;
  throw new ConfigError([
    `PRODUCTS turns products off that subscriptions pay for: ${paid}. Add them to PRODUCTS, end the subscriptions, or set PRODUCTS_OFF_WITH_SUBSCRIPTIONS=true.`,
  ]);
}

/** Facts that names follow from where no brand is stored; `sold` are the present catalogues, those of plans files too. */
export function brandDefaults(
  { mail: { from }, publicUrl, baseUrl }: Config,
  sold: () => readonly Catalogue[],
): BrandDefaults {
  return { products: () => sold().map(named), from, publicUrl, baseUrl };
}

const named = (catalogue: Catalogue) => ({
  key: catalogue.product,
  name: catalogue.name,
  isRunning: isRunning(catalogue),
});
