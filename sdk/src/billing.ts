import type { BodyOf, Caller, CallOptions, QueryOf } from './calls.ts';

export type Billing = ReturnType<typeof billingCalls>;

/** What the account buys, and what becomes of it. */
export function billingCalls({ call }: Caller) {
  return {
    /** Answers the store's page: send the customer to its `checkout_url`. */
    checkout: (body: BodyOf<'POST /v1/billing/checkout'>, options?: CallOptions) =>
      call('POST /v1/billing/checkout', { body }, options),
    /** Answers the store's own pages, where cards and invoices are. */
    portal: (body: BodyOf<'POST /v1/billing/portal'>, options?: CallOptions) =>
      call('POST /v1/billing/portal', { body }, options),
    invoices: (query: QueryOf<'GET /v1/billing/invoices'> = {}, options?: CallOptions) =>
      call('GET /v1/billing/invoices', { query }, options),

    subscription: {
      get: (query: QueryOf<'GET /v1/billing/subscription'> = {}, options?: CallOptions) =>
        call('GET /v1/billing/subscription', { query }, options),
      list: (query: QueryOf<'GET /v1/billing/subscriptions'> = {}, options?: CallOptions) =>
        call('GET /v1/billing/subscriptions', { query }, options),
      /** With the end of what is paid for, unless `when` is `now`. */
      cancel: (query: QueryOf<'DELETE /v1/billing/subscription'> = {}, options?: CallOptions) =>
        call('DELETE /v1/billing/subscription', { query }, options),
      resume: (body: BodyOf<'POST /v1/billing/subscription/resume'>, options?: CallOptions) =>
        call('POST /v1/billing/subscription/resume', { body }, options),
      /** At the price of a preview. Throws `price_changed`, and `does_not_fit` with the list of what there is too much of. */
      change: (body: BodyOf<'POST /v1/billing/subscription/change'>, options?: CallOptions) =>
        call('POST /v1/billing/subscription/change', { body }, options),
      /** What that change would cost now. */
      preview: (query: QueryOf<'GET /v1/billing/subscription/preview'>, options?: CallOptions) =>
        call('GET /v1/billing/subscription/preview', { query }, options),
    },
  };
}
