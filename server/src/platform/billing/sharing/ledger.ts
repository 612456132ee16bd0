import type { Audit } from '#platform/audit';
import { statement, type Transaction } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import type { AppliedObject } from '../projection/applied-object.ts';
import type { Backings } from '../projection/credit.ts';
import type { Mode } from '../payment-provider.ts';

/** News of a sale: its money came, went back, was taken by a bank that disputes it, or came back from there. */
export type SaleNews = 'paid' | 'refunded' | 'disputed' | 'won';

/** An item that was sold to an account. Amounts are minor units. */
export interface SaleChange {
  readonly news: SaleNews;
  readonly id: string;
  /** The buyer. */
  readonly accountId: AccountId;
  readonly item: string;
  readonly payee: AccountId;
  readonly currency: string;
  /** The price, before tax. */
  readonly amount: number;
  /** The rest of it, without tax, with credit that was given; 0: all of it has gone back. */
  readonly total: number;
  /** The payee's part of the money in that. */
  readonly share: number;
}

export interface PayeeChange {
  readonly accountId: AccountId;
  /** Money can be sent to them. */
  readonly isPayable: boolean;
}

/**
 * A product's part in the commit that applies what a payment provider says of its sales. It hears the same once, in any order that
 * objects are read in; what it throws undoes the commit, which is tried again. A remote call in it throws.
 */
export interface SharingHooks {
  readonly sale: (tx: Transaction, change: SaleChange) => Promise<void>;
  /** All products hear of all payees. */
  readonly payee: (tx: Transaction, change: PayeeChange) => Promise<void>;
}

export interface LedgerParts {
  readonly ids: Pick<Ids, 'next'>;
  readonly audit: Pick<Audit, 'recordIn'>;
  /** Days after the payment, from which a share is payable. */
  readonly payableDays: number;
}

export type ShareLedger = ReturnType<typeof createShareLedger>;

/** Writes what follows of sales from what a payment provider says, and tells their products. */
export function createShareLedger({ ids, audit, payableDays }: LedgerParts) {
  const hooksOf = new Map<string, Partial<SharingHooks>>();
  async function appliedToSaleIn(tx: Transaction, sale: SaleRow, now: SaleNow): Promise<void> {
    const news = newsOf(sale, now);
    const shared = sharedOf(now, sale.share_points);
    const isCorrected = shared.total !== sale.total || shared.share !== sale.share;
    if (sale.invoice_state !== 'paid' || (news.length === 0 && !isCorrected)) return;
    await tx.runAll([
      lockPayee(sale.payee),
      insertShare(sale, shared, { id: ids.next(), why: news.at(-1) ?? 'corrected', payableDays }),
      updateSale(sale, { ...now, ...shared }),
    ]);
    const { account_id: accountId, id, product, item, payee, currency, amount } = sale;
    const [actor, target] = [
      { kind: 'store', name: 'stripe' },
      { kind: 'sale', id },
    ] as const;
    const changes = { product, item, currency, amount, ...shared };
    const { total } = sharedOf({ ...now, gift: 0 }, sale.share_points);
    for (const one of news) {
      await audit.recordIn(tx, { action: `sale.${one}`, actor, accountId, target, changes });
      const change = { news: one, id, accountId, item, payee, currency, amount, ...shared, total };
      await hooksOf.get(product)?.sale?.(tx, change);
    }
  }
  return {
    /** Registers what a product does. Throws for a second registration. */
    onChange(product: string, hooks: Partial<SharingHooks>): void {
      if (hooksOf.has(product)) throw new Error(`two hooks for sales of ${product}`);
      hooksOf.set(product, hooks);
    },
    /**
     * In the transaction that has just written the rows of an object. `backed` answers what stands behind the account's invoices: what happens
     * to one payment is news of all that was bought by its credit.
     */
    async appliedIn(tx: Transaction, applied: AppliedObject, backed: () => Promise<Backed>): Promise<void> {
      const { accountId, provider, mode, ref, facts, isRebuild } = applied;
      const invoice = ref.kind === 'invoice' ? ref.id : facts.payment?.invoice;
      // Rows of a rebuild come one after the other, and sales that are shared already are no news.
      if (provider !== 'stripe' || isRebuild === true || typeof invoice !== 'string') return;
      const sales = await tx.run(lockSales(accountId, mode, invoice));
      const backings = sales.some(isOnCredit) ? await backed() : undefined;
      for (const sale of sales) await appliedToSaleIn(tx, sale, sumsOf(sale, backings));
    },
    async payeeChangedIn(tx: Transaction, change: PayeeChange): Promise<void> {
      for (const { payee } of hooksOf.values()) await payee?.(tx, change);
    },
  };
}

