import { type BillingRecords, disputesOf, type InvoiceRow, paymentsOf } from './billing-records.ts';
import { endsOf } from './credit.ts';

/** Credit that a downgrade left at the provider, to be taken because the payment behind it was refunded or disputed (docs/billing.md). */
export interface RefundedCredit {
  /** The provider's id of the subscription that gave it. */
  readonly subscription: string;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
}

/** The credit to take, a sum for each subscription: refunds, disputes and credit of a period together never exceed what was paid for it. */
export function refundedCreditOf(records: BillingRecords): RefundedCredit[] {
  const sums = new Map<string, RefundedCredit>();
  for (const period of creditedPeriods(records)) {
    const gone = period.disputed + period.refunded;
    const amount = Math.min(gone, Math.max(0, period.credited + gone - period.paid));
    const { subscription, currency } = period;
    const before = sums.get(subscription)?.amount ?? 0;
    if (amount > 0) sums.set(subscription, { subscription, currency, amount: before + amount });
  }
  return [...sums.values()];
}

/** Sums of one period of a subscription: paid, credited, refunded and disputed. */
interface CreditedPeriod {
  readonly subscription: string;
  readonly currency: string;
  readonly credited: number;
  readonly paid: number;
  readonly refunded: number;
  readonly disputed: number;
}

/** Periods are matched by their end, which charges and credits of the same period share. */
function creditedPeriods(records: BillingRecords): CreditedPeriod[] {
  if (records.disputes.length === 0 && records.refunds.length === 0) return [];
  const known = new Map<string, CreditedPeriod>();
  for (const invoice of records.invoices.filter((one) => creditGiven(one) > 0)) {
    const { subscription } = invoice;
    if (subscription === null) continue;
    for (const end of endsOf(records, invoice, (amount) => amount < 0)) {
      const key = `${subscription} ${end}`;
      if (!known.has(key)) known.set(key, periodOf(records, { ...invoice, subscription }, end));
    }
  }
  return [...known.values()];
}

function periodOf(
  records: BillingRecords,
  { subscription, currency }: InvoiceRow & { readonly subscription: string },
  end: number,
): CreditedPeriod {
  const settled = records.invoices.filter((one) => one.subscription === subscription && one.state === 'paid');
  const credits = settled.filter(
    (one) => one.total < 0 && endsOf(records, one, (amount) => amount < 0).has(end),
  );
  const paid = settled.filter(
    (one) => one.total > 0 && endsOf(records, one, (amount) => amount > 0).has(end),
  );
  const payments = paymentsOf(records, paid);
  const charges = new Set(payments.map(({ store_id }) => store_id));
  const disputes = disputesOf(records, payments).filter(({ state }) => state !== 'won');
  const refunds = records.refunds.filter(({ charge, state }) => state !== 'failed' && charges.has(charge));
  return {
    subscription,
    currency,
    credited: sumOf(credits.map(creditGiven)),
    paid: sumOf(paid.map(({ total }) => total)),
    refunded: sumOf(refunds.map(({ amount }) => amount)),
    disputed: sumOf(disputes.map(({ amount }) => amount)),
  };
}

const creditGiven = ({ state, total }: InvoiceRow) => (state === 'paid' && total < 0 ? -total : 0);
const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
