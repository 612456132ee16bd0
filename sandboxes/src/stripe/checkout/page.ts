import { bankPage, cardFields, debitFields, problem, testAccounts, testCards } from '../pages/card.ts';
import { html, type Markup, page } from '../pages/html.ts';
import { day, money, priceInWords } from '../pages/words.ts';
import { idOf } from '../world/changes.ts';
import { type CheckoutSession, DEBIT_CURRENCY, type World } from '../world/index.ts';
import { isAsked, takesNoCard, type VisitedSession } from './submit.ts';
import { type LineSum, sumsOf } from './sums.ts';
import { hasTrial } from './visit.ts';

/** The page of a session in any state. `says`: what was wrong with the input. */
export function checkoutPage(world: World, visited: VisitedSession, says: string | null = null): string {
  const { session, visit } = visited;
  if (session.status === 'complete' && session.payment_status === 'unpaid')
    return endPage('Thank you', 'The bank was asked to pay. That takes days.', session.success_url);
  if (session.status === 'complete') return endPage('Paid', 'This is paid.', session.success_url);
  if (session.status === 'expired') return endPage('Too late', 'This page has expired.', session.cancel_url);
  const at = `/c/pay/${session.id}`;
  if (isAsked(world, visit)) {
    const amount = money(session.amount_total ?? 0, session.currency ?? 'usd');
    return page('Confirm the payment', bankPage(`${at}/bank`, `Do you want to pay ${amount}?`));
  }
  return page('Checkout', checkoutBody(world, visited, says));
}

function endPage(title: string, says: string, back: string | null): string {
  const link = back === null ? undefined : html`<p><a href="${back}">Back to the shop</a></p>`;
  return page(title, html`<h1>${title}</h1><p>${says}</p>${link}`);
}

function checkoutBody(world: World, visited: VisitedSession, says: string | null): Markup {
  const { session, visit } = visited;
  const [at, currency] = [`/c/pay/${session.id}`, session.currency ?? 'usd'];
  const total = money(session.amount_total ?? 0, currency);
  const later = hasTrial(visit)
    ? html`<p class="soft">Free for ${trialOf(visited)}. ${takesNoCard(session) ? 'No card is needed.' : 'The card is charged afterwards.'}</p>`
    : undefined;
  const lines = sumsOf(world, visit, session).map((sum) => lineRow(world, sum));
  return html`<p class="soft">${world.settings.merchant}</p>
<h1>${titleOf(world, visited)}</h1>
<p class="total">${total}${session.mode === 'subscription' ? ' today' : ''}</p>
${later}
<table>
${lines}
${sumRow('Discount', -(session.total_details?.amount_discount ?? 0), currency)}
${sumRow('Tax', session.total_details?.amount_tax ?? 0, currency)}
<tr><th>Total today</th><th>${total}</th></tr>
</table>
${changes(visited, at)}
${problem(says ?? visit.declined)}
${takesNoCard(session) ? payForm(session, undefined) : html`${payForm(session, cardFields())}${testCards()}`}
${currency === DEBIT_CURRENCY && !takesNoCard(session) ? html`<h2>Or by direct debit</h2>${payForm(session, debitFields())}${testAccounts()}` : undefined}
${session.cancel_url === null ? undefined : html`<p><a href="${session.cancel_url}">Back without paying</a></p>`}`;
}

function payForm(session: CheckoutSession, fields: Markup | undefined): Markup {
  return html`<form method="post" action="/c/pay/${session.id}/pay" class="fields">
${session.customer === null ? html`<label>Email <input name="email" type="email" autocomplete="email" value="${session.customer_email ?? ''}" required></label>` : undefined}
${fields}
${session.tax_id_collection?.enabled === true ? html`<label>VAT number, if you buy as a business <input name="tax_id"></label>` : undefined}
<button>${session.mode === 'subscription' ? 'Subscribe' : 'Pay'}</button>
</form>`;
}

/** What is bought, by the name that customers read on invoices. */
function titleOf(world: World, { session, visit }: VisitedSession): string {
  const [first] = visit.lines.map(({ price }) => world.table('price').get(price));
  const name = first === undefined ? '' : world.table('product').get(idOf(first.product)).name;
  return `${session.mode === 'subscription' ? 'Subscribe to' : 'Pay for'} ${name}`;
}

function trialOf({
  visit: {
    subscriptionData: { trial_period_days: days, trial_end: end },
  },
}: VisitedSession): string {
  return typeof days === 'string' ? `${days} days` : `the time until ${day(Number(end))}`;
}

function lineRow(world: World, { line, price, subtotal }: LineSum): Markup {
  const { name } = world.table('product').get(idOf(price.product));
  const times = line.quantity === 1 ? '' : ` × ${line.quantity}`;
  return html`<tr><td>${name}${times}<br><span class="soft">${priceInWords(price)}</span></td><td>${money(subtotal, price.currency)}</td></tr>`;
}

function sumRow(what: string, minor: number, currency: string): Markup | undefined {
  return minor === 0 ? undefined : html`<tr><td>${what}</td><td>${money(minor, currency)}</td></tr>`;
}

/** What may be changed until it is paid. */
function changes({ session, visit }: VisitedSession, at: string): Markup {
  const code = html`<form method="post" action="${at}/code" class="inline"><label>Promotion code <input name="code" required></label><button class="other">Apply</button></form>`;
  const quantities = visit.lines.flatMap(({ id, quantity, adjustable }) => {
    if (adjustable === null) return [];
    return [
      html`<form method="post" action="${at}/quantity" class="inline"><input type="hidden" name="line" value="${id}"><label>How many <input name="quantity" type="number" min="${adjustable.minimum}" max="${adjustable.maximum}" value="${quantity}"></label><button class="other">Change</button></form>`,
    ];
  });
  return html`${quantities}${session.allow_promotion_codes === true && visit.discount === null ? code : undefined}`;
}
