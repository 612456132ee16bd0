import type { AccountByName, AccountName } from '#platform/accounts';
import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, statement } from '#platform/db';
import type { Caller, Origin } from '#platform/http';
import { type AccountId, AppError, type Ids } from '#platform/kernel';
import type { Inbox } from '../inbox/inbox.ts';
import type { ExtensionReason, Mode, PaymentProvider, StoreName } from '../payment-provider.ts';
import { purchasesIn } from './store.ts';
import { type PurchaseView, purchaseView } from './views.ts';

const ASKED = commitPoint(
  'billing.extension-asked',
  'who has a subscription extended at its store, and that nobody else does so meanwhile',
);

/** Longer than a store may take for it. Seconds. */
const BUSY = 30;

const MOVED = 'Its renewal date was moved less than half a minute ago, or is being moved. Try again then.';

/** A subscription that shall renew later than it would, for nothing. */
export interface ExtensionOrder extends AccountName {
  readonly store: StoreName;
  readonly product: string;
  readonly until: string;
  readonly reason: ExtensionReason;
}

export interface ExtendingParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly inbox: Pick<Inbox, 'refresh'>;
  readonly accountByName: AccountByName;
  /** Each mode of each store. */
  readonly stores: readonly PaymentProvider[];
}

export interface ByAdmin {
  readonly caller: Caller;
  readonly origin: Origin;
}

/**
 * Has the store extend an account's subscription. Asked again for the same date it changes nothing. Throws `not_found`, `nothing_sold`,
 * `store_refused`, and `store_unavailable`: another call does it just now, or the store does not answer.
 */
export async function extendSubscription(
  parts: ExtendingParts,
  order: ExtensionOrder,
  by: ByAdmin,
): Promise<PurchaseView> {
  const { db, stores, inbox, ids } = parts;
  const selling = stores.filter(({ name }) => name === order.store);
  if (selling.length === 0) throw new AppError('nothing_sold');
  const accountId = await parts.accountByName(order);
  const taken = await take(parts, { ...by, order, accountId, modes: selling.map(({ mode }) => mode) });
  const provider = selling.find(({ mode }) => mode === taken.mode);
  const ref = { kind: 'subscription', id: taken.store_id } as const;
  const { until, reason, store } = order;
  await provider?.purchases?.extend?.(ref, { until: new Date(until), reason, id: ids.next() });
  const at = { provider: store, mode: taken.mode };
  await inbox.refresh(at, [ref]);
  const [rows] = await db.tenant(accountId, [purchasesIn(accountId, { ...at, id: ref.id })]);
  return purchaseView(at, rows[0]);
}

interface ExtensionRequest extends Pick<ByAdmin, 'caller' | 'origin'> {
  readonly order: ExtensionOrder;
  readonly accountId: AccountId;
  readonly modes: readonly Mode[];
}

/** Records the request before the store is asked: the audit has it even if this process dies. */
async function take({ db, audit }: ExtendingParts, taking: ExtensionRequest): Promise<Extendable> {
  const { order, accountId, caller, origin } = taking;
  return db.system('admin.billing', ASKED, async (tx) => {
    const [row] = await tx.run(presentAt(taking));
    if (row === undefined)
      throw new AppError('not_found', { message: 'The account has no such subscription that is paid.' });
    if ((await tx.run(lease(accountId, row.id))).length === 0)
      throw new AppError('store_unavailable', { retryAfter: BUSY, message: MOVED });
    await audit.recordIn(tx, {
      action: 'subscription.extend',
      actor: actorOf(caller),
      accountId,
      target: { kind: 'subscription', id: row.id },
      changes: { product: order.product, store: order.store, until: order.until, reason: order.reason },
      origin,
    });
    return row;
  });
}

interface Extendable {
  readonly id: string;
  readonly mode: Mode;
  readonly store_id: string;
}

/** That which lasts longest, of several. */
const presentAt = ({ accountId, order: { store, product }, modes }: ExtensionRequest) =>
  statement<Extendable>(
    `select id, mode, store_id from billing.subscriptions
     where account_id = $1 and store = $2 and product = $3 and mode in (select jsonb_array_elements_text($4::text::jsonb))
       and state in ('trialing', 'active')
     order by period_ends_at desc, id limit 1 for update`,
    [accountId, store, product, JSON.stringify(modes)],
  );

const lease = (accountId: AccountId, id: string) =>
  statement(
    `update billing.subscriptions set extending_until = app.now() + make_interval(secs => ${BUSY}), updated_at = app.now()
     where account_id = $1 and id = $2 and (extending_until is null or extending_until <= app.now()) returning id`,
    [accountId, id],
  );
