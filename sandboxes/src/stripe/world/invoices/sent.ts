import { invalidRequest } from '../../operation.ts';
import { idOf } from '../changes.ts';
import type { Form } from '../form.ts';
import type { Customer, Invoice, Subscription } from '../objects.ts';
import type { World } from '../world.ts';

const DAY = 86_400;

/** How the invoices of a subscription are paid: charged, or sent with a number of days to pay them. */
export type Collection = Pick<Subscription, 'collection_method' | 'days_until_due'>;

export const isSent = ({ collection_method }: Pick<Invoice | Subscription, 'collection_method'>) =>
  collection_method === 'send_invoice';

/** undefined: nothing is said of it. A term that stands already need not be said again. */
export function readCollection(form: Form, present?: Collection): Collection | undefined {
  const method = form.choice('collection_method', ['charge_automatically', 'send_invoice']);
  const days = form.integer('days_until_due') ?? (method === undefined ? undefined : present?.days_until_due);
  const sent = (method ?? present?.collection_method) === 'send_invoice';
  if (method === undefined && days === undefined) return undefined;
  if (!sent && form.has('days_until_due'))
    throw invalidRequest(
      'You can only set `days_until_due` if you are creating an invoice with `collection_method=send_invoice`.',
      { param: 'days_until_due' },
    );
  if (sent && days == null)
    throw invalidRequest(
      'If `collection_method` is `send_invoice`, you must specify an invoice due date using `days_until_due` or `due_date`.',
      { param: 'days_until_due' },
    );
  return sent
    ? { collection_method: 'send_invoice', days_until_due: days ?? 0 }
    : { collection_method: 'charge_automatically', days_until_due: null };
}

/** An invoice that is sent needs an address; taxes need one too, which a page would ask for. */
export function checkAddress({ email, address }: Customer, isTaxed: boolean): void {
  if (isTaxed && address == null)
    throw invalidRequest(
      "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
      { code: 'customer_tax_location_invalid' },
    );
  if (email !== null && email !== '') return;
  throw invalidRequest(
    'Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.',
  );
}

/** The days are counted from when the invoice is made. */
export function termOf(
  world: World,
  subscription: Subscription | undefined,
): Pick<Invoice, 'collection_method' | 'due_date'> {
  const { days_until_due: days = null, collection_method = 'charge_automatically' } = subscription ?? {};
  return { collection_method, due_date: days === null ? null : world.now() + days * DAY };
}

const openOf = (world: World, { id }: Subscription): Invoice[] =>
  world
    .table('invoice')
    .list()
    .filter(({ status, parent }) => {
      const of = parent?.subscription_details?.subscription;
      return status === 'open' && of !== undefined && idOf(of) === id;
    });

export const hasOverdue = (world: World, subscription: Subscription): boolean =>
  openOf(world, subscription).some(({ due_date: due }) => due !== null && due <= world.now());
