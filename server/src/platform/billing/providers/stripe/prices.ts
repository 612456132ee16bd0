import { commitPoint, type Database, type Statement, statement } from '#platform/db';
import { sha256 } from '#platform/kernel';
import type { Stripe } from 'stripe';
import type { Mode } from '../../payment-provider.ts';
import { askOnce, refusedFor, type StripeClient } from './client.ts';
import { syncMeter } from './meters.ts';
import { loadStripe } from './package.ts';
import { idOf } from './subscription-reads.ts';
import { intervalOf, microsPerMinor, type CatalogPrice, type SaleTax } from './price-catalog.ts';

const SYNCED = commitPoint('billing.prices-synced', 'what the provider calls everything that is sold');

/** A price of ours with the provider's id for it. */
export interface SyncedPrice extends CatalogPrice {
  readonly price: string;
  readonly was: 'kept' | 'made' | 'replaced';
}

interface PricesParts {
  readonly db: Database;
  readonly client: StripeClient;
  readonly tax: SaleTax;
}

/**
 * Creates every price at Stripe and stores their ids. A second run, or one at the same time, changes
 * nothing. An amount never changes: another one is another price, and who subscribed at the former one keeps it.
 */
export async function syncPrices(
  { db, ...at }: PricesParts,
  catalog: readonly CatalogPrice[],
): Promise<SyncedPrice[]> {
  const synced = await makePrices(at, catalog);
  await db.system('billing.prices', SYNCED, keepPrices(at.client.mode, synced));
  return synced;
}

/** Creates the prices at Stripe alone. Until their ids are stored, those that they replace can't be bought, and nothing else is sold. */
export async function makePrices(
  { client, tax }: Omit<PricesParts, 'db'>,
  catalog: readonly CatalogPrice[],
): Promise<SyncedPrice[]> {
  const names = new Map(catalog.map(({ productId, name }) => [productId, name]));
  for (const [id, name] of names) await syncProduct(client, id, { name, tax_code: tax.code });
  const synced: SyncedPrice[] = [];
  for (const price of catalog) synced.push({ ...price, ...(await syncPrice(client, price, tax)) });
  return synced;
}

/** Stores the ids of all prices of a mode, in the system's scope. */
export const keepPrices = (mode: Mode, synced: readonly SyncedPrice[]): Statement[] => [
  forgetPrices(mode),
  ...synced.map(keepPrice(mode)),
];

/** The prices of the catalog that Stripe lacks, or has otherwise. */
export async function unsyncedPrices(
  { client, tax }: Omit<PricesParts, 'db'>,
  catalog: readonly CatalogPrice[],
): Promise<CatalogPrice[]> {
  const wrong: CatalogPrice[] = [];
  for (const price of catalog) {
    const found = await findPrice(client, price.lookupKey);
    if (found === undefined || !isSame(found, price) || found.tax_behavior !== tax.behavior)
      wrong.push(price);
  }
  return wrong;
}

export async function syncProduct(
  client: StripeClient,
  id: string,
  is: { readonly name: string; readonly tax_code: string },
): Promise<void> {
  const find = () =>
    client
      .read((stripe) => stripe.products.retrieve(id))
      .catch((error: unknown) => {
        if (refusedFor(error, 'resource_missing')) return undefined;
        throw error;
      });
  const found = await find();
  const tax = typeof found?.tax_code === 'object' ? found.tax_code?.id : found?.tax_code;
  if (found?.name === is.name && tax === is.tax_code && found.active) return;
  if (found !== undefined)
    await client.change((stripe) => stripe.products.update(id, { ...is, active: true }));
  else
    await askOnce(client, {
      // A name may be in any script, and a key is a header.
      key: `plinth:product:${id}:${sha256(JSON.stringify(is)).slice(0, 16)}`,
      ask: (stripe, once) => stripe.products.create({ id, ...is }, once),
      find,
    });
}

