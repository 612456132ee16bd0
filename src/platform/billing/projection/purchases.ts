import {
  type Books,
  disputesOf,
  type InvoiceRow,
  type LineRow,
  type PaymentRow,
  paymentsOf,
} from './billing-records.ts';

/** An add-on that was paid for. */
export interface Purchase {
  readonly line: LineRow;
  readonly addOn: string;
  readonly paidAt: Date;
  /** When the money went back, if it did. */
  readonly revokedAt: Date | null;
}

/** What stands on paid invoices besides plans; each line is a purchase of its own. */
export function purchasesOf(books: Books): Purchase[] {
  return books.invoices.flatMap((invoice) => {
    const { paid_at: paidAt } = invoice;
    if (invoice.state !== 'paid' || paidAt === null) return [];
    const lines = books.lines.filter(
      ({ invoice_id, amount, quantity }) => invoice_id === invoice.id && amount >= 0 && quantity > 0,
    );
    const sold = lines.flatMap((line) => (line.add_on === null ? [] : [{ line, addOn: line.add_on }]));
    if (sold.length === 0) return [];
    const revokedAt = takenBackAt(books, invoice);
    return sold.map((one) => ({ ...one, paidAt, revokedAt }));
  });
}

function takenBackAt(books: Books, invoice: InvoiceRow): Date | null {
  const payments = paymentsOf(books, [invoice]);
  const lost = disputesOf(books, payments).filter(({ state }) => state !== 'won');
  const times = [refundedAt(books, payments), ...lost.map(({ occurred_at }) => occurred_at)];
  const [first] = times.flatMap((time) => time ?? []).sort((a, b) => a.getTime() - b.getTime());
  return first ?? null;
}

/** When the last of the money was given back; undefined: some of it was kept, or none was ever taken. */
function refundedAt({ refunds }: Books, payments: readonly PaymentRow[]): Date | undefined {
  const taken = payments.filter(({ state }) => state === 'succeeded');
  let left = taken.reduce((sum, { amount }) => sum + amount, 0);
  const charges = new Set(taken.map(({ store_id }) => store_id));
  for (const { charge, state, amount, occurred_at } of refunds) {
    if (state !== 'succeeded' || !charges.has(charge)) continue;
    left -= amount;
    if (left <= 0) return occurred_at;
  }
  return undefined;
}
