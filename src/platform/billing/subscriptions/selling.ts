import { actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import type { Caller } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import { keyedClient, type StripeLink } from '../stripe/client.ts';
import { unsold } from './order.ts';
import type { SubscriptionsParts } from './parts.ts';
import { presentSubscriptions, type SubscriptionRow } from './store.ts';

const ORDERED = commitPoint('billing.ordered', 'who had a subscription changed at the store');

/** Who asks, and for which account. */
export interface Visitor {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  /** What the store is told, to do the steps of this call once. */
  readonly storeKey?: string | undefined;
}

/** The parts of a server that sells. */
export interface SellingParts extends SubscriptionsParts {
  readonly stripe: StripeLink;
}

/** Throws `nothing_sold` on one that does not. With the key that the store is told, if the call has one. */
export function selling(
  parts: SubscriptionsParts,
  { storeKey }: Pick<Visitor, 'storeKey'> = {},
): SellingParts {
  const { stripe } = parts;
  if (stripe === undefined) throw new AppError('nothing_sold');
  return { ...parts, stripe: { ...stripe, client: keyedClient(stripe.client, storeKey) } };
}

/** The subscription that is meant: that of the product, or the only one. Throws `not_found`, or `validation_failed` where there are several. */
export async function chosen(
  { db, stripe }: SellingParts,
  accountId: AccountId,
  product: string | undefined,
): Promise<SubscriptionRow> {
  const [rows] = await db.tenant(accountId, [presentSubscriptions(accountId, stripe.client.mode)]);
  const meant = product === undefined ? rows : rows.filter((row) => row.product === product);
  const [first] = meant;
  if (first === undefined)
    throw new AppError('not_found', { message: 'This account has no such subscription.' });
  if (meant.some((row) => row.product !== first.product))
    throw unsold('product', 'This account has several subscriptions: name the product of one.');
  return first;
}

/** The same, where it can be changed from here: one of another store is changed there. */
export async function changeable(
  parts: SellingParts,
  accountId: AccountId,
  product: string | undefined,
): Promise<SubscriptionRow> {
  const row = await chosen(parts, accountId, product);
  if (row.store !== 'stripe') throw new AppError('managed_elsewhere', { details: { store: row.store } });
  return row;
}

/** Writes down who had it done, and looks at what came of it. Answers the subscription as it then is. */
export async function ordered(
  parts: SellingParts,
  { accountId, caller, origin }: Visitor,
  {
    row,
    action,
    changes,
  }: {
    readonly row: SubscriptionRow;
    readonly action: 'subscription.cancel' | 'subscription.resume' | 'subscription.change';
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
  await parts.look([{ kind: 'subscription', id: row.store_id }]);
  const [rows] = await parts.db.tenant(accountId, [
    presentSubscriptions(accountId, parts.stripe.client.mode),
  ]);
  return rows.find(({ id }) => id === row.id) ?? row;
}
