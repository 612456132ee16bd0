import { commitPoint } from '#platform/db';
import { type AccountId, AppError, sha256, type UserId, invalidInput } from '#platform/kernel';
import {
  type SessionRequest,
  closeSession,
  findPromotion,
  openSession,
  readSession,
  type Session,
  type SessionParams,
  sessionParams,
  subscribedTo,
} from '../providers/stripe/checkout.ts';
import { failedAtStripe } from '../providers/stripe/client.ts';
import { customersOf, presentCustomer } from '../providers/stripe/customers.ts';
import {
  abandon,
  beginCheckout,
  buyingAccount,
  type CheckoutRow,
  keepParams,
  keepFailure,
  keepSession,
  openCheckout,
  renewsInAStore,
} from './checkouts-store.ts';
import { asRefusedOrder, type Order } from './order.ts';
import { pricesOf } from './prices.ts';
import { triableProducts } from '../trials.ts';
import type { SellingParts } from './selling-parts.ts';

const BEGUN = commitPoint(
  'billing.checkout-begun',
  'a way to the page of the provider, before it is asked for one',
);
const ASKED = commitPoint(
  'billing.checkout-asked',
  'what the provider is asked for, so that it can be asked again',
);
const KEPT = commitPoint('billing.checkout-kept', 'the page of the provider, or that it is over');

/** More often two orders of one account do not get into each other's way in one call. */
const ROUNDS = 4;

/** A user's order for an account. */
export interface OrderedCheckout {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly order: Order;
}

type Visit = Pick<OrderedCheckout, 'accountId'>;

/** The provider's page, while it can be paid on. */
export interface CheckoutPage extends Session {
  readonly url: string;
  /** Days of the trial that it offers; null: it is paid at once. */
  readonly trialDays: number | null;
  /** null: there is no trial. */
  readonly trialNeedsCard: boolean | null;
}

/**
 * The provider's page for an order. The same order again is answered with the same page, by whichever process and after any
 * death of another; another order of the same product closes the page of the former first. So no two pages are
 * open on which one thing could be paid twice. Throws `already_subscribed` where the account has the product already, by what
 * the provider itself says at that moment.
 */
export async function checkout(parts: SellingParts, asked: OrderedCheckout): Promise<CheckoutPage> {
  const { accountId } = asked;
  await assertMayBuy(parts, asked);
  const visit = { ...asked, order: await withAvailableTrial(parts, asked) };
  const { order } = visit;
  for (let round = 0; round < ROUNDS; round += 1) {
    const row = await openOrNew(parts, visit);
    if (row === undefined) continue;
    const isSame = row.fingerprint === order.fingerprint;
    const session = await sessionOf(parts, { visit, row, isSame });
    if (session === undefined) continue;
    const [[kept]] = await parts.db.tenant(accountId, KEPT, [keepSession(accountId, row.id, session)]);
    if (session.state === 'complete') await parts.refresh([{ kind: 'checkout', id: session.id }]);
    const { url } = session;
    const trialDays = kept?.asked?.subscription_data?.trial_period_days ?? null;
    const trialNeedsCard =
      trialDays === null ? null : kept?.asked?.payment_method_collection !== 'if_required';
    if (session.state === 'open' && url !== null) return { ...session, url, trialDays, trialNeedsCard };
  }
  throw new AppError('conflict', { message: 'Another order of this account is under way. Try again.' });
}

/** An order without a trial, or with a card for it, is another one: a page that still offers more is closed. */
async function withAvailableTrial(
  { db, stripe, freeAccountsPerUser }: SellingParts,
  { accountId, order }: OrderedCheckout,
): Promise<Order> {
  if (order.trialDays === undefined) return order;
  const [[mayTry]] = await db.tenant(accountId, [
    triableProducts(stripe.client.mode, [order.product], freeAccountsPerUser),
  ]);
  if (mayTry !== undefined) {
    if (mayTry.is_proven || order.trialNeedsCard !== false) return order;
    const { trialNeedsCard: _, ...withCard } = order;
    return { ...withCard, fingerprint: sha256(`${order.fingerprint} with a card`) };
  }
  return { ...order, trialDays: undefined, fingerprint: sha256(`${order.fingerprint} untried`) };
}

/** The way that is there, or a new one of this order; undefined: another was begun at the same instant. */
async function openOrNew(
  { db, ids, stripe }: SellingParts,
  { accountId, userId, order }: OrderedCheckout,
): Promise<CheckoutRow | undefined> {
  const { mode } = stripe.client;
  const looking = openCheckout(accountId, mode, order);
  const [[there]] = await db.tenant(accountId, [looking]);
  if (there !== undefined) return there;
  const begun = { id: ids.next(), userId, order };
  const [, [row]] = await db.tenant(accountId, BEGUN, [beginCheckout(accountId, mode, begun), looking]);
  return row;
}

/** The session of a checkout at the provider; undefined: it is over without a page. */
async function sessionOf(
  parts: SellingParts,
  {
    visit,
    row,
    isSame,
  }: { readonly visit: OrderedCheckout; readonly row: CheckoutRow; readonly isSame: boolean },
): Promise<Session | undefined> {
  const { client } = parts.stripe;
  if (!isSame) return closePage(parts, visit, row);
  if (row.session !== null) return readSession(client, row.session);
  // The process that began it may have died before it stored the session: asked again, Stripe answers the same one.
  return makeSession(parts, visit, row);
}

