import './errors.ts';
import { declareLongUses, migrationsIn } from '#platform/db';
import { routesOf } from '#platform/http';
import * as routes from './routes.ts';
import * as subscriptionRoutes from './subscriptions/routes.ts';
import { defineModule } from '#platform/module';
import { billingAdminRoutes } from './admin/routes.ts';
import { balanceRoutes } from './balance/routes.ts';
import { billingDataRules } from './data-rules.ts';
import { importingRoutes } from './importing/routes.ts';
import { inboxRoutes } from './inbox/routes.ts';
import { overageRoutes } from './overage/routes.ts';
import { purchaseRoutes } from './purchases/routes.ts';
import { createSales } from './sales.ts';
import { sharingRoutes } from './sharing/routes.ts';
import { topUpRoutes } from './top-ups/routes.ts';

export { cycleText } from './cycles.ts';
export { moneyOf } from './money-text.ts';
export { ORDER_ERRORS } from './subscriptions/order-errors.ts';
export { createSubscriptionImporter } from './import-subscriptions.ts';
export { entitlementReply, type EntitlementView, type LimitInUse } from './views.ts';
export type { PriceList } from './price-list.ts';
export { amountOf, labelOf, pricePage } from './price-page.ts';
export type { ReturnAddresses } from './return-addresses.ts';
export { createSales, type Sales } from './sales.ts';
export type { ItemOffer, OpenedSale } from './sharing/selling.ts';
export type { PayeeChange, SaleChange, ShareLedger, SharingHooks } from './sharing/ledger.ts';
export type { Sharing } from './sharing/sharing.ts';
export type { Endings } from './endings/endings.ts';
export { createProjection } from './projection/projection.ts';
export type { ConnectedAccounts, ConnectedEvent } from './inbox/connected-accounts.ts';
export { createInbox, type Inbox, type ProviderSettings } from './inbox/inbox.ts';
export { createOverage, type OverageService } from './overage/service.ts';
export { createStripeMeter } from './providers/stripe/meters.ts';
export { createStripeEnder } from './providers/stripe/ender.ts';
export { createAppStoreClient } from './providers/app-store/client.ts';
export { createAppStoreProvider } from './providers/app-store/provider.ts';
export {
  createStripeClient,
  isFinal,
  type StripeClient,
  type StripeConnection,
} from './providers/stripe/client.ts';
export { createGooglePlayClient, type GooglePlayClient } from './providers/google-play/client.ts';
export { type GooglePlayStoreParts, openGooglePlayStore } from './providers/google-play/store.ts';
export {
  checkGooglePlaySetup,
  checkUnacknowledged,
  type GooglePlayFinding,
} from './providers/google-play/setup-check.ts';
export { troubledTasks } from './inbox/views.ts';
export { storeProducts } from './providers/store-products.ts';
export type { Mode, SignedRequest, PaymentProvider } from './payment-provider.ts';
export { ASSUMPTIONS, createStripeWalk, type Walked } from './providers/stripe/assumptions/walk.ts';
export { owedCurrencies } from './sharing/payout-store.ts';
export { type SetupFinding, SETUP_LINES, checkStripeSetup } from './providers/stripe/setup-check.ts';
export type { SyncedPrice } from './providers/stripe/prices.ts';
export type { SyncedEndpoint } from './providers/stripe/endpoint.ts';
export { preparePrices, syncStripe } from './providers/stripe/sync.ts';
export type { Buyer, CheckoutLinks, UpgradeOffer } from './subscriptions/checkout-links.ts';
export { createSubscriptions, type Subscriptions } from './subscriptions/service.ts';
export type { BillingAdmin } from './admin/service.ts';
export type { WithdrawalOffer } from './admin/withdrawals.ts';
export type { TopUps } from './top-ups/service.ts';
export type { TopUpView } from './top-ups/views.ts';
export { subscriptionReply } from './subscriptions/views.ts';
export type { InvoiceView, PreviewView, SubscriptionView } from './subscriptions/views.ts';
export { payingSubscriptions, type ProductSubscription, subscriptionsOf } from './subscriptions/store.ts';
export { type Billing, type BillingParts, createBilling, type GrantOrder } from './service.ts';

export const billingRoutes = routesOf(routes);

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'billing.overage': 'units past the limits of all accounts are counted, and reported to the provider',
  'billing.top-ups': 'packs that any account agreed to are bought when less is left than it agreed to',
  'billing.prices': 'what the provider calls what is sold, which is of no account',
  'billing.customers':
    'who owns an account is told to the provider, which only the system role may write down',
  'billing.notices': 'accounts whose trial ends, or who are charged soon, are told',
  'billing.import': 'what was sold elsewhere, to any account',
  'billing.paying':
    'how many subscriptions, of all accounts, pay for a product that its operator has turned off',
  'billing.endings':
    'subscriptions of accounts that were closed, and customers who were erased, are ended at the provider',
  'billing.credits': 'credit of any account is taken at the provider, where its money has gone back',
  'billing.inbox':
    'a payment provider tells of all its customers, and whose they are is found out by reading',
  'billing.sharing': 'an item that is sold belongs to its buyer, and its share to another account',
  'billing.payouts':
    'what all payees are owed is paid, and compared with the provider, which tells who can be paid',
  'admin.billing': 'a platform admin reads the events of payment providers, and has them processed again',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('billing.import', 'billing.overage');

/** This module, for the list of all of them. */
export const billingModule = defineModule({
  name: 'billing',
  purpose:
    'plans and entitlements over HTTP; payment providers, a folder for each (providers/); their events and the objects read because of them (inbox/); the rows, plans and notifications that follow (projection/); checkouts and changes (subscriptions/); purchases that apps bring (purchases/); items sold for others and what is paid to those (sharing/); units past a limit (overage/); packs that are bought by themselves (top-ups/); notices before a charge (notices/); the books of Stripe (balance/); subscriptions of closed accounts (endings/); what platform admins do for an account, and withdrawals (admin/)',
  migrations: () => migrationsIn('billing', import.meta.url),
  dataRules: billingDataRules,
  systemUses,
  partRoutes: {
    billing: billingRoutes,
    subscriptions: routesOf(subscriptionRoutes),
    overage: overageRoutes,
    topUps: topUpRoutes,
    inbox: inboxRoutes,
    importing: importingRoutes,
    purchases: purchaseRoutes,
    sharing: sharingRoutes,
    balance: balanceRoutes,
    billingAdmin: billingAdminRoutes,
  },
  create: createSales,
});
