import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { collect, finalizeAndCollect, isProcessing, methodFor, settleInvoice } from './collect.ts';
import { Form } from '../form.ts';
import {
  draftInvoice,
  finalize,
  markPaid,
  markUncollectible,
  paymentOf,
  subscriptionOf,
  voidInvoice,
} from './invoices.ts';
import { attach, declinedBy, methodOf } from '../customers/methods.ts';
import type { Invoice, InvoiceItem, Price } from '../objects.ts';
import { fill, priceOf } from './lines.ts';
import { customerOf } from '../customers/payers.ts';
import { expire } from '../subscriptions/endings.ts';
import { dropPending, waitsFor } from '../subscriptions/pending-updates.ts';
import { priceInPlace } from '../catalogue/prices.ts';
import { assignToInvoice, pendingLine } from '../subscriptions/prorations.ts';
import { automaticRate } from '../customers/taxes.ts';
import type { World } from '../world.ts';

/** Adds an item to a customer's next invoice, or to a draft. */
const addItem: Operation = ({ world, params }) => {
  const form = new Form(params);
  const customer = customerOf(world, form.required('customer'));
  const draft = draftOf(world, form.text('invoice'));
  const price = itemPrice(world, form);
  const [quantity, subscription] = [form.integer('quantity') ?? 1, form.text('subscription')];
  const amount = priceOf(price, quantity);
  const item: InvoiceItem = {
    id: world.id('invoiceitem'),
    object: 'invoiceitem',
    amount,
    currency: price.currency,
    customer: customer.id,
    customer_account: null,
    date: world.now(),
    description: form.text('description') ?? price.nickname ?? idOf(price.product),
    discountable: form.flag('discountable') ?? true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: mergeMetadata(null, form.hash('metadata')),
    net_amount: amount,
    parent:
      subscription === undefined
        ? null
        : { subscription_details: { subscription }, type: 'subscription_details' },
    period: { start: world.now(), end: world.now() },
    pricing: {
      price_details: { price: price.id, product: idOf(price.product) },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    proration: false,
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: world.testClock,
  };
  form.done();
  world.emit('invoiceitem.created', world.table('invoiceitem').add(item));
  if (draft !== undefined) {
    const drafts = [...itemsOn(world, draft), item].map((one) => pendingLine(world, one));
    const rates = draft.automatic_tax.enabled ? [automaticRate(world)] : [];
    world.change(draft, 'invoice.updated', (invoice) =>
      fill(world, invoice, { drafts, discounts: [], rates }),
    );
    assignToInvoice(world, draft.id, drafts);
  }
  return item;
};

function draftOf(world: World, id: string | undefined): Invoice | undefined {
  if (id === undefined) return undefined;
  const invoice = world.table('invoice').get(id, 'invoice');
  if (invoice.status === 'draft') return invoice;
  throw invalidRequest('You can only add items to invoices that are drafts.', { param: 'invoice' });
}

const itemsOn = (world: World, { id }: Invoice) =>
  world
    .table('invoiceitem')
    .oldestFirst()
    .filter((item) => item.invoice === id);

/** A price that there is, or one that is made for this item alone. */
function itemPrice(world: World, form: Form): Price {
  const made = form.part('price_data');
  if (made === undefined) {
    const pricing = form.part('pricing');
    return world.table('price').get(pricing?.required('price') ?? form.required('pricing'), 'pricing[price]');
  }
  return priceInPlace(world, made);
}

/** An invoice by hand, of what is pending for a customer. */
const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const customer = customerOf(world, form.required('customer'));
  const takesPending = form.choice('pending_invoice_items_behavior', ['include', 'exclude']) === 'include';
  const isTaxed = form.part('automatic_tax')?.flag('enabled') ?? false;
  const [advances, currency] = [form.flag('auto_advance') ?? false, form.text('currency')];
  const [description, metadata] = [
    form.text('description') ?? null,
    mergeMetadata(null, form.hash('metadata')),
  ];
  form.ignore('collection_method');
  form.done();
  const pending = world
    .table('invoiceitem')
    .oldestFirst()
    .filter((item) => takesPending && item.invoice === null);
  const drafts = pending
    .filter((item) => item.customer === customer.id && item.parent === null)
    .map((item) => pendingLine(world, item));
  return draftInvoice(world, {
    customer,
    reason: 'manual',
    currency: currency ?? drafts[0]?.price.currency ?? 'usd',
    drafts,
    discounts: [],
    rates: isTaxed ? [automaticRate(world)] : [],
    period: { start: world.now(), end: world.now() },
    automaticTax: isTaxed,
    finalizesAt: advances ? world.now() + world.settings.draftSeconds : null,
    description,
    metadata,
  });
};

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [advances, description, metadata] = [
    form.flag('auto_advance'),
    form.optional('description'),
    form.hash('metadata'),
  ];
  form.done();
  return world.change(world.table('invoice').get(id), 'invoice.updated', (invoice) => {
    if (advances !== undefined) invoice.auto_advance = advances;
    if (description !== undefined) invoice.description = description;
    invoice.metadata = mergeMetadata(invoice.metadata, metadata);
  });
};

const finalizeByHand: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const advances = form.flag('auto_advance');
  form.done();
  const invoice = world.table('invoice').get(id);
  if (invoice.status !== 'draft')
    throw invalidRequest("This invoice is already finalized, you can't re-finalize a non-draft invoice.");
  if (advances !== undefined) invoice.auto_advance = advances;
  if (invoice.auto_advance === true) finalizeAndCollect(world, invoice);
  else finalize(world, invoice);
  if (invoice.status === 'paid') settleInvoice(world, invoice);
  return invoice;
};

