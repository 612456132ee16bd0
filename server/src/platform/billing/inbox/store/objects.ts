import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ObjectRef } from '../../facts.ts';
import { keyOf } from './fetch-tasks.ts';
import type { Body, ProviderMode } from '../../payment-provider.ts';

export type ObjectState = 'applied' | 'waiting' | 'foreign' | 'gone';

/** The state in effect of an object. */
export interface KnownObject {
  /** 0: it was never applied. */
  readonly number: number;
  readonly customer: string | null;
  readonly account_id: AccountId | null;
}

/** The new state of an object. */
export interface UpdatedObject extends KnownObject {
  readonly state: ObjectState;
  /** For a customer who waits: the account that our note names, which is not there yet. */
  readonly claims: AccountId | null;
}

/** Locks an object: after its customer and their account, as erasure does. */
export const lockObject = (providerMode: ProviderMode, ref: ObjectRef) =>
  statement<KnownObject>(
    `insert into billing.objects as o (store, mode, kind, object_id, number, state) values ($1, $2, $3, $4, 0, 'waiting')
     on conflict (store, mode, kind, object_id) do update set updated_at = o.updated_at returning number, customer, account_id`,
    keyOf(providerMode, ref),
  );

export const updateObject = (providerMode: ProviderMode, ref: ObjectRef, is: UpdatedObject) =>
  statement(
    `update billing.objects set number = $5, customer = $6, account_id = $7, state = $8, claims = $9, updated_at = app.now()
     where store = $1 and mode = $2 and kind = $3 and object_id = $4`,
    [...keyOf(providerMode, ref), is.number, is.customer, is.account_id, is.state, is.claims],
  );

/** Keeps what a payment provider answered to the fetch of this number. */
export const insertBody = (
  providerMode: ProviderMode,
  ref: ObjectRef,
  { number, body }: { readonly number: number; readonly body: Body | null },
) =>
  statement(
    `insert into billing.bodies (store, mode, kind, object_id, number, body) values ($1, $2, $3, $4, $5, $6::text::jsonb)
     on conflict do nothing`,
    [...keyOf(providerMode, ref), number, body === null ? null : storable(body)],
  );

/**
 * Stores an answer that could not be read, whose owner is therefore unknown: only while the fetch of this number is under way (erasure
 * deletes the task of an erased account), and none that names an erased customer.
 */
export const insertUnreadableBody = (
  providerMode: ProviderMode,
  ref: ObjectRef,
  { number, body }: { readonly number: number; readonly body: Body },
) =>
  statement(
    `insert into billing.bodies (store, mode, kind, object_id, number, body)
     select store, mode, kind, object_id, fetching, $6::text::jsonb from billing.wants w
     where store = $1 and mode = $2 and kind = $3 and object_id = $4 and fetching = $5 and not exists (
       select from billing.customers c
       where c.store = $1 and c.mode = $2 and c.erased_at is not null and strpos($6::text, '"' || c.customer || '"') > 0)
     on conflict do nothing`,
    [...keyOf(providerMode, ref), number, storable(body)],
  );

/** jsonb takes neither a NUL nor half of a surrogate pair; nothing that is decided here hangs on either. */
function storable(body: Body): string {
  return JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value,
  );
}

/** Whose object it was when it was applied last. */
export const customerOf = (providerMode: ProviderMode, ref: ObjectRef) =>
  statement<Pick<KnownObject, 'customer'>>(
    'select customer from billing.objects where store = $1 and mode = $2 and kind = $3 and object_id = $4',
    keyOf(providerMode, ref),
  );

/** The owner of a subscription; locks the account as applying an object does. No row: it has no owner, or is no subscription. */
export const lockOwnerOf = (providerMode: ProviderMode, ref: ObjectRef) =>
  statement<{ account_id: AccountId }>(
    `select a.account_id from billing.objects o join accounts.accounts a on a.account_id = o.account_id
     where o.store = $1 and o.mode = $2 and o.kind = $3 and o.object_id = $4 and o.kind = 'subscription' for share of a`,
    keyOf(providerMode, ref),
  );

