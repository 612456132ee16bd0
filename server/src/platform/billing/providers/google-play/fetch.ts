import type { androidpublisher_v3 as Publisher } from '@googleapis/androidpublisher';
import { AppError } from '#platform/kernel';
import type { Body, ReadContext } from '../../payment-provider.ts';
import { type GooglePlayClient, statusOf } from './client.ts';

/** Purchases that a purchase took the place of, one after the other: as many are followed. */
const MOST_LINKED = 8;
/** Orders that one request reads, the newest; a month's subscription has as many in eighty years. */
const MOST_ORDERS = 1_000;
/** Seconds of peace, where Google asks for fewer requests and does not say for how long. */
const DEFAULT_RETRY_AFTER = 60;

/** Reads of Google Play, each in its turn. */
export type GooglePlayReader = <T>(
  asking: (api: Publisher.Androidpublisher, packageName: string) => Promise<{ readonly data: T }>,
) => Promise<T>;

export function readerOf(
  client: Pick<GooglePlayClient, 'read' | 'packageName'>,
  { takeToken, holdBack }: ReadContext,
): GooglePlayReader {
  return async (asking) => {
    await takeToken();
    try {
      return await client.read((api) => asking(api, client.packageName));
    } catch (error) {
      if (error instanceof AppError && error.details?.['code'] === 'rate_limited')
        await holdBack(error.retryAfter ?? DEFAULT_RETRY_AFTER);
      throw error;
    }
  };
}

/**
 * A purchase as it is now, with those that it took the place of, by whose accounts it is found out whose it is, and with all of
 * its orders. null: there was never such a purchase. What ended more than 60 days ago Google does not tell of: that throws
 * `store_refused`, and what is known of it stays.
 */
export async function fetchPurchase(read: GooglePlayReader, token: string): Promise<Body | null> {
  const purchase = await readPurchase(read, token).catch(undefinedIfUnknown);
  if (purchase === undefined) return null;
  const linked = await readLinked(read, purchase.linkedPurchaseToken ?? undefined);
  const latest = purchase.lineItems?.map(({ latestSuccessfulOrderId: id }) => id ?? '') ?? [];
  return asJson({ purchase, linked, orders: await readOrders(read, latest) });
}

/** A one-time purchase as it is now, with its order; null: there was never such a purchase. */
export async function fetchProduct(read: GooglePlayReader, token: string): Promise<Body | null> {
  const product = await read((api, packageName) =>
    api.purchases.productsv2.getproductpurchasev2({ packageName, token }),
  ).catch(undefinedIfUnknown);
  return product === undefined
    ? null
    : asJson({ product, orders: await readOrders(read, [product.orderId ?? '']) });
}

function undefinedIfUnknown(error: unknown): undefined {
  const status = statusOf(error);
  if (status === 404 || status === 400) return undefined;
  throw error;
}

const readPurchase = (read: GooglePlayReader, token: string) =>
  read((api, packageName) => api.purchases.subscriptionsv2.get({ packageName, token }));

/** The newest first; the last one is null where Google tells of it no more. */
async function readLinked(read: GooglePlayReader, first: string | undefined) {
  const linked: {
    readonly token: string;
    readonly purchase: Publisher.Schema$SubscriptionPurchaseV2 | null;
  }[] = [];
  for (let token = first; token !== undefined && linked.length < MOST_LINKED; ) {
    const purchase: Publisher.Schema$SubscriptionPurchaseV2 | null = await readPurchase(read, token).catch(
      (error: unknown) => {
        if (statusOf(error) === undefined || isKeyRefused(error)) throw error;
        return null;
      },
    );
    linked.push({ token, purchase });
    token = purchase?.linkedPurchaseToken ?? undefined;
  }
  return linked;
}

/** null: the service account may not see them ("View financial data"): the plan is had, and no money is in the books. */
async function readOrders(
  read: GooglePlayReader,
  latest: readonly string[],
): Promise<Publisher.Schema$Order[] | null> {
  const orderIds = [...new Set(latest.flatMap(orderIdsUpTo))].slice(-MOST_ORDERS);
  if (orderIds.length === 0) return [];
  try {
    const { orders = [] } = await read((api, packageName) => api.orders.batchget({ packageName, orderIds }));
    return orders;
  } catch (error) {
    if (isKeyRefused(error)) return null;
    throw error;
  }
}

/** `GPA.1..2` is the third renewal: those before it are `GPA.1`, `GPA.1..0` and `GPA.1..1`. */
export function orderIdsUpTo(latest: string): string[] {
  if (latest === '') return [];
  const [, base, last] = /^(.+)\.\.(\d{1,5})$/.exec(latest) ?? [];
  if (base === undefined) return [latest];
  return [base, ...Array.from({ length: Number(last) + 1 }, (_, renewal) => `${base}..${renewal}`)];
}

const isKeyRefused = (error: unknown) =>
  error instanceof AppError && error.details?.['code'] === 'key_refused';

/** As it came over the wire. */
const asJson = (object: unknown): Body => JSON.parse(JSON.stringify(object));
