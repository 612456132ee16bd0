import { AppError, numberIn, jsonIn } from '#platform/kernel';
import { z } from 'zod';
import type { ObjectRef } from '../../facts.ts';
import type { ProviderEvent, SignedRequest } from '../../payment-provider.ts';
import type { GooglePlayClient } from './client.ts';

/** The sender that may push messages, and the app that they are about. */
export interface PushSettings {
  /** As it was set in the Pub/Sub subscription; the address that it pushes to when not said there. */
  readonly audience: string;
  /** The service account that Pub/Sub signs its pushes as. */
  readonly email: string;
}

/**
 * The event of a request that Pub/Sub has pushed: an ID token of Google's, in force now, for our address, of the service
 * account that may push, with a notification of our app. The token does not sign the body: it is a hint, and no more is
 * believed of it than which purchase to read. Throws `webhook_forged`, and `store_unavailable` where Google's keys can't be had.
 */
export async function verify(
  client: Pick<GooglePlayClient, 'packageName' | 'verifyIdToken'>,
  push: PushSettings,
  { body, headers }: SignedRequest,
): Promise<ProviderEvent> {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers['authorization'] ?? '') ?? [];
  const signedBy = token === undefined ? undefined : await client.verifyIdToken(token, push.audience);
  if (signedBy?.isVerified !== true || signedBy.email !== push.email) throw new AppError('webhook_forged');
  const event = eventOf(body, client.packageName);
  if (event === undefined) throw new AppError('webhook_forged');
  return event;
}

const envelope = z.object({ message: z.object({ messageId: z.string().min(1).max(255), data: z.string() }) });
const purchaseToken = z.string().min(1).max(1_000);

const notification = z.object({
  packageName: z.string(),
  eventTimeMillis: z.preprocess(numberIn, z.int().min(0).max(8.64e15)),
  subscriptionNotification: z.object({ notificationType: z.number().int(), purchaseToken }).optional(),
  voidedPurchaseNotification: z.object({ purchaseToken, productType: z.number().int() }).optional(),
  oneTimeProductNotification: z.object({ notificationType: z.number().int(), purchaseToken }).optional(),
  testNotification: z.object({}).optional(),
});

/** The event of a push; undefined: it is no notification, or of another app. */
export function eventOf(body: string, packageName: string): ProviderEvent | undefined {
  const { data: wrapped } = envelope.safeParse(jsonIn(body));
  if (wrapped === undefined) return undefined;
  const { messageId, data } = wrapped.message;
  const { data: told } = notification.safeParse(jsonIn(Buffer.from(data, 'base64').toString('utf8')));
  if (told === undefined || told.packageName !== packageName) return undefined;
  return {
    eventId: messageId,
    type: typeOf(told),
    occurredAt: new Date(told.eventTimeMillis),
    about: aboutOf(told),
  };
}

type PushNotification = z.infer<typeof notification>;

/** Kinds of a voided purchase. */
const SUBSCRIPTION = 1;
const BOUGHT_ONCE = 2;

/** All that is said of a subscription is one object, and so is what was bought once, each by its token. */
function aboutOf(told: PushNotification): ObjectRef | undefined {
  const { voidedPurchaseNotification: voided, oneTimeProductNotification: once } = told;
  const isVoided = (type: number) => (voided?.productType === type ? voided.purchaseToken : undefined);
  const subscription = told.subscriptionNotification?.purchaseToken ?? isVoided(SUBSCRIPTION);
  if (subscription !== undefined) return { kind: 'subscription', id: subscription };
  const product = once?.purchaseToken ?? isVoided(BOUGHT_ONCE);
  return product === undefined ? undefined : { kind: 'payment', id: product };
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'subscription.recovered',
  2: 'subscription.renewed',
  3: 'subscription.canceled',
  4: 'subscription.purchased',
  5: 'subscription.on_hold',
  6: 'subscription.in_grace_period',
  7: 'subscription.restarted',
  8: 'subscription.price_change_confirmed',
  9: 'subscription.deferred',
  10: 'subscription.paused',
  11: 'subscription.pause_schedule_changed',
  12: 'subscription.revoked',
  13: 'subscription.expired',
  17: 'subscription.items_changed',
  18: 'subscription.cancellation_scheduled',
  19: 'subscription.price_change_updated',
  20: 'subscription.pending_purchase_canceled',
  22: 'subscription.price_step_up_consent_updated',
};

/** A number that is not known yet is looked at as any other. */
function typeOf(told: PushNotification): string {
  const { subscriptionNotification: subscription } = told;
  if (subscription !== undefined)
    return TYPES[subscription.notificationType] ?? `subscription.${subscription.notificationType}`;
  if (told.voidedPurchaseNotification !== undefined) return 'purchase.voided';
  const { oneTimeProductNotification: once } = told;
  if (once === undefined) return 'test';
  return once.notificationType === 1 ? 'one_time_product.purchased' : 'one_time_product.canceled';
}
