import type { Stripe } from 'stripe';
import { AppError, type Clock, jsonIn } from '#platform/kernel';
import { z } from 'zod';
import type { ObjectKind, ObjectRef } from '../../facts.ts';
import type { ProviderEvent, Mode, SignedRequest } from '../../payment-provider.ts';

/** Seconds around its signing outside of which a message is not taken, so that none can be played back. Stripe's own default. */
const TOLERANCE = 300;

export interface VerifyParts {
  /** For its signatures alone. */
  readonly stripe: Pick<Stripe, 'webhooks'>;
  readonly mode: Mode;
  /** Several while one is rolled. */
  readonly secrets: () => readonly string[];
  readonly clock: Pick<Clock, 'now'>;
}

/** The event of a message that Stripe has signed, of this mode, just now. Throws `webhook_forged`. */
export function verify(parts: VerifyParts, { body, headers }: SignedRequest): ProviderEvent {
  const signature = headers['stripe-signature'] ?? '';
  const isSigned = parts.secrets().some((secret) => isSignedWith({ ...parts, secret }, body, signature));
  if (!isSigned) throw new AppError('webhook_forged');
  const event = eventSchema.safeParse(jsonIn(body));
  if (!event.success || event.data.livemode !== (parts.mode === 'live')) throw new AppError('webhook_forged');
  return eventOf(event.data);
}

function isSignedWith(
  { stripe, clock, secret, mode }: VerifyParts & { readonly secret: string },
  body: string,
  signature: string,
): boolean {
  if (!isSignedNow(signature, clock.now(), mode)) return false;
  try {
    stripe.webhooks.signature?.verifyHeader(body, signature, secret, TOLERANCE, undefined, clock.now());
    return stripe.webhooks.signature !== null;
  } catch {
    // The package throws for every reason, and quotes the body.
    return false;
  }
}

/**
 * The package compares the age alone: a time in the future, and one that is no number, has none that is too great. The sandbox's clock is moved
 * into the future on purpose.
 */
function isSignedNow(signature: string, now: number, mode: Mode): boolean {
  const times = [...signature.matchAll(/(?:^|,)t=([^,]*)/g)].map(([, time = '']) => time);
  const [time = ''] = times;
  const age = now / 1_000 - Number(time);
  const isAhead = age < -TOLERANCE && mode !== 'sandbox';
  return times.length === 1 && /^\d{1,12}$/.test(time) && age <= TOLERANCE && !isAhead;
}

const id = z.string().min(1).max(255);
const reference = z.union([id, z.object({ id })]).nullish();

/** Fields of an event that are read. */
export const eventSchema = z.object({
  id,
  type: z.string().max(100),
  created: z.number(),
  livemode: z.boolean(),
  /** An account that is connected to ours: its objects are not ours. */
  account: id.nullish(),
  data: z.object({
    object: z.object({
      object: z.string(),
      id: id.optional(),
      invoice: reference,
      payment_intent: reference,
      /** Set for a payment of an invoice. Other objects use the name for other things. */
      payment: z.object({ payment_intent: reference }).nullish().catch(null),
      subscription: reference,
      released_subscription: z.string().nullish(),
    }),
  }),
});
type StripeEvent = z.infer<typeof eventSchema>;

export function eventOf({ id: eventId, type, created, account, data }: StripeEvent): ProviderEvent {
  return {
    eventId,
    type,
    occurredAt: new Date(created * 1_000),
    about: account == null && type !== PREVIEW ? aboutOf(data.object) : undefined,
    ...(account == null ? {} : { account }),
  };
}

/** Its object is a preview of an invoice, which is none yet. */
const PREVIEW = 'invoice.upcoming';

/** Which object to look at when one of these changes; those that are missing don't concern us. */
const LOOKED_AT: Readonly<
  Record<string, readonly [ObjectKind, keyof Omit<StripeEvent['data']['object'], 'object' | 'payment'>]>
> = {
  customer: ['customer', 'id'],
  subscription: ['subscription', 'id'],
  subscription_schedule: ['subscription', 'subscription'],
  invoice: ['invoice', 'id'],
  invoice_payment: ['invoice', 'invoice'],
  // Its refund is told of by itself.
  credit_note: ['invoice', 'invoice'],
  payment_intent: ['payment', 'id'],
  charge: ['payment', 'payment_intent'],
  refund: ['payment', 'payment_intent'],
  dispute: ['payment', 'payment_intent'],
  'checkout.session': ['checkout', 'id'],
};

function aboutOf(object: StripeEvent['data']['object']): ObjectRef | undefined {
  const pays = object.object === 'invoice_payment' ? idOf(object.payment?.payment_intent) : undefined;
  // The payment may have been looked at before its invoice was made; the invoice is told of by itself.
  if (pays !== undefined) return { kind: 'payment', id: pays };
  const [kind, field] =
    (Object.hasOwn(LOOKED_AT, object.object) ? LOOKED_AT[object.object] : undefined) ?? [];
  if (kind === undefined || field === undefined) return undefined;
  // A schedule that has let its subscription go names it elsewhere.
  const named = object[field] ?? (field === 'subscription' ? object.released_subscription : undefined);
  const about = idOf(named);
  return about === undefined ? undefined : { kind, id: about };
}

const idOf = (named: z.infer<typeof reference>) => (typeof named === 'object' ? named?.id : named);
