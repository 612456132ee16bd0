import type { AccountByName } from '#platform/accounts';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import type { Identity } from '#platform/identity';
import { createCredits, createRowCredits, type Limits } from '#platform/limits';
import type { Secrets } from '#platform/secrets';
import type { Logger, Metrics } from '#platform/telemetry';
import { type BillingAdmin, createBillingAdmin } from './admin/service.ts';
import { type Balance, createBalance } from './balance/balance.ts';
import { createEndings, type Endings } from './endings/endings.ts';
import { createRefundedCredits, type RefundedCredits } from './endings/refunded-credits.ts';
import { createSuspensions, type Suspensions } from './endings/suspensions.ts';
import { createProjection, type ProjectionParts, type StoreRules } from './projection/projection.ts';
import { createImporting, type Importing } from './importing/importing.ts';
import { createInbox, type Inbox, type InboxParts, type ProviderSettings } from './inbox/inbox.ts';
import { waitingObjects } from './inbox/store/fetch-tasks.ts';
import { createNotices, type Notices } from './notices/notices.ts';
import { createOverage, type OverageService } from './overage/service.ts';
import { type Billing, createBilling } from './service.ts';
import type { StripeConnection } from './providers/stripe/client.ts';
import { createCreditHolder } from './providers/stripe/credit-holder.ts';
import { createStripeEnder } from './providers/stripe/ender.ts';
import { createStripeMeter } from './providers/stripe/meters.ts';
import { createStripeProvider } from './providers/stripe/provider.ts';
import { type Acknowledging, createAcknowledging } from './purchases/acknowledging.ts';
import { type Answering, createAnswering } from './purchases/answering.ts';
import { createPurchases, type Purchases } from './purchases/purchases.ts';
import type { ConnectedAccounts } from './inbox/connected-accounts.ts';
import type { Payees } from './sharing/payees.ts';
import { createShareLedger, type LedgerParts, type ShareLedger } from './sharing/ledger.ts';
import { createSharing, type Sharing, type SharingParts } from './sharing/sharing.ts';
import { createReturnAddresses, type ReturnAddresses, type ReturnSettings } from './return-addresses.ts';
import { type CheckoutLinks, createCheckoutLinks } from './subscriptions/checkout-links.ts';
import type { SubscriptionsParts } from './subscriptions/selling-parts.ts';
import { createTopUps, type TopUps } from './top-ups/service.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/service.ts';

export interface SalesParts
  extends Omit<ProjectionParts, 'storeRules' | 'ledger'>,
    Pick<InboxParts, 'db' | 'ids' | 'clock' | 'audit' | 'jobs' | 'holder'>,
    Pick<SharingParts, 'sharePoints' | 'payoutMinimums'>,
    Pick<LedgerParts, 'payableDays'> {
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Entitlements;
  readonly secrets: Pick<Secrets, 'derived'>;
  readonly signToken: Identity['signToken'];
  readonly limits: Limits;
  /** The address of this server. */
  readonly reachedAt: () => string;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'unacknowledged' | 'observeStoreObjects'>;
  readonly accountByName: AccountByName;
  /** Where purchases are paid; undefined: nothing is sold here. */
  readonly stripe: StripeConnection | undefined;
  /** Where purchases are made in apps, a connection for each of their modes. */
  readonly stores: readonly ProviderSettings[];
  /** Those that hold what is bought in a store's sandbox where real money is taken too; where none is, all do. */
  readonly storeSandboxAccounts: readonly string[];
  readonly returnSettings: ReturnSettings;
  /** For so many days from its first payment a purchase can be withdrawn from; 0: none can. */
  readonly withdrawalDays: number;
}

/** Everything on sale, payment providers' word on it, and what follows. */
export interface Sales {
  readonly billing: Billing;
  readonly inbox: Inbox;
  readonly importing: Importing;
  readonly endings: Endings;
  readonly suspensions: Suspensions;
  readonly refundedCredits: RefundedCredits;
  readonly overage: OverageService;
  readonly topUps: TopUps;
  readonly notices: Notices;
  readonly balance: Balance;
  readonly subscriptions: Subscriptions;
  readonly checkoutLinks: CheckoutLinks;
  readonly purchases: Purchases;
  readonly acknowledging: Acknowledging;
  readonly answering: Answering;
  readonly ledger: ShareLedger;
  readonly sharing: Sharing;
  readonly returns: ReturnAddresses;
  readonly billingAdmin: BillingAdmin;
}

