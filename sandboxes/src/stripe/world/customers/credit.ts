import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Customer, CustomerBalanceTransaction } from '../objects.ts';
import type { World } from '../world.ts';

interface CreditMovement {
  /** The amount taken from the customer's credit; below 0: added to it. */
  readonly amount: number;
  readonly currency: string;
  readonly type: CustomerBalanceTransaction['type'];
  readonly invoice?: string;
  readonly creditNote?: string;
  readonly description?: string | null;
  readonly metadata?: Record<string, string> | undefined;
}

/** Writes down what has just become of a customer's credit. */
export function noteCredit(
  world: World,
  customer: Customer,
  movement: CreditMovement,
): CustomerBalanceTransaction {
  const { amount, currency, type, invoice = null, creditNote = null, description = null } = movement;
  return world.table('customer_balance_transaction').add({
    id: world.id('customer_balance_transaction'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: world.now(),
    credit_note: creditNote,
    currency,
    customer: customer.id,
    customer_account: null,
    description,
    ending_balance: customer.balance,
    invoice,
    livemode: false,
    metadata: mergeMetadata({}, movement.metadata),
    type,
  });
}

/** Changes it, and writes it down. */
export function moveCredit(
  world: World,
  customer: Customer,
  movement: CreditMovement,
): CustomerBalanceTransaction {
  world.change(customer, 'customer.updated', (changed) => {
    changed.balance += movement.amount;
  });
  return noteCredit(world, customer, movement);
}

const create: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [amount, currency] = [form.integer('amount'), form.required('currency')];
  const [description, metadata] = [form.text('description', 350), form.hash('metadata')];
  form.done();
  const customer = world.table('customer').get(id);
  if (amount === undefined) throw invalidRequest('Missing required param: amount.', { param: 'amount' });
  if (customer.currency !== null && customer.currency !== currency)
    throw invalidRequest(`You cannot use ${currency} for a customer who pays in ${customer.currency}.`);
  return moveCredit(world, customer, {
    amount,
    currency,
    type: 'adjustment',
    description: description ?? null,
    metadata,
  });
};

export const credit: Operations = {
  'POST /v1/customers/:id/balance_transactions': create,
  'GET /v1/customers/:id/balance_transactions': ({ world, ids: [id = ''] }) => {
    world.table('customer').get(id);
    return world
      .table('customer_balance_transaction')
      .list()
      .filter(({ customer }) => customer === id);
  },
};
