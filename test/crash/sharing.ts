import type { CrashPoint } from '#platform/product';

const PAID_OUT =
  'test/selling/payouts.test.ts kills runs before and after it: one transfer, and a look at the provider before a second request';
const SOLD = 'one invoice for a sale: asked again it is gone on with from where the provider has it';
const ONE_COMMIT = 'one commit; asked again, it is read at the provider anew';

/** Where items are sold for others, and those are paid. */
export const SHARING: Readonly<Record<string, CrashPoint>> = {
  'billing.sale-begun': { because: SOLD },
  'billing.sale-invoice': { because: SOLD },
  'billing.sale-closed': { because: SOLD },
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
