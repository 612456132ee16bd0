import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Mode, ProviderName } from '../payment-provider.ts';
import type { SessionRequest, Session, SessionParams } from '../providers/stripe/checkout.ts';
import type { Order } from './order.ts';

/** A way to the provider's page that is not over. */
export interface CheckoutRow {
  readonly id: string;
  readonly state: 'making' | 'open';
  readonly session: string | null;
  readonly asked: SessionParams | null;
  readonly attempt: number;
  readonly fingerprint: string;
}

/** The one of a product's plans, or of an add-on. */
export const openCheckout = (
  accountId: AccountId,
  mode: Mode,
  { product, addOn }: Pick<Order, 'product' | 'addOn'>,
) =>
  statement<CheckoutRow>(
    `select id, state, session, asked, attempt, fingerprint from billing.checkouts
      where account_id = $1 and store = 'stripe' and mode = $2 and product = $3
        and add_on is not distinct from $4 and state in ('making', 'open')`,
    [accountId, mode, product, addOn],
  );

/** Begins one, unless another call is about to. */
export const beginCheckout = (
  accountId: AccountId,
  mode: Mode,
  { id, userId, order }: { readonly id: string; readonly userId: string; readonly order: Order },
) =>
  statement(
    `insert into billing.checkouts
       (account_id, id, store, mode, product, plan, add_on, cycle, quantity, fingerprint, created_by)
     values ($1, $2, 'stripe', $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict do nothing`,
    [
      accountId,
      id,
      mode,
      order.product,
      order.plan,
      order.addOn,
      order.cycle,
      order.quantity,
      order.fingerprint,
      userId,
    ],
  );

/** Keeps what the provider is asked for; what was kept before stays, and is answered. No row: it was given up meanwhile. */
export const keepParams = (accountId: AccountId, id: string, asked: SessionParams) =>
  statement<SessionRequest>(
    `update billing.checkouts set asked = coalesce(asked, $3::jsonb), updated_at = app.now()
      where account_id = $1 and id = $2 and state = 'making' returning id, asked, attempt`,
    [accountId, id, JSON.stringify(asked)],
  );

/** The provider failed by itself: it is to be asked under another key. */
export const keepFailure = (accountId: AccountId, { id, attempt }: SessionRequest) =>
  statement(
    `update billing.checkouts set attempt = $3 + 1, updated_at = app.now()
      where account_id = $1 and id = $2 and attempt = $3 and state = 'making'`,
    [accountId, id, attempt],
  );

export const keepSession = (accountId: AccountId, id: string, session: Session) =>
  statement<Pick<CheckoutRow, 'asked'>>(
    `update billing.checkouts
        set state = $3, session = $4, url = $5, expires_at = $6, updated_at = app.now()
      where account_id = $1 and id = $2 and state in ('making', 'open') returning asked`,
    [accountId, id, session.state, session.id, session.url, session.expiresAt],
  );

/** Gives one up whose session was never made; not if the provider was asked for something else meanwhile, or for anything. */
export const abandon = (accountId: AccountId, { id, asked }: Pick<CheckoutRow, 'id' | 'asked'>) =>
  statement(
    `update billing.checkouts set state = 'expired', updated_at = app.now()
      where account_id = $1 and id = $2 and state = 'making' and asked is not distinct from $3::jsonb`,
    [accountId, id, asked === null ? null : JSON.stringify(asked)],
  );

export const buyingAccount = (accountId: AccountId) =>
  statement<{ kind: 'personal' | 'organization'; status: string }>(
    'select kind, status from accounts.accounts where account_id = $1',
    [accountId],
  );

/** A subscription to a product that goes on in a store; one that is not paid there is none. */
export const renewsInAStore = (accountId: AccountId, product: string, mode: Mode) =>
  statement<{ store: ProviderName }>(
    `select store from billing.subscriptions
      where account_id = $1 and product = $2 and mode = $3 and store <> 'stripe' and cancels_at is null and not in_sandbox
        and state in ('trialing', 'active', 'past_due')
      order by starts_at desc limit 1`,
    [accountId, product, mode],
  );
