import { type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Facts, ObjectRef } from '../../facts.ts';
import type { Body, PaymentProvider } from '../../payment-provider.ts';
import { keyOf } from '../store/fetch-tasks.ts';
import { factsOf } from './apply-object.ts';

/** Facts in effect of an object. */
export interface ReadObject {
  readonly facts: Facts;
  /** The customer that it is kept under. */
  readonly customer: string | null;
  /** The account whose object it is; undefined: not known yet, or erased. */
  readonly accountId: AccountId | undefined;
}

const NOTHING: Facts = { customer: null, claims: undefined, foreign: false, also: [] };

/** Reads what is kept of an object; undefined: the provider was not asked for it yet, or has no such object. */
export async function readObject(
  { db }: { readonly db: Database },
  provider: PaymentProvider,
  ref: ObjectRef,
): Promise<ReadObject | undefined> {
  const [[row]] = await db.system('billing.inbox', [
    statement<{
      body: Body | null;
      customer: string | null;
      account_id: AccountId | null;
      is_erased: boolean;
    }>(
      `select b.body, o.customer, o.account_id, b.number is null as is_erased
       from billing.objects o left join billing.bodies b using (store, mode, kind, object_id, number)
       where o.store = $1 and o.mode = $2 and o.kind = $3 and o.object_id = $4 and o.number > 0`,
      keyOf({ provider: provider.name, mode: provider.mode }, ref),
    ),
  ]);
  // An answer about an erased account is not kept: it was read, and nothing is had for it.
  if (row?.is_erased === true) return { facts: NOTHING, customer: row.customer, accountId: undefined };
  if (row === undefined || row.body === null) return undefined;
  const { body, customer, account_id: accountId } = row;
  return { facts: factsOf(provider, { ref, body }), customer, accountId: accountId ?? undefined };
}

/**
 * Whether an object may be believed to be gone on the word of its provider alone: one that was gone before, that is nothing of ours, or a draft of
 * an invoice, which is all that is thrown away. Of anything else such an answer says that it was not found this time.
 */
export async function mayBeGone(
  parts: { readonly db: Database },
  provider: PaymentProvider,
  ref: ObjectRef,
): Promise<boolean> {
  const [[row]] = await parts.db.system('billing.inbox', [
    statement<{ gone: boolean }>(
      `select exists (select from billing.objects
           where store = $1 and mode = $2 and kind = $3 and object_id = $4 and number > 0 and state in ('gone', 'foreign'))
         or exists (select from billing.inbox
           where store = $1 and mode = $2 and kind = $3 and object_id = $4 and type = 'invoice.deleted') as gone`,
      keyOf({ provider: provider.name, mode: provider.mode }, ref),
    ),
  ]);
  if (row?.gone === true) return true;
  return (await readObject(parts, provider, ref))?.facts.invoice?.state === 'draft';
}
