import { commitPoint, type Database, statement } from '#platform/db';
import type { Caller } from '#platform/http';
import {
  type Clock,
  type ClockReading,
  elapsed,
  readClocks,
  sha256,
  type AccountId,
  type KeyId,
  type UserId,
} from '#platform/kernel';
import type { AccessTokens } from '../signing-keys/access-tokens.ts';
import type { Guessing } from '../guessing/guessing.ts';

export const KEY_PREFIX = 'pl_';

const KEY_USED = commitPoint('identity.key-used', 'when a key was last used');
/** The revoked id: of a session, key, user or account. */
const REVOKED = 'identity.revoked';
/**
 * A revocation must bite within 10 s even where its signal is lost. From this age on a caller is looked up again
 * behind the call that noticed, so that in steady use no call waits.
 */
const STALE_MS = 4_000;
/** From this age on a call waits for the look-up. */
const DEAD_MS = 9_000;
/** About 10 MB. The one that was used longest ago goes first. */
const CAPACITY = 10_000;
/** Wrong keys that are remembered: a program that comes again and again with one that was revoked makes no new guess. */
const WRONG_KEYS = 1_000;
/** Longer than any token of ours. */
const LONGEST_BEARER = 4_096;

interface CachedCaller {
  readonly caller: Caller;
  /** For a key: the keys that it comes from, with whose end it ends. */
  readonly makers: readonly string[];
  /** When the token itself ends, in wall milliseconds. */
  readonly endsAt: number;
  /** Before the look-up began. */
  readonly checkedAt: ClockReading;
}

export interface Callers {
  /**
   * The caller of a bearer token: an access token or an API key in force; undefined for anything else. Wrong keys are
   * counted by the address that they come from, where it is given: it throws `too_many_attempts`.
   */
  identify(bearer: string, ip?: string): Promise<Caller | undefined>;
  /** Tells all processes that a session, key or user no longer stands as it did. Call it after the commit. */
  forget(id: string): void;
  /** Waits for what is still written behind the calls. */
  close(): Promise<void>;
}

/** Tells all processes that a session, key, user or account no longer stands as it did. Call it after the commit. */
export const callerChanged = (db: Database, id: string): void => db.signal(REVOKED, id);

/** Verified callers, kept for seconds: signature and look-up stay off the path of most calls. */
export function createCallers(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly tokens: AccessTokens;
  readonly guessing: Pick<Guessing, 'missed'>;
}): Callers {
  const { db, clock } = parts;
  const known = new Map<string, CachedCaller>();
  let underWay = new Map<string, Promise<CachedCaller | undefined>>();
  const behind = new Set<Promise<unknown>>();
  const wrongKeys = new Set<string>();
  let revocations = 0;

  const stopHearing = db.onSignal(REVOKED, (id) => {
    // A look-up that began before the revocation must not be kept, nor joined by later calls.
    revocations += 1;
    underWay = new Map();
    for (const [hash, { caller, makers }] of known) {
      const { userId, sessionId, keyId, accountId } = caller;
      if ([userId, sessionId, keyId, accountId, ...makers].includes(id)) known.delete(hash);
    }
  });

  async function lookUp(hash: string, bearer: string): Promise<CachedCaller | undefined> {
    const before = revocations;
    const found = bearer.startsWith(KEY_PREFIX) ? await keyCaller(hash) : await tokenCaller(bearer);
    known.delete(hash);
    if (found !== undefined && before === revocations) keep(hash, found);
    return found;
  }

  async function tokenCaller(bearer: string): Promise<CachedCaller | undefined> {
    const checkedAt = readClocks(clock);
    const claims = await parts.tokens.verify(bearer);
    if (claims === undefined) return undefined;
    const { userId, sessionId } = claims;
    const [[row]] = await db.system('identity.credentials', [callerOfSession(userId, sessionId)]);
    if (row === undefined) return undefined;
    const { role: platformRole, account_id: accountId } = row;
    const caller: Caller = { userId, sessionId, platformRole, accountId, scopes: ['*'] };
    return { caller, makers: [], checkedAt, endsAt: claims.expiresAt * 1000 };
  }

  async function keyCaller(hash: string): Promise<CachedCaller | undefined> {
    const checkedAt = readClocks(clock);
    const [[key]] = await db.system('identity.credentials', [callerOfKey(hash)]);
    if (key === undefined) return undefined;
    const { id: keyId, user_id: userId, account_id: accountId, scopes, makers, role: platformRole } = key;
    const models = key.models === null ? {} : { models: key.models };
    if (key.use_is_old) doBehind(db.tenant(accountId, KEY_USED, [keyUsed(accountId, keyId)]));
    const endsAt = key.expires_at?.getTime() ?? Number.POSITIVE_INFINITY;
    const [firstKeyId] = makers;
    const first = firstKeyId === undefined ? {} : { firstKeyId };
    const caller: Caller = { userId, keyId, ...first, platformRole, accountId, scopes, ...models };
    return { caller, makers, checkedAt, endsAt };
  }

  function keep(hash: string, entry: CachedCaller): void {
    if (known.size >= CAPACITY) {
      const [oldest] = known.keys();
      if (oldest !== undefined) known.delete(oldest);
    }
    known.set(hash, entry);
  }

  /** One look-up at a time for each token, however many calls come with it. */
  function lookUpOnce(hash: string, bearer: string): Promise<CachedCaller | undefined> {
    const running = underWay.get(hash);
    if (running !== undefined) return running;
    const registry = underWay;
    const started = lookUp(hash, bearer).finally(() => registry.delete(hash));
    registry.set(hash, started);
    return started;
  }

  function isNewWrong(hash: string): boolean {
    if (wrongKeys.has(hash)) return false;
    const [oldest] = wrongKeys;
    if (wrongKeys.size >= WRONG_KEYS && oldest !== undefined) wrongKeys.delete(oldest);
    wrongKeys.add(hash);
    return true;
  }

  /** Work that no call waits for. When it fails, the entry grows old and the next call meets the failure itself. */
  function doBehind(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.catch(() => {}).finally(() => behind.delete(settled));
    behind.add(settled);
  }

  async function identify(bearer: string): Promise<Caller | undefined> {
    if (bearer.length > LONGEST_BEARER) return undefined;
    const hash = sha256(bearer);
    const entry = known.get(hash);
    if (entry === undefined) return (await lookUpOnce(hash, bearer))?.caller;
    if (clock.now() >= entry.endsAt) {
      known.delete(hash);
      return undefined;
    }
    const age = elapsed(entry.checkedAt, readClocks(clock));
    if (age >= DEAD_MS) return (await lookUpOnce(hash, bearer))?.caller;
    if (age >= STALE_MS) doBehind(lookUpOnce(hash, bearer));
    // Used last is dropped last: a Map keeps the order of insertion.
    known.delete(hash);
    known.set(hash, entry);
    return entry.caller;
  }

  return {
    async identify(bearer, ip) {
      const caller = await identify(bearer);
      if (caller === undefined && ip !== undefined && bearer.startsWith(KEY_PREFIX)) {
        if (isNewWrong(sha256(bearer))) await parts.guessing.missed('key', ip);
      }
      return caller;
    },
    forget: (id) => callerChanged(db, id),
    async close() {
      stopHearing();
      while (behind.size > 0) await Promise.all(behind);
    },
  };
}

