import {
  invalidRequest,
  type Operation,
  type Operations,
  refusedRequest,
  resourceMissing,
} from '../../operation.ts';
import { minorUnits } from '../currencies.ts';
import { Form } from '../form.ts';
import type { Balance, BalanceTransaction, Payout } from '../objects.ts';
import type { World } from '../world.ts';

export interface Movement {
  /** Amount of the payment, in `currency`; what leaves us is negative. */
  readonly amount: number;
  readonly currency: string;
  /** What Stripe takes for it, minor units of the settlement currency. */
  readonly fee: (settled: number) => number;
  readonly type: BalanceTransaction['type'];
  readonly category: string;
  readonly source: string;
  readonly description: string | null;
  /** Whose balance it is of; the platform's when not said. */
  readonly account?: string | undefined;
  /** Seconds since 1970; two days from now when not said. */
  readonly availableOn?: number;
}

/** Money that came or went, in a currency in which Stripe pays us out; of a connected account, in the currency in which it came. */
export function move(world: World, movement: Movement): BalanceTransaction {
  const { account } = movement;
  const currency = settledIn(world, movement);
  const rate = movement.currency === currency ? null : rateOf(world, movement.currency);
  const units = movement.amount / minorUnits(movement.currency);
  const amount = Math.round(units * (rate ?? 1) * minorUnits(currency));
  const fee = movement.fee(amount);
  const transaction: BalanceTransaction = {
    id: world.id('balance_transaction'),
    object: 'balance_transaction',
    amount,
    available_on: movement.availableOn ?? world.now() + PENDING,
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
  if (account !== undefined) world.owners.set(transaction.id, account);
  return world.table('balance_transaction').add(transaction);
}

/** Seconds until what came can be paid out. */
const PENDING = 2 * 86_400;

function settledIn({ settings }: World, { account, currency }: Movement): string {
  const isKept = account !== undefined || settings.heldCurrencies.includes(currency);
  return isKept ? currency : settings.settlementCurrency;
}

/** What can be paid out, and what can be later, minor units. */
export interface Funds {
  available: number;
  pending: number;
}

/** By currency; `account`: of that connected account, in place of the platform. What leaves, leaves what is available. */
export function fundsOf(world: World, account?: string): Map<string, Funds> {
  const all = new Map<string, Funds>();
  for (const { id, currency, net, available_on: at } of world.table('balance_transaction').oldestFirst()) {
    if (world.owners.get(id) !== account) continue;
    const funds = all.get(currency) ?? { available: 0, pending: 0 };
    funds[net < 0 || at <= world.now() ? 'available' : 'pending'] += net;
    all.set(currency, funds);
  }
  return all;
}

/** Throws `balance_insufficient` where less is available. */
export function assertAvailable(
  world: World,
  { amount, currency, account }: Pick<Movement, 'account' | 'amount' | 'currency'>,
): void {
  if ((fundsOf(world, account).get(currency)?.available ?? 0) < amount) throw tooSmall();
}

export const TOO_SMALL =
  'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance';

export const tooSmall = () => refusedRequest(TOO_SMALL, { code: 'balance_insufficient' });

const balanceNow: Operation = ({ world, account }) => {
  const funds = [...fundsOf(world, account)];
  const of = (which: keyof Funds) =>
    funds.map(([currency, { [which]: amount }]) => ({ amount, currency, source_types: { card: amount } }));
  const none = { amount: 0, currency: world.settings.settlementCurrency, source_types: { card: 0 } };
  const balance: Balance = {
    object: 'balance',
    available: funds.length === 0 ? [none] : of('available'),
    ...(account === undefined
      ? { connect_reserved: [{ amount: 0, currency: world.settings.settlementCurrency }] }
      : {}),
    livemode: false,
    pending: funds.length === 0 ? [none] : of('pending'),
  };
  return balance;
};

/** 2.9 % and 30 ¢, Stripe's list price for cards in the United States. */
export function chargeFee(settled: number): number {
  return Math.round(settled * 0.029) + 30;
}

function rateOf(world: World, currency: string): number {
  const { exchangeRates, settlementCurrency } = world.settings;
  return (exchangeRates[currency] ?? 1) / (exchangeRates[settlementCurrency] ?? 1);
}

const list: Operation = ({ world, params, account }) => {
  const form = new Form(params);
  const [source, type, payout] = [form.text('source'), form.text('type'), form.text('payout')];
  const paid = payout === undefined ? undefined : paidBy(world, world.table('payout').get(payout, 'payout'));
  return world
    .table('balance_transaction')
    .list()
    .filter((transaction) => paid?.(transaction) !== false)
    .filter(({ id }) => world.owners.get(id) === account)
    .filter((transaction) => source === undefined || transaction.source === source)
    .filter((transaction) => type === undefined || transaction.type === type)
    .map((transaction) => asOfNow(world, transaction));
};

/** Whether an automatic payout pays a transaction: its own, and all that became available since the one before. */
export function paidBy(
  world: World,
  { id, automatic, created, currency }: Pick<Payout, 'id' | 'automatic' | 'created' | 'currency'>,
): (of: BalanceTransaction) => boolean {
  if (!automatic)
    throw invalidRequest(
      'Balance transaction history can only be filtered on automatic transfers, not manual.',
      { param: 'payout' },
    );
  const earlier = world
    .table('payout')
    .list()
    .filter((one) => one.automatic && one.currency === currency && one.created < created);
  const since = Math.max(0, ...earlier.map((one) => one.created));
  return (of) => {
    const at = of.net < 0 ? of.created : Math.max(of.created, of.available_on);
    if (of.currency !== currency || world.owners.has(of.id)) return false;
    return of.source === id || (at > since && at <= created);
  };
}

const get: Operation = ({ world, ids: [id = ''], account }) => {
  if (world.owners.get(id) !== account) throw resourceMissing('balance transaction', id);
  return asOfNow(world, world.table('balance_transaction').get(id));
};

/** It becomes available by itself, and nothing is told of it. */
function asOfNow(world: World, transaction: BalanceTransaction): BalanceTransaction {
  if (transaction.available_on <= world.now()) transaction.status = 'available';
  return transaction;
}

export const balance: Operations = {
  'GET /v1/balance_transactions': list,
  'GET /v1/balance_transactions/:id': get,
  'GET /v1/balance': balanceNow,
};
