import type { Operation, Operations } from '../../operation.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { InvoiceLine, TaxRate } from '../objects.ts';
import type { World } from '../world.ts';

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const percentage = form.decimal('percentage') ?? 0;
  const asked = {
    display_name: form.required('display_name'),
    inclusive: form.flag('inclusive') ?? false,
    country: form.text('country') ?? null,
    jurisdiction: form.text('jurisdiction') ?? null,
    description: form.text('description') ?? null,
    active: form.flag('active') ?? true,
    metadata: mergeMetadata(null, form.hash('metadata')),
  };
  form.ignore('tax_type', 'state');
  form.required('percentage');
  form.done();
  const rate = rateOf(world, percentage, asked);
  world.emit('tax_rate.created', world.table('tax_rate').add(rate));
  return rate;
};

type NamedTaxRate = Pick<TaxRate, 'display_name' | 'inclusive' | 'country'> & Partial<TaxRate>;

function rateOf(world: World, percentage: number, named: NamedTaxRate): TaxRate {
  return {
    id: world.id('tax_rate'),
    object: 'tax_rate',
    active: true,
    created: world.now(),
    description: null,
    effective_percentage: null,
    flat_amount: null,
    jurisdiction: null,
    jurisdiction_level: null,
    livemode: false,
    metadata: {},
    percentage,
    rate_type: 'percentage',
    state: null,
    tax_type: 'vat',
    ...named,
  };
}

/** The rate of automatic tax: one for everybody, on top of the price. */
export function automaticRate(world: World): TaxRate {
  const { taxPercent: percentage, taxCountry: country } = world.settings;
  const made = world.table('tax_rate').find(AUTOMATIC);
  if (made !== undefined) return made;
  const named = { id: AUTOMATIC, display_name: 'VAT', inclusive: false, country, jurisdiction: country };
  return world.table('tax_rate').add(rateOf(world, percentage, named));
}

const AUTOMATIC = 'txr_sandbox_automatic';

/** Taxes of an amount, after discounts; those that are inside a price are told, and not added. */
export function taxesOf(rates: readonly TaxRate[], amount: number): NonNullable<InvoiceLine['taxes']> {
  return rates.map((rate) => {
    const inside = Math.round(amount - amount / (1 + rate.percentage / 100));
    const tax = rate.inclusive ? inside : Math.round((amount * rate.percentage) / 100);
    return {
      amount: tax,
      tax_behavior: rate.inclusive ? 'inclusive' : 'exclusive',
      tax_rate_details: { tax_rate: rate.id },
      taxability_reason: 'standard_rated',
      taxable_amount: rate.inclusive ? amount - tax : amount,
      type: 'tax_rate_details',
    };
  });
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [active, metadata] = [form.flag('active'), form.hash('metadata')];
  form.done();
  return world.change(world.table('tax_rate').get(id), 'tax_rate.updated', (rate) => {
    rate.active = active ?? rate.active;
    rate.metadata = mergeMetadata(rate.metadata, metadata);
  });
};

/** Tax rates that a request names. */
export function readRates(world: World, form: Form, name: string): TaxRate[] | undefined {
  return form.texts(name)?.map((id) => world.table('tax_rate').get(idOf(id), name));
}

export const taxes: Operations = {
  'POST /v1/tax_rates': create,
  'GET /v1/tax_rates': ({ world }) => world.table('tax_rate').list(),
  'GET /v1/tax_rates/:id': ({ world, ids: [id = ''] }) => world.table('tax_rate').get(id),
  'POST /v1/tax_rates/:id': update,
};