/** The caller, as a session or key says at this moment. */
interface CallerRow {
  role: 'user' | 'admin';
  account_id: AccountId;
}

/** The user of a session that is neither ended nor over, if they may call. */
const callerOfSession = (userId: UserId, sessionId: string) =>
  statement<CallerRow>(
    `select u.role, u.default_account_id as account_id
     from identity.sessions s join identity.users u using (user_id)
     where s.user_id = $1 and s.id = $2 and s.revoked_at is null and s.expires_at > app.now()
       and u.status = 'active' and u.default_account_id is not null`,
    [userId, sessionId],
  );

export interface KeyRow extends CallerRow {
  id: KeyId;
  user_id: UserId;
  scopes: string[];
  /** The keys that it comes from. */
  makers: KeyId[];
  /** The models of each of them that names any, and its own. */
  models: string[][] | null;
  expires_at: Date | null;
  /** Whether its last use was written down more than a minute ago. */
  use_is_old: boolean;
}

/** The key of a hash, when it and all that it comes from are in force, its account is open and its user may call. */
const callerOfKey = (tokenHash: string) =>
  statement<KeyRow>(
    `select k.id, k.account_id, k.user_id, k.scopes, k.makers, k.expires_at, u.role,
       case when k.makers <> '{}' then (select jsonb_agg(m.models) from identity.api_keys m
           where m.account_id = k.account_id and m.id = any (k.makers || k.id) and m.models is not null)
         when k.models is not null then jsonb_build_array(k.models) end as models,
       k.last_used_at is null or k.last_used_at < app.now() - interval '1 minute' as use_is_old
     from identity.api_keys k join identity.users u using (user_id)
     where k.token_hash = $1 and k.revoked_at is null and not identity.is_cut_off(k.account_id, k.makers) and (k.expires_at is null or k.expires_at > app.now())
       and u.status = 'active'
       and exists (select from accounts.accounts a where a.account_id = k.account_id and a.deleted_at is null)`,
    [tokenHash],
  );

/** At most one write a minute and key, whichever process comes first. */
const keyUsed = (accountId: AccountId, keyId: KeyId) =>
  statement(
    `update identity.api_keys set last_used_at = app.now() where account_id = $1 and id = $2
       and (last_used_at is null or last_used_at < app.now() - interval '1 minute')`,
    [accountId, keyId],
  );
