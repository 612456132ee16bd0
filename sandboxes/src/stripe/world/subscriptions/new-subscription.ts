import { listOf } from '../changes.ts';
import type { AskedDiscount } from '../catalogue/discounts.ts';
import { type Collection, isSent } from '../invoices/sent.ts';
import type { AskedItem } from './items.ts';
import type { Customer, Price, Subscription, TaxRate } from '../objects.ts';
import type { World } from '../world.ts';

export const PAYMENT_BEHAVIORS = ['allow_incomplete', 'default_incomplete', 'error_if_incomplete'] as const;
/** A change has one more: it waits until it is paid. */
export const CHANGE_BEHAVIORS = [...PAYMENT_BEHAVIORS, 'pending_if_incomplete'] as const;
export type ChangeBehavior = (typeof CHANGE_BEHAVIORS)[number];
export type PaymentBehavior = (typeof PAYMENT_BEHAVIORS)[number];

/** What a new subscription is asked to be. */
export interface AskedSubscription {
  readonly customer: Customer;
  readonly items: readonly AskedItem[];
  readonly oneOffs: readonly { readonly price: Price; readonly quantity: number }[];
  /** When the trial ends; null: there is none. */
  readonly trialEnd: number | null;
  readonly method: string | null;
  readonly saveMethod: boolean;
  readonly missingMethod: 'cancel' | 'create_invoice' | 'pause';
  readonly automaticTax: boolean;
  readonly rates: readonly TaxRate[];
  readonly discounts: readonly AskedDiscount[];
  readonly metadata: Record<string, string>;
  readonly description: string | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAt: number | null;
  readonly behavior: PaymentBehavior;
  readonly collection: Collection;
}

/** What subscriptions of this sandbox never say. */
const SILENT = {
  application: null,
  application_fee_percent: null,
  billing_cycle_anchor_config: null,
  billing_schedules: [],
  billing_thresholds: null,
  customer_account: null,
  default_source: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  livemode: false,
  managed_payments: null,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  transfer_data: null,
} satisfies Partial<Subscription>;

/** A subscription without items, before its events are sent. */
export function blankSubscription(world: World, asked: AskedSubscription): Subscription {
  const [id, { trialEnd, automaticTax }] = [world.id('subscription'), asked];
  return {
    ...structuredClone(SILENT),
    ...asked.collection,
    test_clock: world.testClock,
    id,
    object: 'subscription',
    automatic_tax: {
      disabled_reason: null,
      enabled: automaticTax,
      liability: automaticTax ? { type: 'self' } : null,
    },
    billing_cycle_anchor: trialEnd ?? world.now(),
    billing_mode: {
      flexible: { proration_discounts: 'included' },
      type: 'flexible',
      updated_at: world.now(),
    },
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    created: world.now(),
    currency: 'usd',
    customer: asked.customer.id,
    default_payment_method: null,
    default_tax_rates: [...asked.rates],
    description: asked.description,
    discounts: [],
    ended_at: null,
    items: listOf(`/v1/subscription_items?subscription=${id}`, []),
    latest_invoice: null,
    metadata: asked.metadata,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: asked.saveMethod ? 'on_subscription' : 'off',
    },
    schedule: null,
    start_date: world.now(),
    status: trialEnd !== null ? 'trialing' : isSent(asked.collection) ? 'active' : 'incomplete',
    trial_end: trialEnd,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: asked.missingMethod },
    },
    trial_start: trialEnd === null ? null : world.now(),
  };
}