/** A person's own try, with the card that they name, or the one that they have. */
const pay: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [methodId, elsewhere] = [form.text('payment_method'), form.flag('paid_out_of_band') ?? false];
  form.ignore('off_session', 'forgive');
  form.done();
  const invoice = world.table('invoice').get(id);
  if (invoice.status === 'draft') finalize(world, invoice);
  if (invoice.status === 'paid')
    throw invalidRequest('Invoice is already paid', { code: 'invoice_already_paid' });
  if (invoice.status === 'void') throw invalidRequest('Invoice can no longer be paid.');
  if (elsewhere) {
    markPaid(world, invoice, { outOfBand: true });
    settleInvoice(world, invoice);
    return invoice;
  }
  if (invoice.status === 'uncollectible') invoice.status = 'open';
  const method = methodId === undefined ? methodFor(world, invoice) : methodOf(world, methodId);
  if (method === undefined) {
    throw invalidRequest('There is no `default_payment_method` set on this Customer or Invoice.', {
      code: 'resource_missing',
    });
  }
  if (method.customer === null && invoice.customer !== null)
    attach(world, method, customerOf(world, invoice.customer));
  const outcome = collect(world, invoice, { method, automatic: false });
  if (outcome !== 'succeeded' && outcome !== 'processing') throw unpaidFault(world, invoice);
  return invoice;
};

function unpaidFault(world: World, invoice: Invoice): Error {
  const intent = paymentOf(world, invoice)?.intent;
  const error = intent?.last_payment_error;
  if (intent?.status === 'requires_action' || error?.code === undefined) {
    const message = 'This payment requires additional user action before it can be completed successfully.';
    return declinedBy({ code: 'invoice_payment_intent_requires_action', message });
  }
  const { code, decline_code: declineCode, message = 'Your card was declined.' } = error;
  return declinedBy({ code, message, ...(declineCode === undefined ? {} : { declineCode }) });
}

/** It is not owed any more; a subscription that was never begun is over with it. */
const voidByHand: Operation = ({ world, ids: [id = ''] }) => {
  const invoice = world.table('invoice').get(id);
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
    throw invalidRequest(`You can only pass in open invoices. This invoice is ${invoice.status}.`);
  }
  if (isProcessing(world, invoice))
    throw invalidRequest('You cannot void an invoice with a payment that is processing.');
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.status === 'incomplete' && subscription.latest_invoice === invoice.id) {
    expire(world, subscription);
    return invoice;
  }
  voidInvoice(world, invoice);
  if (subscription !== undefined && waitsFor(subscription, invoice)) dropPending(world, subscription);
  settleInvoice(world, invoice);
  return invoice;
};

const writeOff: Operation = ({ world, ids: [id = ''] }) => {
  const invoice = world.table('invoice').get(id);
  if (invoice.status !== 'open')
    throw invalidRequest(`You can only pass in open invoices. This invoice is ${invoice.status}.`);
  markUncollectible(world, invoice);
  settleInvoice(world, invoice);
  return invoice;
};

const remove: Operation = ({ world, ids: [id = ''] }) => {
  const invoice = world.table('invoice').get(id);
  if (invoice.status !== 'draft')
    throw invalidRequest('You can only delete draft invoices.', { code: 'invoice_not_editable' });
  world.table('invoice').remove(id);
  world.emit('invoice.deleted', invoice);
  return { id, object: 'invoice', deleted: true };
};

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [customer, status, subscription] = ['customer', 'status', 'subscription'].map((name) =>
    form.text(name),
  );
  return world
    .table('invoice')
    .list()
    .filter((invoice) => customer === undefined || invoice.customer === customer)
    .filter((invoice) => status === undefined || invoice.status === status)
    .filter((invoice) => subscription === undefined || subscriptionIdOf(invoice) === subscription);
};

function subscriptionIdOf(invoice: Invoice): string | undefined {
  const subscription = invoice.parent?.subscription_details?.subscription;
  return subscription === undefined ? undefined : idOf(subscription);
}

/** Payments of an invoice, or those that a payment intent made. */
const payments: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [invoice, status, payment] = [form.text('invoice'), form.text('status'), form.part('payment')];
  const intent = payment?.text('payment_intent');
  return world
    .table('invoice_payment')
    .list()
    .filter((row) => invoice === undefined || row.invoice === invoice)
    .filter((row) => status === undefined || row.status === status)
    .filter((row) => intent === undefined || row.payment.payment_intent === intent);
};

export const invoicing: Operations = {
  'POST /v1/invoiceitems': addItem,
  'GET /v1/invoiceitems/:id': ({ world, ids: [id = ''] }) => world.table('invoiceitem').get(id),
  'POST /v1/invoices': create,
  'GET /v1/invoices': list,
  'GET /v1/invoices/:id': ({ world, ids: [id = ''] }) => world.table('invoice').get(id),
  'GET /v1/invoices/:id/lines': ({ world, ids: [id = ''] }) => world.table('invoice').get(id).lines.data,
  'POST /v1/invoices/:id': update,
  'DELETE /v1/invoices/:id': remove,
  'POST /v1/invoices/:id/finalize': finalizeByHand,
  'POST /v1/invoices/:id/pay': pay,
  'POST /v1/invoices/:id/void': voidByHand,
  'POST /v1/invoices/:id/mark_uncollectible': writeOff,
  'GET /v1/invoice_payments': payments,
  'GET /v1/invoice_payments/:id': ({ world, ids: [id = ''] }) => world.table('invoice_payment').get(id),
};
