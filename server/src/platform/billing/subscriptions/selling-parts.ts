import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import type { Catalogue, Currency } from '#platform/entitlements';
import { type AccountId, AppError, type Ids, invalidInput } from '#platform/kernel';
import type { ObjectRef } from '../facts.ts';
import type { AccountCaller } from '../visitor.ts';
import type { OverageService } from '../overage/service.ts';
import type { ReturnAddresses } from '../return-addresses.ts';
import { cancel, type Ending } from '../providers/stripe/subscription-changes.ts';
import { keyedClient, type StripeConnection } from '../providers/stripe/client.ts';
import type { CheckoutLinks } from './checkout-links.ts';
import { presentSubscriptions, type SubscriptionRow } from './store.ts';

const ORDERED = commitPoint('billing.ordered', 'who had a subscription changed at the provider');

/** Use of a limit that a plan would not have room for. */
export interface LimitExceeded {
  readonly limit: string;
  readonly used: number;
  readonly max: number;
}

export interface SubscriptionsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  /** The product whose plans are tiers; undefined: there is none. */
  readonly tiers: Catalogue | undefined;
  /** The address of this server. */
  readonly reachedAt: () => string;
  /** In how many accounts of one person, or on one card, a product is tried. */
  readonly freeAccountsPerUser: number;
  /** undefined: nothing is sold here. */
  readonly stripe: StripeConnection | undefined;
  /**
   * Has the provider's objects looked at, because something was done to them: in effect when it returns, or soon after where
   * the provider does not answer in time. Never throws.
   */
  readonly refresh: (refs: readonly ObjectRef[]) => Promise<void>;
  /** Limits that the account uses too much of for a plan: seats, gauges, members. Empty: it fits. */
  readonly notFitting: (
    accountId: AccountId,
    plan: { readonly product: string; readonly plan: string; readonly quantity: number },
  ) => Promise<readonly LimitExceeded[]>;
  /** Use past limits is told to the provider before a change that takes the price of it away. */
  readonly overage: Pick<OverageService, 'reportNow'>;
  readonly returns: Pick<ReturnAddresses, 'assertCustomer'>;
  readonly links: Pick<CheckoutLinks, 'read'>;
}

/** The parts of a server that sells. */
export interface SellingParts extends SubscriptionsParts {
  readonly stripe: StripeConnection;
}

/** Throws `nothing_sold` on one that does not. With the key that the provider is told, if the call has one. */
export function sellingPartsOf(
  parts: SubscriptionsParts,
  { providerKey }: Pick<AccountCaller, 'providerKey'> = {},
): SellingParts {
  const { stripe } = parts;
  if (stripe === undefined) throw new AppError('nothing_sold');
  return { ...parts, stripe: { ...stripe, client: keyedClient(stripe.client, providerKey) } };
}

/**
 * The subscription that is meant: that of the product, or the only one; where two providers are paid for it, the one that can be changed from
 * here. Throws `not_found`, or `validation_failed` where there are several.
 */
export async function subscriptionFor(
  { db, stripe }: SellingParts,
  accountId: AccountId,
  product: string | undefined,
): Promise<SubscriptionRow> {
  const [rows] = await db.tenant(accountId, [presentSubscriptions(accountId, stripe.client.mode)]);
  return oneOf(rows, product);
}

/** Ends one at the provider. Use past limits is told before it ends at once: it has no price from then on. Answers when it ends. */
export async function endSubscription(
  { overage, stripe: { client } }: SellingParts,
  {
    accountId,
    product,
    id,
  }: { readonly accountId: AccountId; readonly product: string | null; readonly id: string },
  ending: Ending,
): Promise<Date> {
  if (ending.when === 'now' && product !== null) await overage.reportNow(accountId, product);
  return cancel(client, id, ending);
}

function oneOf(rows: readonly SubscriptionRow[], product: string | undefined): SubscriptionRow {
  const meant = product === undefined ? rows : rows.filter((row) => row.product === product);
  const first = meant.find(({ store }) => store === 'stripe') ?? meant[0];
  if (first === undefined)
    throw new AppError('not_found', { message: 'This account has no such subscription.' });
  if (meant.some((row) => row.product !== first.product))
    throw invalidInput('body.product', 'This account has several subscriptions: name the product of one.');
  return first;
}

/**
 * The currency in which an account pays: the provider takes no other one while it has a subscription there. undefined: none yet.
 */
export async function payingCurrency(
  { db, stripe }: Pick<SellingParts, 'db' | 'stripe'>,
  accountId: AccountId,
): Promise<Currency | undefined> {
  const [rows] = await db.tenant(accountId, [presentSubscriptions(accountId, stripe.client.mode)]);
  return rows.find(({ store }) => store === 'stripe')?.currency;
}

/** The same as `subscriptionFor`, where it can be changed from here: one of another provider is changed there. */
export const changeableSubscription = async (
  parts: SellingParts,
  accountId: AccountId,
  product: string | undefined,
): Promise<SubscriptionRow> => assertOurs(await subscriptionFor(parts, accountId, product));

/** The same; where none is left, one that ended within a day: a call that has ended it may be repeated. */
export async function endedSubscription(
  { db, stripe }: SellingParts,
  accountId: AccountId,
  product: string | undefined,
): Promise<SubscriptionRow> {
  const [rows] = await db.tenant(accountId, [presentSubscriptions(accountId, stripe.client.mode, true)]);
  const live = rows.filter((row) => row.state !== 'canceled' && row.product === (product ?? row.product));
  return assertOurs(oneOf(live.length > 0 ? live : rows, product));
}

function assertOurs(row: SubscriptionRow): SubscriptionRow {
  if (row.store !== 'stripe') throw new AppError('managed_elsewhere', { details: { store: row.store } });
  return row;
}

const BEHALF = commitPoint('billing.behalf', 'a page of the provider that a backend opened for a customer');

/** Writes down in the account's audit what the operator's backend opens for it. */
export async function recordBehalf(
  { db, audit }: Pick<SellingParts, 'db' | 'audit'>,
  { accountId, caller, spender = caller, origin }: AccountCaller,
  action: 'checkout.opened' | 'portal.opened',
): Promise<void> {
  if (spender === caller) return;
  await db.tenant(accountId, BEHALF, (tx) =>
    audit.recordIn(tx, { action, actor: actorOf(caller), accountId, origin }),
  );
}

/** Writes down who had it done, and looks at what came of it. Answers the subscription as it then is. */
export async function recordChange(
  parts: SellingParts,
  { accountId, caller, origin }: AccountCaller,
  {
    row,
    action,
    changes,
  }: {
    readonly row: SubscriptionRow;
    readonly action:
      | 'subscription.cancel'
      | 'subscription.change'
      | 'subscription.extend_trial'
      | 'subscription.resume'
      | 'subscription.withdraw';
    readonly changes: Readonly<Record<string, unknown>>;
  },
): Promise<SubscriptionRow> {
  await parts.db.tenant(accountId, ORDERED, (tx) =>
    parts.audit.recordIn(tx, {
      action,
      actor: actorOf(caller),
      accountId,
      target: { kind: 'subscription', id: row.id },
      changes: { product: row.product, ...changes },
      origin,
    }),
  );
  await parts.refresh([{ kind: 'subscription', id: row.store_id }]);
  const [rows] = await parts.db.tenant(accountId, [
    presentSubscriptions(accountId, parts.stripe.client.mode),
  ]);
  return rows.find(({ id }) => id === row.id) ?? row;
}
