import { namedObject } from '#platform/http';
import { z } from 'zod';
import { CYCLE_PATTERN } from '../cycles.ts';
import type { ChangeResult } from './changes.ts';
import type { InvoiceRow, SubscriptionRow } from './store.ts';

const instant = z.iso.datetime();
const cycle = z
  .string()
  .regex(CYCLE_PATTERN)
  .describe('`monthly`, `yearly`, or of another length an ISO 8601 duration: `P3M`.');

export const unfittingReply = namedObject('NotFitting', {
  limit: z.string().describe('Its name within the product.'),
  used: z.number(),
  max: z.number(),
});

export const subscriptionReply = namedObject('Subscription', {
  id: z.uuid(),
  store: z.enum(['stripe', 'app_store', 'google_play']),
  product: z.string(),
  plan: z.string().describe('`product.plan`.'),
  cycle,
  quantity: z.int(),
  price: namedObject('SubscriptionPrice', {
    currency: z.string(),
    unit_amount: z.int().describe('Of one, a cycle, before discounts and tax; minor units.'),
  }),
  state: z
    .enum(['incomplete', 'pending', 'trialing', 'active', 'past_due', 'paused', 'canceled', 'expired'])
    .describe('`pending`: its first payment is a debit that is on its way; it is had once that has come.'),
  starts_at: instant,
  trial_ends_at: instant.nullable(),
  ends_unpaid: z
    .boolean()
    .describe('No card is kept: it ends with its trial, and nothing is charged, unless one is added before.'),
  period_starts_at: instant,
  period_ends_at: instant,
  cancels_at: instant.nullable().describe('When it will end, as was asked.'),
  ended_at: instant.nullable(),
  grace_ends_at: instant
    .nullable()
    .describe('Until when the plan is kept although it could not be charged; null: nothing failed.'),
  suspends_at: instant
    .nullable()
    .describe('From when on it gives nothing until it is put right; it may be to come.'),
  suspended_by: z.enum(['dispute', 'pause', 'payment']).nullable(),
  next: namedObject('ScheduledChange', { plan: z.string(), cycle, quantity: z.int(), at: instant })
    .nullable()
    .describe('What it becomes, and when.'),
  pending: namedObject('PendingChange', {
    plan: z.string(),
    cycle,
    quantity: z.int(),
    confirm_url: z.url().nullable().describe('Where its payment is confirmed.'),
    expires_at: instant.describe('It is forgotten then, and nothing is owed for it.'),
  })
    .nullable()
    .describe('What it becomes once the customer has confirmed the payment.'),
  invoiced: namedObject('InvoiceTerm', { days_until_due: z.int() })
    .nullable()
    .describe('Its invoices are sent, and paid within so many days; null: each is charged.'),
});
export type SubscriptionView = z.infer<typeof subscriptionReply>;

export const checkoutReply = namedObject('CheckoutSession', {
  checkout_url: z.url().describe('The provider’s page: send the customer there.'),
  expires_at: instant,
  trial_days: z.int().nullable().describe('Of the trial that the page offers; null: it is paid at once.'),
  trial_needs_card: z.boolean().nullable().describe('Whether the page asks for a card; null: no trial.'),
});
export const followedLinkReply = namedObject('FollowedCheckoutLink', {
  checkout_url: z
    .url()
    .nullable()
    .describe('Where the customer pays or confirms; null: there is nothing to pay on a page.'),
  price: namedObject('PlanChangePrice', {
    due_now: z.int(),
    unit_amount: z.int(),
    quantity: z.int(),
    currency: z.string(),
  })
    .nullable()
    .describe(
      'What the change costs: send it as `agreed`. null: the change is made, or `checkout_url` says where.',
    ),
});
export const portalReply = namedObject('PortalSession', { portal_url: z.url() });
export const canceledReply = namedObject('CanceledSubscription', {
  ok: z.literal(true),
  ends_at: instant.describe('When it ends, or has ended.'),
});
export const changedReply = namedObject('SubscriptionChange', {
  subscription: subscriptionReply,
  not_fitting: z
    .array(unfittingReply)
    .describe('Usage above the size of the new plan: nothing is deleted, and nothing can be added.'),
  confirmation: namedObject('PaymentConfirmation', {
    confirm_url: z.url().describe('The provider’s page: send the customer there.'),
    expires_at: instant,
  })
    .nullable()
    .describe(
      'The change waits for the customer, and the plan is what it was; null: it is made, or arranged.',
    ),
});

