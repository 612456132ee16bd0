import { AppError, jsonIn } from '#platform/kernel';
import { z } from 'zod';
import type { ObjectRef } from '../../facts.ts';
import type { ProviderEvent, SignedRequest } from '../../payment-provider.ts';
import type { AppStoreClient } from './client.ts';
import type { Verifier } from './package.ts';

type Signed = Awaited<ReturnType<Verifier['verifyAndDecodeTransaction']>>;

/** The event of a notification that Apple has signed for this app and environment. Throws `webhook_forged`. */
export async function verify(client: AppStoreClient, { body }: SignedRequest): Promise<ProviderEvent> {
  return eventOf(await notificationOf(client, body));
}

/** A notification, and the transaction that it is about. */
export interface AppStoreNotification {
  readonly notification: Awaited<ReturnType<Verifier['verifyAndDecodeNotification']>>;
  readonly transaction: Signed | undefined;
}

/** The notification in a request's body that Apple has signed for this app and environment. Throws `webhook_forged`. */
export async function notificationOf(client: AppStoreClient, body: string): Promise<AppStoreNotification> {
  const parsed = z.object({ signedPayload: z.string() }).safeParse(jsonIn(body));
  if (!parsed.success) throw new AppError('webhook_forged');
  return client.decode(async (verifier) => {
    const notification = await verifier.verifyAndDecodeNotification(parsed.data.signedPayload);
    const signed = notification.data?.signedTransactionInfo;
    const transaction = signed === undefined ? undefined : await verifier.verifyAndDecodeTransaction(signed);
    return { notification, transaction };
  }, 'webhook_forged');
}

const QUESTION = 'CONSUMPTION_REQUEST';
/** For so long Apple waits for an answer. Milliseconds. */
const ANSWERED_WITHIN = 12 * 3_600_000;

/** The event of a notification. Throws `webhook_forged` for one without a name of its own. */
export function eventOf({ notification, transaction }: AppStoreNotification): ProviderEvent {
  const { notificationType, subtype, notificationUUID, signedDate } = notification;
  if (notificationUUID === undefined) throw new AppError('webhook_forged');
  const at = signedDate ?? 0;
  return {
    eventId: notificationUUID,
    type: [notificationType, subtype].filter((word) => word !== undefined).join('.'),
    occurredAt: new Date(at),
    about: transaction === undefined ? undefined : refOf(transaction),
    ...(notificationType === QUESTION ? { answerBy: new Date(at + ANSWERED_WITHIN) } : {}),
  };
}

/** The object to read for a transaction that an app has. Throws `purchase_unknown`. */
export async function purchaseOf(client: AppStoreClient, signedTransaction: string): Promise<ObjectRef> {
  return client.decode(async (verifier) => {
    const ref = refOf(await verifier.verifyAndDecodeTransaction(signedTransaction));
    if (ref === undefined) throw new AppError('purchase_unknown');
    return ref;
  }, 'purchase_unknown');
}

const RENEWS = 'Auto-Renewable Subscription';

/** All periods of a subscription are one object; any other purchase is one each. */
export function refOf({ type, transactionId, originalTransactionId }: Signed): ObjectRef | undefined {
  const [kind, id] =
    type === RENEWS
      ? (['subscription', originalTransactionId] as const)
      : (['payment', transactionId] as const);
  return id === undefined ? undefined : { kind, id };
}
