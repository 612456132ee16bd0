import type { Audit } from '#platform/audit';
import { statement, type Transaction } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import type { Facts, ObjectRef } from '../facts.ts';
import type { Mode, StoreName } from '../payment-provider.ts';
import { deriveIn } from './deriving.ts';
import { projectIn } from './write-rows.ts';
import { tellIn } from './notifications/notify.ts';
import { noteTrialIn } from './record-trial.ts';

/** Who sells, and in which of its worlds: what rows of it are found by. */
export interface Shop {
  readonly store: StoreName;
  readonly mode: Mode;
}

/** An account as a customer of a shop. */
export interface Customer extends Shop {
  readonly accountId: AccountId;
}

/** What the newest body of an object says, and whose it is. */
export interface Applied extends Customer {
  readonly ref: ObjectRef;
  readonly facts: Facts;
  /**
   * One of many, told from what is kept, of rows that were emptied: nothing follows from it before all of them are there
   * (`deriveIn`), and nobody hears of it a second time.
   */
  readonly isRetold?: boolean;
}

export interface FoldingParts {
  /** In how many accounts of one person, or on one card, a product is tried. */
  readonly freeAccountsPerUser: number;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'storeGrantsIn' | 'announce'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly audit: Audit;
}

export interface Folding {
  /**
   * Writes an object's rows anew, and from all rows of the account what it is granted and told: in a transaction of the
   * system role. The same twice changes nothing, and any order of the same newest bodies ends the same. Whoever applies
   * something of the same account waits until `tx` ends.
   */
  applyIn(tx: Transaction, applied: Applied): Promise<void>;
  /** Writes what all rows of an account come to: for whoever has told them again. */
  deriveIn(tx: Transaction, customer: Customer): Promise<void>;
  /** Called once that transaction is over: tells all processes what changed. */
  announce(accountId: AccountId): void;
}

/** Makes rows of what a store says, and of the rows what accounts are granted (docs/billing.md). */
export function createFolding(parts: FoldingParts): Folding {
  const { entitlements, webhooks, mail } = parts;
  return {
    async applyIn(tx, applied) {
      const [, [account]] = await tx.runAll([lockAccount(applied.accountId), accountOf(applied.accountId)]);
      const before = await projectIn(tx, applied);
      await noteTrialIn(tx, applied, parts.freeAccountsPerUser);
      // Of an account that was erased the books go on, and nobody is granted or told anything.
      if (account === undefined || applied.isRetold === true || !MEANS_SOMETHING.has(applied.ref.kind))
        return;
      const books = await deriveIn(parts, tx, applied);
      await tellIn(parts, tx, { applied, before, books });
    },
    async deriveIn(tx, customer) {
      const [, [account]] = await tx.runAll([lockAccount(customer.accountId), accountOf(customer.accountId)]);
      if (account !== undefined) await deriveIn(parts, tx, customer);
    },
    announce(accountId) {
      entitlements.announce(accountId);
      webhooks.wake();
      mail.wake();
    },
  };
}

/** Of the rest no account is granted or told anything. */
const MEANS_SOMETHING: ReadonlySet<ObjectRef['kind']> = new Set(['subscription', 'invoice', 'payment']);

/**
 * One at a time for each account: two objects of one account whose commits cross would each be derived without the
 * other's rows.
 */
const lockAccount = (accountId: AccountId) =>
  statement(`select pg_advisory_xact_lock(hashtextextended('billing ' || $1::uuid, 0))`, [accountId]);

const accountOf = (accountId: AccountId) =>
  statement<{ account_id: AccountId }>('select account_id from accounts.accounts where account_id = $1', [
    accountId,
  ]);
