import { deleteUnheld, type Statement, statement } from '#platform/db';
import { sealedColumn } from '#platform/secrets';
import type { KeptAnswer } from './answers.ts';

/** Whose key it is: that of a call for an account, or of a user's own call. */
export type KeyOwner = { readonly account: string } | { readonly user: string };

/** The full name of a key. */
export interface KeyName {
  readonly owner: KeyOwner;
  readonly route: string;
  readonly keyHash: string;
}

/** The row under a key: an answer, once it is done. */
export type KeptKey = { readonly body_hash: string } & (
  | (KeptAnswer & { readonly state: 'done' })
  | ({ readonly [Column in keyof KeptAnswer]: KeptAnswer[Column] | null } & { readonly state: 'running' })
);

const OF_ACCOUNTS = sealedColumn({
  table: 'idempotency.keys',
  column: 'sealed',
  key: ['account_id', 'route', 'key_hash'],
});
const OF_USERS = sealedColumn({
  table: 'idempotency.user_keys',
  column: 'sealed',
  key: ['user_id', 'route', 'key_hash'],
});
const SALT = sealedColumn({ table: 'idempotency.salts', column: 'salt', key: ['id'] });
const SALT_ID = 'names';

/** Binds a sealed answer to its row. */
export function sealContextOfAnswer({ owner, route, keyHash }: KeyName): string {
  return 'account' in owner
    ? OF_ACCOUNTS.context(owner.account, route, keyHash)
    : OF_USERS.context(owner.user, route, keyHash);
}

/** Binds the sealed salt to its row. */
export const sealContextOfSalt = SALT.context(SALT_ID);

export const findSalt = statement<{ salt: string }>('select salt from idempotency.salts where id = $1', [
  SALT_ID,
]);

/** If two processes make one at once, the second finds the first one's. */
export const insertSalt = (salt: string) =>
  statement('insert into idempotency.salts (id, salt) values ($1, $2) on conflict do nothing', [
    SALT_ID,
    salt,
  ]);

function ownerColumn(owner: KeyOwner): { table: string; column: string; id: string } {
  return 'account' in owner
    ? { table: 'idempotency.keys', column: 'account_id', id: owner.account }
    : { table: 'idempotency.user_keys', column: 'user_id', id: owner.user };
}

/** Locks a key until the end of the transaction, without waiting: transaction-level, so that poolers don't mind. */
export function lockKey(name: KeyName): Statement<{ locked: boolean }> {
  const { id } = ownerColumn(name.owner);
  return statement('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked', [
    `idempotency ${id} ${name.route} ${name.keyHash}`,
  ]);
}

export function findKey(name: KeyName): Statement<KeptKey> {
  const { table, column, id } = ownerColumn(name.owner);
  return statement(
    `select body_hash, state, status, headers, answer, sealed from ${table}
      where ${column} = $1 and route = $2 and key_hash = $3 and expires_at > app.now()`,
    [id, name.route, name.keyHash],
  );
}

/** Keeps an answer under its key; a row that has expired makes way. */
export function keepKey(name: KeyName, bodyHash: string, kept: KeptAnswer): Statement {
  const { table, column, id } = ownerColumn(name.owner);
  return statement(
    `insert into ${table} (${column}, route, key_hash, body_hash, state, status, headers, answer, sealed)
      values ($1, $2, $3, $4, 'done', $5, $6::text::jsonb, $7, $8)
      on conflict (${column}, route, key_hash) do update set
        body_hash = excluded.body_hash, state = 'done', status = excluded.status, headers = excluded.headers,
        answer = excluded.answer, sealed = excluded.sealed, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [id, name.route, name.keyHash, bodyHash, kept.status, json(kept.headers), kept.answer, kept.sealed],
  );
}

/** A key whose effect of several steps is under way. */
export interface Claim {
  /** When the key was first used, which a process that takes over from a dead one keeps. */
  readonly claimed_at: string;
  /** Until when others are told that it runs; it tells two holders of one key apart. */
  readonly held_until: string;
}

/** For longer than calls take: who comes after that takes over from a dead process. */
const HELD = `interval '1 minute'`;
const CLAIMED = `extract(epoch from created_at)::text as claimed_at, extract(epoch from held_until)::text as held_until`;
const IS_CLAIM = `account_id = $1 and route = $2 and key_hash = $3 and state = 'running' and extract(epoch from held_until)::text = $4`;

/** Takes a key of an account for an effect of several steps. No row: another call has it, or it is done. */
export function claimKey({ owner, route, keyHash }: KeyName, bodyHash: string): Statement<Claim> {
  return statement(
    `insert into idempotency.keys as k (account_id, route, key_hash, body_hash, state, held_until)
      values ($1, $2, $3, $4, 'running', app.now() + ${HELD})
      on conflict (account_id, route, key_hash) do update set
        body_hash = excluded.body_hash, state = 'running', held_until = excluded.held_until, status = null, headers = null,
        answer = null, sealed = null,
        created_at = case when k.expires_at <= app.now() then excluded.created_at else k.created_at end,
        expires_at = case when k.expires_at <= app.now() then excluded.expires_at else k.expires_at end
        where k.expires_at <= app.now()
          or k.state = 'running' and k.held_until <= app.now() and k.body_hash = excluded.body_hash
      returning ${CLAIMED}`,
    [ownerColumn(owner).id, route, keyHash, bodyHash],
  );
}

/** Keeps the answer of a claimed key. */
export function endClaim({ owner, route, keyHash }: KeyName, claim: Claim, kept: KeptAnswer): Statement {
  return statement(
    `update idempotency.keys set state = 'done', status = $5, headers = $6::text::jsonb, answer = $7, sealed = $8
      where ${IS_CLAIM}`,
    [
      ownerColumn(owner).id,
      route,
      keyHash,
      claim.held_until,
      kept.status,
      json(kept.headers),
      kept.answer,
      kept.sealed,
    ],
  );
}

/** Lets the next one who comes with the same request go on at once, under the same key of the vendor's. */
export function passClaim({ owner, route, keyHash }: KeyName, claim: Claim): Statement {
  return statement(`update idempotency.keys set held_until = app.now() where ${IS_CLAIM}`, [
    ownerColumn(owner).id,
    route,
    keyHash,
    claim.held_until,
  ]);
}

/** It came to nothing: the key is free again. */
export function dropClaim({ owner, route, keyHash }: KeyName, claim: Claim): Statement {
  return statement(`delete from idempotency.keys where ${IS_CLAIM}`, [
    ownerColumn(owner).id,
    route,
    keyHash,
    claim.held_until,
  ]);
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/**
 * Deletes up to `most` keys that have expired, of both tables. A second sweep waits for the first one: an eraser counts on it that none is
 * left. No sweep waits for a key, as its holder may wait for another one.
 */
export function deleteExpired(most: number) {
  return [
    statement("select pg_advisory_xact_lock(hashtextextended('idempotency sweep', 0))"),
    statement<{ deleted: number }>(
      `with gone as (
       ${deleteUnheld('idempotency.keys', 'expires_at <= app.now() limit $1')} returning 1
     ), gone_too as (
       ${deleteUnheld('idempotency.user_keys', 'expires_at <= app.now() limit $1')} returning 1
     )
     select ((select count(*) from gone) + (select count(*) from gone_too))::int as deleted`,
      [most],
    ),
  ] as const;
}
