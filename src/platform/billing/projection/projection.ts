import type { Audit } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import type { ObjectRef } from '../facts.ts';
import type { AppliedObject, Customer } from './applied-object.ts';
import { type BillingRecords, readBillingRecords, type SubscriptionRow } from './billing-records.ts';
import { type DunningState, dunningStateOf } from './dunning-state.ts';
import { grantsFrom } from './grants.ts';
import { writeRowsIn } from './write-rows.ts';
import { notifyIn } from './notifications/notify.ts';
import { recordTrialIn } from './record-trial.ts';

export interface ProjectionParts {
  /** In how many accounts of one person, or on one card, a product is tried. */
  readonly freeAccountsPerUser: number;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'providerGrantsIn' | 'announce'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly audit: Audit;
}

export interface Projection {
  /**
   * Writes an object's rows anew, and from all rows of the account what it is granted and told: in a transaction of the
   * system role. The same twice changes nothing, and any order of the same newest bodies ends the same. Whoever applies
   * something of the same account waits until `tx` ends.
   */
  applyIn(tx: Transaction, applied: AppliedObject): Promise<void>;
  /** Writes what all rows of an account come to: for whoever has told them again. */
  deriveIn(tx: Transaction, customer: Customer): Promise<void>;
  /** Called once that transaction is over: tells all processes what changed. */
  announce(accountId: AccountId): void;
}

/** Makes rows of what a payment provider says, and of the rows what accounts are granted (docs/billing.md). */
export function createProjection(parts: ProjectionParts): Projection {
  const { entitlements, webhooks, mail } = parts;
  return {
    async applyIn(tx, applied) {
      const [, [account]] = await tx.runAll([lockAccount(applied.accountId), accountOf(applied.accountId)]);
      const before = await writeRowsIn(tx, applied);
      await recordTrialIn(tx, applied, parts.freeAccountsPerUser);
      // Of an account that was erased the books go on, and nobody is granted or told anything.
      if (account === undefined || applied.isRebuild === true || !AFFECTS_ACCOUNTS.has(applied.ref.kind))
        return;
      const records = await writeDerivedIn(parts, tx, applied);
      await notifyIn(parts, tx, { applied, before, records });
    },
    async deriveIn(tx, customer) {
      const [, [account]] = await tx.runAll([lockAccount(customer.accountId), accountOf(customer.accountId)]);
      if (account !== undefined) await writeDerivedIn(parts, tx, customer);
    },
    announce(accountId) {
      entitlements.announce(accountId);
      webhooks.wake();
      mail.wake();
    },
  };
}

/** Of the rest no account is granted or told anything. */
const AFFECTS_ACCOUNTS: ReadonlySet<ObjectRef['kind']> = new Set(['subscription', 'invoice', 'payment']);

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

/** Writes what follows from the rows of an account: how its subscriptions stand, and what it is granted. Answers the rows. */
async function writeDerivedIn(
  { entitlements }: Pick<ProjectionParts, 'entitlements'>,
  tx: Transaction,
  customer: Customer,
): Promise<BillingRecords> {
  const records = await readBillingRecords(tx, customer);
  const dunningStates = new Map(records.subscriptions.map((one) => [one.id, dunningStateOf(one, records)]));
  await tx.runAll(
    records.subscriptions.flatMap((one) => writeDunningState(customer, one, dunningStates.get(one.id))),
  );
  await entitlements.providerGrantsIn(tx, {
    accountId: customer.accountId,
    source: customer.provider,
    grants: grantsFrom(records, dunningStates),
  });
  return records;
}

function writeDunningState(
  { accountId }: Customer,
  { id }: SubscriptionRow,
  dunning: DunningState | undefined,
): Statement[] {
  if (dunning === undefined) return [];
  const { failures, graceEndsAt, suspendsAt, suspendedBy } = dunning;
  return [
    statement(
      `update billing.subscriptions set failures = $3, grace_ends_at = $4, suspends_at = $5, suspended_by = $6, updated_at = app.now()
       where account_id = $1 and id = $2
         and (failures, grace_ends_at, suspends_at, suspended_by) is distinct from ($3::integer, $4::timestamptz, $5::timestamptz, $6::text)`,
      [accountId, id, failures, graceEndsAt, suspendsAt, suspendedBy],
    ),
  ];
}
