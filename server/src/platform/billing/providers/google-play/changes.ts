import type { Mode, SubscriptionEnder } from '../../payment-provider.ts';
import type { Extension } from '../../payment-provider.ts';
import { missingDays } from '../missing-days.ts';
import { type GooglePlayClient, statusOf } from './client.ts';

/** Within which Google must be told that a purchase was given, or gives the money back. Milliseconds. */
export const ACKNOWLEDGED_WITHIN = 3 * 86_400_000;

/** Has Google keep what was bought once, and let it be bought again. Asked first: Google takes it once. */
export async function consume(client: GooglePlayClient, token: string): Promise<void> {
  const { packageName } = client;
  const { productLineItem = [] } = await client.read((api) =>
    api.purchases.productsv2.getproductpurchasev2({ packageName, token }),
  );
  for (const { productId, productOfferDetails: details } of productLineItem)
    if (productId != null && details?.consumptionState === 'CONSUMPTION_STATE_YET_TO_BE_CONSUMED')
      await client.change((api) => api.purchases.products.consume({ packageName, productId, token }));
}

/** Has Google keep a purchase. It is asked how things are first: a purchase is acknowledged by the name of its product. */
export async function acknowledge(client: GooglePlayClient, token: string): Promise<void> {
  const { packageName } = client;
  const { acknowledgementState, lineItems } = await client.read((api) =>
    api.purchases.subscriptionsv2.get({ packageName, token }),
  );
  const subscriptionId = lineItems?.[0]?.productId;
  if (acknowledgementState !== 'ACKNOWLEDGEMENT_STATE_PENDING' || subscriptionId == null) return;
  await client.change((api) =>
    api.purchases.subscriptions.acknowledge({ packageName, subscriptionId, token, requestBody: {} }),
  );
}

/** Days by which Google defers at once, at most. */
const MOST_DEFERRED = 365;
const A_DAY = 86_400;

/** Defers the next renewal. Of two who do so at once Google takes one: what it is told of must be as it was read. */
export async function defer(client: GooglePlayClient, token: string, { until }: Extension): Promise<void> {
  const { packageName } = client;
  const { etag, lineItems = [] } = await client.read((api) =>
    api.purchases.subscriptionsv2.get({ packageName, token }),
  );
  const ends = Math.max(0, ...lineItems.map(({ expiryTime }) => Date.parse(expiryTime ?? '') || 0));
  const days = missingDays(new Date(ends), until, MOST_DEFERRED);
  if (days === 0) return;
  const deferralContext = { etag: etag ?? null, deferDuration: `${days * A_DAY}s` };
  await client.change((api) =>
    api.purchases.subscriptionsv2.defer({ packageName, token, requestBody: { deferralContext } }),
  );
}

/**
 * Ends subscriptions of accounts that are closed. Google lets only the customer have one go on, on its own pages,
 * and has no customers to delete.
 */
export function createGooglePlayEnder(client: GooglePlayClient, mode: Mode): SubscriptionEnder {
  const { packageName } = client;
  const cancel = (token: string) =>
    unlessOver(() =>
      client.change((api) =>
        api.purchases.subscriptionsv2.cancel({
          packageName,
          token,
          // So that the customer may take it back at Google, as long as it is paid.
          requestBody: { cancellationContext: { cancellationType: 'USER_REQUESTED_STOP_RENEWALS' } },
        }),
      ),
    );
  return {
    provider: 'google_play',
    mode,
    endWithPeriod: cancel,
    resume: async () => {},
    endTrial: cancel,
    followUp: async () => {},
    deleteCustomer: async () => {},
  };
}

async function unlessOver(asking: () => Promise<unknown>): Promise<void> {
  try {
    await asking();
  } catch (error) {
    if (statusOf(error) !== 404 && statusOf(error) !== 410) throw error;
  }
}
