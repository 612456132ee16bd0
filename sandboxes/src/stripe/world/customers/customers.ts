import type { Operation, Operations } from '../../operation.ts';
import { mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Customer, TaxId } from '../objects.ts';
import type { World } from '../world.ts';

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const asked = readCustomer(form);
  const clock = form.text('test_clock');
  if (clock !== undefined) world.table('test_helpers.test_clock').get(clock, 'test_clock');
  const taxIds = form
    .parts('tax_id_data')
    ?.map((part) => ({ type: part.required('type'), value: part.required('value') }));
  form.done();
  const id = world.id('customer');
  const customer: Customer = {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created: world.now(),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: world.testClock,
  };
  apply(world, customer, asked);
  world.table('customer').add(customer);
  world.emit('customer.created', customer);
  for (const taxId of taxIds ?? []) addTaxId(world, customer, taxId);
  return customer;
};

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const asked = readCustomer(form);
  form.done();
  const customer = world.table('customer').get(id);
  return world.change(customer, 'customer.updated', (changed) => apply(world, changed, asked));
};

interface CustomerInput {
  readonly texts: Readonly<Partial<Record<(typeof TEXTS)[number], string | null>>>;
  readonly address: Customer['address'] | undefined;
  readonly balance: number | undefined;
  readonly metadata: Record<string, string> | undefined;
  readonly locales: string[] | undefined;
  readonly method: string | null | undefined;
}

const TEXTS = ['description', 'email', 'name', 'phone'] as const;
const LONGEST = { description: 5_000, email: 512, name: 256, phone: 20 };

function readCustomer(form: Form): CustomerInput {
  form.ignore('tax', 'shipping', 'tax_exempt', 'invoice_prefix');
  const settings = form.part('invoice_settings');
  settings?.ignore('footer', 'custom_fields', 'rendering_options');
  const address = form.part('address');
  return {
    texts: Object.fromEntries(
      TEXTS.filter((name) => form.has(name)).map((name) => [
        name,
        form.optional(name, LONGEST[name]) ?? null,
      ]),
    ),
    address: address && addressOf(address),
    balance: form.integer('balance'),
    metadata: form.hash('metadata'),
    locales: form.texts('preferred_locales'),
    method: settings?.optional('default_payment_method'),
  };
}

export function addressOf(form: Form): NonNullable<Customer['address']> {
  const part = (name: string): string | null => form.optional(name) ?? null;
  return {
    city: part('city'),
    country: part('country'),
    line1: part('line1'),
    line2: part('line2'),
    postal_code: part('postal_code'),
    state: part('state'),
  };
}

function apply(world: World, customer: Customer, asked: CustomerInput): void {
  Object.assign(customer, asked.texts);
  if (asked.address !== undefined) customer.address = asked.address;
  if (asked.balance !== undefined) customer.balance = asked.balance;
  if (asked.locales !== undefined) customer.preferred_locales = asked.locales;
  if (asked.metadata !== undefined) customer.metadata = mergeMetadata(customer.metadata, asked.metadata);
  if (asked.method === undefined) return;
  if (asked.method !== null)
    world.table('payment_method').get(asked.method, 'invoice_settings[default_payment_method]');
  customer.invoice_settings.default_payment_method = asked.method;
}

function addTaxId(world: World, customer: Customer, { type, value }: { type: string; value: string }): TaxId {
  const taxId: TaxId = {
    id: world.id('tax_id'),
    object: 'tax_id',
    country: value.slice(0, 2).toUpperCase(),
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    livemode: false,
    owner: { customer: customer.id, customer_account: null, type: 'customer' },
    type,
    value,
    verification: { status: 'pending', verified_address: null, verified_name: null },
  };
  world.emit('customer.tax_id.created', world.table('tax_id').add(taxId));
  return taxId;
}

const createTaxId: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const asked = { type: form.required('type'), value: form.required('value') };
  form.done();
  return addTaxId(world, world.table('customer').get(id), asked);
};

const removeTaxId: Operation = ({ world, ids: [, id = ''] }) => {
  const taxId = world.table('tax_id').get(id);
  world.table('tax_id').remove(id);
  world.emit('customer.tax_id.deleted', taxId);
  return { id, object: 'tax_id', deleted: true };
};

/** Lists that a customer's email narrows. Those of a test clock are in its own list alone. */
const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [email, clock] = [form.text('email'), form.text('test_clock')];
  return world
    .table('customer')
    .list()
    .filter(({ test_clock: of }) => of === (clock ?? null))
    .filter((customer) => email === undefined || customer.email === email);
};

export const customers: Operations = {
  'POST /v1/customers': create,
  'GET /v1/customers': list,
  'GET /v1/customers/:id': ({ world, ids: [id = ''] }) =>
    world.deleted.has(id) ? { id, object: 'customer', deleted: true } : world.table('customer').get(id),
  'POST /v1/customers/:id': update,
  'POST /v1/customers/:id/tax_ids': createTaxId,
  'GET /v1/customers/:id/tax_ids': ({ world, ids: [id = ''] }) =>
    world
      .table('tax_id')
      .list()
      .filter((taxId) => taxId.customer === id),
  'DELETE /v1/customers/:id/tax_ids/:id': removeTaxId,
};
