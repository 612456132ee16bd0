import type { Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';

/** What became of a sale: its money came, went back, was taken by a bank that disputes it, or came back from there. */
export type SaleNews = 'paid' | 'refunded' | 'disputed' | 'won';

/** An item that was sold to an account. Amounts are minor units. */
export interface ItemSale {
  readonly id: string;
  /** Who bought it. */
  readonly accountId: AccountId;
  readonly item: string;
  readonly payee: AccountId;
  readonly currency: string;
  /** The price, before tax. */
  readonly amount: number;
  /** What is left of it, without tax; 0: all of it has gone back. */
  readonly total: number;
  readonly share: number;
}

export interface SaleChange extends ItemSale {
  readonly news: SaleNews;
}

export interface PayeeChange {
  readonly accountId: AccountId;
  /** Money can be sent to them. */
  readonly isPayable: boolean;
}

/**
 * What a product does in the commit that applies what a payment provider says of its sales. It hears the same once, in any order that
 * objects are read in; what it throws undoes the commit, which is tried again. A remote call in it throws.
 */
export interface SharingHooks {
  readonly sale: (tx: Transaction, change: SaleChange) => Promise<void>;
  /** All products hear of all payees. */
  readonly payee: (tx: Transaction, change: PayeeChange) => Promise<void>;
}
