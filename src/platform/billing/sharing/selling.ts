import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, AppError, type Ids } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { Inbox } from '../inbox/inbox.ts';
import type { Mode } from '../payment-provider.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import { presentCustomer } from '../providers/stripe/customers.ts';
import {
  closeInvoice,
  draftInvoice,
  type ItemInvoice,
  openInvoice,
  payInvoice,
} from '../providers/stripe/item-invoice.ts';
import { attemptAll } from './attempt-all.ts';
import { notSold } from '../subscriptions/order.ts';
import { presentSubscriptions } from '../subscriptions/store.ts';

const BEGUN = commitPoint(
  'billing.sale-begun',
  'a sale of an item, before the provider is asked for anything',
);
const KEPT = commitPoint('billing.sale-invoice', 'which invoice a sale is paid by, before it can be paid');
const CLOSED = commitPoint('billing.sale-closed', 'that a sale can not be paid any more, or is to be closed');

/** How long the page of a sale can be paid on. */
const OPEN_HOURS = 24;
/** So many sales are closed in a run: what is left over the next run finds. */
const MOST = 50;
/** More often two orders of one account do not get into each other's way in one call. */
const ROUNDS = 4;

/** Something that a product sells for somebody, to an account. */
export interface ItemOffer {
  readonly accountId: AccountId;
  readonly product: string;
  /** The product's own id of it. */
  readonly item: string;
  /** What the customer reads on the invoice. */
  readonly name: string;
  /** Minor units, before tax. */
  readonly amount: number;
  readonly currency: string;
  readonly payee: AccountId;
}

/** paid: the product was told in the same commit. open: it is paid on this page, and the product is told then. */
export type OpenedSale =
  | { readonly id: string; readonly state: 'paid' }
  | { readonly id: string; readonly state: 'open'; readonly checkoutUrl: string };

export interface SellingParts {
  readonly db: Database;
  readonly ids: Pick<Ids, 'next'>;
  readonly log: Pick<Logger, 'error'>;
  readonly stripe: StripeConnection;
  readonly inbox: Pick<Inbox, 'refresh'>;
  /** Of each new sale, in ten thousandths. */
  readonly sharePoints: number;
}

/** As `Sharing.open`. */
export async function openSale(parts: SellingParts, offer: ItemOffer): Promise<OpenedSale> {
  await parts.stripe.standIn?.prepare();
  await assertCurrency(parts, offer);
  for (let round = 0; round < ROUNDS; round += 1) {
    const sale = await saleOf(parts, offer);
    if (sale.state !== 'open') return { id: sale.id, state: 'paid' };
    const { amount, currency, payee } = offer;
    if (sale.amount !== amount || sale.currency !== currency || sale.payee !== payee) {
      await closeSale(parts, sale);
      continue;
    }
    const invoice = await pay(parts, offer, sale);
    if (invoice.url !== null) return { id: sale.id, state: 'open', checkoutUrl: invoice.url };
    await endSale(parts, sale, invoice);
  }
  throw new AppError('store_unavailable');
}

/** While it has a subscription, an account pays in its currency alone. */
async function assertCurrency(
  { db, stripe }: SellingParts,
  { accountId, currency }: ItemOffer,
): Promise<void> {
  const [rows] = await db.tenant(accountId, [presentSubscriptions(accountId, stripe.client.mode)]);
  const paysIn = rows.find(({ store }) => store === 'stripe')?.currency;
  if (paysIn !== undefined && paysIn !== currency)
    throw notSold('currency', `This account pays in ${paysIn}, as long as it has a subscription.`);
}

/** The sale that there is, or a new one, for which its payee must be payable. */
function saleOf({ db, ids, stripe, sharePoints }: SellingParts, offer: ItemOffer): Promise<SaleRow> {
  const { mode } = stripe.client;
  return db.system('billing.sharing', BEGUN, async (tx) => {
    const [, [found]] = await tx.runAll([lockItem(offer), presentSale(mode, offer)]);
    if (found !== undefined) return found;
    const [begun] = await tx.run(beginSale(mode, offer, { id: ids.next(), points: sharePoints }));
    if (begun === undefined) throw new AppError('payee_not_payable');
    return begun;
  });
}

/** Has the invoice of a sale be there, be written down, and then be paid. */
async function pay(
  parts: SellingParts,
  offer: ItemOffer,
  { id, invoice: known }: SaleRow,
): Promise<ItemInvoice> {
  const { db, stripe } = parts;
  const { accountId } = offer;
  const customer = await presentCustomer({ db, client: stripe.client }, accountId);
  const order = { ...offer, id, customer };
  const made = known ?? (await draftInvoice(stripe, order));
  const [[kept]] = await db.system('billing.sharing', KEPT, [keepInvoice(accountId, id, made)]);
  if (kept === undefined) return VOID;
  const invoice = await openInvoice(stripe, kept.invoice, order);
  return invoice.state === 'open' ? payInvoice(stripe.client, invoice.id, customer) : invoice;
}

