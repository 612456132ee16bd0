import type { PriceList, SubscriptionView, TopUpView } from '#platform/billing';
import { escapeHtml } from '#platform/http';
import { invalidInput, moneyText } from '#platform/kernel';
import { buttonForm, dateOf, type PageContext } from './parts.ts';

interface TopUpContext extends PageContext {
  readonly prices: PriceList & { readonly sold: boolean };
  readonly subscription: SubscriptionView | undefined;
  readonly topUps: readonly TopUpView[];
}

type SoldAddOn = PriceList['add_ons'][number];

/** Packs that are bought with the saved card: what was agreed to, purchases with why one was not paid, and forms to agree and to end it. */
export function topUpSection(at: TopUpContext): string {
  const packs = at.prices.add_ons.filter(({ product, pack }) => product === at.product && pack !== null);
  const own = at.topUps.filter(({ product }) => product === at.product);
  if (!at.prices.sold || packs.length + own.length === 0) return '';
  const lines = [
    ...own.map((one) => topUpLine(at, one, packs)),
    ...packs.map((pack) => consentLine(at, pack)),
  ];
  return `<section>\n<h2>Automatic top-up</h2>\n<ul>\n${lines.map((line) => `<li>${line}</li>`).join('\n')}\n</ul>\n</section>`;
}

const STOPPED: Readonly<Record<NonNullable<TopUpView['stopped']>['reason'], string>> = {
  monthly_cap: 'Stopped: this month has no room for another pack.',
  payment_failed: 'Stopped: the last purchase was not paid.',
  price_changed: 'Stopped: the pack has another price or size now. Agree anew to go on.',
  money_back: 'Stopped: money of a pack was refunded or disputed. Agree anew to go on.',
  not_closed:
    'Stopped: an earlier purchase was not paid, and its invoice is not closed. Pay it, or agree anew and leave it unpaid.',
};

const STATES = {
  open: 'under way',
  unpaid: 'to be paid',
  paid: 'paid',
  void: 'not paid',
  unclosed: 'not paid, not closed',
};

/** Words of the payment provider that say more than that the card was declined. Others are for banks and operators: `lost_card`. */
const FAILURES: ReadonlyMap<string, string> = new Map([
  ['insufficient_funds', 'the card has too little money'],
  ['expired_card', 'the card has expired'],
  ['authentication_required', 'the bank asks you to confirm it'],
]);

const failureText = (failure: string) => FAILURES.get(failure) ?? 'the card was declined';

function topUpLine(at: TopUpContext, topUp: TopUpView, packs: readonly SoldAddOn[]): string {
  const { limit, threshold, monthly_cap: cap, spent, currency, card, stopped } = topUp;
  const name = packs.find(({ id }) => id === topUp.add_on)?.name ?? topUp.add_on;
  const about = `${moneyText(topUp.unit_amount, currency)} each, whenever less than ${threshold} are left; at most ${moneyText(cap, currency)} a month, ${moneyText(spent, currency)} of it spent. Card: ${card.brand} ${card.last4}.`;
  const warning =
    stopped === null
      ? ''
      : `<small class="warning">${STOPPED[stopped.reason]}${payLink(stopped.checkout_url, 'the last purchase')}</small>`;
  const attempts = topUp.attempts.map(({ at: begun, amount, state, failure, checkout_url: page }) => {
    const told = [STATES[state], ...(failure === null ? [] : [failureText(failure)])].join(': ');
    const text = `${dateOf(begun)}: ${moneyText(amount, currency)}, ${told}`;
    return `<small>${escapeHtml(text)}${payLink(page, `the purchase of ${dateOf(begun)}`)}</small>`;
  });
  const end = buttonForm(
    at,
    { action: 'end_top_up', limit },
    `<button class="danger">End automatic top-up</button>`,
  );
  return `<span>${escapeHtml(name)}</span><span class="note">${topUp.state}</span><small>${escapeHtml(about)}</small>${warning}${attempts.join('')}${end}`;
}

const payLink = (page: string | null, named: string) =>
  page === null ? '' : ` <a href="${escapeHtml(page)}" aria-label="Pay ${named}">Pay</a>`;

const numberInput = (label: string, field: string, value: number) =>
  `<label>${label}<input name="${field}" type="number" min="1" value="${value}" required></label>`;

function consentLine(at: TopUpContext, { id, name, price, pack }: SoldAddOn): string {
  const own = at.topUps.find(({ product, limit }) => product === at.product && limit === pack?.limit);
  const wanted = at.subscription?.price.currency ?? own?.currency ?? price.currency;
  const currency = wanted in price.also ? wanted : price.currency;
  const once = price.also[currency]?.once ?? price.once;
  const each = moneyText(once, currency);
  const isOwn = own?.add_on === id;
  const [threshold, packs] = isOwn ? [own.threshold, Math.floor(own.monthly_cap / own.unit_amount)] : [1, 1];
  const inputs = `${numberInput('Buy when less than this is left', 'threshold', threshold)}${numberInput('Packs a month at most', 'packs', packs)}`;
  const fields = { action: 'top_up', add_on: id, agreed: `${once} ${currency}` };
  const button = `<button aria-label="Agree to ${escapeHtml(name)}">Agree</button>`;
  const text = `Your saved card is charged ${each}, before tax, for each pack that it takes, and never for more packs in a calendar month. You can end it here at any time.`;
  return `<details><summary>Buy ${escapeHtml(name)} automatically, ${escapeHtml(each)} each …</summary><p>${escapeHtml(text)}</p>${buttonForm(at, fields, inputs + button)}</details>`;
}

interface TopUpForm {
  readonly add_on?: string | undefined;
  readonly threshold?: string | undefined;
  readonly packs?: string | undefined;
  readonly agreed?: string | undefined;
}

/** The order of a form, at the price that its page has shown. Throws `validation_failed`. */
export function readTopUp(product: string, { add_on = '', threshold, packs, agreed = '' }: TopUpForm) {
  const [amount, currency = ''] = agreed.split(' ', 2);
  const unit_amount = Number(amount);
  return {
    product,
    add_on,
    threshold: wholeIn('threshold', threshold),
    monthly_cap: wholeIn('packs', packs) * unit_amount,
    agreed: { unit_amount, currency },
  };
}

const MOST = 1_000_000;

function wholeIn(field: string, text = ''): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  throw invalidInput(`body.${field}`, `Give a whole number from 1 to ${MOST}.`);
}
