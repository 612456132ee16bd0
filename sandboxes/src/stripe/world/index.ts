import { debitsToCome, invoicesToCome, sentToCome } from './invoices/collect.ts';
import { returnsToCome } from './payments/disputes.ts';
import { refundsToCome } from './payments/refunds.ts';
import { subscriptionsToCome } from './subscriptions/renewals.ts';
import { payoutsToCome } from './connect/payouts.ts';
import { phasesToCome } from './subscriptions/schedules.ts';
import type { Mechanism, WorldOptions, WorldState } from './world.ts';
import { World } from './world.ts';

export { accountAt, CONNECTED_CALLS } from './connect/accounts.ts';
export { TOO_SMALL } from './connect/balance.ts';
export { NO_CAPABILITY } from './connect/transfers.ts';
export { type Bank, createBank } from './payments/bank.ts';
export { CARDS, type TestCard } from './payments/cards.ts';
export { ACCOUNTS, DEBIT_CURRENCY } from './payments/debits.ts';
export { activeCode } from './catalogue/discounts.ts';
export { includedField } from './included-field.ts';
export { authenticate } from './payments/intents.ts';
export { receipt } from './invoices/invoices.ts';
export type * from './objects.ts';
export { operations } from './operations.ts';
export type { Settings } from './settings.ts';
export type { Due, Mechanism, Table, Usage, WorldEvent, WorldOptions, WorldState } from './world.ts';
export { World } from './world.ts';

/** What happens by itself at Stripe; of one second, in this order. */
const MECHANISMS: readonly Mechanism[] = [
  phasesToCome,
  subscriptionsToCome,
  debitsToCome,
  invoicesToCome,
  sentToCome,
  refundsToCome,
  returnsToCome,
  payoutsToCome,
];

/** A shop at Stripe, new or as it was kept. `mechanisms`: what else happens by itself, as pages that expire. */
export function createWorld(options: WorldOptions & { readonly state?: WorldState }): World {
  const { state, ...rest } = { ...options, mechanisms: [...MECHANISMS, ...(options.mechanisms ?? [])] };
  return state === undefined ? new World(rest) : World.fromJSON(state, rest);
}
