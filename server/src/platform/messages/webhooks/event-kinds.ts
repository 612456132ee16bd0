import { z } from 'zod';

/** An event of the platform: when it comes, and its data. */
export interface EventKind<Data extends z.ZodType = z.ZodType> {
  readonly when: string;
  readonly data: Data;
  readonly example: z.infer<Data>;
}

const kind = <Data extends z.ZodType>(when: string, data: Data, example: z.infer<Data>): EventKind<Data> => ({
  when,
  data,
  example,
});

const id = z.uuid();
const instant = z.iso.datetime();
const count = z.int();
const currency = z.string().describe('ISO 4217, lower case.');
const amount = z.int().describe('In minor units.');
const storeId = z.string().describe('Its id at the payment provider.');
const externalId = z.string().describe('Your own id of the customer.');

const SUBSCRIPTION_ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a20';
const INVOICE_ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a21';
const AT = '2026-11-20T08:00:00.000Z';
const MONTH_END = '2026-12-01T00:00:00.000Z';

const subscription = {
  subscription_id: id,
  product: z.string(),
  plan: z.string().describe('`product.plan`.'),
  cycle: z.string(),
  quantity: count,
  state: z.string(),
  period_ends_at: instant,
  cancels_at: instant.nullable().describe('When it ends, where that is arranged.'),
};
const exampleSubscription = {
  subscription_id: SUBSCRIPTION_ID,
  product: 'demo',
  plan: 'demo.standard',
  cycle: 'monthly',
  quantity: 1,
  state: 'active',
  period_ends_at: MONTH_END,
  cancels_at: null,
};

const credits = { product: z.string(), limit: z.string() };
const exampleCredits = { product: 'demo', limit: 'readings' };

/** Money of a charge that goes back, or may. */
const moneyBack = {
  product: z.string().nullable().describe('null: what was sold is no subscription.'),
  subscription_id: id.nullable(),
  invoice_id: id,
  charge: storeId,
  amount,
  currency,
};
const exampleMoneyBack = {
  product: 'demo',
  subscription_id: SUBSCRIPTION_ID,
  invoice_id: INVOICE_ID,
  charge: 'ch_1',
  amount: 1900,
  currency: 'usd',
};

/** Money for a payee of items. */
const payout = {
  payout_id: id,
  period: z.string().describe('The month of the sales: `2026-11`.'),
  currency,
  amount,
  taken_off: amount.describe('By what refunds and disputes made it smaller.'),
};
const examplePayout = {
  payout_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a22',
  period: '2026-11',
  currency: 'usd',
  amount: 6990,
  taken_off: 700,
};

