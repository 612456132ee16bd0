import type { AccountId } from '#platform/kernel';
import type { Cycle } from './cycles.ts';

/**
 * Facts of a payment provider's object, in our words. Made by the provider's `read` from one body, and from nothing else: so that
 * the newest bodies of all objects say the same, in any order in which they come.
 */
export interface Facts {
  /** The provider's customer that it belongs to. */
  readonly customer: string | null;
  /** The former owner is believed rather than `customer`: the provider no longer tells all that this follows from. */
  readonly keepsCustomer?: boolean | undefined;
  /** The account that our own note on the customer names. */
  readonly claims: AccountId | undefined;
  /** The provider has signed this claim with the purchase: it wins over the account that brought the purchase here first. */
  readonly isNamed?: boolean | undefined;
  /** Nothing of it is sold by us. */
  readonly foreign: boolean;
  /** Objects that it names, and that say more: they are looked at too, unless they were already. */
  readonly also: readonly ObjectRef[];
  readonly subscription?: SubscriptionFacts | undefined;
  readonly invoice?: InvoiceFacts | undefined;
  readonly payment?: PaymentFacts | undefined;
  readonly checkout?: CheckoutFacts | undefined;
  /** All that was paid for it, of a provider that has no invoices of its own. */
  readonly sales?: readonly SaleFacts[] | undefined;
}

/** A period or an add-on that was paid for at once, as the invoice that a store does not write and the payment of it. */
export interface SaleFacts {
  readonly invoice: InvoiceFacts;
  readonly payment: PaymentFacts;
}

