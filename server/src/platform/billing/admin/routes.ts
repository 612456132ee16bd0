import { accountNameFields, emailNameField, ONE_ACCOUNT } from '#platform/accounts';
import {
  answer,
  type Caller,
  instant,
  namedObject,
  type OnceInSteps,
  type Origin,
  routesFor,
  routesOf,
} from '#platform/http';
import { z } from 'zod';
import { buys, reads } from '../access.ts';
import { currencyCode } from '../currency-code.ts';
import { SOLD_CYCLES } from '../cycles.ts';
import { isFinal } from '../providers/stripe/client.ts';
import { CREDIT_NOTE_REASONS } from '../providers/stripe/refund-payment.ts';
import { CANCELLATION_REASONS } from '../providers/stripe/subscription-changes.ts';
import { NOT_HERE } from '../subscriptions/order-errors.ts';
import { canceledReply, subscriptionReply } from '../subscriptions/views.ts';
import { overrides } from '../views.ts';
import type { AccountCaller } from '../visitor.ts';
import { type BillingAdmin, REFUNDED_PLANS } from './service.ts';
import type { Withdrawal } from './withdrawals.ts';

const route = routesFor<BillingAdmin>();
const acts = {
  tag: 'Billing',
  auth: 'admin',
  scope: 'admin:write',
  rate: { perMinute: 60, by: 'user' },
} as const;
const ERRORS = [...NOT_HERE, 'not_found', 'managed_elsewhere', 'conflict'] as const;
const REFUND_ERRORS = [...ERRORS, 'refund_too_large', 'payment_disputed'] as const;
const WITHDRAWAL_ERRORS = [...REFUND_ERRORS, 'withdrawal_over', 'change_replaced'] as const;

const product = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe('Needed where the account has subscriptions of several products.');
const accountNamed = { ...emailNameField, ...accountNameFields };
const comment = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .optional()
  .describe('In your own words; it stands in the audit, and at Stripe with what ends.');
const endsAt = instant.nullable().describe('When the plan ends; null: it is kept.');

const refundReply = namedObject('RefundedPayment', {
  id: z.string().describe('Of the refund, at Stripe.'),
  credit_note: z.string(),
  state: z
    .enum(['pending', 'succeeded', 'failed'])
    .describe('A bank may take days, and may send the money back.'),
  amount_minor: z.int().describe('In minor units, tax included.'),
  currency: z.string(),
  left_minor: z.int().describe('What can still be given back of this payment.'),
});

const withdrawnReply = namedObject('Withdrawal', { refunds: z.array(refundReply), ends_at: instant });

interface AdminCall {
  readonly body: Parameters<BillingAdmin['accountByName']>[0];
  readonly caller: Caller;
  readonly origin: Origin;
  readonly onceInSteps: OnceInSteps;
}

/** Does an act for the account that the call names, once for its Idempotency-Key. */
async function act<Body>(
  { body, caller, origin, onceInSteps }: AdminCall,
  { accountByName }: BillingAdmin,
  does: (visitor: AccountCaller) => Promise<Body>,
) {
  const account = await accountByName(body);
  return onceInSteps(
    {
      isOver: isFinal,
      run: async (providerKey) =>
        answer(200, await does({ accountId: account, caller, origin, providerKey })),
    },
    { account },
  );
}

const refund = route(
  'POST /v1/admin/billing/refunds',
  {
    ...acts,
    summary: 'Refund a payment, in whole or in part',
    description:
      'With a credit note at Stripe, so that tax goes back in proportion. Add-ons and packs of credits go with their money; a plan is kept, or ends as `plan` says. `end_now` bills use past limits. Payments at the App Store and Google Play are refunded there (409 `managed_elsewhere`).',
    idempotency: 'required',
    body: namedObject('RefundPaymentRequest', {
      ...accountNamed,
      payment: z.string().min(1).max(255).describe('As `GET /v1/admin/customers/:id` names it: `pi_…`.'),
      amount_minor: z
        .int()
        .min(1)
        .optional()
        .describe('In minor units, tax included. Not said: all that is left.'),
      reason: z.enum(CREDIT_NOTE_REASONS).optional().describe('The customer reads it on the credit note.'),
      comment,
      plan: z.enum(REFUNDED_PLANS).default('keep'),
    }).refine(...ONE_ACCOUNT),
    reply: { 200: namedObject('Refund', { refund: refundReply, ends_at: endsAt }) },
    errors: [...REFUND_ERRORS, 'change_replaced'],
  },
  (call, admin) =>
    act(call, admin, async (visitor) => {
      const { amount_minor: amount, payment, reason, plan, comment: why } = call.body;
      const order = { amount, payment, reason, plan, comment: why };
      const made = await admin.refund(visitor, order, call.idempotencyKey ?? '');
      return { refund: made.refund, ends_at: made.endsAt?.toISOString() ?? null };
    }),
);