/** Billing over the providers that the settings name. */
export function createSales(parts: SalesParts): Sales {
  const { stripe: link, entitlements, limits, clock, freeAccountsPerUser } = parts;
  const returns = createReturnAddresses(parts.returnSettings, parts.reachedAt);
  const providers = [...stripeOf(link, clock), ...parts.stores];
  const stores = parts.stores.map(({ provider }) => provider);
  const [checkoutLinks, ledger] = [linksOf(parts), createShareLedger(parts)];
  const projection = createProjection({ ...parts, ledger, storeRules: storeRules(parts, providers) });
  const connectedAccounts = toldOfPayees(() => sharing.payees());
  const inbox = createInbox({ ...parts, projection, providers, connectedAccounts });
  const sharing = createSharing({ ...parts, inbox, ledger, returns });
  const overage = createOverage({ ...parts, usage: limits.usage, provider: meterOf(link) });
  const selling: SubscriptionsParts = {
    ...parts,
    overage,
    returns,
    links: checkoutLinks,
    catalogues: entitlements.catalogues,
    tiers: entitlements.tiers,
    refresh: async (refs) => link && inbox.refresh({ provider: 'stripe', mode: link.client.mode }, refs),
    notFitting: limits.notFitting,
  };
  const billing = createBilling({
    ...parts,
    usage: limits.usage,
    credits: createCredits(parts),
    selling: link && { mode: link.client.mode, freeAccountsPerUser },
  });
  if (providers.length > 0) parts.metrics.observeStoreObjects(() => waitingObjects(parts.db));
  return {
    inbox,
    ledger,
    sharing,
    returns,
    checkoutLinks,
    importing: createImporting({ ...parts, rowCredits: createRowCredits(parts), mode: link?.client.mode }),
    billing,
    suspensions: createSuspensions({
      ...parts,
      inbox,
      sellers: providers.map(({ provider: { name, mode } }) => ({ provider: name, mode })),
    }),
    refundedCredits: createRefundedCredits({
      ...parts,
      holder: link && createCreditHolder({ ...parts, stripe: link }),
    }),
    endings: createEndings({ ...parts, inbox, enders: endersOf(parts) }),
    overage,
    topUps: createTopUps({ ...parts, inbox, catalogues: entitlements.catalogues, usage: limits.usage }),
    balance: createBalance(parts),
    notices: createNotices({ ...parts, inbox, catalogues: entitlements.catalogues, mode: link?.client.mode }),
    subscriptions: createSubscriptions(selling),
    billingAdmin: createBillingAdmin({ ...parts, ...selling, override: billing.override }),
    purchases: createPurchases({ ...parts, inbox, stores }),
    acknowledging: createAcknowledging({ ...parts, inbox, stores }),
    answering: createAnswering({ ...parts, inbox, stores }),
  };
}

const meterOf = (link: StripeConnection | undefined) =>
  link && { mode: link.client.mode, meter: createStripeMeter(link.client) };

const linksOf = ({ entitlements: { catalogues }, stripe, ...parts }: SalesParts): CheckoutLinks =>
  createCheckoutLinks({ ...parts, catalogues, isSelling: stripe !== undefined });

const endersOf = ({ stripe, stores }: SalesParts) => [
  ...(stripe === undefined ? [] : [createStripeEnder(stripe.client)]),
  ...stores.flatMap(({ ender }) => ender ?? []),
];

const toldOfPayees = (payees: () => Payees): ConnectedAccounts => ({
  isPayee: (id) => payees().isPayee(id),
  changed: async ({ account }) => void (await payees().refresh(account)),
});

function stripeOf(link: StripeConnection | undefined, clock: SalesParts['clock']): ProviderSettings[] {
  if (link === undefined) return [];
  return [{ provider: createStripeProvider({ link, clock }), readsPerSecond: link.readsPerSecond }];
}

/** Rules across all modes that decide what an account holds. */
function storeRules(
  { storeSandboxAccounts, limits }: Pick<SalesParts, 'storeSandboxAccounts' | 'limits'>,
  providers: readonly ProviderSettings[],
): StoreRules {
  const takesMoney = providers.some(({ provider }) => provider.mode === 'live');
  const listed = new Set(storeSandboxAccounts);
  return {
    modesOf: (name) => providers.flatMap(({ provider }) => (provider.name === name ? [provider.mode] : [])),
    grantsSandbox: (accountId) => !takesMoney || listed.has(accountId),
    carrier: limits.carrier,
  };
}
