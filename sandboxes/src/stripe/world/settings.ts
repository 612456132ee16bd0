/** What a shop's owner chose in Stripe's dashboard, and what banks and networks do. */
export interface Settings {
  readonly apiVersion: string;
  /** Days after the first failure of a renewal on which it is tried again. */
  readonly retryAfterDays: readonly number[];
  /** What becomes of a subscription when the last try failed. */
  readonly afterLastRetry: 'cancel' | 'mark_unpaid' | 'leave_past_due';
  /** The same becomes of one whose invoices are sent, so many days after one of them was due. */
  readonly overdueDays: number;
  /** Until a bank says whether a debit is paid. */
  readonly debitDays: number;
  /** After the debit its owner has the money given back, if they do. */
  readonly returnedAfterDays: number;
  /** A page's receipt is made so long after its payment; 0: with it. */
  readonly receiptSeconds: number;
  /** A renewal's invoice stays a draft so long. */
  readonly draftSeconds: number;
  /** Payouts are made in it; charges in others are exchanged. */
  readonly settlementCurrency: string;
  /** Other currencies that the platform has a bank account for: charges in them are not exchanged. */
  readonly heldCurrencies: readonly string[];
  /** Price of one unit of a currency in units of the settlement currency. */
  readonly exchangeRates: Readonly<Record<string, number>>;
  /** Rate of automatic tax, in percent, on top of a price. */
  readonly taxPercent: number;
  readonly taxCountry: string;
  /** Who sells, as customers read it on pages. */
  readonly merchant: string;
}

const DEFAULTS: Settings = {
  apiVersion: '2026-10-28.endive',
  retryAfterDays: [3, 8, 15],
  afterLastRetry: 'cancel',
  overdueDays: 30,
  debitDays: 5,
  returnedAfterDays: 9,
  receiptSeconds: 0,
  draftSeconds: 3600,
  settlementCurrency: 'usd',
  heldCurrencies: [],
  exchangeRates: { usd: 1, eur: 1.1, gbp: 1.25, jpy: 0.007, kwd: 3.25 },
  taxPercent: 19,
  taxCountry: 'DE',
  merchant: 'A shop on the sandbox',
};

export function settingsOf(chosen: Partial<Settings> = {}): Settings {
  return { ...DEFAULTS, ...chosen };
}
