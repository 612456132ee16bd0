import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, AppError, type Ids, invalidInput } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import { assertAgreed } from '../agreed.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Mode } from '../payment-provider.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import { presentCustomer } from '../providers/stripe/customers.ts';
import { holdCustomer } from '../providers/stripe/hold-customer.ts';
import * as invoices from '../providers/stripe/item-invoice.ts';
import { presentSubscriptions } from '../subscriptions/store.ts';
import { attemptAll } from './attempt-all.ts';

const BEGUN = commitPoint('billing.sale-begun', 'a sale of an item, before its invoice is asked for');
const KEPT = commitPoint('billing.sale-invoice', 'which invoice a sale is paid by, before it can be paid');
const CLOSED = commitPoint('billing.sale-closed', 'that a sale can not be paid any more, or is to be closed');

/** More often two orders of one account do not get into each other's way in one call. */
const ROUNDS = 4;

/** Something that a product sells for a payee, to an account. */
export interface ItemOffer {
  readonly accountId: AccountId;
  readonly product: string;
  /** The product's own id of it. */
  readonly item: string;
  /** The name that the customer reads on the invoice. */
  readonly name: string;
  /** Minor units, before tax. */
  readonly amount: number;
  readonly currency: string;
  readonly payee: AccountId;
  /** The price that the buyer was shown; undefined: none. */
  readonly agreed: { readonly amount: number; readonly currency: string } | undefined;
}

/** paid: the product was told in the same commit. open: it is paid on this page, and the product is told then. */
export type OpenedSale =
  | { readonly id: string; readonly state: 'paid' }
  | { readonly id: string; readonly state: 'open'; readonly checkoutUrl: string };

export interface SellingParts {
  readonly db: Database;
  readonly ids: Pick<Ids, 'next'>;
  readonly log: Pick<Logger, 'error' | 'info'>;
  readonly stripe: StripeConnection;
  readonly inbox: Pick<Inbox, 'refresh'>;
  /** The payee's share of each new sale, in ten thousandths. */
  readonly sharePoints: number;
}

/**
 * Sells an item once: charges the card that the account has kept; else, or where the bank asks or declines, answers the page of the
 * invoice. The same item asked for again, at once or later, is the same sale, until all of its money has gone back. Throws
 * `payee_not_payable`, `price_changed`, `validation_failed` without a price or for a currency that the account does not pay in, and
 * `store_unavailable`.
 */
export async function openSale(parts: SellingParts, offer: ItemOffer): Promise<OpenedSale> {
  const { amount, currency, payee } = offer;
  await parts.stripe.standIn?.prepare();
  await assertCurrency(parts, offer);
  for (let round = 0; round < ROUNDS; round += 1) {
    const sale = await saleOf(parts, offer);
    const { id, state } = sale;
    if (state !== 'open') return { id, state: 'paid' };
    const isSame = sale.amount === amount && sale.currency === currency && sale.payee === payee;
    const invoice = isSame ? await pay(parts, offer, sale) : await closedInvoice(parts, sale);
    if (invoice.url !== null) return { id, state, checkoutUrl: invoice.url };
    await endSale(parts, sale, invoice);
  }
  throw new AppError('store_unavailable');
}

/** While it has a subscription, an account pays in its currency alone. */
async function assertCurrency({ db, stripe }: SellingParts, { accountId, currency }: ItemOffer) {
  const [rows] = await db.tenant(accountId, [presentSubscriptions(accountId, stripe.client.mode)]);
  const paysIn = rows.find(({ store }) => store === 'stripe')?.currency;
  if (paysIn !== undefined && paysIn !== currency)
    throw invalidInput('body.currency', `This account pays in ${paysIn}, as long as it has a subscription.`);
}

/** The sale that there is; or, of one that is not paid yet, at the price that the buyer agreed to, a new one, for which its payee must be payable. */
function saleOf({ db, ids, stripe, sharePoints }: SellingParts, offer: ItemOffer): Promise<SaleRow> {
  const { mode } = stripe.client;
  return db.system('billing.sharing', BEGUN, async (tx) => {
    const [, [found]] = await tx.runAll([lockItem(offer), presentSale(mode, offer)]);
    if (found !== undefined && found.state !== 'open') return found;
    assertAgreed(offer.agreed, { amount: offer.amount, currency: offer.currency });
    if (found !== undefined) return found;
    const [begun] = await tx.run(beginSale(mode, offer, { id: ids.next(), points: sharePoints }));
    if (begun === undefined) throw new AppError('payee_not_payable');
    return begun;
  });
}

