import type { Database, Statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import type { StripeClient, StripeConnection } from './client.ts';
import { type SyncedEndpoint, syncConnectEndpoint, syncEndpoint } from './endpoint.ts';
import { syncPortal } from './portal.ts';
import { keepPrices, makePrices, type SyncedPrice, syncPrices } from './prices.ts';
import { priceCatalogOf, type SaleTax } from './price-catalog.ts';

export interface StripeSync {
  readonly db: Database;
  readonly client: StripeClient;
  readonly catalogues: readonly Catalogue[];
  readonly tax: SaleTax;
  /** Where Stripe reaches this server; undefined: nowhere, and it tells us nothing. */
  readonly baseUrl: string | undefined;
  /** Makes the endpoint anew, so that its secret is known. */
  readonly anew?: boolean;
}

/** Puts into Stripe all that is needed to sell: products, prices, the portal and where messages go. Done twice, it changes nothing. */
export async function syncStripe({
  db,
  client,
  catalogues,
  tax,
  baseUrl,
  anew = false,
}: StripeSync): Promise<{
  readonly prices: readonly SyncedPrice[];
  readonly endpoint: SyncedEndpoint | undefined;
  /** For events of connected accounts. */
  readonly connectEndpoint: SyncedEndpoint | undefined;
}> {
  const prices = await syncPrices({ db, client, tax }, priceCatalogOf(catalogues));
  await syncPortal(client);
  const endpoint = baseUrl === undefined ? undefined : await syncEndpoint(client, { baseUrl, anew });
  const connectEndpoint =
    baseUrl === undefined ? undefined : await syncConnectEndpoint(client, { baseUrl, anew });
  return { prices, endpoint, connectEndpoint };
}

/**
 * Makes at Stripe the prices of plans that are not in effect yet. The statements store their ids: run in the commit that puts the plans into
 * effect, so that what is shown is what is charged. None where Stripe has them, or is a sandbox that does not run.
 */
export async function preparePrices(
  { client, tax, standIn }: StripeConnection,
  { before, after }: Readonly<Record<'before' | 'after', readonly Catalogue[]>>,
): Promise<Statement[]> {
  const [old, next] = [before, after].map(priceCatalogOf);
  if (next === undefined || standIn?.isRunning() === false || JSON.stringify(old) === JSON.stringify(next))
    return [];
  return keepPrices(client.mode, await makePrices({ client, tax }, next));
}
