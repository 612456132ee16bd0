import { ask } from '../ask.ts';
import { methodParams } from '../checkout/submit.ts';
import { StripeFault } from '../operation.ts';
import { authenticate, type Invoice, type World } from '../world/index.ts';
import { paymentOf } from '../world/invoices/invoices.ts';
import { bankPage, cardFields, problem, readCard, testCards } from './card.ts';
import { html, type Markup, page } from './html.ts';
import { go, type Page, show } from './page.ts';
import { day, money } from './words.ts';

/** The page of an invoice: what it is for, and a way to pay it. */
export function invoicePage(world: World): Page {
  return (request) => {
    const [, id, step] = /^\/invoices\/(\w+)(?:\/(bank|pay|pdf))?$/.exec(request.path) ?? [];
    if (id === undefined) return undefined;
    const invoice = world.table('invoice').find(id);
    if (invoice === undefined || invoice.status === 'draft')
      return show(page('Invoice', html`<h1>No such invoice</h1>`), 404);
    if (request.method !== 'POST' || invoice.status !== 'open')
      return show(page('Invoice', body(world, invoice, null)));
    const says = takeStep(world, invoice, { step, form: request.form });
    return says === null ? go(`/invoices/${id}`) : show(page('Invoice', body(world, invoice, says)), 400);
  };
}

/** Does what a form asks for; the answer is what was wrong. */
function takeStep(
  world: World,
  invoice: Invoice,
  { step, form }: { step: string | undefined; form: URLSearchParams },
): string | null {
  const intent = paymentOf(world, invoice)?.intent;
  try {
    if (intent !== undefined && step === 'bank')
      authenticate(world, intent.id, form.get('decision') === 'confirm');
    else if (intent !== undefined && step === 'pay') {
      const method = ask(world, 'POST /v1/payment_methods', methodParams(readCard(form))).id;
      ask(world, `POST /v1/payment_intents/${intent.id}/confirm`, { payment_method: method });
    }
    return null;
  } catch (error) {
    if (error instanceof StripeFault) return error.message;
    throw error;
  }
}

function body(world: World, invoice: Invoice, says: string | null): Markup {
  const { currency, lines } = invoice;
  const rows = lines.data.map(
    ({ description, amount }) =>
      html`<tr><td>${description ?? ''}</td><td>${money(amount, currency)}</td></tr>`,
  );
  const discount = (invoice.total_discount_amounts ?? []).reduce((total, { amount }) => total + amount, 0);
  const tax = (invoice.total_taxes ?? []).reduce((total, { amount }) => total + amount, 0);
  return html`<h1>Invoice ${invoice.number ?? ''}</h1>
<p class="soft">${day(invoice.created)}${invoice.customer_name == null ? '' : `, ${invoice.customer_name}`}</p>
<p class="total">${money(invoice.total, currency)}</p>
<table>
${rows}
${discount === 0 ? undefined : html`<tr><td>Discount</td><td>${money(-discount, currency)}</td></tr>`}
${tax === 0 ? undefined : html`<tr><td>Tax</td><td>${money(tax, currency)}</td></tr>`}
<tr><th>Total</th><th>${money(invoice.total, currency)}</th></tr>
</table>
${problem(says)}
${invoice.status === 'open' ? payPart(world, invoice) : html`<p>${STATES[invoice.status ?? ''] ?? ''}</p>`}`;
}

const STATES: Readonly<Record<string, string>> = {
  paid: 'This invoice is paid.',
  void: 'Nothing is owed for this invoice.',
  uncollectible: 'This invoice was not paid.',
};

function payPart(world: World, invoice: Invoice): Markup {
  const intent = paymentOf(world, invoice)?.intent;
  if (intent?.status === 'requires_action')
    return bankPage(
      `/invoices/${invoice.id}/bank`,
      `Do you want to pay ${money(invoice.amount_due, invoice.currency)}?`,
    );
  if (intent?.status === 'processing') return html`<p>The bank was asked to pay this. That takes days.</p>`;
  return html`<form method="post" action="/invoices/${invoice.id}/pay" class="fields">
${cardFields()}
<button>Pay ${money(invoice.amount_remaining, invoice.currency)}</button>
</form>
${testCards()}`;
}
