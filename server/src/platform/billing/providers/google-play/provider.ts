import { type Database, statement } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { AppError, numberIn } from '#platform/kernel';
import { z } from 'zod';
import type { Mode, PaymentProvider, ProviderEvent, ReadContext } from '../../payment-provider.ts';
import type { ObjectRef } from '../../facts.ts';
import { storeProducts, type StoreProducts } from '../store-products.ts';
import { type GooglePlayClient, statusOf } from './client.ts';
import { acknowledge, consume, defer } from './changes.ts';
import { fetchProduct, fetchPurchase, type GooglePlayReader, readerOf } from './fetch.ts';
import { readProduct } from './read-product.ts';
import { readPurchase } from './read.ts';
import type { SoldInStore } from './read-order.ts';
import { type PushSettings, verify } from './verify.ts';

/** For how many days Google lists voided purchases; it lists nothing else again. */
const VOIDED_KEPT_DAYS = 30;

export interface GooglePlayProviderParts {
  readonly db: Database;
  readonly client: GooglePlayClient;
  readonly mode: Mode;
  readonly push: PushSettings;
  readonly catalogues: readonly Catalogue[];
  /** For a sandbox that starts when it is first needed: until then there is nothing to ask it for. */
  readonly isRunning?: (() => boolean) | undefined;
}

/** Google Play, as inbox and reconciler know it. */
export function createGooglePlayProvider(parts: GooglePlayProviderParts): PaymentProvider {
  const { db, client, mode, push, isRunning = () => true } = parts;
  const products = storeProducts(parts.catalogues, 'google_play', ':');
  const sold = soldIn(products);
  return {
    name: 'google_play',
    mode,
    eventsKeptDays: VOIDED_KEPT_DAYS,
    verify: (message) => verify(client, push, message),
    async fetch({ kind, id }, reading) {
      if (kind === 'payment') return fetchProduct(readerOf(client, reading), id);
      return kind === 'subscription' ? fetchPurchase(readerOf(client, reading), id) : null;
    },
    read: (ref, body) =>
      ref.kind === 'payment' ? readProduct(ref, body, products) : readPurchase(ref, body, sold),
    eventsSince: (since, reading) => (isRunning() ? voidedSince(client, since, reading) : nothing()),
    allObjects: () => knownPurchases(db, mode, 'all'),
    overdue: () => knownPurchases(db, mode, 'overdue'),
    purchases: {
      refOf: (token) => refOf(client, token),
      acknowledge: ({ kind, id }) => (kind === 'payment' ? consume : acknowledge)(client, id),
      extend: ({ id }, by) => defer(client, id, by),
    },
  };
}

/** As Play's purchase tokens are written. */
const TOKEN = /^[\w.-]{20,1000}$/;

/** A subscription's token, or one of what is bought once: Google knows which. Throws `purchase_unknown`, `purchase_over`. */
async function refOf(client: GooglePlayClient, token: string): Promise<ObjectRef> {
  const { packageName } = client;
  if (!TOKEN.test(token)) throw new AppError('purchase_unknown');
  const is = (asking: Parameters<typeof client.read>[0]) =>
    client.read(asking).then(
      () => true,
      (error: unknown) => {
        if (statusOf(error) === 404 || statusOf(error) === 400) return false;
        throw statusOf(error) === 410 ? new AppError('purchase_over') : error;
      },
    );
  if (await is((api) => api.purchases.subscriptionsv2.get({ packageName, token })))
    return { kind: 'subscription', id: token };
  if (await is((api) => api.purchases.productsv2.getproductpurchasev2({ packageName, token })))
    return { kind: 'payment', id: token };
  throw new AppError('purchase_unknown');
}

async function* nothing() {}

/** By a subscription's product and base plan: `reel.pro` and `monthly`, unless a plan declares others. */
function soldIn(products: StoreProducts): SoldInStore {
  return (productId, basePlanId) => {
    const sold = products.find(basePlanId === undefined ? productId : `${productId}:${basePlanId}`);
    return sold?.plan === undefined
      ? undefined
      : { product: sold.product, plan: sold.plan, cycle: sold.cycle };
  };
}

const voided = z.looseObject({
  purchaseToken: z.string(),
  orderId: z.string(),
  voidedTimeMillis: z.preprocess(numberIn, z.number()),
});

