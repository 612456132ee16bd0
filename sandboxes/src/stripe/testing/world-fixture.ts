import { type Entity, type Param, type Params, StripeFault } from '../operation.ts';
import { listOf } from '../world/changes.ts';
import { createWorld } from '../world/index.ts';
import type { Kind, Kinds, Price, Subscription } from '../world/objects.ts';
import { operations } from '../world/operations.ts';
import type { Settings } from '../world/settings.ts';
import type { World } from '../world/world.ts';

/** For tests: 31 January 2026, noon. */
export const OPENS = Date.UTC(2026, 0, 31, 12) / 1000;
export const DAY = 86_400;

type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

/** For tests: a world, and calls of it without HTTP. */
export interface WorldFixture {
  readonly world: World;
  /** `POST /v1/customers/cus_1`. Throws StripeFault. */
  ask(call: string, params?: Record<string, Plain>): Entity;
  /** The object that a call answered with, as it is kept. */
  get<K extends Kind>(kind: K, call: string, params?: Record<string, Plain>): Kinds[K];
  /** What a call is refused with. */
  refused(call: string, params?: Record<string, Plain>): StripeFault['error'] & { readonly status: number };
  price(amount: number, more?: Record<string, Plain>): Price;
  /** A new customer with a test card, with a subscription to prices. */
  subscribe(token: string, prices: readonly Price[], more?: Record<string, Plain>): Subscription;
  /** Types of events since the last time. */
  told(): string[];
}

export function createWorldFixture(settings: Partial<Settings> = {}): WorldFixture {
  let [ids, told] = [0, 0];
  const world = createWorld({ now: OPENS, settings, random: () => String((ids += 1)).padStart(4, '0') });
  const ask: WorldFixture['ask'] = (call, params = {}) => {
    const { operation, found } = operationFor(call);
    const answer = operation({ world, params: encodeParams(params), ids: found });
    return isList(answer) ? listOf(call, [...answer]) : answer;
  };
  const get: WorldFixture['get'] = (kind, call, params) => {
    const answer = ask(call, params);
    if (!('id' in answer) || typeof answer.id !== 'string') throw new Error(`${call} answered with no id`);
    return world.table(kind).get(answer.id);
  };
  return {
    world,
    ask,
    get,
    refused(call, params) {
      try {
        ask(call, params);
      } catch (error) {
        if (error instanceof StripeFault) return { ...error.error, status: error.status };
        throw error;
      }
      throw new Error(`${call} was not refused`);
    },
    price(amount, more = {}) {
      const product = get('product', 'POST /v1/products', { name: `Plan ${amount}` });
      const recurring = { interval: 'month' };
      return get('price', 'POST /v1/prices', {
        currency: 'usd',
        ...('unit_amount_decimal' in more ? {} : { unit_amount: amount }),
        product: product.id,
        recurring,
        ...more,
      });
    },
    subscribe(token, prices, more = {}) {
      const customer = get('customer', 'POST /v1/customers', { email: 'ada@example.com' });
      const method = get('payment_method', `POST /v1/payment_methods/${token}/attach`, {
        customer: customer.id,
      });
      ask(`POST /v1/customers/${customer.id}`, { invoice_settings: { default_payment_method: method.id } });
      const items = prices.map(({ id }) => ({ price: id }));
      return get('subscription', 'POST /v1/subscriptions', { customer: customer.id, items, ...more });
    },
    told() {
      const types = world.events.slice(told).map(({ type }) => type);
      told = world.events.length;
      return types;
    },
  };
}

function operationFor(call: string) {
  const asked = call.split(/[ /]/);
  for (const [pattern, operation] of Object.entries(operations)) {
    const parts = pattern.split(/[ /]/);
    const fits =
      parts.length === asked.length && parts.every((part, index) => part === ':id' || part === asked[index]);
    if (fits && !(parts.includes(':id') && operations[call] !== undefined)) {
      return { operation, found: asked.filter((_part, index) => parts[index] === ':id') };
    }
  }
  throw new Error(`No such call: ${call}`);
}

function encodeParams(params: Record<string, Plain>): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, encode(value)]));
}

function encode(value: Plain): Param {
  if (typeof value !== 'object') return String(value);
  if (isPlainList(value)) return value.map(encode);
  return encodeParams(value);
}

function isPlainList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

function isList(answer: Entity | readonly Entity[]): answer is readonly Entity[] {
  return Array.isArray(answer);
}
