import type { Stripe } from 'stripe';
import { AppError } from '#platform/kernel';
import { askOnce, refusedFor, type StripeClient, type StripeConnection } from './client.ts';
import { idOf } from './fetch.ts';
import { productIdOf } from './product-ids.ts';
import { syncProduct } from './prices.ts';

/** Stands in the place of an add-on's name in the id of Stripe's product for all items that a product sells. */
export const ITEM = 'item';

/** An item to sell, by the id of its sale; or packs, as an add-on that Stripe knows. `name`: what customers read on the invoice. */
export interface ItemOrder {
  readonly id: string;
  readonly product: string;
  readonly addOn?: string;
  readonly quantity?: number;
  readonly name: string;
  /** The price of one. */
  readonly amount: number;
  readonly currency: string;
  readonly customer: string;
}

/** How an invoice stands. `url`: where it is paid, while it is open. */
export interface ItemInvoice {
  readonly id: string;
  readonly state: 'draft' | 'open' | 'paid' | 'void';
  readonly url: string | null;
  /** Why it was not paid just now, in Stripe's word: `insufficient_funds`. */
  readonly failure?: string;
}

/** One that never was, or is deleted. */
export const VOID: ItemInvoice = { id: '', state: 'void', url: null };

type Link = Pick<StripeConnection, 'client' | 'addsTax' | 'tax'>;

/** The draft for a sale; asked again within a day it is the same one. A draft that is left is never paid. */
export async function draftInvoice({ client, addsTax }: Link, order: ItemOrder): Promise<string> {
  const asked: Stripe.InvoiceCreateParams = {
    customer: order.customer,
    currency: order.currency,
    auto_advance: false,
    collection_method: 'charge_automatically',
    pending_invoice_items_behavior: 'exclude',
    metadata: { plinth_sale: order.id },
    ...(addsTax ? { automatic_tax: { enabled: true } } : {}),
  };
  const drafts = { customer: order.customer, status: 'draft', limit: 100 } as const;
  return askOnce(client, {
    key: `plinth:item:${order.id}:${order.customer}`,
    ask: async (stripe, once) => idOf(await stripe.invoices.create(asked, once)),
    find: async () => {
      const { data } = await client.read((stripe) => stripe.invoices.list(drafts));
      return data.find(({ metadata }) => metadata?.['plinth_sale'] === order.id)?.id;
    },
  });
}

/** Goes on with the invoice of a sale from where it is, up to where it can be paid. */
export async function openInvoice(link: Link, invoice: string, order: ItemOrder): Promise<ItemInvoice> {
  const found = await present(link.client, invoice);
  if (found?.status !== 'draft') return invoiceOf(found);
  return advance(link.client, found, async () => {
    if (found.lines.data.length === 0) await addLine(link, invoice, order);
    return link.client.change((stripe) => stripe.invoices.finalizeInvoice(invoice));
  });
}

async function addLine({ client, tax }: Link, invoice: string, order: ItemOrder): Promise<void> {
  const { product, addOn = ITEM, customer, name, amount, currency, quantity = 1 } = order;
  const id = productIdOf({ product, addOn });
  if (addOn === ITEM) await syncProduct(client, id, { name: `${product} items`, tax_code: tax.code });
  const price = { product: id, currency, unit_amount: amount, tax_behavior: tax.behavior };
  const asked = { customer, invoice, price_data: price, quantity, description: name };
  await askOnce(client, {
    key: `plinth:item-line:${invoice}`,
    ask: async (stripe, once) => (await stripe.invoiceItems.create(asked, once)).id,
    find: async () => (await present(client, invoice))?.lines.data[0]?.id,
  });
}

/** Pays with a card that the customer has kept. An invoice that is open still was not: there is none, or the bank asks, or declines. */
export async function payInvoice(
  client: StripeClient,
  id: string,
  { customer, card }: { readonly customer: string; readonly card?: string },
): Promise<ItemInvoice> {
  const method = card ?? (await keptCard(client, customer));
  let failure = 'card_missing';
  try {
    const by = { payment_method: method ?? '', off_session: true };
    if (method !== undefined) return invoiceOf(await client.change((stripe) => stripe.invoices.pay(id, by)));
  } catch (error) {
    const isRefused = error instanceof AppError && ['payment_declined', 'store_refused'].includes(error.code);
    if (!isRefused) throw error;
    const code = error.details?.['code'];
    failure = typeof code === 'string' ? code : error.code;
  }
  return { ...invoiceOf(await client.read((stripe) => stripe.invoices.retrieve(id))), failure };
}

/** A customer's card as people know it; undefined: none is kept. */
export async function readCard(client: StripeClient, customer: string): Promise<KeptCard | undefined> {
  const id = await keptCard(client, customer);
  if (id === undefined) return undefined;
  const { card } = await client.read((stripe) => stripe.paymentMethods.retrieve(id));
  return card === undefined || card === null ? undefined : { id, brand: card.brand, last4: card.last4 };
}

export interface KeptCard {
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
}

/** The one that pays by default, else any. */
async function keptCard(client: StripeClient, customer: string): Promise<string | undefined> {
  const found = await client.read((stripe) => stripe.customers.retrieve(customer));
  const main = found.deleted === true ? undefined : found.invoice_settings.default_payment_method;
  if (main !== undefined && main !== null) return typeof main === 'string' ? main : main.id;
  const asked = { type: 'card', limit: 1 } as const;
  return (await client.read((stripe) => stripe.customers.listPaymentMethods(customer, asked))).data[0]?.id;
}

/** Has an invoice not be paid any more, unless it was: the answer says which. */
export async function closeInvoice(client: StripeClient, id: string): Promise<ItemInvoice> {
  const found = await present(client, id);
  if (found?.status === 'open')
    return advance(client, found, () => client.change((stripe) => stripe.invoices.voidInvoice(id)));
  if (found?.status !== 'draft') return invoiceOf(found);
  await client.change((stripe) => stripe.invoices.del(id));
  return VOID;
}

/** undefined: it was deleted as a draft, by us before a death, or at Stripe's dashboard. */
async function present(client: StripeClient, id: string): Promise<Stripe.Invoice | undefined> {
  try {
    return await client.read((stripe) => stripe.invoices.retrieve(id));
  } catch (error) {
    if (refusedFor(error, 'resource_missing')) return undefined;
    throw error;
  }
}

/** Changes an invoice. Where that fails because another call has come further with it meanwhile, the answer is how it stands. */
async function advance(
  client: StripeClient,
  from: Stripe.Invoice,
  change: () => Promise<Stripe.Invoice>,
): Promise<ItemInvoice> {
  try {
    return invoiceOf(await change());
  } catch (error) {
    const now = await present(client, from.id ?? '');
    if (now?.status === from.status) throw error;
    return invoiceOf(now);
  }
}

const STATES = ['draft', 'open', 'paid'] as const;

function invoiceOf(found: Stripe.Invoice | undefined): ItemInvoice {
  if (found === undefined) return VOID;
  const { id, status, hosted_invoice_url: url } = found;
  const state = STATES.find((one) => one === status) ?? 'void';
  return { id, state, url: state === 'open' ? (url ?? null) : null };
}
