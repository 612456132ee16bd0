import { commitPoint, type CommitPoint, type Database, type SystemUse, type Transaction } from '#platform/db';
import { type Answer, answer } from '#platform/http';
import { type AccountId, AppError, type Random, type UserId } from '#platform/kernel';
import { type GivenAnswer, keep, type KeptAnswer, keyHash, opened } from './kept.ts';
import { deleteExpired, findKey, keepKey, type KeyName, type KeyOwner, lockKey } from './store.ts';

const SWEPT = commitPoint('idempotency.swept', 'expired Idempotency-Keys are deleted');
const SWEEP_BATCH = 1_000;
/** Whoever comes while the first call still runs is told to ask again after this many seconds. */
const RETRY_AFTER = 1;

/**
 * Who calls, which says in whose scope the effect runs and whose the key is: a call for an account runs in that
 * account's scope, a user's own call in the user's, a platform admin's in the system's (with the admin's own keys).
 */
export type Scope =
  | { readonly account: AccountId }
  | { readonly user: UserId }
  | { readonly admin: UserId; readonly use: SystemUse };

/** One call as its key sees it. */
export interface KeyedCall {
  readonly scope: Scope;
  readonly route: string;
  /** The Idempotency-Key; without one the effect just runs. */
  readonly key: string | undefined;
  /** SHA-256 of what is asked: the same key with another hash is a mistake of the caller. */
  readonly bodyHash: string;
  /** Whether the answer is sealed with the key. */
  readonly private: boolean;
}

type Effect<Body> = (tx: Transaction) => Promise<Answer<Body>>;

export interface Idempotency {
  /** Runs an effect once per key: effect and kept answer are one commit, and an effect that throws keeps nothing. */
  once<Body>(call: KeyedCall, point: CommitPoint, effect: Effect<Body>): Promise<Answer<Body>>;
  /** Whether a call for an account came with this key in the last 24 hours, and was not refused. */
  isKnown(call: { accountId: AccountId; route: string; key: string }): Promise<boolean>;
  /** Deletes keys whose 24 hours are over; hourly maintenance calls it. Answers how many. */
  sweep(): Promise<number>;
}

/** Idempotency of calls that spend nothing. Those that spend take their key inside admission. */
export function createIdempotency(parts: { readonly db: Database; readonly random: Random }): Idempotency {
  const { db, random } = parts;
  return {
    async once<Body>(call: KeyedCall, point: CommitPoint, effect: Effect<Body>) {
      return inScope(db, { scope: call.scope, point }, async (tx) => {
        if (call.key === undefined) return effect(tx);
        const name = { owner: ownerOf(call.scope), route: call.route, keyHash: keyHash(call.key) };
        const kept = await claimed(tx, name, call.bodyHash);
        if (kept !== undefined) return replayed(opened(kept, call.key)) as Answer<Body>;
        const given = await effect(tx);
        const how = { sealWith: call.private ? call.key : undefined, random };
        await tx.run(keepKey(name, call.bodyHash, keep(given, how)));
        return given;
      });
    },
    async isKnown({ accountId, route, key }) {
      const name = { owner: { account: accountId }, route, keyHash: keyHash(key) };
      const [rows] = await db.tenant(accountId, [findKey(name)]);
      return rows.length > 0;
    },
    async sweep() {
      let total = 0;
      for (;;) {
        const [rows] = await db.system('idempotency.sweep', SWEPT, [deleteExpired(SWEEP_BATCH)]);
        const deleted = rows[0]?.deleted ?? 0;
        total += deleted;
        if (deleted < SWEEP_BATCH) return total;
      }
    },
  };
}

function inScope<T>(
  db: Database,
  { scope, point }: { readonly scope: Scope; readonly point: CommitPoint },
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if ('account' in scope) return db.tenant(scope.account, point, work);
  if ('user' in scope) return db.user(scope.user, point, work);
  return db.system(scope.use, point, work);
}

function ownerOf(scope: Scope): KeyOwner {
  if ('account' in scope) return { account: scope.account };
  return { user: 'user' in scope ? scope.user : scope.admin };
}

/** Takes the key for this transaction. Answers what was kept under it, if anything; throws when it can't be used. */
async function claimed(tx: Transaction, name: KeyName, bodyHash: string): Promise<KeptAnswer | undefined> {
  const [[lock], [row]] = await tx.runAll([lockKey(name), findKey(name)]);
  if (row !== undefined && row.body_hash !== bodyHash) throw new AppError('idempotency_mismatch');
  if (row?.state === 'done') return row;
  if (row !== undefined || lock?.locked !== true) {
    throw new AppError('idempotency_in_progress', { retryAfter: RETRY_AFTER });
  }
  return undefined;
}

/** An answer that was given before, marked as such. */
export function replayed(given: GivenAnswer): Answer {
  return answer(given.status, given.body, { ...given.headers, 'Idempotent-Replayed': 'true' });
}
