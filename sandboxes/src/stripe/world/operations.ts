import type { Operations } from '../operation.ts';
import { accounts } from './connect/accounts.ts';
import { balance } from './connect/balance.ts';
import { cancellations } from './subscriptions/cancellations.ts';
import { subscriptionUpdates } from './subscriptions/subscription-updates.ts';
import { charges } from './payments/charges.ts';
import { credit } from './customers/credit.ts';
import { creditNotes } from './invoices/credit-notes.ts';
import { customers } from './customers/customers.ts';
import { discounts } from './catalogue/discounts.ts';
import { disputes } from './payments/disputes.ts';
import { intents } from './payments/intents.ts';
import { invoicing } from './invoices/invoicing.ts';
import { payouts } from './connect/payouts.ts';
import { transfers } from './connect/transfers.ts';
import { meters } from './catalogue/meters.ts';
import { methods } from './customers/methods.ts';
import { previews } from './invoices/previews.ts';
import { prices } from './catalogue/prices.ts';
import { products } from './catalogue/products.ts';
import { refunds } from './payments/refunds.ts';
import { schedules } from './subscriptions/schedules.ts';
import { setups } from './payments/setups.ts';
import { subscriptions } from './subscriptions/subscriptions.ts';
import { taxes } from './customers/taxes.ts';
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
