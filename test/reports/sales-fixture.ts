import { type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { ids } from '@plinth/testkit/factories';

/** What stands on an invoice: `amount` of a whole cycle, unless it is a part of one. */
export interface Line {
  readonly product?: string;
  readonly plan?: string | null;
  readonly addOn?: string;
  readonly overage?: string;
  readonly cycle?: 'monthly' | 'yearly';
  readonly quantity?: number;
  readonly unitAmount?: number;
  readonly amount: number;
  readonly discount?: number;
  readonly tax?: number;
  readonly proration?: boolean;
  readonly from: string;
  readonly until: string;
}

export interface Sold {
  readonly accountId: AccountId;
  readonly at: string;
  readonly lines: readonly Line[];
  readonly subscription?: string;
  readonly currency?: string;
  readonly state?: 'draft' | 'open' | 'paid' | 'void';
  /** null: the provider has not said yet. */
  readonly fee?: number | null;
  /** What was charged; all of it when not said. 0: it was paid past the provider, or not at all. */
  readonly charged?: number;
  readonly mode?: 'live' | 'test' | 'sandbox';
  /** What stands on the invoice besides, and is not sold by us: with what tax in it. */
  readonly foreign?: { readonly amount: number; readonly tax: number };
}

interface EndedSale {
  readonly plan?: string;
  readonly product?: string;
  readonly unitAmount?: number;
  readonly cycle?: string;
  /** Since when it is what it is. */
  readonly since?: string;
  readonly endedAt?: string;
  readonly suspendsAt?: string;
}

const commonColumns = ({ accountId, mode = 'live' }: Pick<Sold, 'accountId' | 'mode'>) => ({
  account_id: accountId,
  id: ids.next(),
  store: 'stripe',
  mode,
});

/** Rows of what a payment provider sold, as they are when its bodies have been read. */
export function openSalesFixture(db: Database) {
  const insert = (table: string, row: Readonly<Record<string, unknown>>) => {
    const columns = Object.keys(row);
    const sql = `insert into billing.${table} (${columns.join(', ')}) values (${columns.map((_, n) => `$${n + 1}`).join(', ')})`;
    return db.asMigrator(statement(sql, Object.values(row)));
  };

  return {
    /** An invoice, and the charge that paid it. Answers the provider's ids of both. */
    async sell(sold: Sold): Promise<{ invoice: string; charge: string }> {
      const { at, lines, currency = 'usd', state = 'paid', foreign = { amount: 0, tax: 0 } } = sold;
      const sum = (of: (line: Line) => number) => lines.reduce((so, line) => so + of(line), 0);
      const [subtotal, discount, tax] = [
        sum(({ amount }) => amount) + (foreign.amount - foreign.tax),
        sum((line) => line.discount ?? 0),
        sum((line) => line.tax ?? 0) + foreign.tax,
      ];
      const total = subtotal - discount + tax;
      const row = commonColumns(sold);
      const [invoice, charge] = [`in_${row.id}`, `ch_${row.id}`];
      const paid = state === 'paid' ? Math.max(total, 0) : 0;
      await insert('invoices', {
        ...row,
        store_id: invoice,
        state,
        subscription: sold.subscription ?? null,
        reason: 'subscription_cycle',
        currency,
        subtotal,
        discount,
        tax,
        total,
        paid,
        issued_at: at,
        paid_at: state === 'paid' ? at : null,
      });
      for (const [place, line] of lines.entries()) await insert('invoice_lines', lineRow(row, line, place));
      const charged = sold.charged ?? paid;
      if (charged > 0) {
        await insert('payments', {
          ...commonColumns(sold),
          store_id: charge,
          payment: `pi_${row.id}`,
          invoice,
          state: 'succeeded',
          amount: charged,
          currency,
          fee: sold.fee === undefined ? 0 : sold.fee,
          occurred_at: at,
        });
      }
      return { invoice, charge };
    },
    refund: (accountId: AccountId, charge: string, of: { amount: number; at: string; state?: string }) =>
      insert('refunds', {
        ...commonColumns({ accountId }),
        store_id: `re_${ids.next()}`,
        charge,
        state: of.state ?? 'succeeded',
        amount: of.amount,
        currency: 'usd',
        occurred_at: of.at,
      }),
    dispute: (
      accountId: AccountId,
      charge: string,
      of: { amount: number; at: string; state: string; fee?: number },
    ) =>
      insert('disputes', {
        ...commonColumns({ accountId }),
        store_id: `dp_${ids.next()}`,
        charge,
        state: of.state,
        amount: of.amount,
        fee: of.fee ?? 0,
        currency: 'usd',
        occurred_at: of.at,
      }),
    /** A subscription that is over, or gives nothing from some time on. */
    subscription: (accountId: AccountId, storeId: string, { endedAt, suspendsAt, ...is }: EndedSale) =>
      insert('subscriptions', {
        ...commonColumns({ accountId }),
        store_id: storeId,
        product: is.product ?? 'demo',
        plan: is.plan ?? 'pro',
        cycle: is.cycle ?? 'monthly',
        quantity: 1,
        unit_amount: is.unitAmount ?? 1,
        ...(is.since === undefined ? {} : { updated_at: is.since }),
        currency: 'usd',
        state: endedAt === undefined ? 'past_due' : 'canceled',
        starts_at: '2026-01-01',
        period_starts_at: '2026-01-01',
        period_ends_at: '2026-02-01',
        ended_at: endedAt ?? null,
        suspends_at: suspendsAt ?? null,
        suspended_by: suspendsAt === undefined ? null : 'payment',
      }),
  };
}

function lineRow(
  invoice: { readonly account_id: AccountId; readonly id: string },
  line: Line,
  place: number,
): Readonly<Record<string, unknown>> {
  const { quantity = 1, amount } = line;
  const isRecurring = line.addOn === undefined && line.overage === undefined;
  return {
    account_id: invoice.account_id,
    invoice_id: invoice.id,
    store_id: `il_${place}`,
    product: line.product ?? 'demo',
    plan: line.plan ?? null,
    add_on: line.addOn ?? null,
    overage: line.overage ?? null,
    cycle: isRecurring ? (line.cycle ?? 'monthly') : null,
    quantity,
    unit_amount: line.unitAmount ?? Math.round(Math.abs(amount) / quantity),
    amount,
    discount: line.discount ?? 0,
    tax: line.tax ?? 0,
    proration: line.proration ?? false,
    period_starts_at: line.from,
    period_ends_at: line.until,
  };
}
