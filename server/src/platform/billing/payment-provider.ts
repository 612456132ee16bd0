import type { AccountId } from '#platform/kernel';
import type { Facts, ObjectRef } from './facts.ts';

export type ProviderName = 'stripe' | StoreName;

/** Where purchases are made in an app. */
export type StoreName = 'app_store' | 'google_play';

/** Real money, the provider's own test mode, or our sandbox. */
export type Mode = 'live' | 'test' | 'sandbox';

/** The seller, and its mode: rows of one mode are nothing in another. */
export interface ProviderMode {
  readonly provider: ProviderName;
  readonly mode: Mode;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Body = { readonly [key: string]: Json };

/** An event as a webhook tells it. Its word on the object itself is not believed: the object is read. */
export interface ProviderEvent {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date;
  /** The object to look at; undefined: nothing that concerns us. */
  readonly about: ObjectRef | undefined;
  /** Where it happened, if at an account that is connected to ours. It is about nothing then. */
  readonly account?: string | undefined;
  /** It is a question: until when the provider waits for an answer (`AppPurchases.answer`). */
  readonly answerBy?: Date | undefined;
}

/** A webhook request as it came. */
export interface SignedRequest {
  /** The bytes that were signed, as text. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A payment provider, as inbox and reconciler know it: each is a folder of `providers/`, which verifies, fetches and reads. */
export interface PaymentProvider {
  readonly name: ProviderName;
  readonly mode: Mode;
  /** For how many days it can tell again what it has told. */
  readonly eventsKeptDays: number;
  /** Throws `webhook_forged` for what the provider did not sign, or signed too long ago or for another mode. */
  verify(message: SignedRequest): Promise<ProviderEvent>;
  /**
   * Reads an object as it is now, with what belongs to it (a payment with its charges, refunds and disputes), as one
   * body; null: it was not found, which is believed of little (`mayBeGone`). `reading` is awaited before each request: it is the rate that all processes
   * share. Throws `store_unavailable` (retryable), or `store_refused`.
   */
  fetch(ref: ObjectRef, reading: ReadContext): Promise<Body | null>;
  /** Facts of a body: a pure function, the same for the same body at any time. */
  read(ref: ObjectRef, body: Body | null): Facts;
  /** Messages that the provider would have sent since then, page by page, in no order. */
  eventsSince(
    since: Date,
    reading: ReadContext,
  ): AsyncIterable<readonly (ProviderEvent & { readonly body: string })[]>;
  /** All objects that the provider has, told of or not. */
  allObjects(reading: ReadContext): AsyncIterable<readonly ObjectRef[]>;
  /**
   * Objects that were not heard of for longer than can be, of a provider that tells nothing again: each reconciliation looks
   * at them.
   */
  overdue?(): AsyncIterable<readonly ObjectRef[]>;
  /** It can't list its objects: those that are known here are read too, where all are wanted. */
  readonly listsNothing?: true;
  /** Only for a store whose purchases are made in an app. */
  readonly purchases?: AppPurchases | undefined;
}

/** Purchases that are made in an app, and brought here by it. */
export interface AppPurchases {
  /** The object to read for a purchase, by the store's proof. Throws `purchase_unknown` for one that is not of this store, app and mode. */
  refOf(proof: string): Promise<ObjectRef>;
  /** Has the store name the account in what it tells of a purchase from now on; not there: this store can't. Harmless when it is asked twice. */
  nameOwner?(purchase: ObjectRef, accountId: AccountId): Promise<void>;
  /** Tells the store that a purchase was given, which it takes back otherwise; not there: it need not be told. Harmless when it is asked twice. */
  acknowledge?(purchase: ObjectRef): Promise<void>;
  /**
   * Tells the store how a purchase was used whose buyer wants the money back, as it has asked with that message; not there: this
   * store does not ask. Harmless when it is told twice. Throws `store_refused` for an answer that it does not take.
   */
  answer?(question: string, use: PurchaseUse): Promise<void>;
  /**
   * Has a subscription renew no earlier than at `until`, for nothing: by whole days, as many as are missing. Asked again for the same it does
   * nothing. Throws `store_refused`, where the store gives none or not as many.
   */
  extend?(subscription: ObjectRef, by: Extension): Promise<void>;
}

export interface Extension {
  readonly until: Date;
  readonly reason: ExtensionReason;
  /** Tells this request from others at the store. */
  readonly id: string;
}

export const EXTENSION_REASONS = ['customer_satisfaction', 'outage', 'other'] as const;
export type ExtensionReason = (typeof EXTENSION_REASONS)[number];

/** How a purchase was used here. */
export interface PurchaseUse {
  /** It was given to an account. */
  readonly isDelivered: boolean;
  /** The part of an add-on's days that is over, between 0 and 1; undefined: it has none. */
  readonly share: number | undefined;
}

export interface ReadContext {
  /** Waits until one more request may go out. Throws `store_unavailable` when it is too late for one. */
  readonly takeToken: () => Promise<void>;
  /** Called when the provider asks for fewer requests: none goes out for so many seconds. */
  readonly holdBack: (seconds: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Whose a customer of a payment provider is: known to us, or claimed by what we once wrote on it. */
export interface CustomerClaim {
  readonly customer: string;
  readonly accountId: AccountId;
}

/** Units past a limit, as the provider is told of them. */
export interface UsageReport {
  /** By which the provider knows a report that it was told already. */
  readonly id: string;
  readonly product: string;
  readonly limit: string;
  /** As the provider calls who pays. */
  readonly customer: string;
  readonly units: number;
  readonly at: Date;
}

/** A payment provider's counter of units that it bills by itself. */
export interface UsageMeter {
  /**
   * Adds them once, however often it is told within a day. Throws `store_unavailable` where it is not known whether they
   * arrived, and `store_refused` where they did not.
   */
  report(usage: UsageReport): Promise<void>;
}

/** Credit that is to be gone, because the money that it came from is. */
export interface CreditToTake {
  readonly account_id: AccountId;
  /** As the provider calls who has it. */
  readonly customer: string;
  /** That gave the credit. */
  readonly subscription: string;
  readonly currency: string;
  /** Minor units: all that is to be gone of this subscription's. */
  readonly amount: number;
}

/** A payment provider that keeps what it owes to a customer for the next invoice. */
export interface CreditHolder extends ProviderMode {
  /**
   * Has as much of a customer's credit be gone as is said, no more than there is, and gives back what was taken past it. Answers how much is
   * gone. Harmless when it is asked twice.
   */
  take(credit: CreditToTake): Promise<number>;
}

/** Acts of a payment provider when its customers leave. Each call is harmless if repeated, or if its object is gone. */
export interface SubscriptionEnder extends ProviderMode {
  /** Ends a subscription with what is paid for. */
  endWithPeriod(subscription: string): Promise<void>;
  /** Has it go on, if it has not ended. */
  resume(subscription: string): Promise<void>;
  /** Ends at once one that is still tried, and was never paid for. */
  endTrial(subscription: string): Promise<void>;
  /** Takes away what a change has left beside a subscription, and tries what is owed with a card that was changed. */
  followUp(subscription: string): Promise<void>;
  /** Ends all subscriptions of a customer at once, what was used past limits being billed, and deletes them there. */
  deleteCustomer(customer: string): Promise<void>;
}
