import { invalidRequest } from '../../operation.ts';
import { mergeMetadata } from '../changes.ts';
import { priceInPlace } from '../catalogue/prices.ts';
import type { Form } from '../form.ts';
import { type LineDraft, priceOf } from '../invoices/lines.ts';
import type { Price, Subscription, SubscriptionItem } from '../objects.ts';
import { periodEnd } from '../periods.ts';
import type { World } from '../world.ts';

/** What a request says of one item. `id`: which one is changed; none: one more. */
export interface AskedItem {
  readonly id: string | undefined;
  readonly price: Price | undefined;
  readonly quantity: number | undefined;
  readonly metadata: Record<string, string> | undefined;
  readonly deleted: boolean;
}

export function readItems(world: World, form: Form): AskedItem[] | undefined {
  return form.parts('items')?.map((part, index) => {
    part.ignore('clear_usage', 'tax_rates', 'discounts');
    const [priceId, inPlace] = [part.text('price'), part.part('price_data')];
    const known =
      priceId === undefined ? undefined : world.table('price').get(priceId, `items[${index}][price]`);
    if (known !== undefined && !known.active) {
      throw invalidRequest(`The price specified is inactive. This field only accepts active prices.`, {
        param: `items[${index}][price]`,
      });
    }
    const price = inPlace === undefined ? known : priceInPlace(world, inPlace);
    const [id, quantity] = [part.text('id'), part.integer('quantity')];
    if (quantity !== undefined && price !== undefined && isMetered(price))
      throw invalidRequest('Quantity should not be specified where usage_type is `metered`.', {
        param: `items[${index}][quantity]`,
      });
    return { id, price, quantity, metadata: part.hash('metadata'), deleted: part.flag('deleted') ?? false };
  });
}

/** The items that a subscription has after a request; those that stay keep their ids. */
export function itemsAfter(
  world: World,
  subscription: Subscription,
  asked: readonly AskedItem[],
): SubscriptionItem[] {
  const known = subscription.items.data;
  for (const { id } of asked) {
    if (id === undefined || known.some((item) => item.id === id)) continue;
    throw invalidRequest(`No such subscription_item: '${id}'`, {
      code: 'resource_missing',
      param: 'items[0][id]',
    });
  }
  const changed = known.flatMap((item) => {
    const said = asked.find(({ id }) => id === item.id);
    if (said === undefined) return [item];
    return said.deleted ? [] : [changedItem(item, said)];
  });
  const added = asked.filter(({ id }) => id === undefined).map((said) => newItem(world, subscription, said));
  const all = [...changed, ...added];
  checkPrices(all.map(({ price }) => price));
  return all;
}

function changedItem(item: SubscriptionItem, said: AskedItem): SubscriptionItem {
  const price = said.price ?? item.price;
  const quantity = said.quantity ?? item.quantity ?? 1;
  const { quantity: _quantity, ...rest } = item;
  return {
    ...rest,
    price,
    plan: planOf(price),
    metadata: mergeMetadata(item.metadata, said.metadata),
    ...(isMetered(price) ? {} : { quantity }),
  };
}

/** A new item; billing sets its period. */
export function newItem(
  world: World,
  subscription: Pick<Subscription, 'id'>,
  said: AskedItem,
): SubscriptionItem {
  if (said.price?.recurring == null) {
    throw invalidRequest(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      {
        param: 'items[0][price]',
      },
    );
  }
  return {
    id: world.token('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: world.now(),
    current_period_end: world.now(),
    current_period_start: world.now(),
    current_trial: null,
    discounts: [],
    metadata: mergeMetadata(null, said.metadata),
    plan: planOf(said.price),
    price: said.price,
    ...(isMetered(said.price) ? {} : { quantity: said.quantity ?? 1 }),
    subscription: subscription.id,
    tax_rates: [],
  };
}

/** Throws for prices that no subscription can have together. */
export function checkPrices(sold: readonly Price[]): void {
  if (sold.length === 0) throw invalidRequest('A subscription must have at least one active plan.');
  const currencies = new Set(sold.map(({ currency }) => currency));
  if (currencies.size > 1) throw invalidRequest('All prices on a subscription must have the same currency.');
  const intervals = new Set(
    sold.map(({ recurring }) => `${recurring?.interval} ${recurring?.interval_count}`),
  );
  if (intervals.size > 1 && sold.some(({ recurring }) => isShort(recurring?.interval)))
    throw invalidRequest('This sandbox mixes intervals of months and years alone.');
  const prices = new Set(sold.map(({ id }) => id));
  if (prices.size < sold.length)
    throw invalidRequest('Cannot add multiple subscription items with the same plan.');
}

const isShort = (interval: string | undefined) => interval === 'day' || interval === 'week';

/** Stripe still tells prices in its older words too. */
function planOf(price: Price): SubscriptionItem['plan'] {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  };
}

/** Lets the period of all items begin at `start`; `end`: of a trial. */
export function setPeriods(subscription: Subscription, start: number, end?: number): void {
  for (const item of subscription.items.data) {
    const { recurring } = item.price;
    item.current_period_start = start;
    item.current_period_end =
      end ?? (recurring === null ? start : periodEnd(subscription.billing_cycle_anchor, start, recurring));
  }
}

/** The longest period of its items; those that are billed more often, or came in its midst, have a shorter one. */
export function periodOf({ items, start_date: started }: Subscription): { start: number; end: number } {
  const end = Math.max(started, ...items.data.map((item) => item.current_period_end));
  const longest = items.data.filter((item) => item.current_period_end === end);
  return { start: Math.min(end, ...longest.map((item) => item.current_period_start)), end };
}

/** The subscription with the items alone whose period ends first: the next invoice is theirs. */
export function nextToBill(subscription: Subscription): Subscription {
  const { items } = subscription;
  const end = Math.min(...items.data.map((item) => item.current_period_end));
  return {
    ...subscription,
    items: { ...items, data: items.data.filter((item) => item.current_period_end === end) },
  };
}

export function isMetered({ recurring }: Price): boolean {
  return recurring?.usage_type === 'metered';
}

/** What the period that begins costs in advance; a trial costs nothing. */
export function advanceLines(subscription: Subscription, { free = false } = {}): LineDraft[] {
  const licensed = subscription.items.data.filter(({ price }) => !isMetered(price));
  return licensed.map((item) => {
    const quantity = item.quantity ?? 1;
    const amount = free ? 0 : priceOf(item.price, quantity);
    return { ...lineOf(subscription, item), quantity, amount, description: free ? 'Free trial' : null };
  });
}

/** What a metered item costs for the period that it shows. */
export function usageLine(subscription: Subscription, item: SubscriptionItem, units: number): LineDraft {
  const amount = priceOf(item.price, units);
  return { ...lineOf(subscription, item), quantity: units, amount, description: null };
}

function lineOf(
  subscription: Subscription,
  item: SubscriptionItem,
): Omit<LineDraft, 'amount' | 'description' | 'quantity'> {
  return {
    price: item.price,
    period: { start: item.current_period_start, end: item.current_period_end },
    discountable: true,
    metadata: subscription.metadata,
    subscription: subscription.id,
    subscriptionItem: item.id,
    invoiceItem: null,
    proration: false,
  };
}
