import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { readDetails } from './cancellations.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { collect, methodFor } from '../invoices/collect.ts';
import { accountOf } from '../payments/debits.ts';
import { type AskedDiscount, checkDiscounts, readDiscounts, redeem } from '../catalogue/discounts.ts';
import { detailsOf } from './endings.ts';
import { Form } from '../form.ts';
import { nextToBill, periodOf } from './items.ts';
import { methodOf } from '../customers/methods.ts';
import { CHANGE_BEHAVIORS, type ChangeBehavior } from './new-subscription.ts';
import { type Collection, isSent, readCollection } from '../invoices/sent.ts';
import type { Invoice, Subscription, TaxRate } from '../objects.ts';
import { customerOf, defaultMethod } from '../customers/payers.ts';
import { dropPending, keepPending } from './pending-updates.ts';
import { type AskedSale, changeSale, changesSale, checkProration, readSale, restart } from './sales.ts';
import { readAutomaticTax, readMissing, refusedPayment } from './subscriptions.ts';
import { readRates } from '../customers/taxes.ts';
import type { World } from '../world.ts';

interface ChangeInput extends AskedSale {
  readonly payment: ChangeBehavior;
  readonly discounts: readonly AskedDiscount[] | undefined;
  readonly method: string | null | undefined;
  readonly metadata: Record<string, string> | undefined;
  readonly description: string | null | undefined;
  readonly automaticTax: boolean | undefined;
  readonly rates: readonly TaxRate[] | undefined;
  readonly missingMethod: 'cancel' | 'create_invoice' | 'pause' | undefined;
  readonly atPeriodEnd: boolean | undefined;
  readonly cancelAt: string | null | undefined;
  readonly said: { comment?: string; feedback?: string };
  readonly pause: Subscription['pause_collection'] | undefined;
  readonly collection: Collection | undefined;
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const subscription = world.table('subscription').get(id);
  const asked = readChange(world, form, subscription);
  form.done();
  check(world, subscription, asked);
  if (changesSale(asked)) dropPending(world, subscription);
  if (!changesSale(asked)) return apply(world, subscription, asked);
  if (asked.payment === 'pending_if_incomplete') return applyOrWait(world, subscription, asked);
  if (asked.payment !== 'error_if_incomplete') return apply(world, subscription, asked);
  return world.allOrNothing(() => {
    const open = unpaidBy(world, subscription, () => apply(world, subscription, asked));
    if (open !== undefined) throw refusedPayment(world, open.id);
    return subscription;
  });
};

/** The invoice that something makes for a subscription, and that is not paid by it. */
function unpaidBy(world: World, subscription: Subscription, work: () => unknown): Invoice | undefined {
  const before = subscription.latest_invoice;
  work();
  const { latest_invoice: latest } = subscription;
  const made = latest !== before && latest !== null ? world.table('invoice').get(idOf(latest)) : undefined;
  return made?.status === 'open' && !isSent(made) ? made : undefined;
}

/** A change that is not paid at once: what was done for it is undone. */
class NotPaid extends Error {}

/** It is made if it can be paid. Else it waits beside the subscription, which stays what it is, until its invoice is paid or void. */
function applyOrWait(world: World, subscription: Subscription, asked: ChangeInput): Subscription {
  try {
    return world.allOrNothing(() => {
      if (unpaidBy(world, subscription, () => apply(world, subscription, asked)) !== undefined)
        throw new NotPaid();
      return subscription;
    });
  } catch (error) {
    if (!(error instanceof NotPaid)) throw error;
  }
  const before = structuredClone(subscription);
  if (asked.discounts !== undefined) redeem(world, subscription, asked.discounts);
  changeSale(world, subscription, { ...asked, collects: 'later' })?.();
  const after = structuredClone(subscription);
  Object.assign(subscription, before);
  keepPending(world, subscription, after);
  const invoice = world.table('invoice').get(idOf(after.latest_invoice ?? ''));
  collect(world, invoice, { method: methodFor(world, invoice), automatic: true });
  return subscription;
}

