import { statement, type Transaction } from '#platform/db';
import type { Customer } from './applied-object.ts';
import type { BillingRecords } from './billing-records.ts';
import { goneCreditOf } from './gone-credit.ts';

/** Writes down what of an account's credit is to be taken at its provider; a job does so. What was taken already is not lost sight of. */
export async function writeGoneCreditIn(
  tx: Transaction,
  { accountId, provider, mode }: Customer,
  records: BillingRecords,
): Promise<void> {
  // No other provider has a credit; and nothing has gone back.
  if (provider !== 'stripe' || (records.disputes.length === 0 && records.refunds.length === 0)) return;
  const gone = JSON.stringify(goneCreditOf(records));
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
