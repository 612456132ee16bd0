import { type Entity, type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf } from '../changes.ts';
import { Form } from '../form.ts';
import type { Meter, MeterEvent, Subscription, SubscriptionItem } from '../objects.ts';
import type { World } from '../world.ts';

const DAY = 86_400;
/** Length of an event's name, and of its identifier. */
const LONGEST_NAME = 100;
const MOST_DIGITS = 15;

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [aggregation, mapping, value] = ['default_aggregation', 'customer_mapping', 'value_settings'].map(
    (name) => form.part(name),
  );
  mapping?.ignore('type');
  const meter: Meter = {
    id: world.id('billing.meter'),
    object: 'billing.meter',
    created: world.now(),
    customer_mapping: {
      event_payload_key: mapping?.text('event_payload_key') ?? 'stripe_customer_id',
      type: 'by_id',
    },
    default_aggregation: { formula: aggregation?.choice('formula', ['sum', 'count', 'last']) ?? 'sum' },
    display_name: form.required('display_name', 250),
    event_name: form.required('event_name', LONGEST_NAME),
    event_time_window: form.choice('event_time_window', ['day', 'hour']) ?? null,
    livemode: false,
    status: 'active',
    status_transitions: { deactivated_at: null },
    updated: world.now(),
    value_settings: { event_payload_key: value?.text('event_payload_key') ?? 'value' },
  };
  form.done();
  if (activeMeter(world, meter.event_name) !== undefined) {
    throw invalidRequest(`An active meter with event_name ${meter.event_name} already exists.`, {
      param: 'event_name',
    });
  }
  world.emit('billing.meter.created', world.table('billing.meter').add(meter));
  return meter;
};

function activeMeter(world: World, eventName: string): Meter | undefined {
  const meters = world.table('billing.meter').list();
  return meters.find((meter) => meter.event_name === eventName && meter.status === 'active');
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const name = form.text('display_name');
  form.done();
  return world.change(world.table('billing.meter').get(id), 'billing.meter.updated', (meter) => {
    meter.display_name = name ?? meter.display_name;
  });
};

const become =
  (status: 'active' | 'inactive'): Operation =>
  ({ world, ids: [id = ''] }) => {
    const type = status === 'active' ? 'billing.meter.reactivated' : 'billing.meter.deactivated';
    return world.change(world.table('billing.meter').get(id), type, (meter) => {
      meter.status = status;
      meter.status_transitions.deactivated_at = status === 'active' ? null : world.now();
    });
  };

/** Units used. The same identifier is refused for a day; units of the last 35 days are taken. */
const record: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [eventName, payload] = [form.required('event_name'), form.hash('payload') ?? {}];
  const at = form.integer('timestamp') ?? world.now();
  const identifier = form.text('identifier', LONGEST_NAME) ?? world.token('mtrev');
  form.done();
  const meter = activeMeter(world, eventName);
  if (meter === undefined)
    throw invalidRequest(`No active meter found for event_name ${eventName}.`, { param: 'event_name' });
  const [customer, value] = [
    payload[meter.customer_mapping.event_payload_key],
    payload[meter.value_settings.event_payload_key],
  ];
  if (customer === undefined)
    throw invalidRequest(`Missing ${meter.customer_mapping.event_payload_key} in payload.`);
  if (value === undefined || !/^\d+(\.\d+)?$/.test(value))
    throw invalidRequest(`Invalid value in payload: ${value}`);
  if (value.replace('.', '').length > MOST_DIGITS)
    throw invalidRequest(
      `The value in the event payload can have at most ${MOST_DIGITS} digits. Received ${value}.`,
    );
  if (at < world.now() - 35 * DAY)
    throw invalidRequest('The timestamp must be within the past 35 calendar days.', { param: 'timestamp' });
  if (at > world.now() + 300)
    throw invalidRequest('The timestamp must not be more than 5 minutes in the future.', {
      param: 'timestamp',
    });
  refuseTwice(world, identifier);
  world.usage.push({ meter: meter.id, customer, value: Number(value), at });
  const event: MeterEvent = {
    object: 'billing.meter_event',
    created: world.now(),
    event_name: eventName,
    identifier,
    livemode: false,
    payload,
    timestamp: at,
  };
  return event;
};

function refuseTwice(world: World, identifier: string): void {
  for (const [known, at] of world.seen) if (at <= world.now() - DAY) world.seen.delete(known);
  if (world.seen.has(identifier)) {
    throw invalidRequest(`An event already exists with identifier ${identifier}.`, {
      code: 'duplicate_meter_event',
    });
  }
  world.seen.set(identifier, world.now());
}

/** What a customer used from one second to before another. */
export function usedUnits(
  world: World,
  meterId: string,
  span: { customer: string; from: number; until: number },
): number {
  const values = world.usage
    .filter((used) => used.meter === meterId && used.customer === span.customer)
    .filter((used) => used.at >= span.from && used.at < span.until)
    .map((used) => used.value);
  const { formula } = world.table('billing.meter').get(meterId).default_aggregation;
  if (formula === 'count') return values.length;
  return formula === 'last' ? (values.at(-1) ?? 0) : values.reduce((sum, value) => sum + value, 0);
}

/** What is billed of a metered item for the period that it shows; in a trial nothing is. */
export function unitsOf(world: World, subscription: Subscription, item: SubscriptionItem): number {
  const meter = item.price.recurring?.meter ?? null;
  if (meter === null || subscription.status === 'trialing') return 0;
  const [from, until] = [item.current_period_start, item.current_period_end];
  return usedUnits(world, meter, { customer: idOf(subscription.customer), from, until });
}

const summaries: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const customer = form.required('customer');
  const [start, end] = [form.integer('start_time') ?? 0, form.integer('end_time') ?? world.now()];
  form.ignore('value_grouping_window', 'limit', 'starting_after', 'ending_before');
  form.done();
  const summary: Entity & Record<string, unknown> = {
    id: world.token('mtrusg'),
    object: 'billing.meter_event_summary',
    aggregated_value: usedUnits(world, id, { customer: idOf(customer), from: start, until: end }),
    end_time: end,
    livemode: false,
    meter: id,
    start_time: start,
  };
  return [summary];
};

const list: Operation = ({ world, params }) => {
  const status = new Form(params).text('status');
  return world
    .table('billing.meter')
    .list()
    .filter((meter) => status === undefined || meter.status === status);
};

export const meters: Operations = {
  'POST /v1/billing/meters': create,
  'GET /v1/billing/meters': list,
  'GET /v1/billing/meters/:id': ({ world, ids: [id = ''] }) => world.table('billing.meter').get(id),
  'POST /v1/billing/meters/:id': update,
  'POST /v1/billing/meters/:id/deactivate': become('inactive'),
  'POST /v1/billing/meters/:id/reactivate': become('active'),
  'GET /v1/billing/meters/:id/event_summaries': summaries,
  'POST /v1/billing/meter_events': record,
};
