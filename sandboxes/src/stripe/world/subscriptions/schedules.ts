import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { endWithPeriod } from './cancellations.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { redeem } from '../catalogue/discounts.ts';
import { endNow } from './endings.ts';
import { Form } from '../form.ts';
import { type AskedItem, isMetered, periodOf } from './items.ts';
import type { Price, Subscription, SubscriptionSchedule } from '../objects.ts';
import { type Phase, phaseOf, readPhases } from './phases.ts';
import { changeAtTurn, changeSale, type ProrationBehavior } from './sales.ts';
import type { Due, World } from '../world.ts';

/** Puts a subscription under a schedule, whose only phase is what it is now. */
const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const subscription = world
    .table('subscription')
    .get(form.required('from_subscription'), 'from_subscription');
  form.done();
  if (subscription.ended_at !== null)
    throw invalidRequest('You cannot migrate a subscription that is canceled.');
  if (subscription.schedule !== null) {
    throw invalidRequest('You cannot migrate a subscription that is already attached to a schedule.');
  }
  const phase = phaseOf(subscription);
  const schedule: SubscriptionSchedule = {
    id: world.id('subscription_schedule'),
    object: 'subscription_schedule',
    application: null,
    billing_mode: {
      flexible: { proration_discounts: 'included' },
      type: 'flexible',
      updated_at: world.now(),
    },
    canceled_at: null,
    completed_at: null,
    created: world.now(),
    current_phase: { start_date: phase.start_date, end_date: phase.end_date },
    customer: subscription.customer,
    customer_account: null,
    default_settings: defaultsOf(subscription),
    end_behavior: subscription.cancel_at === null ? 'release' : 'cancel',
    livemode: false,
    metadata: {},
    pause_schedules: [],
    phases: [phase],
    released_at: null,
    released_subscription: null,
    status: 'active',
    subscription: subscription.id,
    test_clock: world.testClock,
  };
  world.table('subscription_schedule').add(schedule);
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    changed.schedule = schedule.id;
  });
  world.emit('subscription_schedule.created', schedule);
  return schedule;
};

function defaultsOf(subscription: Subscription): SubscriptionSchedule['default_settings'] {
  const invoices = { account_tax_ids: null, custom_fields: null, days_until_due: null };
  return {
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: subscription.automatic_tax.enabled, liability: null },
    billing_cycle_anchor: 'automatic',
    billing_thresholds: null,
    collection_method: 'charge_automatically',
    default_payment_method: subscription.default_payment_method,
    description: null,
    invoice_settings: { ...invoices, description: null, footer: null, issuer: { type: 'self' } },
    on_behalf_of: null,
    transfer_data: null,
  };
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const schedule = world.table('subscription_schedule').get(id);
  const asked = {
    phases: form.parts('phases'),
    end: form.choice('end_behavior', ['cancel', 'release']),
    metadata: form.hash('metadata'),
  };
  form.ignore('proration_behavior', 'default_settings');
  const phases = asked.phases === undefined ? undefined : readPhases(world, schedule, asked.phases);
  form.done();
  if (schedule.status !== 'active') {
    throw invalidRequest(
      `You cannot update a subscription schedule that is currently in the \`${schedule.status}\` status.`,
    );
  }
  world.change(schedule, 'subscription_schedule.updated', (changed) => {
    changed.end_behavior = asked.end ?? changed.end_behavior;
    changed.metadata = mergeMetadata(changed.metadata, asked.metadata);
    if (phases === undefined) return;
    changed.phases = phases;
    const present = phases.find((phase) => phase.start_date <= world.now() && world.now() < phase.end_date);
    if (present !== undefined)
      changed.current_phase = { start_date: present.start_date, end_date: present.end_date };
  });
  if (phases !== undefined) discountNow(world, schedule);
  return schedule;
};

/** What the present phase says of discounts is so at once: one that names none takes away what there was. */
function discountNow(world: World, schedule: SubscriptionSchedule): void {
  const present = schedule.phases.find((phase) => phase.start_date === schedule.current_phase?.start_date);
  const subscription = world.table('subscription').get(idOf(schedule.subscription ?? ''));
  const wanted = present?.discounts ?? [];
  const had = new Set(subscription.discounts.map(idOf));
  const same = wanted.every(({ discount }) => discount !== null && had.has(idOf(discount)));
  if (same && wanted.length === had.size) return;
  world.change(subscription, 'customer.subscription.updated', (changed) =>
    redeem(world, changed, wanted.map(discountOf)),
  );
}

/** The subscription goes on as it is, and belongs to no schedule any more. */
const release: Operation = ({ world, ids: [id = ''] }) => {
  const schedule = world.table('subscription_schedule').get(id);
  if (schedule.status !== 'active') {
    throw invalidRequest(
      `You cannot release a subscription schedule that is currently in the \`${schedule.status}\` status.`,
    );
  }
  letGo(world, schedule);
  return schedule;
};

