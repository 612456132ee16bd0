import {
  type BillingRecords,
  disputesOf,
  type DisputeRow,
  type InvoiceRow,
  paymentsOf,
  type RefundRow,
} from './billing-records.ts';

/**
 * The backing of an amount, in minor units. `money` came in and stayed; `gone` came in and went back, by refunds and disputes; `gift` is
 * credit that no payment of the customer backs, such as an operator gives.
 */
interface Parts {
  money: number;
  gift: number;
  gone: number;
  readonly by: Set<DisputeRow | RefundRow>;
}

/** The backing of a paid invoice; `credit`: of the part that was paid by credit. */
export interface Backing extends Readonly<Parts> {
  readonly credit: Readonly<Parts>;
}

export type Backings = ReadonlyMap<string, Backing>;

/** Money first: so what is bought first is what stands, and what went back is missed by what was bought last. */
const KINDS = ['money', 'gift', 'gone'] as const;

/** A paid invoice, with what is left of it to give credit from. */
interface Source extends Parts {
  readonly subscription: string | null;
  /** Ends of the periods that it pays for, and of those that it credits. */
  readonly paidEnds: ReadonlySet<number>;
  readonly creditedEnds: ReadonlySet<number>;
}

interface Lot extends Parts {
  readonly currency: string;
}

/**
 * The backing of each paid invoice, by the provider's id. Credit is spent in the order in which it came. Credit of a smaller plan comes from
 * earlier payments for the same period, whether by money or by other credit, and is backed by no more than is left of these: each unit
 * of money backs one thing, through however many purchases it went.
 */
export function backingsOf(records: BillingRecords, counts: 'disputes' | 'all'): Backings {
  const backings = new Map<string, Backing>();
  const sources: Source[] = [];
  const lots: Lot[] = [];
  const taken = new Map(records.taken.map((one) => [one.subscription, one.taken]));
  for (const invoice of records.invoices.filter(({ state }) => state === 'paid')) {
    const { currency, subscription, total, paid } = invoice;
    const paidEnds = endsOf(records, invoice, (amount) => amount > 0);
    const creditedEnds = endsOf(records, invoice, (amount) => amount < 0);
    if (total < 0) {
      const lot = { currency, ...creditFrom(sourcesOf(sources, { subscription, creditedEnds }), -total) };
      // The provider has taken so much of what went back: no purchase spends it.
      const taking = Math.min(lot.gone, taken.get(subscription ?? '') ?? 0);
      lot.gone -= taking;
      if (subscription !== null) taken.set(subscription, (taken.get(subscription) ?? 0) - taking);
      lots.push(lot);
      continue;
    }
    const whole = ownParts(records, invoice, counts);
    const credit = noParts();
    const lacks = lots
      .filter((lot) => lot.currency === currency)
      .reduce((left, lot) => spend(lot, credit, left), Math.max(0, total - paid));
    credit.gift += lacks;
    for (const kind of KINDS) whole[kind] += credit[kind];
    for (const one of credit.by) whole.by.add(one);
    backings.set(invoice.store_id, { ...whole, credit });
    sources.push({ ...whole, subscription, paidEnds, creditedEnds });
  }
  return backings;
}

/** Disputes of payments whose credit has paid for these invoices. They suspend what the credit bought, as they suspend what the payment bought. */
export function disputesOfCredit(records: BillingRecords, invoices: readonly InvoiceRow[]): DisputeRow[] {
  if (records.disputes.length === 0) return [];
  const backings = backingsOf(records, 'disputes');
  const credits = invoices.flatMap(({ store_id }) => backings.get(store_id)?.credit ?? []);
  return records.disputes.filter((one) => credits.some(({ gone, by }) => gone > 0 && by.has(one)));
}

const noParts = (): Parts => ({ money: 0, gift: 0, gone: 0, by: new Set() });

function ownParts(records: BillingRecords, invoice: InvoiceRow, counts: 'disputes' | 'all'): Parts {
  const payments = paymentsOf(records, [invoice]);
  const charges = new Set(payments.map(({ store_id }) => store_id));
  const disputes = disputesOf(records, payments).filter(({ state }) => state !== 'won');
  const refunds = records.refunds.filter(({ charge, state }) => state !== 'failed' && charges.has(charge));
  const by = new Set([...disputes, ...(counts === 'all' ? refunds : [])]);
  const gone = Math.min(
    invoice.paid,
    [...by].reduce((sum, { amount }) => sum + amount, 0),
  );
  return { money: invoice.paid - gone, gift: 0, gone, by };
}

/** Invoices that paid for the credited periods, and for the periods whose unused rest paid for these. */
function sourcesOf(
  sources: readonly Source[],
  { subscription, creditedEnds }: Pick<Source, 'subscription' | 'creditedEnds'>,
): Source[] {
  const ends = new Set(creditedEnds);
  const found = new Set<Source>();
  for (const source of sources.toReversed()) {
    if (subscription === null || source.subscription !== subscription) continue;
    if (![...source.paidEnds].some((end) => ends.has(end))) continue;
    found.add(source);
    for (const end of source.creditedEnds) ends.add(end);
  }
  return [...found];
}

/** Takes credit of what its sources have left; what they do not have is no money of the customer's. */
function creditFrom(sources: readonly Source[], amount: number): Parts {
  const parts = noParts();
  let lacks = amount;
  for (const kind of ['money', 'gone'] as const)
    for (const source of sources) lacks = move(kind, { from: source, into: parts, amount: lacks });
  return { ...parts, gift: lacks };
}

/** Answers what of an amount is still to be paid. */
function spend(lot: Lot, into: Parts, amount: number): number {
  return KINDS.reduce((lacks, kind) => move(kind, { from: lot, into, amount: lacks }), amount);
}

/** Moves what there is of one kind, and with what went back the refunds and disputes by which it did; answers what of the amount is lacking. */
function move(
  kind: (typeof KINDS)[number],
  { from, into, amount }: { readonly from: Parts; readonly into: Parts; readonly amount: number },
): number {
  const part = Math.min(from[kind], amount);
  from[kind] -= part;
  into[kind] += part;
  if (kind === 'gone' && part > 0) for (const one of from.by) into.by.add(one);
  return amount - part;
}

/** The period ends of an invoice's plan lines whose amount is meant. */
export function endsOf(
  { lines }: BillingRecords,
  { id }: InvoiceRow,
  isMeant: (amount: number) => boolean,
): Set<number> {
  const meant = lines.filter(
    ({ invoice_id, plan, amount }) => invoice_id === id && plan !== null && isMeant(amount),
  );
  return new Set(meant.map(({ period_ends_at }) => period_ends_at.getTime()));
}
