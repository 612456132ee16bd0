import { AppError } from '#platform/kernel';
import type { Extension } from '../../payment-provider.ts';
import { missingDays } from '../missing-days.ts';
import type { AppStoreClient } from './client.ts';

/** Days that Apple gives at once, at most. */
const MOST = 90;
/** As Apple numbers them. */
const REASONS = { customer_satisfaction: 1, other: 2, outage: 3 } as const;

/** Extends a subscription as its owner asks; Apple gives it twice a year at most, and not to a family's other members. */
export async function extend(
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
