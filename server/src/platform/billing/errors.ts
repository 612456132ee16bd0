import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  webhook_forged: {
    status: 401,
    message:
      'The signature is missing, too old, not from this payment provider, or from another mode than this server sells in.',
  },
  connected_account_unknown: {
    status: 404,
    message: 'This event is of a connected account that is no payee of this server.',
  },
  store_unavailable: {
    status: 503,
    message:
      'The payment provider does not answer: it may have done this for all that. Repeat the same call, with its Idempotency-Key: nothing is done twice.',
  },
  store_unreadable: {
    status: 500,
    message: 'This version cannot read the answer of the payment provider.',
  },
  store_refused: { status: 502, message: 'The payment provider refused the request.' },
  payment_declined: { status: 402, message: 'The payment was declined. Nothing was changed.' },
  debit_takes_days: {
    status: 409,
    message:
      'A bank debit takes days and can be returned, so this change cannot take effect at once. Pay by card, or change at the end of the period.',
  },
  change_replaced: {
    status: 409,
    message: 'Another change of this subscription was made at the same time. Read the subscription again.',
  },
  already_subscribed: {
    status: 409,
    message: 'The account already has a subscription to this product: change it instead.',
  },
  checkout_link_expired: {
    status: 410,
    message: 'This link is no longer good. Make the call that was refused again: its answer has a new one.',
  },
  subscription_over: { status: 409, message: 'This subscription has ended: buy it again.' },
  subscription_ending: {
    status: 409,
    message: 'This subscription ends before the change would take effect: resume it first.',
  },
  prices_missing: {
    status: 503,
    message: 'The payment provider does not know this price yet: the operator must run `plinth stripe sync`.',
  },
  does_not_fit: {
    status: 409,
    message:
      'The account uses more than that plan allows. Reduce its usage first, or change at the end of the period.',
  },
  overage_not_sold: {
    status: 409,
    message: 'The current plan does not sell overage for this limit: only a plan paid through Stripe does.',
  },
  managed_elsewhere: {
    status: 409,
    message: 'This subscription is managed at the payment provider where it was bought.',
  },
  purchase_unknown: {
    status: 422,
    message: 'This purchase is of an app that this server does not sell, or its signature is wrong.',
  },
  purchase_bound: { status: 409, message: 'This purchase belongs to another account.' },
  purchase_over: { status: 409, message: 'This purchase has ended, or was given back.' },
  app_not_sold: {
    status: 503,
    message: 'This server is not set up to sell in that store.',
  },
  payee_not_payable: {
    status: 409,
    message: 'The seller of this cannot be paid yet: it is not sold at the moment.',
  },
  card_missing: {
    status: 409,
    message:
      'The account has no saved card: add one on the page of `POST /v1/billing/portal`, or subscribe to a plan with one.',
  },
  price_changed: {
    status: 409,
    message:
      'The price has changed since it was agreed to, and nothing was charged. Look at the present price, and agree to that.',
  },
  payment_needed: {
    status: 402,
    message: 'This must be paid first: open the page that `details.checkout_url` names.',
  },
  refund_too_large: {
    status: 409,
    message: 'There is less left of this payment to give back: `details.left_minor`. Nothing was refunded.',
  },
  payment_disputed: {
    status: 409,
    message: 'The bank of the customer has taken this payment back already, or may: it cannot be refunded.',
  },
  trial_over: {
    status: 409,
    message: 'This subscription is in no trial, or not any more: it cannot be made longer.',
  },
  withdrawal_over: {
    status: 409,
    message:
      'This purchase can be withdrawn from no more: it is longer ago than `WITHDRAWAL_DAYS` of the server.',
  },
  period_not_over: { status: 409, message: 'This month is not over yet: it can be paid out from its end.' },
  payouts_running: {
    status: 409,
    message: 'Payouts of another month are under way: ask again when they have ended.',
  },
  plan_ambiguous: {
    status: 409,
    message: 'Several products have a plan of this name: ask for one of `details.candidates`.',
  },
  nothing_sold: {
    status: 503,
    message: 'This server is not connected to a payment provider: nothing can be bought.',
  },
});

/** Why a payment provider has refused, in its own word; undefined: it has not, and what was asked may have been done for all that. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof AppError) || error.code !== 'store_refused') return undefined;
  const code = error.details?.['code'];
  return typeof code === 'string' ? code : 'refused';
}