/** Google leaves out what is empty: of nothing that went back it answers `{}`. */
const voidedPage = z.object({
  voidedPurchases: z.array(z.unknown()).default([]),
  tokenPagination: z.object({ nextPageToken: z.string().nullish() }).nullish(),
});

/** Google lists what was bought once by itself, and else all together. */
const BOUGHT_ONCE = 0;
const ALL = 1;

/** Purchases that went back, as notifications would have said. Throws `store_unreadable` behind the last where an entry could not be read. */
async function* voidedSince(
  client: GooglePlayClient,
  since: Date,
  reading: ReadContext,
): AsyncGenerator<readonly (ProviderEvent & { readonly body: string })[], void> {
  const once = new Set<string>();
  let isUnreadable = false;
  for (const type of [BOUGHT_ONCE, ALL])
    for await (const entries of voidedPages(readerOf(client, reading), type, since)) {
      const page = entries.flatMap((entry) => voided.safeParse(entry).data ?? []);
      isUnreadable ||= page.length < entries.length;
      if (type === BOUGHT_ONCE) for (const { purchaseToken } of page) once.add(purchaseToken);
      const fresh = page.filter(({ purchaseToken }) => type === BOUGHT_ONCE || !once.has(purchaseToken));
      yield fresh.map((one) => ({
        eventId: `voided:${one.orderId}`,
        type: 'purchase.voided',
        occurredAt: new Date(one.voidedTimeMillis),
        about: { kind: once.has(one.purchaseToken) ? 'payment' : 'subscription', id: one.purchaseToken },
        body: JSON.stringify(one),
      }));
    }
  if (isUnreadable) throw new AppError('store_unreadable');
}

async function* voidedPages(read: GooglePlayReader, type: number, since: Date) {
  const startTime = String(since.getTime());
  let token: string | undefined;
  do {
    const page = token === undefined ? { startTime } : { token };
    const answer = await read((api, packageName) =>
      api.purchases.voidedpurchases.list({ packageName, type, maxResults: 1_000, ...page }),
    );
    const { data } = voidedPage.safeParse(answer);
    if (data === undefined) throw new AppError('store_unreadable');
    yield data.voidedPurchases;
    token = data.tokenPagination?.nextPageToken ?? undefined;
  } while (token !== undefined);
}

/** Purchases that one look finds. */
const PAGE = 1_000;
/** Google tells of a purchase for 60 days after its end; what ended before is left as it is. */
const TOLD = `interval '55 days'`;

/** Which of the purchases that are known here: Google lists none, and tells nothing twice. */
type Which = 'all' | 'overdue';

const CONDITIONS: Readonly<Record<Which, string>> = {
  // A purchase that Google did not know once is asked for again: it may have been a setting, or a bad hour of Google's.
  all: `(s.store_id is not null and (s.ended_at is null or s.ended_at > app.now() - ${TOLD})
      or o.state = 'gone' and o.updated_at > app.now() - ${TOLD})`,
  // A renewal is told at once, and anything else within days. What waits for its next try has a pause of its own.
  overdue: `s.state not in ('canceled', 'expired') and (
      s.period_ends_at < app.now() - interval '1 hour' and o.updated_at < s.period_ends_at + interval '1 hour'
      or least(s.period_ends_at, s.kept_until) < app.now() and o.updated_at < app.now() - interval '6 hours'
      or o.updated_at < app.now() - interval '3 days')
    and not exists (select from billing.wants w
      where (w.store, w.mode, w.kind, w.object_id) = (o.store, o.mode, o.kind, o.object_id) and not w.dead)`,
};

async function* knownPurchases(
  db: Database,
  mode: Mode,
  which: Which,
): AsyncGenerator<readonly ObjectRef[], void> {
  let after: ObjectRef = { kind: 'payment', id: '' };
  for (;;) {
    const [rows] = await db.system('billing.inbox', [purchasesAfter(mode, which, after)]);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

/** In the order of the kinds' names: add-ons (`payment`) go first. */
const purchasesAfter = (mode: Mode, which: Which, { kind, id }: ObjectRef) =>
  statement<ObjectRef>(
    `select o.kind, o.object_id as id from billing.objects o
     left join billing.subscriptions s on s.store = o.store and s.mode = o.mode and o.kind = 'subscription' and s.store_id = o.object_id
     where o.store = 'google_play' and o.mode = $1 and (o.kind, o.object_id) > ($2, $3) and ${CONDITIONS[which]}
     order by o.kind, o.object_id limit ${PAGE}`,
    [mode, kind, id],
  );
