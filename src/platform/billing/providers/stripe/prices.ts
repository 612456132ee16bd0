import { commitPoint, type Database, statement } from '#platform/db';
import type { Stripe } from 'stripe';
import type { Mode } from '../../payment-provider.ts';
import { refusedFor, type StripeClient } from './client.ts';
import { syncMeter } from './meters.ts';
import { loadStripe } from './package.ts';
import { INTERVALS, MICROS_PER_MINOR, type CatalogPrice } from './price-catalog.ts';

const SYNCED = commitPoint('billing.prices-synced', 'what the provider calls everything that is sold');

/** A price of ours with the provider's id for it. */
export interface SyncedPrice extends CatalogPrice {
  readonly price: string;
  readonly was: 'kept' | 'made' | 'replaced';
}

interface PricesParts {
  readonly db: Database;
  readonly client: StripeClient;
}

/**
 * Has Stripe know every price of ours, and writes down their ids. Whoever does it again, or at the same time, changes
 * nothing. An amount never changes: another one is another price, and who subscribed at the former one keeps it.
 */
export async function syncPrices(
  { db, client }: PricesParts,
  catalog: readonly CatalogPrice[],
): Promise<SyncedPrice[]> {
  const names = new Map(catalog.map(({ productId, name }) => [productId, name]));
  for (const [id, name] of names) await syncProduct(client, id, name);
  const synced: SyncedPrice[] = [];
  for (const price of catalog) synced.push({ ...price, ...(await syncPrice(client, price)) });
  await db.system('billing.prices', SYNCED, [
    forgetPrices(client.mode),
    ...synced.map(keepPrice(client.mode)),
  ]);
  return synced;
}

/** The prices of the catalog that Stripe lacks, or has otherwise. */
export async function unsyncedPrices(
  client: StripeClient,
  catalog: readonly CatalogPrice[],
): Promise<CatalogPrice[]> {
  const wrong: CatalogPrice[] = [];
  for (const price of catalog) {
    const found = await findPrice(client, price.lookupKey);
    if (found === undefined || !isSame(found, price)) wrong.push(price);
  }
  return wrong;
}

async function syncProduct(client: StripeClient, id: string, name: string): Promise<void> {
  const found = await client
    .read((stripe) => stripe.products.retrieve(id))
    .catch((error: unknown) => {
      if (refusedFor(error, 'resource_missing')) return undefined;
      throw error;
    });
  if (found?.name === name && found.active) return;
  await client.change((stripe) =>
    found === undefined
      ? stripe.products.create({ id, name }, { idempotencyKey: `plinth:product:${id}:${name}` })
      : stripe.products.update(id, { name, active: true }),
  );
}

async function syncPrice(
  client: StripeClient,
  price: CatalogPrice,
): Promise<Pick<SyncedPrice, 'price' | 'was'>> {
  const found = await findPrice(client, price.lookupKey);
  if (found !== undefined && isSame(found, price)) return { price: found.id, was: 'kept' };
  const { lookupKey, micros, currency } = price;
  const params = await paramsOf(client, price);
  const made = await client.change((stripe) =>
    stripe.prices.create(params, {
      // Of two who do this at once, both get one price; going back to a former amount makes another.
      idempotencyKey: `${lookupKey}:${currency}:${micros}:after:${found?.id ?? 'none'}`,
    }),
  );
  if (found === undefined) return { price: made.id, was: 'made' };
  await client.change((stripe) => stripe.prices.update(found.id, { active: false }));
  return { price: made.id, was: 'replaced' };
}

async function paramsOf(client: StripeClient, price: CatalogPrice): Promise<Stripe.PriceCreateParams> {
  const { productId, lookupKey, currency, charged, cycle } = price;
  const metered = charged === 'metered' ? { usage_type: charged, meter: await syncMeter(client, price) } : {};
  return {
    product: productId,
    currency,
    ...(await amountOf(price)),
    lookup_key: lookupKey,
    transfer_lookup_key: true,
    ...(cycle === null ? {} : { recurring: { interval: INTERVALS[cycle], ...metered } }),
  };
}

async function amountOf({ micros }: CatalogPrice) {
  return micros % MICROS_PER_MINOR === 0
    ? { unit_amount: micros / MICROS_PER_MINOR }
    : { unit_amount_decimal: await minorText(micros) };
}

/** Minor units as Stripe writes them: a decimal without zeros at its end. */
async function minorText(micros: number): Promise<Stripe.Decimal> {
  const { Decimal } = await loadStripe();
  return Decimal.from(micros).div(Decimal.from(MICROS_PER_MINOR), 12, 'half-even');
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
    Math.round(Number(found.unit_amount_decimal) * MICROS_PER_MINOR) === price.micros &&
    (found.recurring?.interval ?? null) === (price.cycle === null ? null : INTERVALS[price.cycle])
  );
}

const forgetPrices = (mode: Mode) =>
  statement("delete from billing.prices where store = 'stripe' and mode = $1", [mode]);

const keepPrice =
  (mode: Mode) =>
  ({ product, plan, addOn, overage, cycle, price }: SyncedPrice) =>
    statement(
      `insert into billing.prices (store, mode, product, plan, add_on, overage, cycle, price)
       values ('stripe', $1, $2, $3, $4, $5, $6, $7)
       on conflict do nothing`,
      [mode, product, plan ?? null, addOn ?? null, overage ?? null, cycle, price],
    );