/** The result of a change. */
export interface ChangeView {
  readonly subscription: SubscriptionView;
  readonly notFitting: ChangeResult['notFitting'];
  readonly confirmation: z.infer<typeof changedReply>['confirmation'];
}
export const previewReply = namedObject('SubscriptionPreview', {
  when: z.enum(['now', 'period_end']),
  at: instant.nullable().describe('When it would take effect; null: at once.'),
  due_now: z.int().describe('Minor units; below 0: what is left, which the next invoice takes from.'),
  unit_amount: z.int().describe('Per unit and cycle from then on, before discounts and tax; minor units.'),
  quantity: z.int(),
  currency: z.string(),
  prorated_at: instant.nullable().describe('Send it along with the change to pay the amount shown here.'),
  not_fitting: z.array(unfittingReply),
});
export type PreviewView = z.infer<typeof previewReply>;

export const invoiceReply = namedObject('Invoice', {
  id: z.uuid(),
  number: z.string().nullable(),
  state: z.enum(['open', 'paid', 'void', 'uncollectible']),
  reason: z.string().describe('As the provider says: subscription_create, subscription_cycle, manual …'),
  currency: z.string(),
  subtotal: z.int().describe('Minor units, before discounts and tax.'),
  discount: z.int(),
  tax: z.int(),
  total: z.int(),
  paid: z.int(),
  refunded: z.int().describe('Of what was paid: refunds that succeeded.'),
  next_attempt_at: instant.nullable(),
  url: z.url().nullable().describe('Where it is seen and paid.'),
  pdf_url: z.url().nullable(),
  issued_at: instant,
  paid_at: instant.nullable(),
  lines: z.array(
    namedObject('InvoiceLine', {
      product: z.string(),
      plan: z.string().nullable(),
      add_on: z.string().nullable(),
      overage: z.string().nullable().describe('A limit: units past it.'),
      quantity: z.int(),
      amount: z.int(),
      discount: z.int(),
      tax: z.int(),
      proration: z.boolean(),
    }),
  ),
});

export type InvoiceView = z.infer<typeof invoiceReply>;

export function subscriptionView(row: SubscriptionRow): SubscriptionView {
  const { id, store, product, cycle: paid, quantity, state } = row;
  return {
    id,
    store,
    product,
    plan: `${product}.${row.plan}`,
    cycle: paid,
    quantity,
    price: { currency: row.currency, unit_amount: row.unit_amount },
    state: row.is_debited ? 'pending' : state,
    starts_at: row.starts_at.toISOString(),
    trial_ends_at: text(row.trial_ends_at),
    ends_unpaid: row.state === 'trialing' && row.ends_unpaid,
    period_starts_at: row.period_starts_at.toISOString(),
    period_ends_at: row.period_ends_at.toISOString(),
    cancels_at: text(row.cancels_at),
    ended_at: text(row.ended_at),
    grace_ends_at: text(row.grace_ends_at),
    suspends_at: text(row.suspends_at),
    suspended_by: row.suspended_by,
    next: nextOf(row),
    pending: pendingOf(row),
    invoiced: row.days_until_due === null ? null : { days_until_due: row.days_until_due },
  };
}

export function changeView({ row, notFitting, confirmation }: ChangeResult): ChangeView {
  return {
    subscription: subscriptionView(row),
    notFitting,
    confirmation:
      confirmation === undefined
        ? null
        : { confirm_url: confirmation.url, expires_at: confirmation.expiresAt.toISOString() },
  };
}

function pendingOf({
  product,
  pending_plan: plan,
  pending_cycle,
  pending_quantity: quantity,
  pending_expires_at: expires,
  pending_url,
}: SubscriptionRow) {
  if (plan === null || pending_cycle === null || quantity === null || expires === null) return null;
  return {
    plan: `${product}.${plan}`,
    cycle: pending_cycle,
    quantity,
    confirm_url: pending_url,
    expires_at: expires.toISOString(),
  };
}

function nextOf({
  product,
  next_plan: plan,
  next_cycle,
  next_quantity: quantity,
  next_at: at,
}: SubscriptionRow) {
  if (plan === null || next_cycle === null || quantity === null || at === null) return null;
  return { plan: `${product}.${plan}`, cycle: next_cycle, quantity, at: at.toISOString() };
}

export function invoiceView({ lines, ...row }: InvoiceRow): InvoiceView {
  const { state } = row;
  if (state === 'draft') throw new Error('a draft was shown');
  return {
    ...row,
    state,
    next_attempt_at: text(row.next_attempt_at),
    issued_at: row.issued_at.toISOString(),
    paid_at: text(row.paid_at),
    lines: lines.map((line) => ({
      ...line,
      plan: line.plan === null ? null : `${line.product}.${line.plan}`,
    })),
  };
}

const text = (date: Date | null) => date?.toISOString() ?? null;
