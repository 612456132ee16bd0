import { z } from 'zod';
import { count, httpUrl, list, setting, toggle } from './setting.ts';

const secrets = list
  .refine(
    (all) => all.length > 0 && all.every((secret) => secret.startsWith('whsec_')),
    'must begin with whsec_; several are separated by commas',
  )
  .optional();

/** Sums by currency, like `usd=1000,jpy=1500`. */
const minimums = list
  .refine(
    (all) => all.every((pair) => /^[a-z]{3}=[1-9]\d{0,8}$/.test(pair)),
    'must be currencies with sums in minor units, like usd=1000,jpy=1500',
  )
  .refine(
    (all) => new Set(all.map((pair) => pair.slice(0, 3))).size === all.length,
    'must name each currency once',
  )
  .transform(
    (all): Readonly<Record<string, number>> =>
      Object.fromEntries(all.map((pair) => [pair.slice(0, 3), Number(pair.slice(4))])),
  );

/** How subscriptions are paid (docs/billing.md). */
export const STRIPE_SETTINGS = {
  STRIPE_SECRET_KEY: setting(
    z
      .string()
      .regex(/^(sk|rk)_(live|test)_\S+$/, 'must begin with sk_live_, sk_test_, rk_live_ or rk_test_')
      .optional(),
    {
      group: 'Stripe',
      says: 'Purchases are paid at Stripe: in its test mode, or with real money, as the key says.',
      secret: true,
      example: 'sk_test_…',
    },
  ),
  STRIPE_WEBHOOK_SECRET: setting(secrets, {
    group: 'Stripe',
    says: 'What Stripe signs its messages with; two by a comma while it is rolled. `plinth stripe sync` makes the endpoint and tells its secret.',
    secret: true,
    example: 'whsec_…',
  }),
  STRIPE_CONNECT_WEBHOOK_SECRET: setting(secrets, {
    group: 'Stripe',
    says: 'What Stripe signs messages about connected accounts with, those of who is paid out; two by a comma while it is rolled. `plinth stripe sync` makes this endpoint too and tells its secret.',
    secret: true,
    example: 'whsec_…',
  }),
  STRIPE_API_URL: setting(httpUrl.default('https://api.stripe.com'), {
    group: 'Stripe',
    says: 'Where Stripe is.',
  }),
  STRIPE_READS_PER_SECOND: setting(count(1_000).default(20), {
    group: 'Stripe',
    says: 'How many reads a second all processes together send, at most. Stripe takes 100 in live mode and 25 in test mode, the changes that customers ask for included.',
  }),
  PAYMENT_GRACE_MAX_DAYS: setting(
    count(90)
      .refine((days) => days >= 7, 'must be 7 or more')
      .default(14),
    {
      group: 'Stripe',
      says: 'How many days after its first failure was told a plan that is not paid is kept at most; seven it is kept in any case (docs/billing.md).',
    },
  ),
  WITHDRAWAL_DAYS: setting(count(365, 0).default(0), {
    group: 'Stripe',
    says: 'For how many days from its first payment a customer can withdraw from a subscription, have all of its money back and have it end at once; 0: this is not offered. The law of the European Union gives consumers 14 (docs/billing.md).',
  }),
  SALE_SHARE_POINTS: setting(count(10_000).default(7_000), {
    group: 'Stripe',
    says: 'Of an item that is sold for somebody, the part that is theirs, in ten thousandths of what is paid without tax. Sales that were begun keep theirs.',
  }),
  SALE_SHARE_DAYS: setting(count(180).default(14), {
    group: 'Stripe',
    says: 'How many days after the payment the share in an item that was sold is payable: refunds and disputes mostly come before.',
  }),
  PAYOUT_MINIMUM: setting(minimums.optional(), {
    group: 'Stripe',
    says: 'The smallest sum that is paid out to those whose items are sold, for each currency in minor units; less than it waits for the next month. A currency that is not named has none.',
    example: 'usd=1000,jpy=1500',
  }),
  STRIPE_TAX: setting(z.enum(['none', 'automatic'], 'must be none or automatic').default('none'), {
    group: 'Stripe',
    says: 'Whether Stripe adds taxes and asks for tax ids; it must be set up there first.',
  }),
  STRIPE_PRICES_INCLUDE_TAX: setting(toggle.default(false), {
    group: 'Stripe',
    says: 'Whether the prices of plans have the tax in them already. Changed later, `plinth stripe sync` makes new prices.',
  }),
  STRIPE_TAX_CODE: setting(
    z
      .string()
      .regex(/^txcd_\d{8}$/, 'must be like txcd_10103001')
      .default('txcd_10103001'),
    {
      group: 'Stripe',
      says: 'What is sold, as tax offices sort it (Stripe: product tax codes): software as a service for businesses, when not set; txcd_10103000 is the same for persons.',
    },
  ),
  SANDBOX_STRIPE: setting(toggle.optional(), {
    group: 'Stripe',
    says: 'Whether a sandbox stands in for Stripe, where any card is good and nobody pays. Not set: in development without STRIPE_SECRET_KEY. Refused in production.',
  }),
} as const;
