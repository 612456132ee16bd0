import {
  amountOf,
  cycleText,
  type EntitlementView,
  type InvoiceView,
  labelOf,
  type PriceList,
  pricePage,
  type SubscriptionView,
  type TopUpView,
  type WithdrawalOffer,
} from '#platform/billing';
import { UNLIMITED } from '#platform/entitlements';
import { escapeHtml, type HtmlPage, linkButton } from '#platform/http';
import type { KeyView } from '#platform/identity';
import { moneyText } from '#platform/kernel';
import type { LimitUsage } from '#platform/limits';
import { buttonForm, dateOf, type PageContext, pageOf } from './parts.ts';
import { PORTAL } from './sessions.ts';
import { topUpSection } from './top-ups.ts';

export interface Holdings extends PageContext {
  readonly held: Pick<EntitlementView, 'plan' | 'plan_name' | 'until'>;
  readonly limits: readonly LimitUsage[];
  readonly prices: PriceList & { readonly sold: boolean };
  readonly subscription: SubscriptionView | undefined;
  readonly topUps: readonly TopUpView[];
  readonly withdrawal: WithdrawalOffer | undefined;
  readonly invoices: readonly ShownInvoice[];
  /** Whether the provider has a page for the account. */
  readonly hasPaid: boolean;
  readonly members: readonly { readonly name: string; readonly role: string }[];
  readonly keys: readonly ShownKey[];
}

type ShownInvoice = Pick<
  InvoiceView,
  'issued_at' | 'number' | 'total' | 'currency' | 'state' | 'refunded' | 'url' | 'pdf_url'
>;
type ShownKey = Pick<KeyView, 'id' | 'name' | 'prefix' | 'created_at' | 'last_used_at'>;

/** The portal: sections without content are left out. */
export function portalPage(at: Holdings): HtmlPage {
  const sections = [
    planSection(at),
    section(
      'Usage',
      at.limits.flatMap((limit) => usageLine(limit, at.prices.comparison[at.product] ?? [])),
    ),
    topUpSection(at),
    section('Invoices', at.invoices.map(invoiceLine)),
    section(
      'Members',
      at.members.map(({ name, role }) => `<span>${escapeHtml(name)}</span><span class="note">${role}</span>`),
    ),
    section(
      'API keys',
      at.keys.map((key) => keyLine(at, key)),
    ),
  ];
  return pageOf(at, {
    title: 'Your account',
    content: (brand) => `${sections.join('\n')}\n${backLink(at, brand.productName ?? brand.name)}`,
  });
}

const backLink = ({ returnUrl }: PageContext, name: string) =>
  `<p><a href="${escapeHtml(returnUrl)}">← Back to ${escapeHtml(name)}</a></p>`;

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const items = lines.map((line) => `<li>${line}</li>`).join('\n');
  return `<section>\n<h2>${title}</h2>\n<ul>\n${items}\n</ul>\n</section>`;
}

function planSection(at: Holdings): string {
  const { held, prices, subscription, hasPaid } = at;
  const price = subscription === undefined ? '' : ` <span>${escapeHtml(priceOf(subscription))}</span>`;
  const named =
    held.plan_name === null
      ? note('You have no plan yet.')
      : `<p class="plan"><strong>${escapeHtml(held.plan_name)}</strong>${price}</p>`;
  const notes = [...(subscription === undefined ? untilNote(held) : statesOf(subscription, prices))];
  const isElsewhere = subscription !== undefined && subscription.store !== 'stripe';
  const canChoose = prices.sold && prices.data.length > 0 && !isElsewhere;
  const change = canChoose
    ? linkButton(`${PORTAL}?view=plans`, held.plan === null ? 'Choose a plan' : 'Change plan')
    : '';
  const isPaid = hasPaid && prices.sold;
  const pay = isPaid
    ? buttonForm(at, { action: 'pay' }, '<button class="plain">Manage payment or cancel</button>')
    : '';
  const withdraw =
    at.withdrawal?.until === undefined
      ? ''
      : buttonForm(at, { action: 'withdraw' }, '<button class="plain">Withdraw from this purchase</button>');
  return `<section>
<h2>Plan</h2>
${named}
${notes.join('\n')}
<div class="actions">${change}${pay}${withdraw}</div>
</section>`;
}

function priceOf({ price, quantity, cycle }: SubscriptionView): string {
  const seats = quantity === 1 ? '' : ` for ${quantity} seats`;
  return `${moneyText(price.unit_amount * quantity, price.currency)} ${cycleText(cycle)}${seats}`;
}

