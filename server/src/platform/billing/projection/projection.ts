import type { Audit } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { Entitlements } from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { createPackBook, type PackBook, type UsageCarrier } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import type { ObjectRef } from '../facts.ts';
import type { Mode, ProviderName } from '../payment-provider.ts';
import type { AppliedObject, Customer } from './applied-object.ts';
import {
  type BillingRecords,
  readBillingRecords,
  type SubscriptionRow,
  type ToldFailure,
} from './billing-records.ts';
import { type DunningState, dunningStateOf } from './dunning-state.ts';
import { grantsFrom, purchasesOf } from './grants.ts';
import { giveUsageIn, type MovedCustomer, moveRowsIn, takeUsageIn } from './move-customer.ts';
import { backingsOf } from './credit.ts';
import { buyerOf, type ShareLedger } from '../sharing/ledger.ts';
import { writeRowsIn } from './write-rows.ts';
import { notifyPaidTwiceIn } from './notifications/paid-twice.ts';
import { notifyIn } from './notifications/notify.ts';
import { recordTrialIn } from './record-trial.ts';
import { failuresToTell } from './grace.ts';
import { refundedCreditOf } from './refunded-credit.ts';

/** How many days after its first failure was told a plan is kept at most, where nothing else is set. */
const LONGEST_GRACE_DAYS = 14;

export interface ProjectionParts {
  /** In how many accounts of one person, or on one card, a product is tried. */
  readonly freeAccountsPerUser: number;
  /** How many days after its first failure was told a plan that is not paid is kept at most. */
  readonly longestGraceDays?: number | undefined;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'providerGrantsIn' | 'announce'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly audit: Audit;
  /** Shares in items that are sold for others; not there: none are. */
  readonly ledger?: Pick<ShareLedger, 'appliedIn'> | undefined;
  /** Rules for stores of phones; not there: none are sold through. */
  readonly storeRules?: StoreRules | undefined;
}

/** Rules that decide beside their rows what purchases in apps come to. */
export interface StoreRules {
  /** The modes of a provider that this server sells in: what an account holds is of all of them together. */
  readonly modesOf: (provider: ProviderName) => readonly Mode[];
  /** Whether what is bought in a store's sandbox is granted to an account. */
  readonly grantsSandbox: (accountId: AccountId) => boolean;
  /** Carries the use of a purchase along. */
  readonly carrier: UsageCarrier;
}

export interface Projection {
  /**
   * Writes an object's rows anew, and from all rows of the account what it is granted and told: in a transaction of the
   * system role. Applying it twice changes nothing, and any order of the same newest bodies ends the same. Other
   * transactions that apply something of the account wait until `tx` ends.
   */
  applyIn(tx: Transaction, applied: AppliedObject): Promise<void>;
  /** For an erased customer only the money of items that they bought is written: its shares are other people's. */
  applyErasedIn(tx: Transaction, applied: Omit<AppliedObject, 'accountId'>): Promise<void>;
  /** Gives the rows of a customer to another account, with what was used of what they granted. */
  moveIn(tx: Transaction, moved: MovedCustomer): Promise<void>;
  /** Writes what follows from all rows of an account, after they changed otherwise. */
  deriveIn(tx: Transaction, customer: Customer): Promise<void>;
  /** Called once that transaction is over: tells all processes what changed. */
  announce(accountId: AccountId): void;
}

/** Makes rows of what a payment provider says, and of the rows what accounts are granted (docs/billing.md). */
export function createProjection(parts: ProjectionParts): Projection {
  const { entitlements, webhooks, mail } = parts;
  const derivation = { ...parts, packs: createPackBook({ ...parts, catalogues: entitlements.catalogues }) };
  const projection: Projection = {
    async applyErasedIn(tx, applied) {
      const invoice = applied.facts.payment?.invoice;
      const [sale] = typeof invoice === 'string' ? await tx.run(buyerOf(applied.mode, invoice)) : [];
      if (sale !== undefined) await projection.applyIn(tx, { ...applied, accountId: sale.account_id });
    },
    async applyIn(tx, applied) {
      const [, [account]] = await tx.runAll([lockAccount(applied.accountId), accountOf(applied.accountId)]);
      const before = await writeRowsIn(tx, applied);
      await recordTrialIn(tx, applied, parts.freeAccountsPerUser);
      await parts.ledger?.appliedIn(tx, applied, async () => {
        const records = await readBillingRecords(tx, applied);
        return { all: backingsOf(records, 'all'), disputes: backingsOf(records, 'disputes') };
      });
      // The books of an erased account go on, and no account is granted or told anything.
      if (account === undefined || applied.isRebuild === true || !AFFECTS_ACCOUNTS.has(applied.ref.kind))
        return;
      const records = await writeDerivedIn(derivation, tx, applied);
      await notifyIn(parts, tx, { applied, before, records });
      if (applied.ref.kind === 'subscription') await notifyPaidTwiceIn(parts, tx, applied.accountId);
    },
    async deriveIn(tx, customer) {
      const [, [account]] = await tx.runAll([lockAccount(customer.accountId), accountOf(customer.accountId)]);
      if (account !== undefined) await writeDerivedIn(derivation, tx, customer);
    },
    async moveIn(tx, moved) {
      await tx.runAll([moved.from, moved.accountId].sort().map(lockAccount));
      const used = await takeUsageIn(parts, tx, moved);
      await moveRowsIn(parts, tx, moved);
      // It must hold the plan before anything of it counts as used.
      await writeDerivedIn(derivation, tx, moved);
      await giveUsageIn(parts, tx, { ...moved, used });
      const [account] = await tx.run(accountOf(moved.from));
      if (account !== undefined) await writeDerivedIn(derivation, tx, { ...moved, accountId: moved.from });
    },
    announce(accountId) {
      entitlements.announce(accountId);
      webhooks.wake();
      mail.wake();
    },
  };
  return projection;
}

