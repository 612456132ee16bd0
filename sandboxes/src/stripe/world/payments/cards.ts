/** A card of Stripe's list for tests (docs.stripe.com/testing), and what banks say of it. */
export interface TestCard {
  readonly number: string;
  readonly brand: 'amex' | 'mastercard' | 'visa';
  /** `pm_card_…`, which stands for the card in place of a payment method's id. */
  readonly token: string;
  /** Shown beside the card on the sandbox's pages. */
  readonly does: string;
  readonly declines?: Decline;
  /** Declines already when it is given to a customer. */
  readonly declinesAtOnce?: boolean;
  /** The person has to confirm: each payment, or those off session unless the card was set up. */
  readonly asks?: 'always' | 'until set up';
  readonly disputed?: { readonly reason: string; readonly inquiry: boolean };
  readonly refunds?: 'fail later' | 'pend';
  /** Its money can be transferred at once. */
  readonly isAvailableAtOnce?: true;
}

export interface Decline {
  readonly code: string;
  readonly declineCode?: string;
  readonly message: string;
}

const declineWith = (declineCode: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  declineCode,
  message,
});
const INSUFFICIENT = declineWith('insufficient_funds', 'Your card has insufficient funds.');

/** The last four digits tell them apart. */
export const CARDS: readonly TestCard[] = [
  { number: '4242424242424242', brand: 'visa', token: 'pm_card_visa', does: 'is paid' },
  { number: '5555555555554444', brand: 'mastercard', token: 'pm_card_mastercard', does: 'is paid' },
  { number: '378282246310005', brand: 'amex', token: 'pm_card_amex', does: 'is paid' },
  {
    number: '4000000000000002',
    brand: 'visa',
    token: 'pm_card_chargeDeclined',
    does: 'is declined',
    declines: declineWith('generic_decline'),
    declinesAtOnce: true,
  },
  {
    number: '4000000000009995',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedInsufficientFunds',
    does: 'has insufficient funds',
    declines: INSUFFICIENT,
    declinesAtOnce: true,
  },
  {
    number: '4000000000000069',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedExpiredCard',
    does: 'has expired',
    declines: { code: 'expired_card', message: 'Your card has expired.' },
    declinesAtOnce: true,
  },
  {
    number: '4000000000000127',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedIncorrectCvc',
    does: 'has another security code',
    declines: { code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
    declinesAtOnce: true,
  },
  {
    number: '4000000000000119',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedProcessingError',
    does: 'cannot be processed',
    declines: {
      code: 'processing_error',
      message: 'An error occurred while processing your card. Try again in a little bit.',
    },
    declinesAtOnce: true,
  },
  {
    number: '4000000000000341',
    brand: 'visa',
    token: 'pm_card_chargeCustomerFail',
    does: 'is taken, and declined when it is charged',
    declines: declineWith('generic_decline'),
  },
  {
    number: '4000002500003155',
    brand: 'visa',
    token: 'pm_card_authenticationRequiredOnSetup',
    does: 'asks once for confirmation',
    asks: 'until set up',
  },
  {
    number: '4000000000003220',
    brand: 'visa',
    token: 'pm_card_threeDSecure2Required',
    does: 'asks for confirmation',
    asks: 'until set up',
  },
  {
    number: '4000002760003184',
    brand: 'visa',
    token: 'pm_card_authenticationRequired',
    does: 'asks for confirmation each time',
    asks: 'always',
  },
  {
    number: '4000008260003178',
    brand: 'visa',
    token: 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
    does: 'asks for confirmation, then has insufficient funds',
    asks: 'always',
    declines: INSUFFICIENT,
  },
  {
    number: '4000000000000259',
    brand: 'visa',
    token: 'pm_card_createDispute',
    does: 'is paid and disputed as fraud',
    disputed: { reason: 'fraudulent', inquiry: false },
  },
  {
    number: '4000000000002685',
    brand: 'visa',
    token: 'pm_card_createDisputeProductNotReceived',
    does: 'is paid and disputed as not received',
    disputed: { reason: 'product_not_received', inquiry: false },
  },
  {
    number: '4000000000001976',
    brand: 'visa',
    token: 'pm_card_createDisputeInquiry',
    does: 'is paid and inquired about',
    disputed: { reason: 'fraudulent', inquiry: true },
  },
  {
    number: '4000000000007726',
    brand: 'visa',
    token: 'pm_card_pendingRefund',
    does: 'is paid; a refund takes a day',
    refunds: 'pend',
  },
  {
    number: '4000000000005126',
    brand: 'visa',
    token: 'pm_card_refundFail',
    does: 'is paid; a refund fails a day later',
    refunds: 'fail later',
  },
  {
    number: '4000000000000077',
    brand: 'visa',
    token: 'pm_card_bypassPending',
    does: 'is paid, and its money is available at once',
    isAvailableAtOnce: true,
  },
];

export function cardByNumber(number: string): TestCard | undefined {
  return CARDS.find((card) => card.number === number.replaceAll(/\D/g, ''));
}

export function cardByToken(token: string): TestCard | undefined {
  return CARDS.find((card) => card.token === token);
}

/** The card of a payment method, told by the digits that it shows. */
export function cardByDigits(last4: string | undefined): TestCard | undefined {
  return CARDS.find((card) => card.number.endsWith(last4 ?? 'none'));
}