const note = (text: string) => `<p>${escapeHtml(text)}</p>`;
const warning = (text: string) => `<p class="warning">${escapeHtml(text)}</p>`;

const untilNote = ({ until }: Holdings['held']) => (until === null ? [] : [note(`Until ${dateOf(until)}.`)]);

/** Notes on a subscription, the urgent first. */
function statesOf(one: SubscriptionView, { data }: PriceList): string[] {
  const nameOf = (plan: string) => data.find(({ id }) => id === plan)?.name ?? plan;
  const {
    state,
    cancels_at: cancels,
    trial_ends_at: trial,
    grace_ends_at: grace,
    next,
    pending,
    invoiced,
  } = one;
  const unless = one.ends_unpaid
    ? ' It ends then, and nothing is charged, unless you add a card before.'
    : '';
  const confirm =
    pending?.confirm_url == null
      ? ''
      : ` <a href="${escapeHtml(pending.confirm_url)}">Confirm the payment</a>`;
  const store = one.store === 'app_store' ? 'the App Store' : 'Google Play';
  const renews = state === 'active' && cancels === null && next === null;
  return [
    ...(grace === null
      ? []
      : [
          warning(
            `${invoiced === null ? 'Your last payment failed' : 'An invoice is overdue'}. Pay by ${dateOf(grace)} to keep the plan.`,
          ),
        ]),
    ...(one.suspended_by === null ? [] : [warning('The plan is suspended until its payment is settled.')]),
    ...(pending === null
      ? []
      : [`<p>A change to ${escapeHtml(nameOf(pending.plan))} waits for you.${confirm}</p>`]),
    ...(state === 'trialing' && trial !== null ? [note(`Trial until ${dateOf(trial)}.${unless}`)] : []),
    ...(cancels === null ? [] : [note(`Canceled: it ends on ${dateOf(cancels)}.`)]),
    ...(next === null ? [] : [note(`Changes to ${nameOf(next.plan)} on ${dateOf(next.at)}.`)]),
    ...(renews ? [note(`Renews on ${dateOf(one.period_ends_at)}.`)] : []),
    ...(invoiced === null ? [] : [note(`Paid by invoice, within ${invoiced.days_until_due} days.`)]),
    ...(one.store === 'stripe' ? [] : [note(`Bought in ${store}: change or cancel it there.`)]),
  ];
}

/** Budgets are what model calls cost, which is the operator's; the others are over before they are read. */
const UNSHOWN = new Set(['budget', 'rate', 'cooldown', 'concurrency', 'burst']);
const NEARLY = 0.8;

function usageLine(
  { limit, kind, used, max, balance, resetsAt, nextExpiry }: LimitUsage,
  compared: PriceList['comparison'][string],
): string[] {
  if (UNSHOWN.has(kind)) return [];
  const declared = compared.find(({ name }) => name === limit);
  const unit = limit.endsWith('_bytes') ? 'bytes' : (declared?.unit ?? null);
  const label = escapeHtml(labelOf(limit));
  const head = (text: string) => `<span>${label}</span><span class="figure">${escapeHtml(text)}</span>`;
  if (balance !== undefined) {
    const expiry = nextExpiry == null ? '' : `Some expire on ${dateOf(nextExpiry)}`;
    return [`${head(`${amountOf(balance, unit)} left`)}${small(expiry)}`];
  }
  const reset = resetsAt === null ? '' : `Resets on ${dateOf(resetsAt)}`;
  if (max === UNLIMITED) return [`${head(`${amountOf(used, unit)} used, unlimited`)}${small(reset)}`];
  const state = used >= max ? 'Used up. ' : used >= NEARLY * max ? 'Nearly used up. ' : '';
  const bar = `<progress max="${Math.max(1, max)}" value="${max === 0 ? 1 : Math.min(used, max)}" aria-label="${label}"></progress>`;
  return [
    `${head(`${amountOf(used, unit)} of ${amountOf(max, unit)}`)}${bar}${small(state + reset, state !== '')}`,
  ];
}

const small = (text: string, isWarning = false) =>
  text.trim() === '' ? '' : `<small${isWarning ? ' class="warning"' : ''}>${escapeHtml(text)}</small>`;

const STATES = { open: 'to be paid', paid: 'paid', void: 'void', uncollectible: 'not paid' };

