import { statement, type Transaction } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import type { AppliedObject } from '../projection/applied-object.ts';
import type { Mode } from '../payment-provider.ts';
import type { ItemSale, PayeeChange, SaleChange, SaleNews, SharingHooks } from './hooks.ts';
import { sharedOf } from './share.ts';

/** Writes what follows of sales from what a payment provider says, and tells their products. */
export interface ShareLedger {
  /** Registers what a product does. Throws for a second registration. */
  onChange(product: string, hooks: Partial<SharingHooks>): void;
  /** In the transaction that has just written the rows of an object. */
  appliedIn(tx: Transaction, applied: AppliedObject): Promise<void>;
  payeeChangedIn(tx: Transaction, change: PayeeChange): Promise<void>;
}

export interface LedgerParts {
  readonly ids: Pick<Ids, 'next'>;
  /** Days after the payment, from which a share is payable. */
  readonly payableDays: number;
}

export function createShareLedger({ ids, payableDays }: LedgerParts): ShareLedger {
  const hooksOf = new Map<string, Partial<SharingHooks>>();
  return {
    onChange(product, hooks) {
      if (hooksOf.has(product)) throw new Error(`two hooks for sales of ${product}`);
      hooksOf.set(product, hooks);
    },
    async appliedIn(tx, { accountId, provider, mode, ref, facts, isRebuild }) {
      const invoice =
        ref.kind === 'payment' ? facts.payment?.invoice : ref.kind === 'invoice' ? ref.id : null;
      // Rows of a rebuild come one after the other, and what is shared already is no news.
      if (provider !== 'stripe' || isRebuild === true || invoice === null || invoice === undefined) return;
      const [sale] = await tx.run(lockSale(accountId, { mode, invoice }));
      if (sale === undefined) return;
      const now = sumsOf(sale);
      const news = newsOf(sale, now);
      if (news.length === 0) return;
      const shared = sharedOf(now, sale.share_points);
      const change = { amount: shared.share - sale.share, total: shared.total - sale.total };
      const why = news.at(-1) ?? 'corrected';
      await tx.run(lockPayee(sale.payee));
      await tx.runAll([
        insertShare(sale, { id: ids.next(), ...change, why, payableDays }),
        updateSale(sale, { ...now, ...shared, state: stateOf(now, sale.open_disputes > 0) }),
      ]);
      const is: ItemSale = {
        id: sale.id,
        accountId,
        item: sale.item,
        payee: sale.payee,
        currency: sale.currency,
        amount: sale.amount,
        ...shared,
      };
      for (const one of news)
        await hooksOf.get(sale.product)?.sale?.(tx, { ...is, news: one } satisfies SaleChange);
    },
    async payeeChangedIn(tx, change) {
      for (const { payee } of hooksOf.values()) await payee?.(tx, change);
    },
  };
}

/** A sale as it was applied last, and what the provider's rows say of it now. */
interface SaleRow {
  readonly id: string;
  readonly account_id: AccountId;
  readonly mode: Mode;
  readonly product: string;
  readonly item: string;
  readonly payee: AccountId;
  readonly currency: string;
  readonly amount: number;
  readonly share_points: number;
  readonly paid: number;
  readonly refunded: number;
  readonly disputed: number;
  readonly total: number;
  readonly share: number;
  readonly invoice_state: string | null;
  readonly invoice_total: number;
  readonly invoice_tax: number;
  readonly refunds: number;
  readonly disputes: number;
  readonly open_disputes: number;
  readonly paid_at: Date | null;
}

type Sums = Readonly<Record<'paid' | 'tax' | 'refunded' | 'disputed', number>>;

/** An invoice of which a part was paid by credit is paid all the same: the customer has paid for the credit before. */
function sumsOf(row: SaleRow): Sums {
  const isPaid = row.invoice_state === 'paid';
  if (!isPaid) return { paid: row.paid, tax: 0, refunded: row.refunded, disputed: row.disputed };
  return { paid: row.invoice_total, tax: row.invoice_tax, refunded: row.refunds, disputed: row.disputes };
}

function newsOf(before: SaleRow, now: Sums): SaleNews[] {
  const news: SaleNews[] = [];
  if (before.paid === 0 && now.paid > 0) news.push('paid');
  if (now.refunded > before.refunded) news.push('refunded');
  if (now.disputed > before.disputed) news.push('disputed');
  // A refund that fails comes back as a dispute does that is won.
  if (now.refunded < before.refunded || now.disputed < before.disputed) news.push('won');
  return news;
}

function stateOf({ paid, refunded, disputed }: Sums, isDisputed: boolean): string {
  if (isDisputed) return 'disputed';
  return refunded + disputed >= paid ? 'refunded' : 'paid';
}

const ofCharge = (table: 'refunds' | 'disputes', sum: string, which: string) =>
  `(select ${sum} from billing.${table} t join billing.payments p on (p.store, p.mode, p.store_id) = (t.store, t.mode, t.charge)
    where p.account_id = s.account_id and p.store = 'stripe' and p.mode = s.mode and p.invoice = s.invoice and ${which})`;
const SUM = 'coalesce(sum(t.amount), 0)::bigint';

const lockSale = (
  accountId: AccountId,
  { mode, invoice }: { readonly mode: Mode; readonly invoice: string },
) =>
  statement<SaleRow>(
    `select s.id, s.account_id, s.mode, s.product, s.item, s.payee, s.currency, s.amount, s.share_points, s.paid, s.refunded, s.disputed,
       s.total, s.share, i.state as invoice_state, coalesce(i.total, 0) as invoice_total, coalesce(i.tax, 0) as invoice_tax, i.paid_at,
       ${ofCharge('refunds', SUM, "t.state <> 'failed'")} as refunds,
       ${ofCharge('disputes', SUM, "t.state in ('open', 'lost')")} as disputes,
       ${ofCharge('disputes', 'count(*)', "t.state = 'open'")} as open_disputes
     from billing.item_sales s
     left join billing.invoices i on i.account_id = s.account_id and i.store = 'stripe' and i.mode = s.mode and i.store_id = s.invoice
     where s.account_id = $1 and s.mode = $2 and s.invoice = $3 for update of s`,
    [accountId, mode, invoice],
  );

/** One at a time for each payee: what is taken back finds whether what it is taken of is being paid out. */
export const lockPayee = (payee: AccountId) =>
  statement(`select pg_advisory_xact_lock(hashtextextended('sharing ' || $1::uuid, 0))`, [payee]);

/**
 * What is taken back of a sale whose share is still owed, is owed less from the day on which the sale is payable; else a job takes it of
 * the transfer. What comes is payable some days after the payment, and not before now.
 */
const insertShare = (
  { payee, id: sale, mode, product, item, currency, paid_at }: SaleRow,
  row: {
    readonly id: string;
    readonly amount: number;
    readonly total: number;
    readonly why: string;
    readonly payableDays: number;
  },
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
      row.id,
      mode,
      sale,
      product,
      item,
      currency,
      row.amount,
      row.total,
      row.why,
      paid_at,
      row.payableDays,
    ],
  );

const updateSale = (
  { account_id, id }: SaleRow,
  is: Sums & { readonly total: number; readonly share: number; readonly state: string },
) =>
  statement(
    `update billing.item_sales set state = $3, paid = $4, refunded = $5, disputed = $6, total = $7, share = $8, updated_at = app.now()
     where account_id = $1 and id = $2`,
    [account_id, id, is.state, is.paid, is.refunded, is.disputed, is.total, is.share],
  );
