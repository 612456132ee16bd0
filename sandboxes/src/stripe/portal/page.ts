import { bankPage, cardFields, problem, testCards } from '../pages/card.ts';
import { html, type Markup, page } from '../pages/html.ts';
import { go, type Page, type PageAnswer, show } from '../pages/page.ts';
import { day, money, priceInWords } from '../pages/words.ts';
import { idOf } from '../world/changes.ts';
import type { Subscription, World } from '../world/index.ts';
import { defaultMethod } from '../world/customers/payers.ts';
import { periodOf } from '../world/subscriptions/items.ts';
import { ACTIONS, type ActionResult, runAction, type Portal, subscriptionsOf } from './actions.ts';

/** Links lead there for so long. Seconds. */
const GOOD_FOR = 60 * 60;

/** The pages of the portal. */
export function portalPage(world: World): Page {
  return ({ method, path, query, form }) => {
    const [, id, step] = /^\/p\/session\/([\w-]+)(?:\/(\w+))?$/.exec(path) ?? [];
    if (id === undefined) return undefined;
    const session = world.table('billing_portal.session').find(id);
    if (session === undefined || session.created + GOOD_FOR < world.now())
      return show(
        page('Portal', html`<h1>This link has expired</h1><p>Ask the shop for a new one.</p>`),
        404,
      );
    const { features } = world.table('billing_portal.configuration').get(idOf(session.configuration));
    const portal = { world, session, features };
    if (method !== 'POST' || step === undefined || !(step in ACTIONS))
      return show(page('Portal', home(portal, query.has('done'))));
    return nextPage(portal, step, runAction(portal, step, form));
  };
}

function nextPage(portal: Portal, step: string, { says, asks }: ActionResult): PageAnswer {
  const { session } = portal;
  const at = `/p/session/${session.id}`;
  if (asks !== undefined)
    return show(page('Confirm the card', bankPage(`${at}/bank`, 'Do you want to use this card?', asks)));
  if (says !== undefined) return show(page('Portal', home(portal, false, says)), 400);
  const back = session.flow?.after_completion.redirect?.return_url;
  return go(back !== undefined && step !== 'details' ? back : `${at}?done`);
}

function home(portal: Portal, isDone: boolean, says: string | null = null): Markup {
  const { session, features } = portal;
  const subscriptions = subscriptionsOf(portal);
  const nothing = subscriptions.length === 0 ? html`<p>There is no subscription.</p>` : undefined;
  return html`<h1>Your subscription and invoices</h1>
${isDone ? html`<p class="done" role="status">Done.</p>` : undefined}
${problem(says)}
${nothing}
${subscriptions.map((one) => subscriptionPart(portal, one))}
${features.payment_method_update.enabled ? cardPart(portal) : undefined}
${features.invoice_history.enabled ? invoicesPart(portal) : undefined}
${features.customer_update.enabled ? detailsPart(portal) : undefined}
${session.return_url === null ? undefined : html`<p><a href="${session.return_url}">Back to the shop</a></p>`}`;
}

function subscriptionPart(portal: Portal, subscription: Subscription): Markup {
  const { world, features } = portal;
  const items = subscription.items.data.map(({ price, quantity = 1 }) => {
    const { name } = world.table('product').get(idOf(price.product));
    return html`<tr><td>${name}${quantity === 1 ? '' : ` × ${quantity}`}</td><td>${priceInWords(price)}</td></tr>`;
  });
  return html`<h2>${stateOf(subscription)}</h2>
<table>${items}</table>
${features.subscription_update.enabled ? plansPart(portal, subscription) : undefined}
${features.subscription_cancel.enabled ? endPart(portal, subscription) : undefined}`;
}

function stateOf(subscription: Subscription): string {
  const { status, cancel_at: ends, trial_end: trial } = subscription;
  if (ends !== null) return `Ends on ${day(ends)}`;
  if (status === 'trialing' && trial !== null) return `Free until ${day(trial)}`;
  if (status === 'past_due' || status === 'unpaid') return 'The last payment failed';
  if (status === 'paused') return 'Paused';
  return `Renews on ${day(periodOf(subscription).end)}`;
}

