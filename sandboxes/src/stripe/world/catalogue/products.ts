import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Product } from '../objects.ts';

const createProduct: Operation = ({ world, params }) => {
  const form = new Form(params);
  const id = form.text('id') ?? world.id('product');
  const name = form.required('name');
  const asked = readProduct(form);
  form.done();
  if (world.table('product').find(id) !== undefined) {
    throw invalidRequest(`Product already exists.`, { code: 'resource_already_exists', param: 'id' });
  }
  const product: Product = {
    id,
    object: 'product',
    active: true,
    created: world.now(),
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: world.now(),
    url: null,
  };
  apply(product, asked);
  world.emit('product.created', world.table('product').add(product));
  return product;
};

const updateProduct: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const asked = {
    ...readProduct(form),
    name: form.text('name'),
    default_price: form.optional('default_price'),
  };
  form.done();
  const product = world.table('product').get(id);
  if (typeof asked.default_price === 'string') world.table('price').get(asked.default_price, 'default_price');
  return world.change(product, 'product.updated', (changed) => {
    apply(changed, asked);
    changed.updated = world.now();
  });
};

type AskedProduct = Partial<Pick<Product, 'active' | 'metadata' | 'name'>> &
  Partial<
    Record<
      'description' | 'tax_code' | 'unit_label' | 'url' | 'statement_descriptor' | 'default_price',
      string | null
    >
  >;

function readProduct(form: Form): { [K in keyof AskedProduct]: AskedProduct[K] | undefined } {
  form.ignore('images', 'shippable', 'type', 'marketing_features');
  return {
    active: form.flag('active'),
    description: form.optional('description'),
    metadata: form.hash('metadata'),
    statement_descriptor: form.optional('statement_descriptor'),
    tax_code: form.optional('tax_code'),
    unit_label: form.optional('unit_label'),
    url: form.optional('url'),
  };
}

function apply(product: Product, { metadata, ...asked }: ReturnType<typeof readProduct>): void {
  Object.assign(
    product,
    Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
  );
  if (metadata !== undefined) product.metadata = mergeMetadata(product.metadata, metadata);
}

const removeProduct: Operation = ({ world, ids: [id = ''] }) => {
  const product = world.table('product').get(id);
  if (
    world
      .table('price')
      .list()
      .some((price) => price.product === id)
  ) {
    throw invalidRequest('This product cannot be deleted because it has one or more user-created prices.');
  }
  world.table('product').remove(id);
  world.emit('product.deleted', product);
  return { id, object: 'product', deleted: true };
};

const listProducts: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [active, ids] = [form.flag('active'), form.texts('ids')];
  return world
    .table('product')
    .list()
    .filter((product) => active === undefined || product.active === active)
    .filter((product) => ids === undefined || ids.includes(product.id));
};

export const products: Operations = {
  'POST /v1/products': createProduct,
  'GET /v1/products': listProducts,
  'GET /v1/products/:id': ({ world, ids: [id = ''] }) => world.table('product').get(id),
  'POST /v1/products/:id': updateProduct,
  'DELETE /v1/products/:id': removeProduct,
};