function letGo(world: World, schedule: SubscriptionSchedule): void {
  const id = idOf(schedule.subscription ?? '');
  world.change(schedule, 'subscription_schedule.released', (changed) => {
    changed.status = 'released';
    changed.released_at = world.now();
    changed.released_subscription = id;
    changed.subscription = null;
    changed.current_phase = null;
  });
  world.change(world.table('subscription').get(id), 'customer.subscription.updated', (changed) => {
    changed.schedule = null;
  });
}

const cancel: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  form.ignore('invoice_now', 'prorate');
  form.done();
  const schedule = world.table('subscription_schedule').get(id);
  if (schedule.status !== 'active')
    throw invalidRequest('You cannot cancel a subscription schedule that is over.');
  endNow(world, world.table('subscription').get(idOf(schedule.subscription ?? '')), 'cancellation_requested');
  return schedule;
};

/** The ends of phases; they come before a renewal of the same second, which then bills what the next phase sells. */
export function* phasesToCome(world: World): Generator<Due> {
  for (const schedule of world.table('subscription_schedule').oldestFirst()) {
    const phase = schedule.current_phase;
    if (schedule.status === 'active' && phase !== null)
      yield { at: phase.end_date, of: schedule, run: () => turn(world, schedule) };
  }
}

function turn(world: World, schedule: SubscriptionSchedule): void {
  const next = schedule.phases.find((phase) => phase.start_date === schedule.current_phase?.end_date);
  const subscription = world.table('subscription').get(idOf(schedule.subscription ?? ''));
  if (next !== undefined) {
    world.change(schedule, 'subscription_schedule.updated', (changed) => {
      changed.current_phase = { start_date: next.start_date, end_date: next.end_date };
    });
    enter(world, subscription, next);
    return;
  }
  if (schedule.end_behavior !== 'cancel') {
    letGo(world, schedule);
    return;
  }
  world.change(schedule, 'subscription_schedule.completed', (changed) => {
    changed.status = 'completed';
    changed.completed_at = world.now();
    changed.current_phase = null;
  });
  subscription.schedule = null;
  endWithPeriod(world, subscription);
}

function enter(world: World, subscription: Subscription, phase: Phase): void {
  const items = askedItems(world, subscription, phase);
  const behavior = behaviorOf(phase);
  let bill: (() => void) | undefined;
  world.change(subscription, 'customer.subscription.updated', (changed) => {
    redeem(world, changed, phase.discounts.map(discountOf));
    // At the end of a period the renewal, which is due at the same second, bills the new one.
    if (periodOf(changed).end === world.now()) changeAtTurn(world, changed, items);
    else {
      const sale = { items, behavior, proratedAt: undefined, anchorNow: false, trialEnd: undefined };
      bill = changeSale(world, changed, { ...sale, collects: true });
    }
  });
  bill?.();
}

function behaviorOf({ proration_behavior: behavior }: Phase): ProrationBehavior {
  if (behavior === 'none') return 'none';
  return behavior === 'always_invoice' ? 'always_invoice' : 'create_prorations';
}

function discountOf({ coupon, discount, promotion_code: code }: Phase['discounts'][number]) {
  const kept = discount === null ? {} : { discount: idOf(discount) };
  return { coupon: idOf(coupon ?? ''), promotionCode: code === null ? null : idOf(code), ...kept };
}

/** The phase's items in place of the subscription's: those that are sold by the same meter, or at all, keep their ids. */
function askedItems(world: World, subscription: Subscription, phase: Phase): AskedItem[] {
  const wanted = phase.items.map(({ price, quantity }) => ({
    price: world.table('price').get(idOf(price)),
    quantity,
    metadata: undefined,
    deleted: false,
  }));
  const free = [...wanted];
  const take = (fits: (price: Price) => boolean) => {
    const index = free.findIndex(({ price }) => fits(price));
    return index < 0 ? undefined : free.splice(index, 1)[0];
  };
  const kept = subscription.items.data.map((item): AskedItem => {
    const same =
      take((price) => price.id === item.price.id) ??
      take((price) => !isMetered(price) && !isMetered(item.price));
    if (same !== undefined) return { ...same, id: item.id };
    return { id: item.id, price: undefined, quantity: undefined, metadata: undefined, deleted: true };
  });
  return [...kept, ...free.map((more) => ({ ...more, id: undefined }))];
}

const list: Operation = ({ world, params }) => {
  const customer = new Form(params).text('customer');
  return world
    .table('subscription_schedule')
    .list()
    .filter((schedule) => customer === undefined || schedule.customer === customer);
};

export const schedules: Operations = {
  'POST /v1/subscription_schedules': create,
  'GET /v1/subscription_schedules': list,
  'GET /v1/subscription_schedules/:id': ({ world, ids: [id = ''] }) =>
    world.table('subscription_schedule').get(id),
  'POST /v1/subscription_schedules/:id': update,
  'POST /v1/subscription_schedules/:id/release': release,
  'POST /v1/subscription_schedules/:id/cancel': cancel,
};