/** Closes the page of a checkout, unless it was paid meanwhile: the answer says which. undefined: it never had one. */
async function closePage(parts: SellingParts, visit: Visit, row: CheckoutRow): Promise<Session | undefined> {
  const { client } = parts.stripe;
  if (row.session !== null) return closeSession(client, row.session);
  const { asked } = row;
  if (asked === null) return abandonCheckout(parts, visit, row);
  const { id } = await openSessionFor(parts, visit, { ...row, asked });
  return closeSession(client, id);
}

/** Closes the page on which a plan of a product could be paid, if one is open. */
export async function closeCheckout(parts: SellingParts, visit: Visit, product: string): Promise<void> {
  const { accountId } = visit;
  const looking = openCheckout(accountId, parts.stripe.client.mode, { product, addOn: null });
  const [[row]] = await parts.db.tenant(accountId, [looking]);
  const session = row === undefined ? undefined : await closePage(parts, visit, row);
  if (row === undefined || session === undefined) return;
  await parts.db.tenant(accountId, KEPT, [keepSession(accountId, row.id, session)]);
  if (session.state === 'complete') await parts.refresh([{ kind: 'checkout', id: session.id }]);
}

/**
 * Has the provider make the page. That nothing else is open by now is what makes its word on what the account has a final one.
 * undefined: another order took its place meanwhile.
 */
async function makeSession(
  parts: SellingParts,
  visit: OrderedCheckout,
  { id, asked, attempt }: CheckoutRow,
): Promise<Session | undefined> {
  const { accountId } = visit;
  if (asked !== null) return openSessionFor(parts, visit, { id, asked, attempt });
  const params = await paramsOf(parts, visit).catch(async (error: unknown) => {
    if (error instanceof AppError && error.code !== 'store_unavailable')
      await abandonCheckout(parts, visit, { id, asked });
    throw error;
  });
  const [[kept]] = await parts.db.tenant(accountId, ASKED, [keepParams(accountId, id, params)]);
  return kept === undefined ? undefined : openSessionFor(parts, visit, kept);
}

async function openSessionFor(parts: SellingParts, visit: Visit, asked: SessionRequest): Promise<Session> {
  const { accountId } = visit;
  return openSession(parts.stripe.client, asked).catch(async (error: unknown) => {
    if (error instanceof AppError && error.code === 'store_refused')
      await abandonCheckout(parts, visit, asked);
    if (failedAtStripe(error)) await parts.db.tenant(accountId, ASKED, [keepFailure(accountId, asked)]);
    throw asRefusedOrder(error);
  });
}

/** An account can't buy here what it pays for in a store, month by month: it is changed, or canceled, there first. Throws `managed_elsewhere`. */
export async function assertNotPaidInAStore(
  { db, stripe }: SellingParts,
  { accountId, product }: { readonly accountId: AccountId; readonly product: string },
): Promise<void> {
  const [[paid]] = await db.tenant(accountId, [renewsInAStore(accountId, product, stripe.client.mode)]);
  if (paid !== undefined) throw new AppError('managed_elsewhere', { details: { store: paid.store } });
}

async function paramsOf(parts: SellingParts, { accountId, order }: OrderedCheckout): Promise<SessionParams> {
  const { client, addsTax } = parts.stripe;
  const { product, plan, promotionCode, quantity, successUrl, cancelUrl } = order;
  const { price, metered } = await pricesOf(parts, order);
  const promotion = promotionCode === undefined ? undefined : await findPromotion(client, promotionCode);
  if (promotionCode !== undefined && promotion === undefined)
    throw invalidInput('body.promotion_code', 'There is no such code, or it is over.');
  const customer = await presentCustomer({ db: parts.db, client }, accountId);
  const customers = await customersOf({ db: parts.db, client }, accountId);
  const subscribed = plan === null ? 'never' : await subscribedTo(client, { customers, product });
  if (subscribed === 'now') throw new AppError('already_subscribed');
  if (plan !== null) await assertNotPaidInAStore(parts, { accountId, product });
  return sessionParams({
    customer,
    recurring: plan !== null,
    price,
    metered: metered.map((one) => one.price),
    quantity,
    promotion,
    successUrl,
    cancelUrl,
    addsTax,
    accountId,
    // A trial is for accounts that never had the product.
    trialDays: subscribed === 'never' ? order.trialDays : undefined,
    trialNeedsCard: order.trialNeedsCard !== false,
  });
}

async function abandonCheckout(
  { db }: SellingParts,
  { accountId }: Visit,
  row: Pick<CheckoutRow, 'id' | 'asked'>,
): Promise<undefined> {
  await db.tenant(accountId, KEPT, [abandon(accountId, row)]);
}

/** A plan for organizations is not sold to a person's own account, nor the other way round. A suspended one would pay for nothing. */
async function assertMayBuy(
  { db }: SellingParts,
  { accountId, order: { holds } }: OrderedCheckout,
): Promise<void> {
  const [[account]] = await db.tenant(accountId, [buyingAccount(accountId)]);
  if (account?.status === 'suspended')
    throw new AppError('forbidden', { message: 'This account is suspended.' });
  if (account !== undefined && holds !== 'both' && account.kind !== holds)
    throw new AppError('wrong_account_kind', { details: { needed: holds } });
}
