import { ask } from '../ask.ts';
import { invalidRequest, type Params } from '../operation.ts';
import type { Form } from '../world/form.ts';
import { priceInPlace } from '../world/catalogue/prices.ts';
import type { World } from '../world/index.ts';

/** The price that `price_data` describes, made for this sale alone: it can't be used again. Throws StripeFault. */
export function pricedInPlace(world: World, form: Form): string {
  const product = form.text('product') ?? productOf(world, form.part('product_data'));
  return priceInPlace(world, form, product).id;
}

function productOf(world: World, data: Form | undefined): string {
  if (data === undefined)
    throw invalidRequest('Missing required param: line_items[0][price_data][product].', {
      code: 'parameter_missing',
      param: 'line_items[0][price_data][product]',
    });
  data.ignore('images');
  const texts = ['name', 'description', 'tax_code'].map((name) => [name, data.text(name)]);
  const said = Object.fromEntries(texts.filter(([, text]) => text !== undefined)) as Params;
  return ask(world, 'POST /v1/products', { ...said, metadata: data.hash('metadata') ?? {} }).id;
}
