import type { Decline } from './cards.ts';
import type { Charge, PaymentMethod } from '../objects.ts';

/** A bank account of Stripe's list for tests (docs.stripe.com/payments/sepa-debit), and what its bank does with a debit. */
export interface TestAccount {
  readonly iban: string;
  /** Shown beside the account on the sandbox's pages. */
  readonly does: string;
  /** It is told days later. */
  readonly fails?: Decline;
  /** It was paid, and its owner has the money given back. */
  readonly isReturned?: boolean;
}

/** What can be debited in it. */
export const DEBIT_CURRENCY = 'eur';

/** The last four digits tell them apart. */
export const ACCOUNTS: readonly TestAccount[] = [
  { iban: 'AT611904300234573201', does: 'is paid, days later' },
  {
    iban: 'AT861904300235473202',
    does: 'fails, days later',
    fails: {
      code: 'generic_could_not_process',
      message: 'The payment could not be processed by the bank.',
    },
  },
  {
    iban: 'AT981904300002222227',
    does: 'fails for want of money, days later',
    fails: { code: 'insufficient_funds', message: 'The bank account has insufficient funds.' },
  },
  { iban: 'AT591904300235473203', does: 'is paid, and given back later', isReturned: true },
];

export function accountByIban(iban: string): TestAccount | undefined {
  return ACCOUNTS.find((account) => account.iban === iban.replaceAll(/\s/g, '').toUpperCase());
}

/** The account that is debited; undefined: it is paid otherwise. */
export function accountOf({ sepa_debit: debit }: Pick<PaymentMethod, 'sepa_debit'>): TestAccount | undefined {
  return byDigits(debit?.last4);
}

export function accountDebited({ payment_method_details: paid }: Charge): TestAccount | undefined {
  return byDigits(paid?.sepa_debit?.last4);
}

function byDigits(last4: string | null | undefined): TestAccount | undefined {
  return ACCOUNTS.find(({ iban }) => iban.endsWith(last4 ?? 'none'));
}

/** What a payment method says of an account. */
export function debitDetails({ iban }: TestAccount): NonNullable<PaymentMethod['sepa_debit']> {
  return {
    bank_code: iban.slice(4, 9),
    branch_code: '',
    country: iban.slice(0, 2),
    fingerprint: `sandbox${iban.slice(-8)}`,
    generated_from: { charge: null, setup_attempt: null },
    last4: iban.slice(-4),
  };
}
