import { commitPoint, type CommitPoint, type Database, type SystemUse, type Transaction } from '#platform/db';
import { type Answer, answer } from '#platform/http';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import type { GivenAnswer, KeptAnswer, KeptAnswers, KeySender } from './answers.ts';
import {
  claimKey,
  deleteExpired,
  dropClaim,
  endClaim,
  findKey,
  keepKey,
  type KeyName,
  type KeyOwner,
  type KeptKey,
  lockKey,
  passClaim,
} from './store.ts';

const SWEPT = commitPoint('idempotency.swept', 'expired Idempotency-Keys are deleted');
const CLAIMED = commitPoint(
  'idempotency.claimed',
  'an Idempotency-Key whose effect takes several steps, before the first of them',
);
const KEPT = commitPoint('idempotency.kept', 'the answer of an effect that took several steps');
const GIVEN_UP = commitPoint(
  'idempotency.given-up',
  'an Idempotency-Key whose effect of several steps failed, free for the next try',
);
const SWEEP_BATCH = 1_000;
/** Retry-After, in seconds, for a repeat that comes while the first call still runs. */
const RETRY_AFTER = 1;

/**
 * In whose scope the effect runs, and whose the key is: a call for an account runs in that account's scope, or with `user` in that of
 * its member; a user's own call in the user's, or with `use` in the system's (with the user's own keys).
 */
export type Scope =
  | { readonly account: AccountId; readonly user?: UserId }
  | { readonly user: UserId; readonly use?: SystemUse | undefined };

/** One call as its key sees it. */
export interface KeyedCall {
  readonly scope: Scope;
  readonly route: string;
  /** The sender: the same key of another member, or by another API key, is another key. */
  readonly by: KeySender;
  /** The Idempotency-Key; without one the effect just runs. */
  readonly key: string | undefined;
  /** SHA-256 of what is asked: the same key with another hash is a mistake of the caller. */
  readonly bodyHash: string;
  /** Whether the answer is sealed with the key. */
  readonly private: boolean;
  /** Fields of the answer that are never kept: a repeat has null there. */
  readonly secrets: readonly string[];
}

type Effect<Body> = (tx: Transaction) => Promise<Answer<Body>>;

/** An effect of several steps, at a vendor maybe, who is told a key of its own that is the same whenever ours comes back. */
export interface SteppedEffect<Body> {
  readonly run: (vendorKey: string | undefined) => Promise<Answer<Body>>;
  /** Whether nothing more can come of it after this failure: then the key is free, and the next try has another at the vendor. */
  readonly isOver: (error: unknown) => boolean;
}

export interface Idempotency {
  /** Runs an effect once per key: effect and kept answer are one commit, and an effect that throws keeps nothing. */
  once<Body>(call: KeyedCall, point: CommitPoint, effect: Effect<Body>): Promise<Answer<Body>>;
  /**
   * Runs an effect that is in no transaction of ours, or in several, once per key of an account: the key is claimed, and the
   * answer kept after the effect. A process that takes over from a dead one gets the same key for the vendor.
   */
  onceInSteps<Body>(call: KeyedCall, effect: SteppedEffect<Body>): Promise<Answer<Body>>;
  /** Whether a call for an account came from this sender with this key in the last 24 hours, and was not refused. */
  isKnown(call: { accountId: AccountId; route: string; by: KeySender; key: string }): Promise<boolean>;
  /** Deletes keys whose 24 hours are over; hourly maintenance calls it. Answers how many. */
  sweep(): Promise<number>;
}

export interface IdempotencyParts {
  readonly db: Database;
  readonly answers: KeptAnswers;
}

/** Idempotency of calls that spend nothing. Those that spend take their key inside admission. */
export function createIdempotency(parts: IdempotencyParts): Idempotency {
  const { db, answers } = parts;
  return {
    async once<Body>(call: KeyedCall, point: CommitPoint, effect: Effect<Body>) {
      return inScope(db, { scope: call.scope, point }, async (tx) => {
        if (call.key === undefined) return effect(tx);
        const { name, request } = nameOf(answers, call, call.key);
        const kept = await claimKeyIn(tx, name, request);
        if (kept !== undefined) return replayAnswer(answers.open(name, kept, call.key)) as Answer<Body>;
        const given = await effect(tx);
        await tx.run(keepKey(name, request, keepAnswer(answers, { call, name, given })));
        return given;
      });
    },
    onceInSteps: (call, effect) => onceInSteps(parts, call, effect),
    async isKnown({ accountId, route, by, key }) {
      const name = answers.nameOf({ owner: { account: accountId }, route, by, key });
      const [rows] = await db.tenant(accountId, [findKey(name)]);
      return rows.length > 0;
    },
    async sweep() {
      let total = 0;
      for (;;) {
        const [, rows] = await db.system('idempotency.sweep', SWEPT, deleteExpired(SWEEP_BATCH));
        const deleted = rows[0]?.deleted ?? 0;
        total += deleted;
        if (deleted < SWEEP_BATCH) return total;
      }
    },
  };
}