/** Kinds of objects. payment: with all of its charges, refunds and disputes. checkout: a session of the provider's page. */
export const OBJECT_KINDS = ['customer', 'subscription', 'invoice', 'payment', 'checkout'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface ObjectRef {
  readonly kind: ObjectKind;
  readonly id: string;
}

/** A plan that is or will be paid for, by its names here. */
export interface Bought {
  readonly product: string;
  readonly plan: string;
  readonly cycle: Cycle;
  readonly quantity: number;
}

export interface SubscriptionFacts extends Bought {
  readonly id: string;
  /** The price of one, a cycle; minor units. */
  readonly unitAmount: number;
  readonly currency: string;
  /** The price of one unit past each limit that it bills, in millionths; undefined: its provider bills none. */
  readonly unitMicros?: Readonly<Record<string, number>> | undefined;
  /** As the provider has it; what failures and disputes make of it is decided by us. */
  readonly state: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
  /** It is not paid, and the provider tries no more: of one that was canceled, for that. */
  readonly givenUp: boolean;
  readonly startsAt: Date;
  readonly trialEndsAt: Date | null;
  /** The fingerprint of the card at the provider, the same for every customer; undefined: it gives none. */
  readonly card?: string | undefined;
  /** The instant after which the card that pays is no longer taken; undefined: it pays by something else, or that is not known. */
  readonly cardExpiresAt?: Date | undefined;
  /** The price of one from the next period on, where another one is arranged for the same plan. */
  readonly nextUnitAmount?: number | undefined;
  /** Its trial began without a card: one that is added later refuses it no more. */
  readonly isCardless?: boolean | undefined;
  /** The provider ends it with its trial, for want of a card. */
  readonly endsUnpaid?: boolean | undefined;
  /** The reason of its end, as the provider was told it. `comment` is the customer's own text. */
  readonly leaving?: LeavingFacts | undefined;
  /** It was begun at a page that was opened here: a trial of it is ours to give. */
  readonly isOurs?: boolean | undefined;
  readonly periodStartsAt: Date;
  readonly periodEndsAt: Date;
  readonly cancelsAt: Date | null;
  readonly endedAt: Date | null;
  /** Bought in a store's sandbox, without money: it is granted to listed accounts alone. */
  readonly isSandbox?: boolean | undefined;
  /** Until when the provider wants it to be had although it is not paid. */
  readonly keptUntil?: Date | undefined;
  /** The provider's id of the purchase that this one took the place of: that gives nothing from then on. */
  readonly replaces?: string | undefined;
  /** The provider ended it because another purchase took its place, which may not have been told yet. */
  readonly isReplaced?: boolean | undefined;
  /** Until when the provider must be told that it was given, or takes it back; not there: it was told. */
  readonly acknowledgeBy?: Date | undefined;
  /** The provider is to be asked for something: a change has left something beside it, or a card that was changed may pay what is owed. */
  readonly needsFollowUp?: boolean | undefined;
  /** A change that is arranged with the provider. */
  readonly next: (Bought & { readonly at: Date }) | null;
  /** A change that waits for the customer: in effect once this invoice is paid, and forgotten at its instant. */
  readonly pending?: (Bought & { readonly invoice: string; readonly expiresAt: Date }) | undefined;
}

/** null: not said. */
export interface LeavingFacts {
  readonly reason: string | null;
  readonly feedback: string | null;
  readonly comment: string | null;
}

/** The part of an invoice that is stored and shown as the provider says it. */
export interface InvoiceBasics {
  readonly number: string | null;
  readonly state: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  readonly reason: string;
  readonly currency: string;
  readonly subtotal: number;
  readonly discount: number;
  readonly tax: number;
  readonly total: number;
  readonly paid: number;
  readonly url: string | null;
}

export interface InvoiceFacts extends InvoiceBasics {
  readonly id: string;
  readonly subscription: string | null;
  readonly attempts: number;
  /** The newest charge for it. null: none yet, as where there is no card, or a bank asks for the person. */
  readonly lastCharge: string | null;
  readonly nextAttemptAt: Date | null;
  /** The bank asks for the person, who confirms the payment at `url`. */
  readonly asksCustomer?: boolean | undefined;
  readonly pdfUrl: string | null;
  readonly issuedAt: Date;
  /** When an invoice that is sent is due; one that the provider charges itself has no such date. */
  readonly dueAt: Date | null;
  readonly paidAt: Date | null;
  /** Bought in a store's sandbox, without money. */
  readonly isSandbox?: boolean | undefined;
  /** Until when the provider must be told that it was given, or takes it back; not there: it was told, or need not be. */
  readonly acknowledgeBy?: Date | undefined;
  readonly lines: readonly LineFacts[];
}

/** The same part of a line of it. */
export interface LineBasics {
  readonly product: string;
  readonly plan: string | null;
  readonly overage: string | null;
  readonly quantity: number;
  readonly amount: number;
  readonly discount: number;
  readonly tax: number;
  readonly proration: boolean;
}

/** Exactly one of `plan`, `addOn` and `overage` is there. */
export interface LineFacts extends LineBasics {
  readonly id: string;
  readonly addOn: string | null;
  readonly cycle: Cycle | null;
  readonly unitAmount: number;
  readonly periodStartsAt: Date;
  readonly periodEndsAt: Date;
}

export interface PaymentFacts {
  readonly id: string;
  readonly invoice: string | null;
  readonly charges: readonly ChargeFacts[];
  readonly refunds: readonly RefundFacts[];
  readonly disputes: readonly DisputeFacts[];
}

export interface ChargeFacts {
  readonly id: string;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly failureCode: string | null;
  readonly amount: number;
  readonly currency: string;
  /** In the currency of the charge; null: not known yet. */
  readonly fee: number | null;
  readonly occurredAt: Date;
}

/** Money of a charge that goes back. */
interface ReturnFacts {
  readonly id: string;
  readonly charge: string;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string | null;
  readonly occurredAt: Date;
}

export interface RefundFacts extends ReturnFacts {
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly feeReturned: number;
}

export interface DisputeFacts extends ReturnFacts {
  readonly state: 'inquiry' | 'open' | 'won' | 'lost';
  readonly fee: number;
}

export interface CheckoutFacts {
  readonly id: string;
  readonly state: 'open' | 'complete' | 'expired';
}
