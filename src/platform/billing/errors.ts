import { declareErrors } from '#platform/kernel';

declareErrors({
  webhook_forged: {
    status: 401,
    message:
      'The signature is missing, not of this store, too old, or of another mode than this server sells in.',
  },
  store_unavailable: {
    status: 503,
    message: 'The store where payments are made does not answer. Nothing was changed here; try again.',
  },
  store_unreadable: {
    status: 500,
    message: 'What the store answered is nothing that this version can read.',
  },
  store_refused: { status: 502, message: 'The store where payments are made refused what it was asked for.' },
  payment_declined: { status: 402, message: 'The payment was declined. Nothing was changed.' },
  already_subscribed: {
    status: 409,
    message: 'The account has a subscription of this product already: change it instead.',
  },
  subscription_over: { status: 409, message: 'This subscription is over: buy it again.' },
  subscription_ending: {
    status: 409,
    message: 'This subscription ends before that: resume it first.',
  },
  prices_missing: {
    status: 503,
    message: 'The store does not know this price yet: the operator must run `plinth stripe sync`.',
  },
  does_not_fit: {
    status: 409,
    message:
      'The account uses more than that plan has room for. Make room first, or change at the end of the period.',
  },
  overage_not_sold: {
    status: 409,
    message:
      'The plan that is in effect does not sell units past this limit: only one that is paid at Stripe does.',
  },
  managed_elsewhere: {
    status: 409,
    message: 'This subscription is managed in the store where it was bought.',
  },
  nothing_sold: { status: 503, message: 'This server is not connected with a store: nothing can be bought.' },
});