async function syncPrice(
  client: StripeClient,
  price: CatalogPrice,
  { behavior }: SaleTax,
): Promise<Pick<SyncedPrice, 'price' | 'was'>> {
  const found = await findPrice(client, price.lookupKey);
  if (found !== undefined && isSame(found, price)) {
    if (found.tax_behavior === behavior) return { price: found.id, was: 'kept' };
    // Said once, it is never changed.
    if (found.tax_behavior === 'unspecified' || found.tax_behavior === null) {
      await client.change((stripe) => stripe.prices.update(found.id, { tax_behavior: behavior }));
      return { price: found.id, was: 'kept' };
    }
  }
  const { lookupKey, micros, currency } = price;
  const params = { ...(await paramsOf(client, price)), tax_behavior: behavior };
  const made = await askOnce(client, {
    // Two callers at once get one price; going back to a former amount makes another.
    key: `${lookupKey}:${currency}:${micros}:${behavior}:after:${found?.id ?? 'none'}`,
    ask: (stripe, once) => stripe.prices.create(params, once),
    find: async () => {
      const now = await findPrice(client, lookupKey);
      return now?.id === found?.id ? undefined : now;
    },
  });
  if (found === undefined) return { price: made.id, was: 'made' };
  await archive(client, found, made.id);
  return { price: made.id, was: 'replaced' };
}

/** Stripe archives no price that is its product's default one, as the dashboard may have made it. */
async function archive(client: StripeClient, { id, product }: Stripe.Price, next: string): Promise<void> {
  const sold = idOf(product) ?? '';
  const { default_price: main = null } = await client.read((stripe) => stripe.products.retrieve(sold));
  if (idOf(main) === id)
    await client.change((stripe) => stripe.products.update(sold, { default_price: next }));
  await client.change((stripe) => stripe.prices.update(id, { active: false }));
}

async function paramsOf(client: StripeClient, price: CatalogPrice): Promise<Stripe.PriceCreateParams> {
  const { productId, lookupKey, currency, charged } = price;
  const interval = intervalOf(price);
  const metered = charged === 'metered' ? { usage_type: charged, meter: await syncMeter(client, price) } : {};
  return {
    product: productId,
    currency,
    ...(await amountOf(price)),
    lookup_key: lookupKey,
    transfer_lookup_key: true,
    ...(interval === null ? {} : { recurring: { interval, ...metered } }),
  };
}

async function amountOf({ micros, currency }: CatalogPrice) {
  const minor = microsPerMinor(currency);
  return micros % minor === 0
    ? { unit_amount: micros / minor }
    : { unit_amount_decimal: await minorText(micros, minor) };
}

/** Minor units as Stripe writes them: a decimal without zeros at its end. */
async function minorText(micros: number, minor: number): Promise<Stripe.Decimal> {
  const { Decimal } = await loadStripe();
  return Decimal.from(micros).div(Decimal.from(minor), 12, 'half-even');
}

async function findPrice(client: StripeClient, lookupKey: string): Promise<Stripe.Price | undefined> {
  const { data } = await client.read((stripe) =>
    stripe.prices.list({ lookup_keys: [lookupKey], active: true, limit: 1 }),
  );
  return data[0];
}

function isSame(found: Stripe.Price, price: CatalogPrice): boolean {
  const product = typeof found.product === 'string' ? found.product : found.product.id;
  return (
    product === price.productId &&
    found.currency === price.currency &&
    Math.round(Number(found.unit_amount_decimal) * microsPerMinor(price.currency)) === price.micros &&
    (found.recurring?.interval ?? null) === intervalOf(price)
  );
}

const forgetPrices = (mode: Mode) =>
  statement("delete from billing.prices where store = 'stripe' and mode = $1", [mode]);

const keepPrice =
  (mode: Mode) =>
  ({ product, plan, addOn, overage, cycle, currency, price }: SyncedPrice) =>
    statement(
      `insert into billing.prices (store, mode, product, plan, add_on, overage, cycle, currency, price)
       values ('stripe', $1, $2, $3, $4, $5, $6, $7, $8)
       on conflict do nothing`,
      [mode, product, plan ?? null, addOn ?? null, overage ?? null, cycle, currency, price],
    );
