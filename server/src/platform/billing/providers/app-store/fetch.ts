import { AppError } from '#platform/kernel';
import type { ObjectRef } from '../../facts.ts';
import type { Body, ReadContext } from '../../payment-provider.ts';
import { type AppStoreClient, isUnknown } from './client.ts';
import { type ApiClient, loadAppStore } from './package.ts';
import { refOf } from './verify.ts';

/** How this server sells at the App Store, which a body keeps so that it says the same for ever. */
export interface Terms {
  /** Apple's share of a price, in percent. */
  readonly commissionPercent: number;
}

/** Reads an object as `read` wants it; null: the App Store did not find it. */
export async function fetchObject(
  client: AppStoreClient,
  terms: Terms,
  { ref, reading }: { readonly ref: ObjectRef; readonly reading: ReadContext },
): Promise<Body | null> {
  const asking = askerOf(client, reading);
  try {
    const told =
      ref.kind === 'subscription'
        ? await subscription(client, asking, ref.id)
        : await purchase(client, asking, ref.id);
    return told && asJson({ commission_percent: terms.commissionPercent, ...told });
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
}

export type Asking = <T>(asking: (api: ApiClient) => Promise<T>) => Promise<T>;

/** Each read in its turn. */
export function askerOf(client: AppStoreClient, { takeToken, holdBack }: ReadContext): Asking {
  return async (asking) => {
    await takeToken();
    return client.read(asking, holdBack);
  };
}

const asJson = (value: unknown): Body => JSON.parse(JSON.stringify(value));

const decode = (client: AppStoreClient, signed: string) =>
  client.decode((verifier) => verifier.verifyAndDecodeTransaction(signed), 'webhook_forged');

/** Its state, and all of its transactions: what is signed of each stands in several places, and may be of different times. */
async function subscription(client: AppStoreClient, asking: Asking, id: string) {
  const { data = [] } = await asking((api) => api.getAllSubscriptionStatuses(id));
  const state = data
    .flatMap(({ lastTransactions = [] }) => lastTransactions)
    .find(({ originalTransactionId }) => originalTransactionId === id);
  const { signedTransactionInfo: last, signedRenewalInfo: renewal } = state ?? {};
  if (state === undefined || last === undefined) return null;
  const all = [await decode(client, last)];
  for await (const signed of history(asking, id)) all.push(await decode(client, signed));
  const renewals =
    renewal === undefined
      ? []
      : [await client.decode((verifier) => verifier.verifyAndDecodeRenewalInfo(renewal), 'webhook_forged')];
  const others = all
    .filter(({ originalTransactionId }) => originalTransactionId !== id)
    .flatMap((other) => refOf(other) ?? []);
  return {
    status: state.status,
    transactions: all.filter(({ originalTransactionId }) => originalTransactionId === id),
    renewals,
    others: [...new Map(others.map((ref) => [JSON.stringify(ref), ref])).values()],
  };
}

/** The transactions of one customer in one app, twenty at a time, the oldest first. */
async function* history(asking: Asking, id: string): AsyncGenerator<string, void> {
  const { GetTransactionHistoryVersion, Order } = await loadAppStore();
  let revision: string | null = null;
  for (;;) {
    const page = await asking((api) =>
      api.getTransactionHistory(id, revision, { sort: Order.ASCENDING }, GetTransactionHistoryVersion.V2),
    );
    yield* page.signedTransactions ?? [];
    const next = nextOf(page, page.revision);
    if (next === undefined) return;
    revision = next;
  }
}

/** Where a list goes on; undefined: nowhere. One that a garbled answer ends early would lose what comes after. */
export function nextOf(
  { hasMore }: { readonly hasMore?: boolean },
  next: string | undefined,
): string | undefined {
  if (hasMore === false) return undefined;
  if (hasMore === undefined || next === undefined) throw new AppError('store_unreadable');
  return next;
}

/** Bought once, and not renewed. */
async function purchase(client: AppStoreClient, asking: Asking, id: string) {
  const { signedTransactionInfo: signed } = await asking((api) => api.getTransactionInfo(id));
  return signed === undefined
    ? null
    : { transactions: [await decode(client, signed)], renewals: [], others: [] };
}
