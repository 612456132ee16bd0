import { type AccountId, isUuid } from '#platform/kernel';
import { z } from 'zod';
import type { CheckoutFacts, Facts, ObjectRef } from '../../facts.ts';
import type { Body } from '../../payment-provider.ts';
import { invoiceFacts } from './read/invoice.ts';
import { bodyOf, nothing } from '../bodies.ts';
import { idsOf, reference } from './read/parts.ts';
import { paymentFacts } from './read/payment.ts';
import { subscriptionFacts } from './read/subscription.ts';

/**
 * Facts of a body of Stripe's, and nothing else: the same for the same body at any time. Bodies are Stripe's objects as they
 * are, with what they name where it is needed:
 *
 * - customer, checkout (a Checkout Session): as they are.
 * - subscription: with `schedule` and `schedule.phases.items.price` expanded.
 * - invoice: with `payments` expanded, and all of its lines in `lines.data`, each with `pricing.price_details.price` expanded.
 * - payment: `{payment_intent, invoice_payments, charges, refunds, disputes}`: the Payment Intent, then complete lists of what
 *   belongs to it; charges and refunds with `balance_transaction` expanded.
 *
 * Throws on a body that is none of these, or has a status that this version does not know: it is better looked at by
 * an operator than guessed.
 */
export function read(ref: ObjectRef, body: Body | null): Facts {
  if (body === null) return nothing;
  switch (ref.kind) {
    case 'customer':
      return customerFacts(body);
    case 'subscription':
      return subscriptionFacts(body);
    case 'invoice':
      return invoiceFacts(body);
    case 'payment':
      return paymentFacts(body);
    case 'checkout':
      return checkoutFacts(body);
  }
}

const customer = z.object({
  id: z.string(),
  deleted: z.boolean().optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** Where our note on it names no account, the customer is not ours, or is one who waits to be told of. */
function customerFacts(body: Body): Facts {
  const { id, metadata, deleted } = bodyOf(customer, body);
  const named = metadata?.['plinth_account'];
  const claims = named !== undefined && isUuid(named) ? (named as AccountId) : undefined;
  return { ...nothing, customer: id, claims, foreign: claims === undefined && deleted !== true };
}

const session = z.object({
  id: z.string(),
  customer: reference,
  status: z.enum(['open', 'complete', 'expired']),
  subscription: reference,
  invoice: reference,
});

function checkoutFacts(body: Body): Facts {
  const { id, status, ...names } = bodyOf(session, body);
  const checkout: CheckoutFacts = { id, state: status };
  const also = idsOf({ customer: names.customer, subscription: names.subscription, invoice: names.invoice });
  return { ...nothing, customer: names.customer, also, checkout };
}
