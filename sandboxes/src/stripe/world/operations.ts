import type { Operations } from '../operation.ts';
import { accounts } from './accounts.ts';
import { balance } from './balance.ts';
import { cancellations } from './cancellations.ts';
import { subscriptionUpdates } from './subscription-updates.ts';
import { charges } from './charges.ts';
import { credit } from './credit.ts';
import { creditNotes } from './credit-notes.ts';
import { customers } from './customers.ts';
import { discounts } from './discounts.ts';
import { disputes } from './disputes.ts';
import { intents } from './intents.ts';
import { invoicing } from './invoicing.ts';
import { payouts } from './payouts.ts';
import { transfers } from './transfers.ts';
import { meters } from './meters.ts';
import { methods } from './methods.ts';
import { previews } from './previews.ts';
import { prices } from './prices.ts';
import { products } from './products.ts';
import { refunds } from './refunds.ts';
import { schedules } from './schedules.ts';
import { setups } from './setups.ts';
import { subscriptions } from './subscriptions.ts';
import { taxes } from './taxes.ts';
import { testClocks } from './test-clocks.ts';

/** All calls that are answered, by method and path. */
export const operations: Operations = {
  ...accounts,
  ...balance,
  ...cancellations,
  ...subscriptionUpdates,
  ...charges,
  ...credit,
  ...creditNotes,
  ...customers,
  ...discounts,
  ...disputes,
  ...intents,
  ...invoicing,
  ...meters,
  ...payouts,
  ...transfers,
  ...methods,
  ...previews,
  ...prices,
  ...products,
  ...refunds,
  ...schedules,
  ...setups,
  ...subscriptions,
  ...taxes,
  ...testClocks,
};