/**
 * Serializes lookups and claims of a customer's owner: else an object that was just found without an owner would not be fetched again
 * after the claim.
 */
export const lockCustomer = ({ provider, mode }: ProviderMode, customer: string) =>
  statement(
    `select pg_advisory_xact_lock(hashtextextended('customer ' || $1 || ' ' || $2 || ' ' || $3, 0))`,
    [provider, mode, customer],
  );

/** Binds a customer to an account; no row: it is bound already, or there is no such account. */
export const bindCustomer = ({ provider, mode }: ProviderMode, customer: string, accountId: AccountId) =>
  statement(
    `insert into billing.customers (account_id, store, mode, customer)
     select account_id, $1, $2, $3 from accounts.accounts where account_id = $4 on conflict do nothing returning customer`,
    [provider, mode, customer, accountId],
  );

/** The account that a purchase goes to. */
export interface NewOwner {
  readonly accountId: AccountId;
  /** The object that says so, and the number of the answer: an older one than that in effect says nothing. */
  readonly ref: ObjectRef;
  readonly number: number;
  /** Since when the present period runs: a purchase goes from account to account once in it. */
  readonly periodStartsAt: Date;
  /** Since when the object itself is there: of several of one customer the newest says whose they are. */
  readonly startsAt: Date;
}

/**
 * Gives a customer to another account, once a period; a row: the former account. Decided by the period and not by the present time:
 * of two purchases that are read late the newer one wins, whichever is read first.
 */
export const moveCustomer = (
  { provider, mode }: ProviderMode,
  customer: string,
  { accountId, ref, number, periodStartsAt, startsAt }: NewOwner,
) =>
  statement<{ former: AccountId }>(
    `update billing.customers c set account_id = $4, named = true, moved_at = $5, erased_at = null, forgotten_at = null,
       updated_at = app.now()
     from (select account_id from billing.customers where store = $1 and mode = $2 and customer = $3) was
     where c.store = $1 and c.mode = $2 and c.customer = $3 and c.account_id <> $4
       and coalesce(greatest(c.moved_at, c.erased_at), '-infinity') < $5
       and exists (select from accounts.accounts where account_id = $4)
       and not exists (select from billing.objects o
         where o.store = $1 and o.mode = $2 and o.kind = $6 and o.object_id = $7 and o.number > $8)
       and not exists (select from billing.objects o join billing.subscriptions s on s.store = o.store and s.mode = o.mode and s.store_id = o.object_id
         where o.store = $1 and o.mode = $2 and o.kind = 'subscription' and o.customer = $3 and o.object_id <> $7 and s.starts_at > $9)
     returning was.account_id as former`,
    [provider, mode, customer, accountId, periodStartsAt, ref.kind, ref.id, number, startsAt],
  );

/** An erasure of the account waits until this commits, and erases its rows too; or this waits, and then finds the account erased. */
export const lockOwners = (
  { provider, mode }: ProviderMode,
  customer: string,
  former: AccountId | undefined,
) =>
  statement(
    `select from accounts.accounts where account_id = $4 or account_id =
       (select account_id from billing.customers where store = $1 and mode = $2 and customer = $3) order by account_id for share`,
    [provider, mode, customer, former ?? null],
  );

/** The customers of a payment provider that an account is or was, in the order in which they are locked. */
export const customersOf = ({ provider, mode }: ProviderMode, accountId: AccountId) =>
  statement<{ customer: string }>(
    `select customer from billing.customers where store = $1 and mode = $2 and account_id = $3
     union select customer from billing.objects where store = $1 and mode = $2 and account_id = $3 and customer is not null
     order by customer`,
    [provider, mode, accountId],
  );

export const ownerOf = ({ provider, mode }: ProviderMode, customer: string) =>
  statement<{ account_id: AccountId; is_erased: boolean }>(
    'select account_id, erased_at is not null as is_erased from billing.customers where store = $1 and mode = $2 and customer = $3',
    [provider, mode, customer],
  );
