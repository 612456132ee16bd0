import { readFileSync } from 'node:fs';
import { type Brand, escapeHtml, type HtmlPage, htmlPage, linkButton } from '#platform/http';
import { amountText, moneyText } from '#platform/kernel';
import type { PriceList } from './price-list.ts';

export const PRICE_STYLE = readFileSync(new URL('./price-page.css', import.meta.url), 'utf8');

type PlanView = PriceList['data'][number];
type AddOnView = PriceList['add_ons'][number];
type Compared = PriceList['comparison'][string][number];
type Size = Compared['plans'][string] | undefined;

/** HTML below a plan, by which it is chosen. */
type PlanAction = (plan: PlanView) => string;

/** The page of a product's prices, for customers: all of it is in its HTML. `action`: in place of a link to the operator's own page. */
export function pricePage(
  { key, name }: { readonly key: string; readonly name: string },
  { data: plans, add_ons: addOns, comparison }: PriceList,
  action?: PlanAction,
): HtmlPage {
  const compared = comparison[key] ?? [];
  return htmlPage({
    title: 'Prices',
    style: PRICE_STYLE,
    product: key,
    isListed: true,
    content: (brand) =>
      [
        ...(brand.productName === undefined || brand.productName === brand.name
          ? []
          : [`<p class="product">${escapeHtml(brand.productName)}</p>`]),
        ...(plans.length === 0 ? [`<p>${escapeHtml(name)} is not on sale.</p>`] : []),
        `<ul class="plans">\n${plans.map((plan) => planCard(plan, compared, action ?? linkIn(brand))).join('\n')}\n</ul>`,
        ...(addOns.length === 0
          ? []
          : [
              `<h2>Add-ons</h2>\n<ul class="add-ons">\n${addOns.map((one) => addOnLine(one, plans)).join('\n')}\n</ul>`,
            ]),
      ].join('\n'),
  });
}

/** One plan by the month, or one add-on, in HTML; undefined: it is not on sale. A trial is left out, for an account may have had it. */
export function offerOf({ data: plans, add_ons: addOns, comparison }: PriceList, sold: string) {
  const plan = plans.find(({ id }) => id === sold);
  if (plan !== undefined) {
    const { name, product, price } = plan;
    const monthly = { ...plan, trial_days: null, price: { ...price, yearly: null } };
    const card = planCard(monthly, comparison[product] ?? [], () => '');
    return { name, product, html: `<ul class="plans">\n${card}\n</ul>` };
  }
  const addOn = addOns.find(({ id }) => id === sold);
  if (addOn === undefined) return undefined;
  const { name, product } = addOn;
  return { name, product, html: `<ul class="add-ons">\n${addOnLine(addOn, plans)}\n</ul>` };
}

function planCard(plan: PlanView, compared: readonly Compared[], action: PlanAction): string {
  const { id, name, price, trial_days: trial, trial_needs_card: needsCard, per_seat: perSeat } = plan;
  const each = perSeat.length === 0 ? '' : ' a seat';
  const others = Object.entries(price.also).map(([currency, { monthly }]) => moneyText(monthly, currency));
  const notes = [
    ...(price.yearly === null ? [] : [`or ${moneyText(price.yearly, price.currency)}${each} a year`]),
    ...(price.monthly === 0 || others.length === 0 ? [] : [`also ${others.join(', ')}${each} a month`]),
    ...(trial === null
      ? []
      : [`${plural(trial, 'day')} to try it${needsCard === false ? ', no card needed' : ''}`]),
  ];
  const limits = compared.flatMap((one) => limitLine(one, one.plans[id], plan));
  return `<li>
<h2>${escapeHtml(name)}</h2>
<p class="price"><strong>${moneyText(price.monthly, price.currency)}</strong>${each} a month</p>
${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('\n')}
<ul>
${limits.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}
</ul>
${action(plan)}
</li>`;
}

const linkIn =
  (brand: Brand): PlanAction =>
  (plan) =>
    linkButton(linkTo(plan, brand), `${plan.price.monthly === 0 ? 'Start with' : 'Choose'} ${plan.name}`);

function addOnLine({ name, price, days, lifts, pack }: AddOnView, plans: readonly PlanView[]): string {
  const amounts = [
    moneyText(price.once, price.currency),
    ...Object.entries(price.also).map(([currency, { once }]) => moneyText(once, currency)),
  ];
  const plan = plans.find(({ id }) => id === lifts)?.name;
  const lifted = plan === undefined ? '' : `, with all of ${plan}`;
  const lasts =
    pack === null ? plural(days ?? 0, 'day') : `${FIGURES.format(pack.credits)} ${labelOf(pack.limit)}`;
  const until = pack === null ? lifted : `, to use within ${plural(pack.months, 'month')}`;
  return `<li><strong>${escapeHtml(name)}</strong> ${escapeHtml(`${amounts.join(' or ')} for ${lasts}${until}`)}</li>`;
}

/** The operator's own page, which is told the plan; or the console's page of plans. */
function linkTo({ id }: PlanView, { signUp }: Brand): string {
  if (signUp === undefined) return '/app/plan';
  const url = new URL(signUp);
  url.searchParams.set('plan', id);
  return url.href;
}

/** Names that say no more than the kind of limit does. */
const SAYS_NOTHING = /^(?:at_once|concurren(?:t|cy)|hourly|daily|per_(?:minute|hour|day))$/;

/** A limit in words; none for what a plan lacks, for rates, which protect the server, and for budgets of model cost. */
function limitLine({ name, kind, per, unit }: Compared, size: Size, plan: PlanView): string[] {
  if (kind === 'budget' || kind === 'rate' || size === undefined || size === false || size === 0) return [];
  const label = labelOf(name);
  if (size === true) return [label];
  const micros = plan.overage[name];
  const parts = [
    size === null ? 'unlimited' : amountOf(size, name.endsWith('_bytes') ? 'bytes' : unit),
    ...(plan.per_seat.includes(name) ? ['a seat'] : []),
    ...(kind === 'cooldown' ? ['between two'] : []),
    ...(size !== null && unit === 'at_once' ? ['at once'] : []),
    ...(size === null || per === null ? [] : [per === 'hour' ? 'an hour' : `a ${per.replace('_', ' ')}`]),
    ...(kind === 'burst' && size !== null ? ['at most'] : []),
  ];
  const more =
    micros === undefined ? '' : `, then ${amountText(micros / 1_000_000, plan.price.currency, 4)} each`;
  return [`${SAYS_NOTHING.test(name) ? '' : `${label}: `}${parts.join(' ')}${more}`];
}

export function amountOf(size: number, unit: Compared['unit']): string {
  if (unit === 'seconds') return plural(size, 'second');
  if (unit !== 'bytes') return FIGURES.format(size);
  const power = Math.min(BYTES.length - 1, Math.floor(Math.log10(Math.max(size, 1)) / 3));
  return `${FIGURES.format(size / 1_000 ** power)} ${BYTES[power] ?? ''}`;
}

const BYTES = ['bytes', 'kB', 'MB', 'GB', 'TB'];
const FIGURES = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const SHORT = /\b(?:ai|api|ocr|pdf|sso)\b/g;

/** `storage_bytes` is Storage, `regenerate_cooldown` Regenerate: unit and kind are told with the size. */
export function labelOf(name: string): string {
  const words = name
    .replace(/_(?:bytes|cooldown)$/, '')
    .replaceAll('_', ' ')
    .replaceAll(SHORT, (short) => short.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const plural = (count: number, noun: string) => `${FIGURES.format(count)} ${noun}${count === 1 ? '' : 's'}`;