function endPart({ session, features }: Portal, { id, cancel_at: ends }: Subscription): Markup {
  const [step, words] =
    ends === null ? ['cancel', 'Cancel the subscription'] : ['resume', 'Keep the subscription'];
  return html`<form method="post" action="/p/session/${session.id}/${step}"><input type="hidden" name="subscription" value="${id}">${ends === null ? reasonPart(features) : undefined}<p><button class="other">${words}</button></p></form>`;
}

function reasonPart({ subscription_cancel: { cancellation_reason: asks } }: Portal['features']) {
  if (!asks.enabled) return undefined;
  const options = asks.options.map(
    (option) => html`<option value="${option}">${option.replaceAll('_', ' ')}</option>`,
  );
  return html`<label>Why? <select name="feedback"><option value="">–</option>${options}</select></label>`;
}

function plansPart({ world, session, features }: Portal, { id, items }: Subscription): Markup {
  const prices = features.subscription_update.products?.flatMap((product) => product.prices) ?? [];
  const options = prices.map((priceId) => {
    const price = world.table('price').get(priceId);
    const { name } = world.table('product').get(idOf(price.product));
    const isChosen = items.data[0]?.price.id === priceId;
    return html`<option value="${priceId}"${isChosen ? html` selected` : undefined}>${name}, ${priceInWords(price)}</option>`;
  });
  return html`<form method="post" action="/p/session/${session.id}/plan" class="inline"><input type="hidden" name="subscription" value="${id}"><label>Plan <select name="price">${options}</select></label><button class="other">Change</button></form>`;
}

function cardPart({ world, session }: Portal): Markup {
  const customer = world.table('customer').get(session.customer);
  const [subscription] = subscriptionsOf({
    world,
    session,
    features: world.table('billing_portal.configuration').get(idOf(session.configuration)).features,
  });
  const card = defaultMethod(world, customer, subscription)?.card;
  const known =
    card == null
      ? 'There is no card.'
      : `${card.brand} that ends in ${card.last4}, good until ${card.exp_month}/${card.exp_year}`;
  return html`<h2>Card</h2>
<p>${known}</p>
<details${session.flow?.type === 'payment_method_update' ? html` open` : undefined}><summary>Change the card</summary>
<form method="post" action="/p/session/${session.id}/card" class="fields">
${cardFields()}
<button>Use this card</button>
</form>
${testCards()}
</details>`;
}

function invoicesPart({ world, session }: Portal): Markup {
  const invoices = world
    .table('invoice')
    .list()
    .filter(
      ({ customer, status }) =>
        customer !== null && idOf(customer) === session.customer && status !== 'draft',
    );
  const rows = invoices.map(({ id, number, created, total, currency, status }) => {
    const words = status === 'open' ? 'Pay' : (status ?? '');
    return html`<tr><td><a href="/invoices/${id}">${number ?? id}</a><br><span class="soft">${day(created)}</span></td><td>${money(total, currency)}</td><td>${status === 'open' ? html`<a href="/invoices/${id}">${words}</a>` : words}</td></tr>`;
  });
  return html`<h2>Invoices</h2><table>${rows}</table>${rows.length === 0 ? html`<p>There are none.</p>` : undefined}`;
}

function detailsPart({ world, session, features }: Portal): Markup {
  const customer = world.table('customer').get(session.customer);
  const values: Record<string, string> = {
    name: customer.name ?? '',
    email: customer.email ?? '',
    phone: customer.phone ?? '',
  };
  const labels = { name: 'Name', email: 'Email', phone: 'Telephone' };
  const fields = Object.entries(labels)
    .filter(([name]) => features.customer_update.allowed_updates.includes(name))
    .map(
      ([name, label]) => html`<label>${label} <input name="${name}" value="${values[name] ?? ''}"></label>`,
    );
  const taxId = features.customer_update.allowed_updates.includes('tax_id')
    ? html`<label>VAT number <input name="tax_id"></label>`
    : undefined;
  return html`<h2>On your invoices</h2>
<form method="post" action="/p/session/${session.id}/details" class="fields">
${fields}
${taxId}
<button class="other">Save</button>
</form>`;
}
