import type { Stripe } from 'stripe';
import { type AccountId, AppError, invalidInput, sha256 } from '#platform/kernel';
import { askOnce, refusedFor, type StripeConnection } from './client.ts';
import { type CustomersParts, presentCustomer } from './customers.ts';
import { idOf } from './fetch.ts';

/** The metadata key of the sale that a subscription was made for. */
const KEY = 'plinth_order';

/** A plan that is sold to a customer whom Stripe sends its invoices, with days to pay them. */
export interface InvoicedPlan {
  /** Tells this sale from others, for ever. */
  readonly id: string;
  readonly accountId: AccountId;
  readonly customer: string;
  readonly item: Stripe.SubscriptionCreateParams.Item;
  /** Metered prices that belong to the plan: units past its limits are on the same invoices. */
  readonly metered: readonly string[];
  readonly daysUntilDue: number;
}

type Link = Pick<StripeConnection, 'client' | 'addsTax'>;

/** Makes the subscription of a sale: one, however often it is asked for. It is active at once; Stripe sends its first invoice within hours. Throws `conflict` for want of an address. */
export async function createInvoiced(link: Link, plan: InvoicedPlan): Promise<string> {
  const { id, customer, accountId, item, metered, daysUntilDue } = plan;
  const asked: Stripe.SubscriptionCreateParams = {
    customer,
    collection_method: 'send_invoice',
    days_until_due: daysUntilDue,
    items: [item, ...metered.map((price) => ({ price }))],
    metadata: { plinth_account: accountId, [KEY]: id },
    ...(link.addsTax ? { automatic_tax: { enabled: true } } : {}),
  };
  return askOnce(link.client, {
    key: `plinth:invoiced:${id}:${sha256(JSON.stringify(asked)).slice(0, 16)}`,
    ask: async (stripe, once) => idOf(await stripe.subscriptions.create(asked, once)),
    find: async () => (await findInvoiced(link, plan))?.id,
  }).catch((error: unknown) => {
    if (!refusedFor(error, 'customer_tax_location_invalid')) throw error;
    throw new AppError('conflict', { message: NO_LOCATION, cause: error });
  });
}

/** A checkout's page asks the customer; this sale has no page. */
const NO_LOCATION =
  'Stripe adds taxes, and has no address of this customer to tell which: enter it there, and call again with another Idempotency-Key.';

/** The subscription that was made for a sale, ended or not. */
export async function findInvoiced(
  { client }: Pick<Link, 'client'>,
  { id, customer }: Pick<InvoicedPlan, 'id' | 'customer'>,
): Promise<Stripe.Subscription | undefined> {
  const { data } = await client.read((stripe) =>
    stripe.subscriptions.list({ customer, status: 'all', limit: 100 }),
  );
  return data.find(({ metadata }) => metadata[KEY] === id);
}

/** The account's customer with an address, which Stripe needs to send invoices. Throws `validation_failed` where none is known. */
export async function addressedCustomer(
  parts: CustomersParts,
  accountId: AccountId,
  email: string | null,
): Promise<string> {
  const { client } = parts;
  const customer = await presentCustomer(parts, accountId);
  const found = await client.read((stripe) => stripe.customers.retrieve(customer));
  if (found.deleted !== true && (found.email ?? '') !== '') return customer;
  if (email === null)
    throw invalidInput('body', 'This account has no email address that an invoice could be sent to.');
  await client.change((stripe) => stripe.customers.update(customer, { email }));
  return customer;
}
