import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { smallestStep } from '../currencies.ts';
import { Form } from '../form.ts';
import type { Price } from '../objects.ts';
import type { World } from '../world.ts';

const LONGEST_KEY = 200;

/** A new price may take the lookup key of another (`transfer_lookup_key`), which then has none. */
export const createPrice: Operation = ({ world, params }) => {
  const form = new Form(params);
  const recurring = form.part('recurring');
  const currency = form.required('currency').toLowerCase();
  const asked = {
    currency,
    product: form.required('product'),
    amount: amountOf(form, currency),
    lookupKey: form.text('lookup_key', LONGEST_KEY),
    transfer: form.flag('transfer_lookup_key') ?? false,
    active: form.flag('active') ?? true,
    nickname: form.text('nickname') ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
    taxBehavior: form.choice('tax_behavior', ['exclusive', 'inclusive', 'unspecified']) ?? 'unspecified',
    recurring: recurring === undefined ? null : recurringOf(recurring),
    billing_scheme: form.choice('billing_scheme', ['per_unit']),
  };
  form.done();
  world.table('product').get(asked.product, 'product');
  const meter = asked.recurring?.meter ?? null;
  if (meter !== null && world.table('billing.meter').get(meter, 'recurring[meter]').status !== 'active')
    throw invalidRequest('You cannot attach a deactivated meter to a price.', { param: 'recurring[meter]' });
  const price: Price = {
    id: world.id('price'),
    object: 'price',
    active: asked.active,
    billing_scheme: 'per_unit',
    created: world.now(),
    currency: asked.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: asked.metadata,
    nickname: asked.nickname,
    product: asked.product,
    recurring: asked.recurring,
    tax_behavior: asked.taxBehavior,
    tiers_mode: null,
    transform_quantity: null,
    type: asked.recurring === null ? 'one_time' : 'recurring',
    ...asked.amount,
  };
  if (asked.lookupKey !== undefined)
    takeKey(world, price, { key: asked.lookupKey, transfer: asked.transfer });
  world.emit('price.created', world.table('price').add(price));
  return price;
};

/** The price that `price_data` describes, made for one sale alone: it can't be used again. */
export function priceInPlace(world: World, form: Form, product = form.required('product')): Price {
  const [recurring, behavior] = [form.part('recurring'), form.text('tax_behavior')];
  const params = {
    active: 'false',
    currency: form.required('currency'),
    product,
    unit_amount: form.required('unit_amount'),
    ...(behavior === undefined ? {} : { tax_behavior: behavior }),
    ...(recurring === undefined ? {} : { recurring: { interval: recurring.required('interval') } }),
  };
  return createPrice({ world, params, ids: [] }) as Price;
}

function amountOf(form: Form, currency: string): Pick<Price, 'unit_amount' | 'unit_amount_decimal'> {
  const [whole, decimal] = [form.integer('unit_amount'), form.text('unit_amount_decimal')];
  if (whole !== undefined && decimal !== undefined)
    throw invalidRequest('You may only specify one of these parameters: unit_amount, unit_amount_decimal.', {
      code: 'parameters_exclusive',
    });
  const step = smallestStep(currency);
  if (whole !== undefined && (whole < 0 || whole % step !== 0))
    throw invalidRequest(`Invalid unit_amount: must be a multiple of ${step}, and not below 0`, {
      param: 'unit_amount',
    });
  if (whole !== undefined) return { unit_amount: whole, unit_amount_decimal: String(whole) };
  if (decimal === undefined || !/^\d+(\.\d{1,12})?$/.test(decimal)) {
    throw invalidRequest('Missing required param: unit_amount.', {
      code: 'parameter_missing',
      param: 'unit_amount',
    });
  }
  return {
    unit_amount: Number.isInteger(Number(decimal)) ? Number(decimal) : null,
    unit_amount_decimal: decimal,
  };
}

function recurringOf(form: Form): NonNullable<Price['recurring']> {
  const usage = form.choice('usage_type', ['licensed', 'metered']) ?? 'licensed';
  const meter = form.text('meter') ?? null;
  if ((usage === 'metered') !== (meter !== null)) {
    throw invalidRequest('Metered prices must have a meter.', { param: 'recurring[meter]' });
  }
  form.required('interval');
  return {
    interval: form.choice('interval', ['day', 'week', 'month', 'year']) ?? 'month',
    interval_count: form.integer('interval_count') ?? 1,
    meter,
    trial_period_days: null,
    usage_type: usage,
  };
}

function takeKey(world: World, price: Price, { key, transfer }: { key: string; transfer: boolean }): void {
  const owner = world
    .table('price')
    .list()
    .find((other) => other.lookup_key === key && other.id !== price.id);
  if (owner !== undefined && !transfer) {
    throw invalidRequest(`A price (\`${owner.id}\`) already uses that lookup key.`, { param: 'lookup_key' });
  }
  if (owner !== undefined) {
    world.change(owner, 'price.updated', (changed) => {
      changed.lookup_key = null;
    });
  }
  price.lookup_key = key;
}

const updatePrice: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const asked = {
    active: form.flag('active'),
    key: form.optional('lookup_key'),
    transfer: form.flag('transfer_lookup_key') ?? false,
    nickname: form.optional('nickname'),
    metadata: form.hash('metadata'),
    taxBehavior: form.choice('tax_behavior', ['exclusive', 'inclusive', 'unspecified']),
  };
  form.done();
  const { product, tax_behavior: said } = world.table('price').get(id);
  const isSaid = said === 'exclusive' || said === 'inclusive';
  if (isSaid && asked.taxBehavior !== undefined && asked.taxBehavior !== said)
    throw invalidRequest('The tax_behavior of a price cannot be changed once it is specified.', {
      param: 'tax_behavior',
    });
  if (asked.active === false && world.table('product').get(idOf(product)).default_price === id)
    throw invalidRequest('This price cannot be archived because it is the default price of its product.');
  return world.change(world.table('price').get(id), 'price.updated', (price) => {
    if (asked.active !== undefined) price.active = asked.active;
    if (asked.key === null) price.lookup_key = null;
    else if (asked.key !== undefined) takeKey(world, price, { key: asked.key, transfer: asked.transfer });
    if (asked.nickname !== undefined) price.nickname = asked.nickname;
    if (asked.taxBehavior !== undefined) price.tax_behavior = asked.taxBehavior;
    price.metadata = mergeMetadata(price.metadata, asked.metadata);
  });
};

const listPrices: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [active, keys, product] = [form.flag('active'), form.texts('lookup_keys'), form.text('product')];
  const [type, currency] = [form.text('type'), form.text('currency')];
  return world
    .table('price')
    .list()
    .filter((price) => active === undefined || price.active === active)
    .filter((price) => keys === undefined || (price.lookup_key !== null && keys.includes(price.lookup_key)))
    .filter((price) => product === undefined || idOf(price.product) === product)
    .filter((price) => type === undefined || price.type === type)
    .filter((price) => currency === undefined || price.currency === currency);
};

export const prices: Operations = {
  'POST /v1/prices': createPrice,
  'GET /v1/prices': listPrices,
  'GET /v1/prices/:id': ({ world, ids: [id = ''] }) => world.table('price').get(id),
  'POST /v1/prices/:id': updatePrice,
};
