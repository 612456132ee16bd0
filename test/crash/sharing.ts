import type { CrashPoint } from '#platform/product';

const PAID_OUT =
  'test/selling/payouts.test.ts kills runs before and after it: one transfer, and a look at the provider before a second request';
const SOLD = 'one invoice for a sale: asked again it is gone on with from where the provider has it';
const TOPPED_UP =
  'one invoice for an attempt, which is a row: test/selling/top-ups.test.ts kills runs before and after it, and one charge is made';
const ONE_COMMIT = 'one commit; asked again, it is read at the provider anew';

/** Where items are sold for others, and those are paid; and packs that are bought by themselves. */
export const SHARING: Readonly<Record<string, CrashPoint>> = {
  'billing.sale-begun': { because: SOLD },
  'billing.sale-invoice': { because: SOLD },
  'billing.sale-closed': { because: SOLD },
  'billing.top-up-set': { because: ONE_COMMIT },
  'billing.top-up-looked': { because: TOPPED_UP },
  'billing.top-up-begun': { because: TOPPED_UP },
  'billing.top-up-invoice': { because: TOPPED_UP },
  'billing.top-up-closed': { because: TOPPED_UP },
  'billing.payouts-asked': { because: PAID_OUT },
  'billing.payout-opened': { because: PAID_OUT },
  'billing.payout-leased': { because: PAID_OUT },
  'billing.payout-closed': { because: PAID_OUT },
  'billing.payout-run-ended': { because: PAID_OUT },
  'billing.share-recovered': { because: PAID_OUT },
  'billing.payout-looked': { because: ONE_COMMIT },
  'billing.payee-made': { because: ONE_COMMIT },
  'billing.payee-changed': { because: ONE_COMMIT },
};
