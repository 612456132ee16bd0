import type { Catalogue } from '#platform/entitlements';
import { AppError, type Clock } from '#platform/kernel';
import type { PaymentProvider, ReadContext, Extension, PurchaseUse } from '../../payment-provider.ts';
import { storeProducts, type StoreProducts } from '../store-products.ts';
import type { AppStoreClient } from './client.ts';
import { askerOf, fetchObject, nextOf, type Terms } from './fetch.ts';
import { read } from './read.ts';
import { eventOf, notificationOf, purchaseOf, verify } from './verify.ts';
import { missingDays } from '../missing-days.ts';

/** For how many days Apple lists its notifications: of production, and of its sandbox. */
const EVENTS_KEPT_DAYS = { Production: 180, Sandbox: 30 } as const;
const DAY = 86_400_000;

export interface AppStoreProviderParts {
  readonly client: AppStoreClient;
  readonly terms: Terms;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogues: readonly Catalogue[];
  /** How Apple is answered that asks how a purchase was used; not said: customers have not agreed, and it is not. */
  readonly answers?: AnswerTerms | undefined;
  /** For a sandbox that starts when it is first needed: until then there is nothing to ask it for. */
  readonly isRunning?: (() => boolean) | undefined;
}

/** The App Store in one of its environments, as inbox and reconciler know it. */
export function createAppStoreProvider(parts: AppStoreProviderParts): PaymentProvider {
  const { client, terms, answers, isRunning = () => true } = parts;
  const products = storeProducts(parts.catalogues, 'app_store', '.');
  return {
    name: 'app_store',
    mode: client.mode,
    eventsKeptDays: EVENTS_KEPT_DAYS[client.environment],
    listsNothing: true,
    verify: (message) => verify(client, message),
    fetch: (ref, reading) => fetchObject(client, terms, { ref, reading }),
    read: (ref, body) => read(products, ref, body),
    eventsSince: (since, reading) => (isRunning() ? eventsSince(parts, since, reading) : nothing()),
    allObjects: (reading) => (isRunning() ? allObjects(parts, reading) : nothing()),
    purchases: {
      refOf: (signedTransaction) => purchaseOf(client, signedTransaction),
      nameOwner: ({ id }, appAccountToken) =>
        client.change((api) => api.setAppAccountToken(id, { appAccountToken })),
      extend: ({ id }, by) => extend(client, id, by),
      ...(answers === undefined
        ? {}
        : {
            answer: (question, use) => answerQuestion({ ...parts, terms: answers, products }, question, use),
          }),
    },
  };
}

async function* nothing() {}

/** As Apple has sent them, or tried to. */
async function* eventsSince({ client, clock }: AppStoreProviderParts, since: Date, reading: ReadContext) {
  const asking = askerOf(client, reading);
  const wanted = { startDate: since.getTime(), endDate: clock.now() };
  let token: string | null = null;
  for (;;) {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(asking, token, wanted);
    const events = [];
    for (const { signedPayload } of page.notificationHistory ?? [])
      if (signedPayload !== undefined) {
        const body = JSON.stringify({ signedPayload });
        const told = await notificationOf(client, body).catch(unlessForged);
        if (told !== undefined) events.push({ ...eventOf(told), body });
      }
    yield events;
    const next = nextOf(page, page.paginationToken);
    if (next === undefined) return;
    token = next;
  }
}

const pageOf = (
  asking: ReturnType<typeof askerOf>,
  token: string | null,
  wanted: { readonly startDate: number; readonly endDate: number },
) => asking((api) => api.getNotificationHistory(token, wanted));

/** One that can't be verified any more, by a certificate that was revoked since, holds up no other. */
function unlessForged(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'webhook_forged') return undefined;
  throw error;
}

/** Apple lists no customers: all that its notifications have named as long as it keeps them. */
async function* allObjects(parts: AppStoreProviderParts, reading: ReadContext) {
  const days = EVENTS_KEPT_DAYS[parts.client.environment] - 1;
  const since = new Date(parts.clock.now() - days * DAY);
  for await (const page of eventsSince(parts, since, reading)) yield page.flatMap(({ about }) => about ?? []);
}

/** Days that Apple gives at once, at most. */
const MOST = 90;
/** As Apple numbers them. */
const REASONS = { customer_satisfaction: 1, other: 2, outage: 3 } as const;

/** Extends a subscription as its owner asks; Apple gives it twice a year at most, and not to a family's other members. */
async function extend(
  client: AppStoreClient,
  id: string,
  { until, reason, id: requestIdentifier }: Extension,
): Promise<void> {
  const { data = [] } = await client.read((api) => api.getAllSubscriptionStatuses(id));
  const signed = data
    .flatMap(({ lastTransactions = [] }) => lastTransactions)
    .find(({ originalTransactionId }) => originalTransactionId === id)?.signedTransactionInfo;
  if (signed === undefined) throw new AppError('not_found');
  const { expiresDate = 0 } = await client.decode(
    (verifier) => verifier.verifyAndDecodeTransaction(signed),
    'webhook_forged',
  );
  const extendByDays = missingDays(new Date(expiresDate), until, MOST);
  if (extendByDays === 0) return;
  const extendReasonCode = REASONS[reason];
  const { success } = await client.change((api) =>
    api.extendSubscriptionRenewalDate(id, { extendByDays, extendReasonCode, requestIdentifier }),
  );
  if (success !== true) throw new AppError('store_refused', { details: { code: 'not_extended' } });
}

/** Terms of an answer beside how the purchase was used. */
interface AnswerTerms {
  /** Your wish for a purchase that was delivered; not said: Apple alone decides. */
  readonly refundPreference: 'DECLINE' | 'GRANT_FULL' | 'GRANT_PRORATED' | undefined;
}

/** Apple counts a share in thousandths of a percent. */
const WHOLE = 100_000;

interface AnswerParts {
  readonly client: AppStoreClient;
  readonly terms: AnswerTerms;
  readonly products: StoreProducts;
  readonly catalogues: readonly Catalogue[];
}

/**
 * Answers a CONSUMPTION_REQUEST. Only where customers have agreed: Apple wants no answer of any other kind. Nor does it take one of
 * that a family shares, which another member has paid for.
 */
async function answerQuestion(
  { client, terms, products, catalogues }: AnswerParts,
  question: string,
  { isDelivered, share }: PurchaseUse,
): Promise<void> {
  const { transaction } = await notificationOf(client, question);
  const { transactionId, productId, inAppOwnershipType } = transaction ?? {};
  const sold = productId === undefined ? undefined : products.find(productId);
  if (transactionId === undefined || sold === undefined || inAppOwnershipType === 'FAMILY_SHARED') return;
  // Apple counts the days of a subscription itself, and takes no number.
  const percentage = Math.round((isDelivered ? (share ?? 0) : 0) * WHOLE);
  const preference = isDelivered ? terms.refundPreference : 'GRANT_FULL';
  await client.change((api) =>
    api.sendConsumptionInformation(transactionId, {
      customerConsented: true,
      deliveryStatus: isDelivered ? 'DELIVERED' : 'UNDELIVERED_OTHER',
      sampleContentProvided: catalogues.some((one) => one.product === sold.product && isTried(one)),
      ...(sold.plan === undefined ? { consumptionPercentage: percentage } : {}),
      ...(preference === undefined ? {} : { refundPreference: preference }),
    }),
  );
}

/** Whether the product can be used for free before a purchase. */
const isTried = ({ defaultPlan, plans }: Catalogue) =>
  defaultPlan !== undefined || Object.values(plans).some(({ trialDays }) => trialDays !== undefined);