/** Has it be seen here that an invoice was paid; of one that never will be, the sale is over. */
async function endSale(
  { db, stripe, inbox }: SellingParts,
  sale: SaleRow,
  invoice: ItemInvoice,
): Promise<void> {
  const at = { provider: 'stripe', mode: stripe.client.mode } as const;
  if (invoice.state === 'paid') await inbox.refresh(at, [{ kind: 'invoice', id: invoice.id }]);
  else await db.system('billing.sharing', CLOSED, [voidSale(sale)]);
}

async function closeSale(parts: SellingParts, sale: SaleRow): Promise<void> {
  const { invoice: id } = sale;
  await endSale(parts, sale, id === null ? VOID : await closeInvoice(parts.stripe.client, id));
}

/** Has no open sale of an item be paid any more, with the next `closeDueSales`. */
export async function closeSales(db: Database, product: string, item: string): Promise<void> {
  await db.system('billing.sharing', CLOSED, [closeSoon(product, item)]);
}

/** Closes sales whose time is over. */
export async function closeDueSales(parts: SellingParts): Promise<void> {
  const [due] = await parts.db.system('billing.sharing', [dueSales(parts.stripe.client.mode)]);
  await attemptAll(due.values(), parts, (sale) => closeSale(parts, sale));
}

const VOID: ItemInvoice = { id: '', state: 'void', url: null };

interface SaleRow {
  readonly account_id: AccountId;
  readonly id: string;
  readonly state: 'open' | 'paid' | 'disputed';
  readonly amount: number;
  readonly currency: string;
  readonly payee: AccountId;
  readonly invoice: string | null;
}

const SALE = 'account_id, id, state, amount, currency, payee, invoice';

const lockItem = ({ accountId, product, item }: ItemOffer) =>
  statement(
    `select pg_advisory_xact_lock(hashtextextended('item ' || $1::uuid || ' ' || $2 || ' ' || $3, 0))`,
    [accountId, product, item],
  );

const presentSale = (mode: Mode, { accountId, product, item }: ItemOffer) =>
  statement<SaleRow>(
    `select ${SALE} from billing.item_sales
     where account_id = $1 and mode = $2 and product = $3 and item = $4 and state in ('open', 'paid', 'disputed')
     order by state = 'open', created_at desc limit 1`,
    [accountId, mode, product, item],
  );

/** No row: its payee can't be paid. */
const beginSale = (mode: Mode, offer: ItemOffer, sale: { readonly id: string; readonly points: number }) =>
  statement<SaleRow>(
    `insert into billing.item_sales (account_id, id, mode, product, item, name, payee, currency, amount, share_points, closes_at)
     select $1, $2, $3, $4, $5, $6, p.account_id, $8, $9, $10, app.now() + interval '${OPEN_HOURS} hours'
     from billing.payees p where p.account_id = $7 and p.mode = $3 and p.state = 'payable'
     returning ${SALE}`,
    [
      offer.accountId,
      sale.id,
      mode,
      offer.product,
      offer.item,
      offer.name,
      offer.payee,
      offer.currency,
      offer.amount,
      sale.points,
    ],
  );

/** Keeps the first; no row: the sale was closed meanwhile. */
const keepInvoice = (accountId: AccountId, id: string, invoice: string) =>
  statement<{ invoice: string }>(
    `update billing.item_sales set invoice = coalesce(invoice, $3), updated_at = app.now()
     where account_id = $1 and id = $2 and state <> 'void' returning invoice`,
    [accountId, id, invoice],
  );

const voidSale = ({ account_id, id }: SaleRow) =>
  statement(
    `update billing.item_sales set state = 'void', updated_at = app.now() where account_id = $1 and id = $2 and state = 'open'`,
    [account_id, id],
  );

const closeSoon = (product: string, item: string) =>
  statement(
    `update billing.item_sales set closes_at = app.now(), updated_at = app.now() where product = $1 and item = $2 and state = 'open'`,
    [product, item],
  );

const dueSales = (mode: Mode) =>
  statement<SaleRow>(
    `select ${SALE} from billing.item_sales where mode = $1 and state = 'open' and closes_at <= app.now() order by closes_at limit ${MOST}`,
    [mode],
  );
