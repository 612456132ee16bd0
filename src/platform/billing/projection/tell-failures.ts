import { statement, type Transaction } from '#platform/db';
import type { Customer } from './applied-object.ts';
import type { BillingRecords, ToldFailure } from './billing-records.ts';
import { failuresToTell } from './grace.ts';

/**
 * Keeps what the rows say and nobody was told yet, at this instant, with what is promised by it. The instant is a fact of its own: no
 * later reading, repetition or rebuild of the same objects moves it. Answers the rows with it.
 */
export async function tellFailuresIn(
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
