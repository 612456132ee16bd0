import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf, listOf, mergeMetadata } from '../changes.ts';
import { isProcessing, settleInvoice } from './collect.ts';
import { moveCredit } from '../customers/credit.ts';
import { Form } from '../form.ts';
import { markPaid, paymentOf } from './invoices.ts';
import type { CreditNote, Invoice, Refund } from '../objects.ts';
import { customerOf } from '../customers/payers.ts';
import { refundOf } from '../payments/refunds.ts';
import type { World } from '../world.ts';

const REASONS = ['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'] as const;

/** What is not owed any more, or given back, of an invoice. */
interface CreditNoteInput {
  readonly amount: number;
  /** To the customer's balance, for invoices to come. */
  readonly credited: number;
  readonly refunded: number;
  readonly outOfBand: number;
  readonly reason: CreditNote['reason'];
  readonly memo: string | null;
  readonly metadata: Record<string, string>;
}

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const invoice = world.table('invoice').get(form.required('invoice'), 'invoice');
  const asked: CreditNoteInput = {
    amount: Number(form.required('amount')),
    credited: form.integer('credit_amount') ?? 0,
    refunded: form.integer('refund_amount') ?? 0,
    outOfBand: form.integer('out_of_band_amount') ?? 0,
    reason: form.choice('reason', REASONS) ?? null,
    memo: form.text('memo') ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
  };
  form.ignore('email_type');
  form.done();
  const { before, after } = parts(world, invoice, asked);
  return issue(world, { invoice, asked, before, after });
};

/** How much of it was not paid yet, and how much was. Throws where Stripe makes no credit note. */
function parts(world: World, invoice: Invoice, asked: CreditNoteInput): { before: number; after: number } {
  const { amount, credited, refunded, outOfBand } = asked;
  if (invoice.status === 'draft' || invoice.status === 'void')
    throw invalidRequest(
      `You cannot create a credit note for an invoice with a status of ${invoice.status}.`,
    );
  if (isProcessing(world, invoice))
    throw invalidRequest('You cannot create a credit note for an invoice with a payment that is processing.');
  if (!Number.isInteger(amount) || amount < 1)
    throw invalidRequest('This value must be greater than or equal to 1.', { param: 'amount' });
  const { pre_payment_credit_notes_amount: pre, post_payment_credit_notes_amount: post } = invoice;
  const left = invoice.total - pre - post - refundedWithoutNote(world, invoice);
  if (amount > left)
    throw invalidRequest(
      `The credit note amount (${amount}) is greater than what is left of the invoice (${left}).`,
      {
        param: 'amount',
      },
    );
  if (credited < 0 || refunded < 0 || outOfBand < 0)
    throw invalidRequest('This value must be greater than or equal to 0.');
  const before = Math.min(amount, invoice.amount_remaining);
  const after = amount - before;
  if (credited + refunded + outOfBand !== after)
    throw invalidRequest(
      `The sum of credit amount, refund amount and out of band amount (${credited + refunded + outOfBand}) must equal the post payment amount (${after}).`,
    );
  return { before, after };
}

/** Stripe takes refunds that no credit note is linked to off what credit notes may be made for. */
function refundedWithoutNote(world: World, invoice: Invoice): number {
  const notes = world.table('credit_note').list();
  const linked = new Set(notes.flatMap(({ refunds }) => refunds.map(({ refund }) => idOf(refund))));
  const intent = paymentOf(world, invoice)?.intent.id;
  return world
    .table('refund')
    .list()
    .filter(({ id, payment_intent: of, status }) => of === intent && status !== 'failed' && !linked.has(id))
    .reduce((sum, { amount }) => sum + amount, 0);
}

interface CreditNoteParts {
  readonly invoice: Invoice;
  readonly asked: CreditNoteInput;
  readonly before: number;
  readonly after: number;
}