/** A sale as it was applied last, and what the provider's rows say of it now. */
interface SaleRow
  extends Readonly<Record<'id' | 'product' | 'item' | 'currency', string>>,
    Readonly<
      Record<'amount' | 'share_points' | 'paid' | 'refunded' | 'disputed' | 'total' | 'share', number>
    >,
    Readonly<
      Record<
        'invoice_total' | 'invoice_paid' | 'invoice_tax' | 'refunds' | 'disputes' | 'open_disputes',
        number
      >
    > {
  readonly account_id: AccountId;
  readonly mode: Mode;
  readonly payee: AccountId;
  readonly invoice: string;
  readonly invoice_state: string | null;
  readonly paid_at: Date | null;
}

/** The backings of an account's invoices, where disputes alone count, and with refunds. */
interface Backed {
  readonly disputes: Backings;
  readonly all: Backings;
}

interface SaleNow extends SaleSums {
  readonly isDisputed: boolean;
}

const isOnCredit = ({ invoice_total: total, invoice_paid: paid }: SaleRow) => total > paid;

/** The part that was paid by credit stands and falls with the payments that the credit came from. */
function sumsOf(row: SaleRow, backed: Backed | undefined): SaleNow {
  const all = backed?.all.get(row.invoice)?.credit;
  const disputed = backed?.disputes.get(row.invoice)?.credit;
  const lost = disputed?.gone ?? 0;
  const isOpen = lost > 0 && [...(disputed?.by ?? [])].some(({ state }) => state === 'open');
  return {
    paid: row.invoice_total,
    tax: row.invoice_tax,
    refunded: row.refunds + Math.max(0, (all?.gone ?? 0) - lost),
    disputed: row.disputes + lost,
    gift: all?.gift ?? 0,
    isDisputed: row.open_disputes > 0 || isOpen,
  };
}

function newsOf(before: SaleRow, now: SaleSums): SaleNews[] {
  const news: SaleNews[] = [];
  if (before.paid === 0 && now.paid > 0) news.push('paid');
  if (now.refunded > before.refunded) news.push('refunded');
  if (now.disputed > before.disputed) news.push('disputed');
  // A refund that fails comes back as a dispute does that is won.
  if (now.refunded < before.refunded || now.disputed < before.disputed) news.push('won');
  return news;
}

function stateOf({ paid, refunded, disputed, isDisputed }: SaleNow): string {
  if (isDisputed) return 'disputed';
  return refunded + disputed >= paid ? 'refunded' : 'paid';
}

const ofCharge = (table: 'refunds' | 'disputes', sum: string, which: string) =>
  `(select ${sum} from billing.${table} t join billing.payments p on (p.store, p.mode, p.store_id) = (t.store, t.mode, t.charge)
    where p.account_id = s.account_id and p.store = 'stripe' and p.mode = s.mode and p.invoice = s.invoice and ${which})`;
const SUM = 'coalesce(sum(t.amount), 0)::bigint';

/** That of an invoice, and all that were paid by credit; in the order in which payees are locked. */
const lockSales = (accountId: AccountId, mode: Mode, invoice: string) =>
  statement<SaleRow>(
    `select s.id, s.account_id, s.mode, s.invoice, s.product, s.item, s.payee, s.currency, s.amount, s.share_points, s.paid, s.refunded, s.disputed,
       s.total, s.share, i.state as invoice_state, coalesce(i.total, 0) as invoice_total,
       coalesce(i.paid, 0) as invoice_paid, coalesce(i.tax, 0) as invoice_tax, i.paid_at,
       ${ofCharge('refunds', SUM, "t.state <> 'failed'")} as refunds,
       ${ofCharge('disputes', SUM, "t.state in ('open', 'lost')")} as disputes,
       ${ofCharge('disputes', 'count(*)', "t.state = 'open'")} as open_disputes
     from billing.item_sales s
     left join billing.invoices i on i.account_id = s.account_id and i.store = 'stripe' and i.mode = s.mode and i.store_id = s.invoice
     where s.account_id = $1 and s.mode = $2 and (s.invoice = $3 or i.state = 'paid' and i.total > i.paid)
     order by s.payee, s.id for update of s`,
    [accountId, mode, invoice],
  );

