import { expect, test } from 'vitest';
import { createWorldFixture, DAY, OPENS } from '../testing/world-fixture.ts';
import { createWorld } from './index.ts';

test('a world that went through a file goes on as if it had not', () => {
  const counter = createWorldFixture();
  const { world } = counter;
  counter.subscribe('pm_card_authenticationRequiredOnSetup', [counter.price(2000)]);
  counter.subscribe('pm_card_visa', [counter.price(500)], { trial_period_days: 10 });
  counter.ask('DELETE /v1/customers/' + world.table('customer').list()[0]?.id);
  const state = JSON.parse(JSON.stringify(world));
  let ids = 5000;
  const ahead = () => String((ids += 1));
  const other = createWorld({ now: 0, state, random: ahead });
  expect(JSON.stringify(other) === JSON.stringify(world)).toBe(true);
  other.advance(40 * DAY);
  world.advance(40 * DAY);
  const shape = (told: typeof world) => told.events.map(({ type, created }) => `${created} ${type}`);
  expect(shape(other)).toEqual(shape(world));
});

test('what a request says and nobody reads is refused, and nothing is done', () => {
  const { refused, world } = createWorldFixture();
  const unknown = { status: 400, code: 'parameter_unknown', param: 'colour' };
  expect(refused('POST /v1/customers', { email: 'a@example.com', colour: 'red' })).toMatchObject(unknown);
  expect(refused('POST /v1/customers', { invoice_settings: { colour: 'red' } }).param).toBe(
    'invoice_settings[colour]',
  );
  expect(world.table('customer').list()).toEqual([]);
  expect(world.events).toEqual([]);
});

test.each([
  ['POST /v1/prices', { currency: 'usd', unit_amount: 'ten', product: 'p' }, 'parameter_invalid_integer'],
  ['POST /v1/prices', { unit_amount: 5, product: 'p' }, 'parameter_missing'],
  ['POST /v1/prices', { currency: 'usd', unit_amount: 5, product: 'p' }, 'resource_missing'],
  ['GET /v1/subscriptions/sub_none', {}, 'resource_missing'],
])('%s with %j is refused as %s', (call, params, code) => {
  expect(createWorldFixture().refused(call, params).code).toBe(code);
});

test('an object that is not there is 404 in the path, and 400 in a parameter', () => {
  const { refused } = createWorldFixture();
  expect(refused('GET /v1/customers/cus_none')).toMatchObject({
    status: 404,
    message: "No such customer: 'cus_none'",
  });
  const asked = { customer: 'cus_none', items: [{ price: 'p' }] };
  expect(refused('POST /v1/subscriptions', asked)).toMatchObject({ status: 400, param: 'customer' });
});

test('an event holds the object as it was, what it was before, and who asked', () => {
  const counter = createWorldFixture();
  const customer = counter.get('customer', 'POST /v1/customers', {
    name: 'Ada',
    metadata: { a: '1', b: '2' },
  });
  const heard: string[] = [];
  const stop = counter.world.listen(({ type }) => heard.push(type));
  counter.world.during({ id: 'req_1', idempotency_key: 'key' }, () =>
    counter.ask(`POST /v1/customers/${customer.id}`, { name: 'Grace', metadata: { a: '', c: '3' } }),
  );
  stop();
  counter.ask(`POST /v1/customers/${customer.id}`, { name: 'Alan' });
  expect(heard).toEqual(['customer.updated']);
  expect(counter.world.events.at(-2)).toMatchObject({
    type: 'customer.updated',
    request: { id: 'req_1', idempotency_key: 'key' },
    data: {
      object: { name: 'Grace', metadata: { b: '2', c: '3' } },
      previous_attributes: { name: 'Ada', metadata: { a: '1', c: null } },
    },
  });
});

test('due events happen in the order of time, however far the clock is moved', () => {
  const [steps, leap] = [createWorldFixture(), createWorldFixture()];
  for (const counter of [steps, leap]) {
    counter.subscribe('pm_card_visa', [counter.price(2000)], { trial_period_days: 5 });
    counter.subscribe('pm_card_visa', [counter.price(900, { recurring: { interval: 'week' } })]);
  }
  for (let hour = 0; hour < 60 * 24; hour += 1) steps.world.advance(3600);
  leap.world.advance(60 * DAY);
  expect(JSON.stringify(leap.world) === JSON.stringify(steps.world)).toBe(true);
  const warned = leap.world.events.find(({ type }) => type === 'customer.subscription.trial_will_end');
  expect(warned?.created).toBe(OPENS + 2 * DAY);
});
