import { actorOf } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { type AccountId, AppError } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { Facts, ObjectRef } from '../facts.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { ReadObject } from '../inbox/objects/read-object.ts';
import type { AppPurchases, PaymentProvider, StoreName } from '../payment-provider.ts';
import type { AccountCaller } from '../visitor.ts';
import {
  type ByAdmin,
  type ExtendingParts,
  type ExtensionOrder,
  extendSubscription,
} from './extend-subscription.ts';
import { purchasesIn } from './store.ts';
import { type PurchaseView, purchaseView } from './views.ts';

const BOUND = commitPoint(
  'billing.purchase-bound',
  'whose a purchase is that names nobody, and the job that reads it',
);

/** A store's proof of a purchase, as an app was given it. Exactly one is there. */
export interface PurchaseProof {
  readonly signed_transaction?: string | undefined;
  readonly purchase_token?: string | undefined;
}

/** Calls of apps that buy in stores, and bring purchases from them. */
export interface Purchases {
  /** Names that an app gives the account when it buys: to the App Store, and to Google Play. */
  names(accountId: AccountId): { readonly app_account_token: string; readonly obfuscated_account_id: string };
  /**
   * Binds a purchase to the account: one that names another account stays there, and one that names none goes to the account that sends it first, while
   * the store says that it is current. Harmless when it is asked twice. Throws `purchase_unknown`, `purchase_bound`, `purchase_over`,
   * `app_not_sold`, `store_unavailable`.
   */
  bind(visitor: AccountCaller, proof: PurchaseProof): Promise<PurchaseView>;
  /** Has a store extend a subscription, as a platform admin asks. */
  extend(order: ExtensionOrder, by: ByAdmin): Promise<PurchaseView>;
}

export interface PurchasesParts extends Omit<ExtendingParts, 'inbox'> {
  readonly log: Pick<Logger, 'warn'>;
  readonly jobs: { wake(): void };
  readonly inbox: Pick<Inbox, 'refresh' | 'read' | 'bindIn'>;
}

export function createPurchases(parts: PurchasesParts): Purchases {
  return {
    // An id is no secret: a customer who names another account pays for that account.
    names: (accountId) => ({ app_account_token: accountId, obfuscated_account_id: accountId }),
    bind: (visitor, proof) => bind(parts, visitor, proof),
    extend: (order, by) => extendSubscription(parts, order, by),
  };
}

/** A purchase, and the store that knows it. */
interface StorePurchase {
  readonly provider: PaymentProvider & { readonly purchases: AppPurchases };
  readonly ref: ObjectRef;
}

async function bind(
  parts: PurchasesParts,
  visitor: AccountCaller,
  proof: PurchaseProof,
): Promise<PurchaseView> {
  const { accountId } = visitor;
  const found = await find(parts, proof);
  const { provider, ref } = found;
  const at = { provider: provider.name, mode: provider.mode };
  await parts.inbox.refresh(at, [ref]);
  const read = await parts.inbox.read(at, ref);
  if (read === undefined) throw new AppError('store_unavailable');
  if (read.accountId !== accountId) await claim(parts, visitor, { ...found, read });
  const [rows] = await parts.db.tenant(accountId, [purchasesIn(accountId, { ...at, id: ref.id })]);
  return purchaseView(at, rows[0]);
}

/** The store, in the mode, that has signed it. Throws `purchase_unknown`. */
async function find({ stores }: PurchasesParts, proof: PurchaseProof): Promise<StorePurchase> {
  const name: StoreName = proof.signed_transaction === undefined ? 'google_play' : 'app_store';
  const token = proof.signed_transaction ?? proof.purchase_token ?? '';
  const modes = stores.filter((store) => store.name === name);
  if (modes.length === 0) throw new AppError('app_not_sold');
  for (const provider of modes) {
    const { purchases } = provider;
    const ref = await purchases?.refOf(token).catch(ignoreUnknown);
    if (purchases !== undefined && ref !== undefined) return { provider: { ...provider, purchases }, ref };
  }
  throw new AppError('purchase_unknown');
}

function ignoreUnknown(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'purchase_unknown') return undefined;
  throw error;
}

/** Takes a purchase for the account that brings it, if it has no account and names none. */
async function claim(
  parts: PurchasesParts,
  { accountId, caller, origin }: AccountCaller,
  { provider, ref, read }: StorePurchase & { readonly read: ReadObject },
): Promise<void> {
  const { facts, customer } = read;
  if (customer === null || facts.foreign) throw new AppError('purchase_unknown');
  if (read.accountId !== undefined || facts.claims !== undefined) throw new AppError('purchase_bound');
  if (!isCurrent(facts)) throw new AppError('purchase_over');
  const at = { provider: provider.name, mode: provider.mode };
  await parts.db.system('billing.customers', BOUND, async (tx) => {
    await parts.inbox.bindIn(tx, { provider, customer, accountId });
    await parts.audit.recordIn(tx, {
      action: 'purchase.bound',
      actor: actorOf(caller),
      accountId,
      target: { kind: 'purchase', id: customer },
      changes: { store: provider.name, mode: provider.mode },
      origin,
    });
  });
  parts.jobs.wake();
  await parts.inbox.refresh(at, [ref]);
  const bound = await parts.inbox.read(at, ref);
  // It is bound, and is read once the store answers again: the caller sees it then.
  if (bound?.accountId === undefined) throw new AppError('store_unavailable');
  // When two accounts bring it at once, one was first.
  if (bound.accountId !== accountId) throw new AppError('purchase_bound');
  await provider.purchases.nameOwner?.(ref, accountId).catch((err: unknown) => {
    parts.log.warn(
      { err, ...at },
      'the store was not told whose a purchase is: it is bound here all the same',
    );
  });
}

/** Whether there is something to be had for it, as the store has just said. */
function isCurrent({ subscription, sales = [] }: Facts): boolean {
  if (subscription !== undefined) return !['canceled', 'expired', 'incomplete'].includes(subscription.state);
  return sales.some(({ invoice, payment }) => invoice.state === 'paid' && payment.refunds.length === 0);
}