function readChange(world: World, form: Form, present: Subscription): ChangeInput {
  form.ignore('off_session', 'payment_settings', 'trial_from_plan');
  return {
    ...readSale(world, form),
    payment: form.choice('payment_behavior', CHANGE_BEHAVIORS) ?? 'allow_incomplete',
    discounts: readDiscounts(world, form),
    method: form.optional('default_payment_method'),
    metadata: form.hash('metadata'),
    description: form.optional('description'),
    automaticTax: readAutomaticTax(form),
    rates: readRates(world, form, 'default_tax_rates'),
    missingMethod: readMissing(form),
    atPeriodEnd: form.flag('cancel_at_period_end'),
    cancelAt: form.optional('cancel_at'),
    said: readDetails(form),
    pause: readPause(form),
    collection: readCollection(form, present),
  };
}

function readPause(form: Form): Subscription['pause_collection'] | undefined {
  if (!form.has('pause_collection')) return undefined;
  const part = form.part('pause_collection');
  if (part === undefined) return null;
  part.required('behavior');
  const behavior = part.choice('behavior', ['keep_as_draft', 'mark_uncollectible', 'void']) ?? 'void';
  return { behavior, resumes_at: part.integer('resumes_at') ?? null };
}

function check(world: World, subscription: Subscription, asked: ChangeInput): void {
  if (subscription.ended_at !== null) {
    const {
      metadata: _metadata,
      said: _said,
      payment: _payment,
      behavior: _behavior,
      anchorNow,
      ...others
    } = asked;
    if (!anchorNow && Object.values(others).every((value) => value === undefined)) return;
    throw invalidRequest('A canceled subscription can only update its cancellation_details and metadata.', {
      code: 'invalid_canceled_subscription_fields',
    });
  }
  if (asked.atPeriodEnd !== undefined && asked.cancelAt !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: cancel_at, cancel_at_period_end.', {
      code: 'parameters_exclusive',
    });
  }
  checkPending(world, subscription, asked);
  const cancels = asked.atPeriodEnd !== undefined || asked.cancelAt !== undefined;
  if (cancels && subscription.schedule !== null) {
    throw invalidRequest(
      `The subscription is managed by the subscription schedule \`${idOf(subscription.schedule)}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    );
  }
  checkProration(subscription, asked);
  checkDiscounts(world, asked.discounts ?? [], {
    customer: idOf(subscription.customer),
    currency: subscription.currency,
  });
}

/** What can wait is what an invoice is made of, where no bank takes days to pay it. */
function checkPending(world: World, subscription: Subscription, asked: ChangeInput): void {
  if (asked.payment !== 'pending_if_incomplete') return;
  if (subscription.collection_method !== 'charge_automatically')
    throw invalidRequest(
      'Pending updates are not supported for subscriptions that are paid by sent invoices.',
      {
        param: 'payment_behavior',
      },
    );
  const removed = asked.items?.findIndex((item) => item.deleted) ?? -1;
  if (removed >= 0) throw unsupportedParam(`items[${removed}][deleted]`);
  const payer = defaultMethod(world, customerOf(world, subscription.customer), subscription);
  if (payer !== undefined && accountOf(payer) !== undefined)
    throw invalidRequest(
      'Pending updates are not supported for subscriptions that are paid by bank debits.',
      {
        param: 'payment_behavior',
      },
    );
  const { method, description, automaticTax, rates, missingMethod, atPeriodEnd, cancelAt, pause, metadata } =
    asked;
  const others = {
    method,
    description,
    automaticTax,
    rates,
    missingMethod,
    atPeriodEnd,
    cancelAt,
    pause,
    metadata,
  };
  if (Object.values(others).every((value) => value === undefined) && subscription.schedule === null) return;
  throw invalidRequest(
    'Some of these parameters, or the schedule, can not be used when payment_behavior is set to pending_if_incomplete.',
    { param: 'payment_behavior' },
  );
}

const unsupportedParam = (param: string) =>
  invalidRequest(
    `When \`payment_behavior\` is set to \`pending_if_incomplete\`, you can only pass supported params. \`${param}\` is not supported. See https://stripe.com/docs/billing/subscriptions/pending-updates-reference#supported-attributes for more details.`,
    { param },
  );

function apply(world: World, subscription: Subscription, asked: ChangeInput): Subscription {
  let bill: (() => void) | undefined;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    applyPlainly(world, changed, asked);
    applyEnding(world, changed, asked);
    if (asked.discounts !== undefined) redeem(world, changed, asked.discounts);
    bill = changeSale(world, changed, { ...asked, collects: asked.payment !== 'default_incomplete' });
  });
  bill?.();
  return subscription;
}

