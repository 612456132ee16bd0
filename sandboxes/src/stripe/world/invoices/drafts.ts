import { listOf } from '../changes.ts';
import { fill, type LineDraft, type PricingInput } from './lines.ts';
import type { Customer, Invoice, Subscription } from '../objects.ts';
import { isSent, termOf } from './sent.ts';
import type { World } from '../world.ts';

export interface InvoiceDraft extends PricingInput {
  readonly customer: Customer;
  readonly subscription?: Subscription;
  readonly reason: 'manual' | 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  readonly currency: string;
  readonly drafts: readonly LineDraft[];
  readonly period: { readonly start: number; readonly end: number };
  readonly automaticTax: boolean;
  readonly description?: string | null;
  readonly metadata?: Record<string, string>;
  /** It goes its way by itself: finalized at that second. null: a call has to do it. */
  readonly finalizesAt: number | null;
}

/** What a draft would be; it is not kept. */
export function composeInvoice(world: World, draft: InvoiceDraft): Invoice {
  const invoice = blankInvoice(world, draft);
  invoice.starting_balance = draft.customer.balance;
  fill(world, invoice, draft);
  return invoice;
}

/** What invoices of this sandbox never say. */
const SILENT = {
  account_country: 'US',
  account_name: 'Sandbox',
  account_tax_ids: null,
  amount_overpaid: 0,
  amount_shipping: 0,
  application: null,
  custom_fields: null,
  customer_account: null,
  customer_shipping: null,
  customer_tax_exempt: 'none',
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  footer: null,
  from_invoice: null,
  issuer: { type: 'self' },
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
} satisfies Partial<Invoice>;

/** Sums of an invoice that has no lines yet. */
const NOTHING = {
  amount_due: 0,
  amount_paid: 0,
  amount_remaining: 0,
  starting_balance: 0,
  subtotal: 0,
  subtotal_excluding_tax: 0,
  total: 0,
  total_excluding_tax: 0,
};

function blankInvoice(world: World, { customer, subscription, reason, ...draft }: InvoiceDraft): Invoice {
  const id = world.id('invoice');
  const term = termOf(world, subscription);
  return {
    ...structuredClone(SILENT),
    test_clock: world.testClock,
    ...NOTHING,
    ...term,
    id,
    object: 'invoice',
    attempt_count: 0,
    attempted: false,
    auto_advance: draft.finalizesAt !== null,
    automatic_tax: automaticTax(draft.automaticTax),
    automatically_finalizes_at: draft.finalizesAt,
    billing_reason: reason,
    created: world.now(),
    currency: draft.currency,
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_tax_ids: taxIdsOf(world, customer),
    description: draft.description ?? null,
    discounts: [],
    effective_at: null,
    ending_balance: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    lines: listOf(`/v1/invoices/${id}/lines`, []),
    metadata: draft.metadata ?? {},
    next_payment_attempt: isSent(term) ? null : draft.finalizesAt,
    number: null,
    parent: subscription === undefined ? null : parentOf(subscription),
    period_end: draft.period.end,
    period_start: draft.period.start,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    total_discount_amounts: [],
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: world.now(),
  };
}

function parentOf({ id, metadata }: Subscription): Invoice['parent'] {
  const details = { metadata, subscription: id };
  return { quote_details: null, subscription_details: details, type: 'subscription_details' };
}

function automaticTax(enabled: boolean): Invoice['automatic_tax'] {
  return {
    disabled_reason: null,
    enabled,
    liability: enabled ? { type: 'self' } : null,
    provider: enabled ? 'stripe' : null,
    status: enabled ? 'complete' : null,
  };
}

function taxIdsOf(world: World, customer: Customer): { type: string; value: string }[] {
  const taxIds = world.table('tax_id').oldestFirst();
  return taxIds.filter((taxId) => taxId.customer === customer.id).map(({ type, value }) => ({ type, value }));
}
