import type { Entity } from '../operation.ts';
import { listOf } from './changes.ts';
import type { World } from './world.ts';

/** What an object has only for those who ask for it by `expand` (an invoice's payments); undefined: no such thing. */
export function includedField(world: World, object: Entity, field: string): object | undefined {
  return ways[`${object.object}.${field}`]?.(world, object);
}

const ways: Readonly<Record<string, (world: World, object: Entity) => object | undefined>> = {
  'charge.refunds': (world, charge) =>
    listOf(
      `/v1/charges/${idOf(charge)}/refunds`,
      world
        .table('refund')
        .list()
        .filter((refund) => refund.charge === idOf(charge)),
    ),
  'customer.subscriptions': (world, customer) =>
    listOf(
      `/v1/customers/${idOf(customer)}/subscriptions`,
      world
        .table('subscription')
        .list()
        .filter((one) => one.customer === idOf(customer) && one.ended_at === null),
    ),
  'customer.tax_ids': (world, customer) =>
    listOf(
      `/v1/customers/${idOf(customer)}/tax_ids`,
      world
        .table('tax_id')
        .list()
        .filter((taxId) => taxId.customer === idOf(customer)),
    ),
  'invoice.payments': (world, invoice) =>
    listOf(`/v1/invoices/${idOf(invoice)}/payments`, paymentsOf(world, invoice)),
  'invoice.confirmation_secret': (world, invoice) => {
    const id = paymentsOf(world, invoice).at(0)?.payment.payment_intent;
    const secret = typeof id === 'string' ? world.table('payment_intent').find(id)?.client_secret : undefined;
    return secret == null ? undefined : { client_secret: secret, type: 'payment_intent' };
  },
};

function paymentsOf(world: World, invoice: Entity) {
  return world
    .table('invoice_payment')
    .list()
    .filter((payment) => payment.invoice === idOf(invoice));
}

function idOf(object: Entity): string {
  return 'id' in object && typeof object.id === 'string' ? object.id : '';
}
