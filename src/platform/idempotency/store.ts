import { type Statement, statement } from '#platform/db';
import type { KeptAnswer } from './kept.ts';

/** Whose key it is: that of a call for an account, or of a user's own call. */
export type KeyOwner = { readonly account: string } | { readonly user: string };

/** The full name of a key. */
export interface KeyName {
  readonly owner: KeyOwner;
  readonly route: string;
  readonly keyHash: string;
}

export interface KeptKey extends KeptAnswer {
  readonly body_hash: string;
  readonly state: 'running' | 'done';
}

function place(owner: KeyOwner): { table: string; column: string; id: string } {
  return 'account' in owner
    ? { table: 'idempotency.keys', column: 'account_id', id: owner.account }
    : { table: 'idempotency.user_keys', column: 'user_id', id: owner.user };
}

/** Locks a key until the end of the transaction, without waiting: transaction-level, so that poolers don't mind. */
export function lockKey(name: KeyName): Statement<{ locked: boolean }> {
  const { id } = place(name.owner);
  return statement('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked', [
    `idempotency ${id} ${name.route} ${name.keyHash}`,
  ]);
}

export function findKey(name: KeyName): Statement<KeptKey> {
  const { table, column, id } = place(name.owner);
  return statement(
    `select body_hash, state, status, headers, answer, sealed from ${table}
      where ${column} = $1 and route = $2 and key_hash = $3 and expires_at > app.now()`,
    [id, name.route, name.keyHash],
  );
}

/** Keeps an answer under its key; a row that has expired makes way. */
export function keepKey(name: KeyName, bodyHash: string, kept: KeptAnswer): Statement {
  const { table, column, id } = place(name.owner);
  return statement(
    `insert into ${table} (${column}, route, key_hash, body_hash, state, status, headers, answer, sealed)
      values ($1, $2, $3, $4, 'done', $5, $6::text::jsonb, $7::text::jsonb, $8)
      on conflict (${column}, route, key_hash) do update set
        body_hash = excluded.body_hash, state = 'done', status = excluded.status, headers = excluded.headers,
        answer = excluded.answer, sealed = excluded.sealed, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [id, name.route, name.keyHash, bodyHash, kept.status, json(kept.headers), json(kept.answer), kept.sealed],
  );
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Deletes up to `most` keys that have expired, of both tables. */
export function deleteExpired(most: number): Statement<{ deleted: number }> {
  return statement(
    `with gone as (
       delete from idempotency.keys where ctid = any(array(
         select ctid from idempotency.keys where expires_at <= app.now() limit $1)) returning 1
     ), gone_too as (
       delete from idempotency.user_keys where ctid = any(array(
         select ctid from idempotency.user_keys where expires_at <= app.now() limit $1)) returning 1
     )
     select ((select count(*) from gone) + (select count(*) from gone_too))::int as deleted`,
    [most],
  );
}