const sellInvoiced = route(
  'POST /v1/admin/billing/invoiced-subscriptions',
  {
    ...acts,
    summary: 'Sell a plan that is paid by invoice',
    description:
      'The plan is in effect at once, and Stripe mails an invoice with a term, now and with each renewal. The account pays it on its page until it is due. Refused where the account has the product already (409 `already_subscribed`). Pages of a checkout of the product are closed.',
    idempotency: 'required',
    body: namedObject('SellInvoicedRequest', {
      ...accountNamed,
      product: z.string().min(1).max(100),
      plan: z.string().min(1).max(100).describe('`product.plan`, or its name within the product.'),
      cycle: z.enum(SOLD_CYCLES).default('monthly'),
      quantity: z
        .int()
        .min(1)
        .max(10_000)
        .default(1)
        .describe('Of a plan that is sold by the seat: how many.'),
      currency: currencyCode.optional().describe('One that the plan is sold in.'),
      days_until_due: z.int().min(1).max(90).describe('Days to pay an invoice, from when it is made.'),
      unit_amount: z
        .int()
        .min(1)
        .max(99_999_999)
        .optional()
        .describe('A price by agreement, of one, a cycle; minor units. Not said: that of the plan.'),
      overrides: overrides.optional(),
      comment,
    }).refine(...ONE_ACCOUNT),
    reply: { 200: subscriptionReply },
    errors: [
      ...ERRORS,
      'already_subscribed',
      'customer_archived',
      'prices_missing',
      'product_off',
      'subscription_over',
      'wrong_account_kind',
    ],
  },
  (call, admin) =>
    act(call, admin, (visitor) => {
      const { account_id: _id, customer: _customer, email: _email, ...order } = call.body;
      return admin.sellInvoiced(visitor, order, call.idempotencyKey ?? '');
    }),
);

const extend = route(
  'POST /v1/admin/billing/trial-extensions',
  {
    ...acts,
    summary: 'Have a trial end later',
    description:
      'Nothing is charged until then. By a year at most in one call. Repeated, it changes nothing, also without an Idempotency-Key.',
    body: namedObject('ExtendTrialRequest', { ...accountNamed, product, until: instant, comment }).refine(
      ...ONE_ACCOUNT,
    ),
    reply: { 200: subscriptionReply },
    errors: [...ERRORS, 'trial_over', 'subscription_ending', 'change_replaced'],
  },
  (call, admin) => act(call, admin, (visitor) => admin.extendTrial(visitor, call.body)),
);

const cancel = route(
  'POST /v1/admin/billing/cancellations',
  {
    ...acts,
    summary: 'Cancel the subscription of an account',
    description:
      'At once, or with the end of what is paid for. Nothing is paid back; use past limits is billed. Stripe keeps `reason` and `comment` with the subscription. Repeated, it changes nothing, also without an Idempotency-Key.',
    body: namedObject('CancelSubscriptionRequest', {
      ...accountNamed,
      product,
      when: z.enum(['now', 'period_end']),
      reason: z.enum(CANCELLATION_REASONS).optional().describe('Stripe’s `feedback`.'),
      comment,
    }).refine(...ONE_ACCOUNT),
    reply: { 200: canceledReply },
    errors: [...ERRORS, 'change_replaced'],
  },
  (call, admin) =>
    act(call, admin, async (visitor) => ({
      ok: true as const,
      ends_at: (await admin.cancel(visitor, call.body)).toISOString(),
    })),
);

const withdrawnView = ({ refunds, endsAt: end }: Withdrawal) => ({
  refunds: [...refunds],
  ends_at: end.toISOString(),
});

const WITHDRAWS =
  'Within `WITHDRAWAL_DAYS` of the first payment for a subscription all that was paid for it goes back, and it ends at once; use past limits that was not billed yet is not billed. Repeated, it changes nothing.';

const withdrawFor = route(
  'POST /v1/admin/billing/withdrawals',
  {
    ...acts,
    summary: 'Record that a customer withdraws from a purchase',
    description: WITHDRAWS,
    body: namedObject('WithdrawForRequest', { ...accountNamed, product }).refine(...ONE_ACCOUNT),
    reply: { 200: withdrawnReply },
    errors: WITHDRAWAL_ERRORS,
  },
  (call, admin) =>
    act(call, admin, async (visitor) => withdrawnView(await admin.withdraw(visitor, call.body.product))),
);

const readWithdrawal = route(
  'GET /v1/billing/subscription/withdrawal',
  {
    ...reads,
    summary: 'Read until when a purchase can be withdrawn from',
    query: z.strictObject({ product }),
    reply: {
      200: namedObject('WithdrawalOffer', {
        product: z.string(),
        until: instant.nullable().describe('null: it can’t be, or not any more.'),
        amount_minor: z.int().describe('What goes back, in minor units.'),
        currency: z.string(),
      }),
    },
    errors: [...NOT_HERE, 'not_found', 'managed_elsewhere'],
  },
  async ({ accountId, query }, admin) => {
    const { until, amount, ...offer } = await admin.withdrawalOffer(accountId, query.product);
    return { ...offer, until: until?.toISOString() ?? null, amount_minor: amount };
  },
);

const withdraw = route(
  'PUT /v1/billing/subscription/withdrawal',
  {
    ...buys,
    summary: 'Withdraw from a purchase',
    description: WITHDRAWS,
    body: namedObject('WithdrawRequest', { product }),
    reply: { 200: withdrawnReply },
    errors: WITHDRAWAL_ERRORS,
  },
  async ({ accountId, caller, origin, body }, admin) =>
    withdrawnView(await admin.withdraw({ accountId, caller, origin }, body.product)),
);

/** Acts on what an account has bought. Their service is `BillingAdmin`. */
export const billingAdminRoutes = routesOf({
  refund,
  sellInvoiced,
  extend,
  cancel,
  withdrawFor,
  readWithdrawal,
  withdraw,
});
