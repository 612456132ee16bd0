import type { Catalogue } from '#platform/entitlements';
import type { PurchaseUse } from '../../payment-provider.ts';
import type { StoreProducts } from '../store-products.ts';
import type { AppStoreClient } from './client.ts';
import { notificationOf } from './verify.ts';

/** Terms of an answer beside how the purchase was used. */
export interface AnswerTerms {
  /** Your wish for a purchase that was delivered; not said: Apple alone decides. */
  readonly refundPreference: 'DECLINE' | 'GRANT_FULL' | 'GRANT_PRORATED' | undefined;
}

/** Apple counts a share in thousandths of a percent. */
const WHOLE = 100_000;

export interface AnswerParts {
  readonly client: AppStoreClient;
  readonly terms: AnswerTerms;
  readonly products: StoreProducts;
  readonly catalogues: readonly Catalogue[];
}

/**
 * Answers a CONSUMPTION_REQUEST. Only where customers have agreed: Apple wants no answer of any other kind. Nor does it take one of
 * that a family shares, which another member has paid for.
 */
export async function answerQuestion(
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
