import type { Patch } from './patch.ts';

const DEBITS = 'test/selling/debits.test.ts ::';
const READ_PAYMENT = 'src/platform/billing/providers/stripe/read/payment.test.ts ::';
const READ_INVOICE = 'src/platform/billing/providers/stripe/read/invoice.test.ts ::';

/** Payments that take days, receipts that come later, and credit notes. */
export const DEBITED: readonly Patch[] = [
  {
    name: 'sold-twice-while-a-bank-is-asked',
    file: 'src/platform/billing/providers/stripe/checkout.ts',
    find: "if (areDebited.includes(true)) return 'now';",
    replace: '',
    expects: `${DEBITS} a plan by a debit > is had once it is paid, is sold once meanwhile, and its money is of that day`,
  },
  {
    name: 'debit-counted-before-its-money-came',
    file: 'src/platform/billing/providers/stripe/read/payment.ts',
    find: '(told?.created ?? of.created)',
    replace: 'of.created',
    expects: `${READ_PAYMENT} a payment > is of the day when its money came, which for a debit is days after it was begun`,
  },
  {
    name: 'forgiven-and-had',
    file: 'src/platform/billing/providers/stripe/read/invoice.ts',
    find: 'return !isSubscribed && total > 0 && credited >= total;',
    replace: 'return !isSubscribed && total > 0 && credited > total;',
    expects: `${READ_INVOICE} an invoice > of which credit notes took all before it was paid was not paid, unless a subscription lives by it`,
  },
  {
    name: 'receipt-forgets-its-payment',
    file: 'src/platform/billing/providers/stripe/verify.ts',
    find: "if (pays !== undefined) return { kind: 'payment', id: pays };",
    replace: '',
    expects:
      'src/platform/billing/providers/stripe/verify.test.ts :: an event > of a payment of an invoice says which object to look at',
  },
  {
    name: 'credit-of-a-debit-that-comes-back',
    file: 'src/platform/billing/providers/stripe/debited-change.ts',
    find: 'if (byDebit && (await creditOf()) > 0)',
    replace: 'if (byDebit && (await creditOf()) > 1e9)',
    expects: `${DEBITS} a change that is paid by debit > and is paid leaves no credit: a cheaper plan is had with the end of the period`,
  },
];
