import { invalidRequest } from '../../operation.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { readDiscounts } from '../catalogue/discounts.ts';
import type { Form } from '../form.ts';
import { checkPrices, isMetered, periodOf } from './items.ts';
import type { Price, Subscription, SubscriptionSchedule } from '../objects.ts';
import { monthsAfter } from '../periods.ts';
import { readBehavior } from './sales.ts';
import type { World } from '../world.ts';

export type Phase = SubscriptionSchedule['phases'][number];

/** What a subscription is now, until its period ends. */
export function phaseOf(subscription: Subscription): Phase {
  const { start, end } = periodOf(subscription);
  const items = subscription.items.data.map(({ price, quantity }) => ({ price, quantity }));
  return {
    ...blankPhase(subscription.currency),
    items: items.map(phaseItem),
    discounts: subscription.discounts.map((one) => ({
      coupon: null,
      discount: idOf(one),
      promotion_code: null,
    })),
    start_date: start,
    end_date: subscription.cancel_at ?? end,
    trial_end: subscription.status === 'trialing' ? subscription.trial_end : null,
  };
}

function blankPhase(currency: string): Omit<Phase, 'end_date' | 'items' | 'start_date'> {
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    billing_cycle_anchor: null,
    billing_thresholds: null,
    collection_method: null,
    currency,
    default_payment_method: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    invoice_settings: null,
    metadata: {},
    on_behalf_of: null,
    proration_behavior: 'create_prorations',
    transfer_data: null,
    trial_end: null,
  };
}

function phaseItem({
  price,
  quantity,
}: {
  price: Price;
  quantity: number | undefined;
}): Phase['items'][number] {
  const rest = { billing_thresholds: null, discounts: [], metadata: {}, tax_rates: [] };
  return { ...rest, plan: price.id, price: price.id, ...(quantity === undefined ? {} : { quantity }) };
}

/** The phases of a request: each begins where the last one ends. */
export function readPhases(world: World, schedule: SubscriptionSchedule, parts: readonly Form[]): Phase[] {
  const phases: Phase[] = [];
  for (const part of parts) {
    const start = phases.at(-1)?.end_date ?? readStart(world, schedule, part);
    phases.push(readPhase(world, part, { start, currency: schedule.phases[0]?.currency ?? 'usd' }));
    part.ignore('start_date');
  }
  return phases;
}

/** The phase that goes on can't be said to have begun at another time. */
function readStart(world: World, schedule: SubscriptionSchedule, part: Form): number {
  const asked = part.text('start_date');
  const present = schedule.current_phase?.start_date ?? world.now();
  if (asked === undefined)
    throw invalidRequest('The first phase must have a start date.', { param: 'phases[0][start_date]' });
  if (asked === 'now' || Number(asked) === present) return present;
  throw invalidRequest('You can not modify the start date of the current phase.', {
    param: 'phases[0][start_date]',
  });
}

function readPhase(
  world: World,
  part: Form,
  { start, currency }: { start: number; currency: string },
): Phase {
  const items = (part.parts('items') ?? []).map((item) => {
    item.ignore('metadata', 'tax_rates', 'discounts');
    const price = world.table('price').get(item.required('price'), 'phases[0][items][0][price]');
    if (!price.active)
      throw invalidRequest('The price specified is inactive. This field only accepts active prices.', {
        param: 'phases[0][items][0][price]',
      });
    const quantity = item.integer('quantity');
    if (isMetered(price) && quantity !== undefined)
      throw invalidRequest('Quantity should not be specified where usage_type is `metered`.', {
        param: 'phases[0][items][0][quantity]',
      });
    return { price, quantity };
  });
  const [first] = items;
  if (first === undefined)
    throw invalidRequest('Missing required param: phases[0][items].', { code: 'parameter_missing' });
  checkSold(
    items.map(({ price }) => price),
    currency,
  );
  const said = part.integer('end_date');
  if (said !== undefined && part.has('duration'))
    throw invalidRequest('You may only specify one of these parameters: duration, end_date.', {
      code: 'parameters_exclusive',
    });
  const end = said ?? start + durationOf(part, start, first.price);
  if (end <= start)
    throw invalidRequest('The end date of a phase must be after its start.', {
      param: 'phases[0][end_date]',
    });
  const trialEnd = part.integer('trial_end') ?? null;
  if (trialEnd !== null && (trialEnd < start || trialEnd > end))
    throw invalidRequest('The trial of a phase must end within the phase.', {
      param: 'phases[0][trial_end]',
    });
  return {
    ...blankPhase(currency),
    items: items.map(({ price, quantity }) =>
      phaseItem({ price, quantity: isMetered(price) ? undefined : (quantity ?? 1) }),
    ),
    discounts: (readDiscounts(world, part) ?? []).map(({ coupon, promotionCode, discount = null }) => ({
      coupon: discount === null ? coupon : null,
      discount,
      promotion_code: promotionCode,
    })),
    metadata: mergeMetadata(null, part.hash('metadata')),
    proration_behavior: readBehavior(part),
    start_date: start,
    end_date: end,
    trial_end: trialEnd,
  };
}

function checkSold(sold: readonly Price[], currency: string): void {
  if (sold.some(({ recurring }) => recurring === null))
    throw invalidRequest('A phase only accepts prices with `type=recurring`.', { param: 'phases[0][items]' });
  if (sold.some((price) => price.currency !== currency))
    throw invalidRequest(`All prices of a schedule must be in ${currency}.`, { param: 'phases[0][items]' });
  checkPrices(sold);
}

/** Without a word, one period of its price. */
function durationOf(part: Form, start: number, price: Price): number {
  const duration = part.part('duration');
  const count = duration?.integer('interval_count') ?? 1;
  const interval =
    duration?.choice('interval', ['day', 'week', 'month', 'year']) ?? price.recurring?.interval;
  if (interval === 'day') return count * 86_400;
  if (interval === 'week') return count * 7 * 86_400;
  return monthsAfter(start, count * (interval === 'year' ? 12 : 1)) - start;
}