async function onceInSteps<Body>(
  { db, answers }: IdempotencyParts,
  call: KeyedCall,
  { run, isOver }: SteppedEffect<Body>,
): Promise<Answer<Body>> {
  const { scope, key } = call;
  if (key === undefined) return run(undefined);
  if (!('account' in scope)) throw new Error(`${call.route}: an effect of several steps is an account’s`);
  const { name, request } = nameOf(answers, call, key);
  const found = await db.tenant(scope.account, CLAIMED, async (tx) => {
    const [[claim], [row]] = await tx.runAll([claimKey(name, request), findKey(name)]);
    return claim ?? keptAnswerOf(row, request);
  });
  if (!('held_until' in found)) return replayAnswer(answers.open(name, found, key)) as Answer<Body>;
  try {
    const given = await run(answers.vendorKeyOf(name, found.claimed_at));
    await db.tenant(scope.account, KEPT, [endClaim(name, found, keepAnswer(answers, { call, name, given }))]);
    return given;
  } catch (error) {
    const giving = isOver(error) ? dropClaim : passClaim;
    // Where the database is away it is held for its minute.
    await db.tenant(scope.account, GIVEN_UP, [giving(name, found)]).catch(() => {});
    throw error;
  }
}

function nameOf(
  answers: KeptAnswers,
  { scope, route, by, bodyHash }: KeyedCall,
  key: string,
): { readonly name: KeyName; readonly request: string } {
  const name = answers.nameOf({ owner: ownerOf(scope), route, by, key });
  return { name, request: answers.requestOf(name, bodyHash) };
}

/** The answer as it is kept: no secret is kept, not even sealed, so that a secret is shown once. */
function keepAnswer(
  answers: KeptAnswers,
  { call, name, given }: { readonly call: KeyedCall; readonly name: KeyName; readonly given: Answer },
): KeptAnswer {
  const { body } = given;
  const nothing = Object.fromEntries(call.secrets.map((field) => [field, null]));
  const shown = call.secrets.length === 0 ? body : { ...(body as object), ...nothing };
  return answers.keep(name, { ...given, body: shown }, call.private ? call.key : undefined);
}

function inScope<T>(
  db: Database,
  { scope, point }: { readonly scope: Scope; readonly point: CommitPoint },
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if ('account' in scope) {
    const { account, user } = scope;
    return user === undefined ? db.tenant(account, point, work) : db.member({ account, user }, point, work);
  }
  return scope.use === undefined ? db.user(scope.user, point, work) : db.system(scope.use, point, work);
}

function ownerOf(scope: Scope): KeyOwner {
  return 'account' in scope ? { account: scope.account } : { user: scope.user };
}

/** Takes the key for this transaction. Answers what was kept under it, if anything; throws when it can't be used. */
async function claimKeyIn(tx: Transaction, name: KeyName, bodyHash: string): Promise<KeptAnswer | undefined> {
  const [[lock], [row]] = await tx.runAll([lockKey(name), findKey(name)]);
  if (row === undefined && lock?.locked === true) return undefined;
  return keptAnswerOf(row, bodyHash);
}

/** The answer that was kept under a key that is not free. */
function keptAnswerOf(row: KeptKey | undefined, bodyHash: string): KeptAnswer {
  if (row !== undefined && row.body_hash !== bodyHash) throw new AppError('idempotency_mismatch');
  if (row?.state === 'done') return row;
  throw new AppError('idempotency_in_progress', { retryAfter: RETRY_AFTER });
}

/** An answer that was given before, marked as such. */
export function replayAnswer(given: GivenAnswer): Answer {
  return answer(given.status, given.body, { ...given.headers, 'Idempotent-Replayed': 'true' });
}