/** Events of the platform. A change that receivers would notice raises `EVENT_VERSION`; a new field is none. */
export const EVENT_KINDS = {
  'account.erased': kind(
    'an account was erased: forget your copies of it',
    z.strictObject({ erased_at: instant }),
    { erased_at: AT },
  ),
  'customer.created': kind(
    'a customer was made under an id of yours',
    z.strictObject({ external_id: externalId }),
    { external_id: 'acme-42' },
  ),
  'customer.updated': kind(
    'facts of a customer were changed, or it is open again',
    z.strictObject({
      external_id: externalId,
      changed: z.array(z.string()).describe('Names of the fields; `status` where it is open again.'),
    }),
    { external_id: 'acme-42', changed: ['name', 'metadata'] },
  ),
  'customer.archived': kind('a customer was archived', z.strictObject({ external_id: externalId }), {
    external_id: 'acme-42',
  }),
  'plan.changed': kind(
    'an account has another plan or other add-ons than before',
    z.strictObject({
      product: z.string(),
      plan: z.string().nullable(),
      former_plan: z.string().nullable(),
      add_ons: z.array(z.string()),
      source: z.string().nullable(),
      until: z.string().nullable(),
      cause: z.string(),
    }),
    {
      product: 'demo',
      plan: 'demo.standard',
      former_plan: 'demo.basic',
      add_ons: [],
      source: 'stripe',
      until: MONTH_END,
      cause: 'store_changed',
    },
  ),
  'subscription.created': kind(
    'a subscription began, paid or as a trial',
    z.strictObject(subscription),
    exampleSubscription,
  ),
  'subscription.changed': kind(
    'plan, cycle, quantity, state or end of a subscription changed',
    z.strictObject({ ...subscription, changed: z.array(z.string()).describe('Names of the fields.') }),
    { ...exampleSubscription, quantity: 3, changed: ['quantity'] },
  ),
  'subscription.canceled': kind(
    'a subscription has ended',
    z.strictObject({ ...subscription, ended_at: instant }),
    { ...exampleSubscription, state: 'canceled', cancels_at: AT, ended_at: AT },
  ),
  'trial.ending': kind(
    'a trial ends in seven days, or in three where it lasts no longer than a week',
    z.strictObject({
      subscription_id: id,
      product: z.string(),
      plan: z.string().describe('`product.plan`.'),
      ends_unpaid: z.boolean().describe('Nothing is charged: no card is kept, and the plan ends.'),
      trial_ends_at: instant,
    }),
    {
      subscription_id: SUBSCRIPTION_ID,
      product: 'demo',
      plan: 'demo.standard',
      ends_unpaid: false,
      trial_ends_at: MONTH_END,
    },
  ),
  'invoice.paid': kind(
    'an invoice was paid',
    z.strictObject({
      product: z.string().nullable().describe('null: what was sold is no subscription.'),
      subscription_id: id.nullable(),
      invoice_id: id,
      total: amount,
      paid: amount.describe('In minor units; the rest was credit.'),
      currency,
      paid_at: instant,
    }),
    {
      product: 'demo',
      subscription_id: SUBSCRIPTION_ID,
      invoice_id: INVOICE_ID,
      total: 1900,
      paid: 1900,
      currency: 'usd',
      paid_at: AT,
    },
  ),
  'payment.failed': kind(
    'a renewal could not be charged: each failed charge, or its invoice where nothing was charged; or an invoice that was sent is overdue',
    z.strictObject({
      product: z.string(),
      plan: z.string(),
      subscription_id: id,
      invoice_id: id,
      amount,
      currency,
      failure_code: z
        .string()
        .nullable()
        .describe('null: nothing was charged. `invoice_overdue`: an invoice that was sent.'),
      failed_at: instant,
      grace_ends_at: instant.nullable(),
    }),
    {
      product: 'demo',
      plan: 'demo.standard',
      subscription_id: SUBSCRIPTION_ID,
      invoice_id: INVOICE_ID,
      amount: 1900,
      currency: 'usd',
      failure_code: 'card_declined',
      failed_at: AT,
      grace_ends_at: '2026-12-04T08:00:00.000Z',
    },
  ),
  'payment.refunded': kind(
    'money of a payment went back to the customer',
    z.strictObject({ ...moneyBack, refund: storeId, refunded_at: instant }),
    { ...exampleMoneyBack, refund: 're_1', refunded_at: AT },
  ),
  'dispute.opened': kind(
    'a customer’s bank takes a payment back',
    z.strictObject({ ...moneyBack, dispute: storeId, opened_at: instant }),
    { ...exampleMoneyBack, dispute: 'dp_1', opened_at: AT },
  ),
  'dispute.closed': kind(
    'a dispute was decided',
    z.strictObject({ ...moneyBack, dispute: storeId, outcome: z.enum(['won', 'lost']) }),
    { ...exampleMoneyBack, dispute: 'dp_1', outcome: 'won' },
  ),
  'payout.sent': kind(
    'what a payee earned was transferred to them; `account_id` is the payee',
    z.strictObject(payout),
    examplePayout,
  ),
  'payout.refused': kind(
    'a transfer to a payee was refused: it is owed as before',
    z.strictObject({ ...payout, code: z.string().describe('Why, in the provider’s word.') }),
    { ...examplePayout, code: 'balance_insufficient' },
  ),
  'limit.alert': kind(
    'an account has used 80 or 100 % of a limit',
    z.strictObject({
      product: z.string(),
      limit: z.string(),
      kind: z.enum(['quota', 'credits', 'budget', 'tokens', 'gauge', 'seats']),
      key_id: id.nullable().describe('The API key whose own limit it is.'),
      threshold: count.describe('80 or 100.'),
      used: count,
      max: count,
      resets_at: instant.nullable(),
    }),
    {
      product: 'demo',
      limit: 'generations',
      kind: 'quota',
      key_id: null,
      threshold: 80,
      used: 48,
      max: 60,
      resets_at: MONTH_END,
    },
  ),
  'permit.denied': kind(
    'a limit refuses an account, once in its window',
    z.strictObject({
      product: z.string(),
      feature: z.string(),
      limit: z.string(),
      kind: z.string(),
      used: count,
      max: count,
      resets_at: instant.nullable(),
    }),
    {
      product: 'demo',
      feature: 'generation',
      limit: 'generations',
      kind: 'quota',
      used: 60,
      max: 60,
      resets_at: MONTH_END,
    },
  ),
  'credits.granted': kind(
    'credits were given or bought, beside those of the plan',
    z.strictObject({
      ...credits,
      credits_id: id,
      amount: count.describe('Units.'),
      expires_at: instant.nullable(),
      source: z.enum(['admin', 'top_up']),
    }),
    { ...exampleCredits, credits_id: INVOICE_ID, amount: 100, expires_at: null, source: 'admin' },
  ),
  'credits.taken_back': kind(
    'money of a pack of credits went back, or came again: so many of its units are taken in all',
    z.strictObject({
      ...credits,
      credits_id: id,
      amount: count.describe('Units that were bought.'),
      taken: count.describe('Of these, those whose money went back.'),
      remaining: z.int().describe('What is left of the rest; below zero: they were used before.'),
    }),
    { ...exampleCredits, credits_id: INVOICE_ID, amount: 100, taken: 50, remaining: -20 },
  ),
  'credits.used_up': kind('all credits of a limit are used', z.strictObject({ ...credits, used: count }), {
    ...exampleCredits,
    used: 100,
  }),
  'credits.expiring': kind(
    'credits that were given or bought expire within seven days',
    z.strictObject({ ...credits, credits_id: id, remaining: count, expires_at: instant }),
    { ...exampleCredits, credits_id: INVOICE_ID, remaining: 40, expires_at: '2026-11-27T08:00:00.000Z' },
  ),
  'top_up.stopped': kind(
    'packs are no longer bought by themselves: no room below the monthly cap, a payment that failed, another price, money that went back, or an invoice that is not closed',
    z.strictObject({
      ...credits,
      add_on: z.string().describe('`product.add_on`.'),
      reason: z.enum(['monthly_cap', 'payment_failed', 'price_changed', 'money_back', 'not_closed']),
      checkout_url: z.string().nullable().describe('Where the purchase that failed can be paid.'),
    }),
    { ...exampleCredits, add_on: 'demo.hundred', reason: 'monthly_cap', checkout_url: null },
  ),
  'operator_budget.closed': kind(
    'a budget of the operator is used up for the day; `account_id` is null',
    z.strictObject({
      budget_id: id,
      product: z.string().nullable().describe('null in this and the next three: all.'),
      feature: z.string().nullable(),
      provider: z.string().nullable(),
      plan: z.string().nullable(),
      used: count,
      max: count,
      resets_at: instant.nullable(),
    }),
    {
      budget_id: INVOICE_ID,
      product: 'demo',
      feature: null,
      provider: null,
      plan: null,
      used: 50_000_000,
      max: 50_000_000,
      resets_at: '2026-11-21T00:00:00.000Z',
    },
  ),
} as const;

/** The version of all shapes above, in each event. */
export const EVENT_VERSION = 1;

export type PlatformEventType = keyof typeof EVENT_KINDS;
export type EventData<Type extends PlatformEventType> = z.infer<(typeof EVENT_KINDS)[Type]['data']>;