/** Kinds whose objects change what an account is granted or told; the others do not. */
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

interface DerivationParts extends Pick<ProjectionParts, 'entitlements' | 'storeRules' | 'longestGraceDays'> {
  readonly packs: PackBook;
}

/** Writes what follows from the rows of an account: how its subscriptions stand, and what it is granted. Answers the rows. */
async function writeDerivedIn(
  parts: DerivationParts,
  tx: Transaction,
  customer: Customer,
): Promise<BillingRecords> {
  const { accountId, provider } = customer;
  const { records, grants, purchases } = await derivedIn(parts, tx, customer);
  // A store's sandbox is another mode of the same source, whose grants are replaced together.
  for (const mode of parts.storeRules?.modesOf(provider) ?? [])
    if (mode !== customer.mode) {
      const other = await derivedIn(parts, tx, { ...customer, mode });
      grants.push(...other.grants);
      purchases.push(...other.purchases);
    }
  const isGranted = ({ inSandbox }: { readonly inSandbox: boolean }) =>
    !inSandbox || parts.storeRules?.grantsSandbox(accountId) === true;
  await parts.entitlements.providerGrantsIn(tx, {
    accountId,
    source: provider,
    grants: grants.filter(isGranted),
  });
  await parts.packs(tx, { accountId, provider, purchases: purchases.filter(isGranted) });
  return records;
}

async function derivedIn(
  { longestGraceDays = LONGEST_GRACE_DAYS }: Pick<ProjectionParts, 'longestGraceDays'>,
  tx: Transaction,
  customer: Customer,
) {
  const records = await tellFailuresIn(tx, customer, {
    records: await readBillingRecords(tx, customer),
    longestDays: longestGraceDays,
  });
  const dunningStates = new Map(records.subscriptions.map((one) => [one.id, dunningStateOf(one, records)]));
  await tx.runAll(
    records.subscriptions.flatMap((one) => writeDunningState(customer, one, dunningStates.get(one.id))),
  );
  await writeRefundedCreditIn(tx, customer, records);
  return { records, grants: grantsFrom(records, dunningStates), purchases: purchasesOf(records) };
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

/**
 * Keeps the failures that the rows show and no notice has told yet, at this instant, with what is promised by it. The instant is a fact of its own: no
 * later reading, repetition or rebuild of the same objects moves it. Answers the rows with it.
 */
async function tellFailuresIn(
  tx: Transaction,
  customer: Customer,
  { records, longestDays }: { readonly records: BillingRecords; readonly longestDays: number },
): Promise<BillingRecords> {
  const [time] = await tx.run(statement<{ now: Date }>('select app.now() as now'));
  const fresh = failuresToTell(records, { now: time?.now ?? new Date(0), longestDays });
  if (fresh.length === 0) return records;
  await tx.run(insertTold(customer, fresh));
  return { ...records, told: [...records.told, ...fresh] };
}

const insertTold = ({ accountId, provider, mode }: Customer, fresh: readonly ToldFailure[]) =>
  statement(
    `insert into billing.told_failures (account_id, store, mode, invoice, nth, told_at, grace_ends_at)
     select $1, $2, $3, invoice, nth, told_at, grace_ends_at
     from jsonb_to_recordset($4::text::jsonb) as told (invoice text, nth integer, told_at timestamptz, grace_ends_at timestamptz)`,
    [accountId, provider, mode, JSON.stringify(fresh)],
  );

/** Stores the refunded credit that a job is to take at the provider. Rows with credit that was taken stay until it is given back. */
async function writeRefundedCreditIn(
  tx: Transaction,
  { accountId, provider, mode }: Customer,
  records: BillingRecords,
): Promise<void> {
  // Other providers have no credit, and without a refund or dispute there is nothing to take.
  if (provider !== 'stripe' || (records.disputes.length === 0 && records.refunds.length === 0)) return;
  const gone = JSON.stringify(refundedCreditOf(records));
  await tx.runAll([
    statement(
      `insert into billing.gone_credits as present (account_id, store, mode, store_id, currency, due)
       select $1, $2, $3, subscription, currency, amount
       from jsonb_to_recordset($4::text::jsonb) as gone (subscription text, currency text, amount bigint)
       on conflict (account_id, store, mode, store_id) do update set due = excluded.due, asked_at = null, updated_at = app.now()
       where present.due <> excluded.due`,
      [accountId, provider, mode, gone],
    ),
    statement(
      `update billing.gone_credits set due = 0, asked_at = null, updated_at = app.now()
       where account_id = $1 and store = $2 and mode = $3 and due <> 0
         and store_id not in (select gone ->> 'subscription' from jsonb_array_elements($4::text::jsonb) gone)`,
      [accountId, provider, mode, gone],
    ),
    statement(
      'delete from billing.gone_credits where account_id = $1 and store = $2 and mode = $3 and due = 0 and taken = 0',
      [accountId, provider, mode],
    ),
  ]);
}