/** The refund first: where that is refused nothing else is done. */
function issue(world: World, issued: CreditNoteParts): CreditNote {
  const { invoice, asked, before, after } = issued;
  const customer = customerOf(world, invoice.customer ?? '');
  const intent = paymentOf(world, invoice)?.intent;
  if (asked.refunded > 0 && intent?.status !== 'succeeded')
    throw invalidRequest('This invoice has no charge to refund.', { param: 'refund_amount' });
  const refund =
    asked.refunded > 0 && intent !== undefined
      ? refundOf(world, { payment_intent: intent.id, amount: String(asked.refunded) })
      : undefined;
  const note = world.table('credit_note').add(creditNote(world, issued, refund));
  if (asked.credited > 0)
    note.customer_balance_transaction = moveCredit(world, customer, {
      amount: -asked.credited,
      currency: invoice.currency,
      type: 'credit_note',
      creditNote: note.id,
    }).id;
  world.emit('credit_note.created', note);
  world.change(invoice, 'invoice.updated', (changed) => {
    changed.pre_payment_credit_notes_amount += before;
    changed.post_payment_credit_notes_amount += after;
    changed.amount_due -= before;
    changed.amount_remaining -= before;
  });
  if (before > 0 && invoice.status !== 'paid') owesLess(world, invoice);
  return note;
}

/** The rest is collected, if there is any. */
function owesLess(world: World, invoice: Invoice): void {
  if (invoice.amount_remaining === 0) {
    markPaid(world, invoice, { outOfBand: true });
    settleInvoice(world, invoice);
    return;
  }
  const payment = paymentOf(world, invoice);
  if (payment === undefined) return;
  payment.intent.amount = invoice.amount_remaining;
  payment.row.amount_requested = invoice.amount_remaining;
}

function creditNote(
  world: World,
  { invoice, asked, before, after }: CreditNoteParts,
  refund?: Refund,
): CreditNote {
  const id = world.id('credit_note');
  const { amount, reason, memo, metadata } = asked;
  const notes = world.table('credit_note').list();
  const nth = notes.filter((note) => note.invoice === invoice.id).length + 1;
  return {
    id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: world.now(),
    currency: invoice.currency,
    customer: customerOf(world, invoice.customer ?? '').id,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: world.now(),
    invoice: invoice.id,
    lines: listOf(`/v1/credit_notes/${id}/lines`, [lineOf(world, amount)]),
    livemode: false,
    memo,
    metadata,
    number: `${invoice.number}-CN-${String(nth).padStart(2, '0')}`,
    out_of_band_amount: asked.outOfBand > 0 ? asked.outOfBand : null,
    pdf: `${world.pages}/credit_notes/${id}/pdf`,
    post_payment_amount: after,
    pre_payment_amount: before,
    pretax_credit_amounts: [],
    reason,
    refunds:
      refund === undefined
        ? []
        : [
            {
              amount_refunded: refund.amount,
              payment_record_refund: null,
              refund: refund.id,
              type: 'refund',
            },
          ],
    shipping_cost: null,
    status: 'issued',
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
    total_taxes: [],
    type: after === 0 ? 'pre_payment' : before === 0 ? 'post_payment' : 'mixed',
    voided_at: null,
  };
}

/** The line of an amount that names no line of the invoice. */
function lineOf(world: World, amount: number): CreditNote['lines']['data'][number] {
  return {
    id: world.token('cnli'),
    object: 'credit_note_line_item',
    amount,
    description: 'Credit',
    discount_amount: 0,
    discount_amounts: [],
    livemode: false,
    metadata: null,
    pretax_credit_amounts: [],
    quantity: 1,
    tax_rates: [],
    taxes: null,
    type: 'custom_line_item',
    unit_amount: amount,
    unit_amount_decimal: String(amount),
  };
}

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [customer, invoice] = [form.text('customer'), form.text('invoice')];
  return world
    .table('credit_note')
    .list()
    .filter((note) => customer === undefined || note.customer === customer)
    .filter((note) => invoice === undefined || idOf(note.invoice) === invoice);
};

export const creditNotes: Operations = {
  'POST /v1/credit_notes': create,
  'GET /v1/credit_notes': list,
  'GET /v1/credit_notes/:id': ({ world, ids: [id = ''] }) => world.table('credit_note').get(id),
  'GET /v1/credit_notes/:id/lines': ({ world, ids: [id = ''] }) =>
    world.table('credit_note').get(id).lines.data,
};
