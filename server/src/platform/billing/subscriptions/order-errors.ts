/** Refusals where nothing is sold, or the payment provider does not answer. */
export const NOT_HERE = ['nothing_sold', 'store_unavailable', 'store_refused'] as const;

/** Refusals of an order that is a checkout, or a change where the account pays already. */
export const ORDER_ERRORS = [
  ...NOT_HERE,
  'card_missing',
  'payment_declined',
  'price_changed',
  'does_not_fit',
  'debit_takes_days',
  'change_replaced',
  'subscription_ending',
  'subscription_over',
  'managed_elsewhere',
  'prices_missing',
  'product_off',
  'wrong_account_kind',
  'conflict',
] as const;
