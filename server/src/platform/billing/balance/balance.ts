import { type Database, statement } from '#platform/db';
import type { CsvValue } from '#platform/http';
import { AppError } from '#platform/kernel';
import type { Mode } from '../payment-provider.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import { type PayoutLine, payoutLines } from '../providers/stripe/payout-lines.ts';

export const COLUMNS = [
  'payout',
  'payout_status',
  'arrives_on',
  'id',
  'created_at',
  'type',
  'category',
  'source',
  'currency',
  'amount_minor',
  'fee_minor',
  'net_minor',
  'account_id',
  'account_name',
  'customer',
  'invoice_id',
  'invoice',
] as const;

interface BalanceParts {
  readonly db: Database;
  readonly stripe: StripeConnection | undefined;
}

/** Stripe's books, for those of the operator. */
export interface Balance {
  /**
   * Balance transactions of the payouts that Stripe made from `from` to before `until`, newest payout first, one line each under `COLUMNS`. Throws
   * `nothing_sold`, and what a read of Stripe throws.
   */
  lines(range: { readonly from: Date; readonly until: Date }): AsyncGenerator<CsvValue[][]>;
}

/** Reads Stripe when it is asked: no copy of it is kept. */
export function createBalance({ db, stripe }: BalanceParts): Balance {
  return {
    async *lines(range) {
      if (stripe === undefined) throw new AppError('nothing_sold');
      const { client } = stripe;
      for await (const lines of payoutLines(client, range)) {
        const [sources] = await db.system('admin.billing', [sourcesOf(client.mode, lines)]);
        const known = new Map(sources.map((row) => [row.source, row]));
        yield lines.map((line) => {
          const row = { ...UNKNOWN, ...known.get(line.source ?? ''), ...line };
          return COLUMNS.map((column) => row[column]);
        });
      }
    },
  };
}

const UNKNOWN = { account_id: null, account_name: null, customer: null, invoice_id: null, invoice: null };

interface SourceRow {
  readonly source: string;
  readonly account_id: string;
  readonly account_name: string | null;
  readonly customer: string | null;
  readonly invoice_id: string | null;
  readonly invoice: string | null;
}

/** Accounts and invoices of charges, refunds, disputes, transfers to payees and their reversals, by Stripe's ids. */
const sourcesOf = (mode: Mode, lines: readonly PayoutLine[]) =>
  statement<SourceRow>(
    `with sources as (
       select p.store_id as source, p.account_id, p.invoice from billing.payments p
         where p.store = 'stripe' and p.mode = $1 and p.store_id = any ($2::text[])
       union all
       select r.store_id, p.account_id, p.invoice from billing.refunds r join billing.payments p on (p.store, p.mode, p.store_id) = (r.store, r.mode, r.charge)
         where r.store = 'stripe' and r.mode = $1 and r.store_id = any ($2::text[])
       union all
       select d.store_id, p.account_id, p.invoice from billing.disputes d join billing.payments p on (p.store, p.mode, p.store_id) = (d.store, d.mode, d.charge)
         where d.store = 'stripe' and d.mode = $1 and d.store_id = any ($2::text[])
       union all
       select o.transfer, o.account_id, null from billing.payouts o where o.mode = $1 and o.transfer = any ($2::text[])
       union all
       select s.reversal, s.account_id, null from billing.shares s where s.mode = $1 and s.reversal = any ($2::text[]))
     select s.source, s.account_id, a.name as account_name, c.external_id as customer, i.id as invoice_id, i.number as invoice
     from sources s left join accounts.accounts a on a.account_id = s.account_id left join accounts.customers c on c.account_id = s.account_id
       left join billing.invoices i on i.store = 'stripe' and i.mode = $1 and i.store_id = s.invoice`,
    [mode, lines.flatMap(({ source }) => source ?? [])],
  );
