import { type Operation, type Operations, invalidRequest } from '../operation.ts';
import { removeCustomer } from './subscriptions/cancellations.ts';
import { Form } from './form.ts';
import type { TestClock } from './objects.ts';
import { periodEnd } from './periods.ts';
import type { World } from './world.ts';

const DAY = 86_400;
/** Stripe deletes a clock by itself after so long; this sandbox leaves that to the shop. */
const KEPT = 30 * DAY;
const WITHOUT_SUBSCRIPTION = 2 * 365 * DAY;

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  form.required('frozen_time');
  const clock: TestClock = {
    id: world.id('test_helpers.test_clock'),
    object: 'test_helpers.test_clock',
    created: world.worldTime(),
    deletes_after: world.worldTime() + KEPT,
    frozen_time: form.integer('frozen_time') ?? 0,
    livemode: false,
    name: form.text('name') ?? null,
    status: 'ready',
    status_details: {},
  };
  form.done();
  world.emit('test_helpers.test_clock.created', world.table('test_helpers.test_clock').add(clock));
  return clock;
};

/** The answer comes while it advances; who reads it afterwards finds it ready. */
const advance: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  form.required('frozen_time');
  const until = form.integer('frozen_time') ?? 0;
  form.done();
  const clock = world.table('test_helpers.test_clock').get(id);
  if (until <= clock.frozen_time)
    throw invalidRequest('Test clock frozen time must be in the future.', { param: 'frozen_time' });
  if (until > furthestTime(world, clock))
    throw invalidRequest(
      'A test clock cannot be advanced more than two intervals of its shortest subscription.',
      {
        param: 'frozen_time',
      },
    );
  const answer: TestClock = {
    ...clock,
    status: 'advancing',
    status_details: { advancing: { target_frozen_time: until } },
  };
  world.emit('test_helpers.test_clock.advancing', answer);
  world.advanceTo(until);
  world.emit('test_helpers.test_clock.ready', clock);
  return answer;
};

/** Twice the shortest interval among its subscriptions. */
function furthestTime(world: World, clock: TestClock): number {
  const { frozen_time: now } = clock;
  const ends = world
    .table('subscription')
    .list()
    .filter((subscription) => subscription.test_clock === clock.id && subscription.ended_at === null)
    .flatMap(({ items }) => items.data)
    .map(({ price: { recurring } }) => {
      const [interval, count] = [recurring?.interval ?? 'month', recurring?.interval_count ?? 1];
      return periodEnd(now, now, { interval, interval_count: 2 * count });
    });
  return Math.min(now + WITHOUT_SUBSCRIPTION, ...ends);
}

/** With it go its customers, and what they subscribe to. */
const remove: Operation = (asked) => {
  const {
    world,
    ids: [id = ''],
  } = asked;
  world.table('test_helpers.test_clock').get(id);
  const customers = world
    .table('customer')
    .list()
    .filter((customer) => customer.test_clock === id);
  for (const customer of customers) removeCustomer({ ...asked, ids: [customer.id] });
  world.table('test_helpers.test_clock').remove(id);
  return { id, object: 'test_helpers.test_clock', deleted: true };
};

export const testClocks: Operations = {
  'POST /v1/test_helpers/test_clocks': create,
  'GET /v1/test_helpers/test_clocks': ({ world }) => world.table('test_helpers.test_clock').list(),
  'GET /v1/test_helpers/test_clocks/:id': ({ world, ids: [id = ''] }) =>
    world.table('test_helpers.test_clock').get(id),
  'POST /v1/test_helpers/test_clocks/:id/advance': advance,
  'DELETE /v1/test_helpers/test_clocks/:id': remove,
};