/** Has the invoice of a sale be there, be written down, and then be paid. */
async function pay(parts: SellingParts, offer: ItemOffer, { id, invoice }: SaleRow) {
  const { db, stripe } = parts;
  const { client } = stripe;
  const order = { ...offer, id, customer: await presentCustomer({ db, client }, offer.accountId) };
  const made = invoice ?? (await invoices.draftInvoice(stripe, order));
  const [[kept]] = await db.system('billing.sharing', KEPT, [keepInvoice(offer.accountId, id, made)]);
  if (kept === undefined) return invoices.VOID;
  return holdCustomer(parts, offer.accountId, async (held) => {
    const opened = await invoices.openInvoice(held.stripe, kept.invoice, order);
    return opened.state === 'open'
      ? invoices.payInvoice(held.stripe.client, opened.id, { customer: order.customer })
      : opened;
  });
}

/** The invoice of a sale, closed: it can't be paid any more. */
const closedInvoice = async ({ stripe }: SellingParts, { invoice }: SaleRow) =>
  invoice === null ? invoices.VOID : invoices.closeInvoice(stripe.client, invoice);

/** Has it be seen here that an invoice was paid; of one that never will be, the sale is over. */
async function endSale(parts: SellingParts, { account_id, id }: SaleRow, invoice: invoices.ItemInvoice) {
  const at = { provider: 'stripe', mode: parts.stripe.client.mode } as const;
  if (invoice.state === 'paid') await parts.inbox.refresh(at, [{ kind: 'invoice', id: invoice.id }]);
  else await parts.db.system('billing.sharing', CLOSED, [voidSale(account_id, id)]);
}

/** Has no open sale of an item be paid any more, with the next `closeDueSales`: an item that is paid meanwhile is sold. */
export async function closeSales(db: Database, product: string, item: string): Promise<void> {
  await db.system('billing.sharing', CLOSED, [closeSoon(product, item)]);
}

export async function closeDueSales(parts: SellingParts): Promise<void> {
  const [due] = await parts.db.system('billing.sharing', [dueSales(parts.stripe.client.mode)]);
  await attemptAll(due.values(), parts, async (sale) =>
    endSale(parts, sale, await closedInvoice(parts, sale)),
  );
}

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

/** Its page can be paid on for a day. No row: its payee can't be paid. */
const beginSale = (
  mode: Mode,
  { accountId, product, item, name, amount, currency, payee }: ItemOffer,
  { id, points }: { readonly id: string; readonly points: number },
) =>
  statement<SaleRow>(
    `insert into billing.item_sales (account_id, id, mode, product, item, name, payee, currency, amount, share_points, closes_at)
     select $1, $2, $3, $4, $5, $6, p.account_id, $8, $9, $10, app.now() + interval '24 hours'
     from billing.payees p where p.account_id = $7 and p.mode = $3 and p.state = 'payable'
     returning ${SALE}`,
    [accountId, id, mode, product, item, name, payee, currency, amount, points],
  );

/** Keeps the first; no row: the sale was closed meanwhile. */
const keepInvoice = (accountId: AccountId, id: string, invoice: string) =>
  statement<{ invoice: string }>(
    `update billing.item_sales set invoice = coalesce(invoice, $3), updated_at = app.now()
     where account_id = $1 and id = $2 and state <> 'void' returning invoice`,
    [accountId, id, invoice],
  );

const voidSale = (accountId: AccountId, id: string) =>
  statement(
    `update billing.item_sales set state = 'void', updated_at = app.now() where account_id = $1 and id = $2 and state = 'open'`,
    [accountId, id],
  );

const closeSoon = (product: string, item: string) =>
  statement(
    `update billing.item_sales set closes_at = app.now(), updated_at = app.now() where product = $1 and item = $2 and state = 'open'`,
    [product, item],
  );

/** The next run takes the rest. */
const dueSales = (mode: Mode) =>
  statement<SaleRow>(
    `select ${SALE} from billing.item_sales where mode = $1 and state = 'open' and closes_at <= app.now() order by closes_at limit 50`,
    [mode],
  );