function applyPlainly(world: World, subscription: Subscription, asked: ChangeInput): void {
  subscription.metadata = mergeMetadata(subscription.metadata, asked.metadata);
  if (asked.description !== undefined) subscription.description = asked.description;
  if (asked.pause !== undefined) subscription.pause_collection = asked.pause;
  if (asked.collection !== undefined) Object.assign(subscription, asked.collection);
  if (asked.rates !== undefined) subscription.default_tax_rates = [...asked.rates];
  if (asked.automaticTax !== undefined) subscription.automatic_tax.enabled = asked.automaticTax;
  if (asked.method !== undefined) {
    const method = asked.method === null ? null : methodOf(world, asked.method, 'default_payment_method');
    subscription.default_payment_method = method?.id ?? null;
  }
  if (asked.missingMethod !== undefined) {
    const end_behavior = { billing_cycle_anchor: null, missing_payment_method: asked.missingMethod };
    subscription.trial_settings = { end_behavior };
  }
}

function applyEnding(world: World, subscription: Subscription, asked: ChangeInput): void {
  const { atPeriodEnd, cancelAt } = asked;
  if (Object.keys(asked.said).length > 0)
    subscription.cancellation_details = detailsOf(subscription, asked.said);
  if (atPeriodEnd === undefined && cancelAt === undefined) return;
  const at =
    atPeriodEnd === true || cancelAt === 'min_period_end'
      ? periodOf(nextToBill(subscription)).end
      : cancelAt === 'max_period_end'
        ? periodOf(subscription).end
        : Number(cancelAt ?? Number.NaN);
  const ends = Number.isFinite(at);
  if (ends && at <= world.now())
    throw invalidRequest('cancel_at must be in the future.', { param: 'cancel_at' });
  subscription.cancel_at = ends ? at : null;
  subscription.cancel_at_period_end = atPeriodEnd === true;
  subscription.canceled_at = ends ? world.now() : null;
  subscription.cancellation_details = detailsOf(subscription, {
    reason: ends ? 'cancellation_requested' : null,
  });
}

/** Out of a pause: a period begins, and is billed. */
const resume: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  form.ignore('billing_cycle_anchor', 'proration_behavior', 'proration_date');
  form.done();
  const subscription = world.table('subscription').get(id);
  if (subscription.status !== 'paused') throw invalidRequest('Only paused subscriptions can be resumed.');
  let bill: (() => void) | undefined;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.status = 'active';
    bill = restart(world, changed, { lines: [], collects: true });
  });
  world.emit('customer.subscription.resumed', subscription);
  bill?.();
  return subscription;
};

const removeDiscount: Operation = ({ world, ids: [id = ''] }) => {
  const subscription = world.table('subscription').get(id);
  world.change(subscription, 'customer.subscription.updated', (changed) => redeem(world, changed, []));
  return { id, object: 'discount', deleted: true };
};

export const subscriptionUpdates: Operations = {
  'POST /v1/subscriptions/:id': update,
  'POST /v1/subscriptions/:id/resume': resume,
  'DELETE /v1/subscriptions/:id/discount': removeDiscount,
};
