import type { Operation, Operations } from '../operation.ts';
import { minorUnits } from './currencies.ts';
import { Form } from './form.ts';
import type { BalanceTransaction } from './objects.ts';
import type { World } from './world.ts';

export interface Movement {
  /** Of the payment, in `currency`; what leaves us is negative. */
  readonly amount: number;
  readonly currency: string;
  /** What Stripe takes for it, minor units of the settlement currency. */
  readonly fee: (settled: number) => number;
  readonly type: 'adjustment' | 'charge' | 'refund' | 'refund_failure';
  readonly category: string;
  readonly source: string;
  readonly description: string | null;
}

/** Money that came or went, in the currency in which Stripe pays us out. */
export function move(world: World, movement: Movement): BalanceTransaction {
  const { settlementCurrency: currency } = world.settings;
  const rate = movement.currency === currency ? null : rateOf(world, movement.currency);
  const units = movement.amount / minorUnits(movement.currency);
  const amount = Math.round(units * (rate ?? 1) * minorUnits(currency));
  const fee = movement.fee(amount);
  const transaction: BalanceTransaction = {
    id: world.id('balance_transaction'),
    object: 'balance_transaction',
    amount,
    available_on: world.now() + 2 * 86_400,
    balance_type: 'payments',
    created: world.now(),
    currency,
    description: movement.description,
    exchange_rate: rate,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: movement.category,
    source: movement.source,
    status: 'pending',
    type: movement.type,
  };
  return world.table('balance_transaction').add(transaction);
}

/** 2.9 % and 30 ¢, Stripe's list price for cards in the United States. */
export function chargeFee(settled: number): number {
  return Math.round(settled * 0.029) + 30;
}

function rateOf(world: World, currency: string): number {
  const { exchangeRates, settlementCurrency } = world.settings;
  return (exchangeRates[currency] ?? 1) / (exchangeRates[settlementCurrency] ?? 1);
}

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [source, type] = [form.text('source'), form.text('type')];
  return world
    .table('balance_transaction')
    .list()
    .filter((transaction) => source === undefined || transaction.source === source)
    .filter((transaction) => type === undefined || transaction.type === type);
};

export const balance: Operations = {
  'GET /v1/balance_transactions': list,
  'GET /v1/balance_transactions/:id': ({ world, ids: [id = ''] }) =>
    world.table('balance_transaction').get(id),
};