/** The buyer of an item, by any invoice of theirs: another than the item's may have given the credit that paid the item. */
export const buyerOf = (mode: Mode, invoice: string) =>
  statement<{ account_id: AccountId }>(
    `select account_id from billing.item_sales where mode = $1 and invoice = $2
     union select i.account_id from billing.invoices i join billing.item_sales s using (account_id, mode)
     where i.store = 'stripe' and i.mode = $1 and i.store_id = $2`,
    [mode, invoice],
  );

/** One at a time for each payee: a refund finds whether the share that it reduces is being paid out. */
export const lockPayee = (payee: AccountId) =>
  statement(`select pg_advisory_xact_lock(hashtextextended('sharing ' || $1::uuid, 0))`, [payee]);

/**
 * A refund of a sale whose share is still owed lowers that share from the day on which the sale is payable; else a job takes it of
 * the transfer. A new share is payable some days after the payment, and not before now.
 */
const insertShare = (
  { payee, id: sale, mode, product, item, currency, paid_at: at, share, total }: SaleRow,
  now: Shared,
  {
    id,
    why,
    payableDays,
  }: { readonly id: string; readonly why: SaleNews | 'corrected'; readonly payableDays: number },
) =>
  statement(
    `insert into billing.shares (account_id, id, mode, sale_id, product, item, currency, amount, total, why, payable_at, to_recover)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
       case when $8::bigint < 0 then coalesce(min(r.payable_at), app.now())
         when count(r.id) = 0 then $11::timestamptz + make_interval(days => $12)
         else greatest(app.now(), $11::timestamptz + make_interval(days => $12)) end,
       $8::bigint < 0 and coalesce(sum(r.amount) filter (where r.payout_id is null and r.reversal is null), 0) < - $8::bigint
     from billing.shares r where r.account_id = $1 and r.sale_id = $4
     having $8::bigint <> 0 or $9::bigint <> 0`,
    [
      payee,
      id,
      mode,
      sale,
      product,
      item,
      currency,
      now.share - share,
      now.total - total,
      why,
      at,
      payableDays,
    ],
  );

const updateSale = (sale: SaleRow, now: SaleNow & Shared) =>
  statement(
    `update billing.item_sales set state = $3, paid = $4, refunded = $5, disputed = $6, total = $7, share = $8, updated_at = app.now()
     where account_id = $1 and id = $2`,
    [sale.account_id, sale.id, stateOf(now), now.paid, now.refunded, now.disputed, now.total, now.share],
  );

/**
 * The sums of a sale, in minor units: the payment with tax, the tax in it, refunds and disputes of its own money or of that behind its
 * credit, and the credit that no money backs.
 */
type SaleSums = Readonly<Record<'paid' | 'tax' | 'refunded' | 'disputed' | 'gift', number>>;

/** The total that is shared, and the payee's part of it. */
type Shared = Readonly<Record<'total' | 'share', number>>;

/**
 * The shared part of a sale now: the money that came in and stayed, less the tax in it. The payee's part is
 * floor(total × points / 10,000); the platform has the rest of the total. A row of shares is the difference to what the
 * rows before it add up to: so pieces of a refund take exactly what one refund takes.
 */
export function sharedOf({ paid, tax, refunded, disputed, gift }: SaleSums, points: number): Shared {
  const left = Math.max(0, paid - refunded - disputed - gift);
  if (left === 0) return { total: 0, share: 0 };
  const total = (BigInt(left) * BigInt(paid - tax)) / BigInt(paid);
  return { total: Number(total), share: Number((total * BigInt(points)) / 10_000n) };
}