function invoiceLine(invoice: ShownInvoice): string {
  const { issued_at: at, number, total, currency, state, refunded, url, pdf_url: pdf } = invoice;
  const named = escapeHtml(`invoice ${number ?? ''} of ${dateOf(at)}`);
  const link = (to: string | null, text: string) =>
    to === null ? '' : `<a href="${escapeHtml(to)}" aria-label="${text}: ${named}">${text}</a>`;
  const told = refunded > 0 ? `${moneyText(refunded, currency)} refunded` : STATES[state];
  return [
    `<span>${dateOf(at)}<small>${escapeHtml(number ?? '')}</small></span>`,
    `<span class="figure">${moneyText(total, currency)}${small(told, state === 'open')}</span>`,
    `<span class="links">${link(url, state === 'open' ? 'Pay' : 'View')}${link(pdf, 'PDF')}</span>`,
  ].join('');
}

function keyLine(
  at: PageContext,
  { id, name, prefix, created_at: made, last_used_at: used }: ShownKey,
): string {
  const last = used === null ? 'never used' : `last used on ${dateOf(used)}`;
  const button = `<button class="danger" aria-label="Revoke the key ${escapeHtml(name)}">Revoke the key</button>`;
  return `<span>${escapeHtml(name)}<small><code>${escapeHtml(prefix)}…</code></small></span><span class="note">Made on ${dateOf(made)}, ${last}</span><details><summary aria-label="Revoke ${escapeHtml(name)} …">Revoke …</summary><p>Programs that use this key stop working at once.</p>${buttonForm(at, { action: 'revoke', key: id }, button)}</details>`;
}

interface OfferedPlans extends PageContext {
  readonly held: Pick<EntitlementView, 'plan' | 'plan_name' | 'quantity'>;
  readonly subscription: SubscriptionView | undefined;
  readonly prices: PriceList;
}

/** The price table, whose buttons lead to a checkout or to the price of a change. */
export function plansPage(at: OfferedPlans): HtmlPage {
  const { prices, held, product } = at;
  const seatsField = `<label>Seats<input name="quantity" type="number" min="1" max="10000" value="${held.quantity ?? 1}" required></label>`;
  const table = pricePage({ key: product, name: product }, prices, (plan) => {
    const isPresent = plan.id === held.plan;
    const mark = isPresent ? '<p class="present">Your plan</p>' : '';
    const cycles = plan.price.yearly === null ? (['monthly'] as const) : (['monthly', 'yearly'] as const);
    const isSold = plan.price.monthly > 0 && !(isPresent && cycles.length + plan.per_seat.length === 1);
    if (!isSold) return mark;
    const seats = plan.per_seat.length === 0 ? '' : seatsField;
    const buttons = cycles.map((cycle, index) => {
      const text = `Choose ${escapeHtml(plan.name)}${cycles.length === 1 ? '' : `, ${cycle}`}`;
      return `<button name="cycle" value="${cycle}"${index === 0 ? '' : ' class="plain"'}>${text}</button>`;
    });
    return mark + buttonForm(at, { action: 'plan', plan: plan.id }, seats + buttons.join(''));
  });
  const { content } = table;
  return {
    ...table,
    isListed: false,
    hasForms: true,
    title: 'Change plan',
    content: (brand) =>
      `${seatsOfUnsold(at, seatsField)}${typeof content === 'string' ? content : content(brand)}\n<p><a href="${PORTAL}">← Keep the present plan</a></p>`,
  };
}

/** Other seats of the present plan, where that is sold no more. */
function seatsOfUnsold({ held, subscription, prices, ...at }: OfferedPlans, field: string): string {
  const { plan, plan_name: name, quantity } = held;
  const isUnsold = plan !== null && !prices.data.some(({ id }) => id === plan);
  if (!isUnsold || quantity === null || subscription?.plan !== plan || subscription.store !== 'stripe')
    return '';
  const form = buttonForm(
    at,
    { action: 'plan', plan, cycle: subscription.cycle },
    `${field}<button>Change seats</button>`,
  );
  return `<ul class="plans"><li><h2>${escapeHtml(name ?? plan)}</h2><p class="present">Your plan</p>${form}</li></ul>\n`;
}

/** Leads on to another site: the answer to a form may not redirect there by itself. */
export const goToPage = (at: Pick<PageContext, 'product'>, url: string): HtmlPage =>
  pageOf(at, {
    title: 'One moment',
    content: `<p>The payment page opens. <a href="${escapeHtml(url)}">Go there now</a></p>`,
    headers: { refresh: `0; url=${new URL(url).href}` },
  });
