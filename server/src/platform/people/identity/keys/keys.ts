import { type Actor, actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { atLeast, type Caller, type Page, page, type Role } from '#platform/http';
import {
  type AccountId,
  AppError,
  type Clock,
  type Ids,
  type KeyId,
  type Random,
  randomToken,
  sha256,
  type UserId,
  invalidInput,
} from '#platform/kernel';
import { type Callers, KEY_PREFIX } from '../callers/callers.ts';
import { type KeyBounds, toBoundsPatch, viewBounds } from './bounds.ts';
import { changeKey, depthOf, insertKey, type KeyRow, listKeys, revokeKey, rotateKey } from './key-store.ts';
import { assertCovers, assertGrantable } from './scopes.ts';

const CHANGE = commitPoint('identity.key-change', 'what bounds an API key, and its audit event');
const REVOKE = commitPoint('identity.key-revoke', 'a revoked key');
/** How many keys a key may come from, as its table says. Each is a budget more that admission looks at. */
const MOST_MAKERS = 5;
/** How much of a key is kept to tell it apart by: the prefix and 8 of 43 characters. */
const SHOWN_LENGTH = KEY_PREFIX.length + 8;

export interface KeysParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly callers: Callers;
  readonly scopes: ReadonlySet<string>;
}

/** A key as lists show it. */
export interface KeyView extends ReturnType<typeof viewBounds> {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  /** The key that made it; null: a person did. */
  readonly made_by: string | null;
  readonly user_id: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export interface KeyToMake {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly name: string;
  readonly scopes: readonly string[];
  /** ISO 8601; none: until it is revoked. */
  readonly expiresAt?: string | undefined;
  /** Those of its makers hold for it too. */
  readonly bounds?: KeyBounds | undefined;
  readonly actor: Actor;
  readonly origin?: RequestOrigin | undefined;
}

/** A caller at work in an account, with their role there. */
export interface KeyActor {
  readonly caller: Caller;
  readonly accountId: AccountId;
  readonly role: Role;
}

/** A name that is left out stays as it is; null takes the bound away. */
export interface KeyChange extends KeyBounds {
  readonly name?: string | undefined;
  readonly expires_at?: string | null | undefined;
}

export interface Keys {
  /** Scopes that a key can have. */
  readonly scopes: ReadonlySet<string>;
  /** Makes a key outright, in a scope that may write keys of the account. The key itself is in this answer and nowhere else. */
  createKey(tx: Transaction, key: KeyToMake): Promise<{ keyId: KeyId; key: string; view: KeyView }>;
  /** Checks what a caller asks for: scopes that exist, none beyond the caller's own, and an end that lies ahead. */
  assertMayMake(
    acting: KeyActor,
    key: { readonly scopes: readonly string[]; readonly expires_at?: string | undefined },
  ): void;
  /** The caller's keys in the account; its admins see those of all members. */
  list(
    acting: KeyActor,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<KeyView>>;
  /**
   * Changes a key: one's own, or as an admin of the account any of its keys. A key changes those alone that come from it. In force at once
   * for what spends, within 10 s for its models and its end.
   */
  change(
    acting: KeyActor & { readonly origin: RequestOrigin },
    keyId: string,
    change: KeyChange,
  ): Promise<KeyView>;
  /**
   * Ends a key and all that come from it: one's own, or as an admin of the account any of its keys. At once for spending,
   * within 10 s for the rest. Throws `forbidden` where a key would end one that may do more than itself.
   */
  revoke(acting: KeyActor, keyId: string, origin: RequestOrigin): Promise<void>;
  /**
   * Gives one of the caller's own keys another secret; all else of it stays: its id, maker, budget with what was spent, and the
   * keys that it made. A key does so for itself and for what comes from it. Tell `rotated` after the commit.
   */
  rotateIn(
    tx: Transaction,
    acting: KeyActor & { readonly origin: RequestOrigin },
    keyId: string,
  ): Promise<{ key: string; view: KeyView }>;
  /** The former secret is over within 10 s. */
  rotated(keyId: string): void;
}

export function createKeys(parts: KeysParts): Keys {
  const { db, ids, random, audit, callers } = parts;

  function assertAhead(expiresAt: string | null | undefined): void {
    if (typeof expiresAt === 'string' && Date.parse(expiresAt) <= parts.clock.now())
      throw invalidInput('body.expires_at', 'A key expires in the future.');
  }
  return {
    scopes: parts.scopes,
    async createKey(tx, { accountId, userId, name, scopes, expiresAt, bounds = {}, actor, origin }) {
      const { key, ...secret } = newSecret(random);
      const keyId = ids.next<KeyId>();
      const maker = actor.kind === 'key' ? actor.keyId : undefined;
      if (maker !== undefined) await assertMayHaveMore(tx, accountId, maker);
      const [row] = await tx.run(
        insertKey({
          accountId,
          userId,
          keyId,
          name,
          scopes,
          expiresAt,
          maker,
          ...secret,
          bounds: toBoundsPatch(bounds),
        }),
      );
      if (row === undefined) throw new Error('a key was not stored');
      const target = { kind: 'key', id: keyId };
      await audit.recordIn(tx, {
        action: 'key.made',
        actor,
        accountId,
        target,
        changes: {
          name,
          scopes,
          ...bounds,
          made_by: row.made_by,
          monthly_budget_micros: row.monthly_budget_micros,
        },
        origin,
      });
      return { keyId, key, view: view(row) };
    },
    assertMayMake({ caller, accountId }, { scopes, expires_at: expiresAt }) {
      // A key is bound to its account, also when the request names another.
      if (caller.keyId !== undefined && caller.accountId !== accountId) throw new AppError('not_found');
      assertGrantable(caller, scopes, parts.scopes);
      assertAhead(expiresAt);
    },
    async list({ caller, accountId, role }, { after, limit }) {
      const userId = atLeast(role, 'admin') ? undefined : caller.userId;
      const [rows] = await db.tenant(accountId, [listKeys(accountId, { userId, after, limit: limit + 1 })]);
      return page(rows, limit, { item: view, position: ({ id }) => [id] });
    },
    async change({ caller, accountId, role, origin }, keyId, { name, expires_at, ...bounds }) {
      assertAhead(expires_at);
      const patch = { name, expires_at, ...toBoundsPatch(bounds) };
      const userId = atLeast(role, 'admin') ? undefined : caller.userId;
      const row = await db.tenant(accountId, CHANGE, async (tx) => {
        const [changed] = await tx.run(
          changeKey(accountId, keyId as KeyId, { userId, by: caller.keyId, patch }),
        );
        if (changed === undefined) throw new AppError('not_found');
        const target = { kind: 'key', id: keyId };
        const changes = { ...(name === undefined ? {} : { name }), ...bounds, expires_at };
        await audit.recordIn(tx, {
          action: 'key.changed',
          actor: actorOf(caller),
          accountId,
          target,
          changes,
          origin,
        });
        return changed;
      });
      callers.forget(keyId);
      return view(row);
    },
    async revoke({ caller, accountId, role }, keyId, origin) {
      const owner = atLeast(role, 'admin') ? undefined : caller.userId;
      const revoked = await db.tenant(accountId, REVOKE, async (tx) => {
        const [row] = await tx.run(revokeKey(accountId, keyId as KeyId, owner));
        if (row === undefined) return false;
        assertCovers(caller, row.scopes, 'revoke');
        const target = { kind: 'key', id: keyId };
        await audit.recordIn(tx, {
          action: 'key.revoked',
          actor: actorOf(caller),
          accountId,
          target,
          origin,
        });
        return true;
      });
      if (!revoked) throw new AppError('not_found');
      callers.forget(keyId);
    },
    async rotateIn(tx, { caller, accountId, origin }, keyId) {
      const { key, ...secret } = newSecret(random);
      const { userId, keyId: by } = caller;
      const [row] = await tx.run(rotateKey(accountId, keyId as KeyId, { userId, by, ...secret }));
      if (row === undefined) throw new AppError('not_found');
      const target = { kind: 'key', id: keyId };
      await audit.recordIn(tx, {
        action: 'key.rotated',
        actor: actorOf(caller),
        accountId,
        target,
        changes: { prefix: row.prefix },
        origin,
      });
      return { key, view: view(row) };
    },
    rotated: (keyId) => callers.forget(keyId),
  };
}

/** A key's secret, and what is kept of it. */
function newSecret(random: Random): { key: string; prefix: string; tokenHash: string } {
  const key = randomToken(random, KEY_PREFIX);
  return { key, prefix: key.slice(0, SHOWN_LENGTH), tokenHash: sha256(key) };
}

/** Throws when a key that makes another was revoked a moment ago, or comes from as many as a key may. */
async function assertMayHaveMore(tx: Transaction, accountId: AccountId, maker: KeyId): Promise<void> {
  const [found] = await tx.run(depthOf(accountId, maker));
  if (found === undefined) throw new AppError('unauthenticated');
  if (found.depth >= MOST_MAKERS) {
    throw new AppError('forbidden', {
      message: `This key comes from ${MOST_MAKERS} others, one made by the other. It cannot make keys.`,
      details: { most: MOST_MAKERS },
    });
  }
}

function view(row: KeyRow): KeyView {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    made_by: row.made_by,
    ...viewBounds(row),
    user_id: row.user_id,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}
