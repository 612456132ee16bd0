import { type Actor, actorOf, type Audit, type Whence } from '#platform/audit';
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
} from '#platform/kernel';
import { type Callers, KEY_PREFIX } from './callers.ts';
import { insertKey, type KeyRow, listKeys, revokeKey } from './key-store.ts';
import { assertGrantable } from './scopes.ts';

const REVOKE = commitPoint('identity.key-revoke', 'a revoked key');
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
export interface KeyView {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  /** Micro-dollars; null: as much as the account may. */
  readonly monthly_budget_micros: number | null;
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
  /** What calls with it may cost in a month, in micro-dollars. A key's own budget bounds those of the keys that it makes. */
  readonly monthlyBudget?: number | undefined;
  readonly actor: Actor;
  readonly whence?: Whence | undefined;
}

/** A caller at work in an account, with their role there. */
export interface Acting {
  readonly caller: Caller;
  readonly accountId: AccountId;
  readonly role: Role;
}

export interface Keys {
  /** Makes a key outright, in a scope that may write keys of the account. The key itself is in this answer and nowhere else. */
  createKey(tx: Transaction, key: KeyToMake): Promise<{ keyId: KeyId; key: string; view: KeyView }>;
  /** Checks what a caller asks for: scopes that exist, none beyond the caller's own, and an end that lies ahead. */
  assertMayMake(
    acting: Acting,
    key: { readonly scopes: readonly string[]; readonly expires_at?: string | undefined },
  ): void;
  /** The caller's keys in the account; its admins see those of all members. */
  list(
    acting: Acting,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<KeyView>>;
  /** Ends a key: one's own, or as an admin of the account any of its keys. At once for spending, within 10 s for the rest. */
  revoke(acting: Acting, keyId: string, whence: Whence): Promise<void>;
}

export function createKeys(parts: KeysParts): Keys {
  const { db, ids, random, audit, callers } = parts;
  return {
    async createKey(tx, { accountId, userId, name, scopes, expiresAt, monthlyBudget, actor, whence }) {
      const key = randomToken(random, KEY_PREFIX);
      const keyId = ids.next<KeyId>();
      const maker = actor.kind === 'key' ? actor.keyId : undefined;
      const secret = { prefix: key.slice(0, SHOWN_LENGTH), tokenHash: sha256(key) };
      const [row] = await tx.run(
        insertKey({ accountId, userId, keyId, name, scopes, expiresAt, monthlyBudget, maker, ...secret }),
      );
      if (row === undefined) throw new Error('a key was not stored');
      const target = { kind: 'key', id: keyId };
      await audit.recordIn(tx, {
        action: 'key.made',
        actor,
        accountId,
        target,
        changes: { name, scopes, monthly_budget_micros: row.monthly_budget_micros },
        whence,
      });
      return { keyId, key, view: view(row) };
    },
    assertMayMake({ caller, accountId }, { scopes, expires_at: expiresAt }) {
      // A key is bound to its account, whatever the request names.
      if (caller.keyId !== undefined && caller.accountId !== accountId) throw new AppError('not_found');
      assertGrantable(caller, scopes, parts.scopes);
      if (expiresAt !== undefined && Date.parse(expiresAt) <= parts.clock.now()) {
        const message = 'A key expires in the future.';
        throw new AppError('validation_failed', {
          message,
          details: { issues: [{ path: 'body.expires_at', message }] },
        });
      }
    },
    async list({ caller, accountId, role }, { after, limit }) {
      const userId = atLeast(role, 'admin') ? undefined : caller.userId;
      const [rows] = await db.tenant(accountId, [listKeys(accountId, { userId, after, limit: limit + 1 })]);
      return page(rows, limit, { item: view, position: ({ id }) => [id] });
    },
    async revoke({ caller, accountId, role }, keyId, whence) {
      const owner = atLeast(role, 'admin') ? undefined : caller.userId;
      const revoked = await db.tenant(accountId, REVOKE, async (tx) => {
        const [row] = await tx.run(revokeKey(accountId, keyId as KeyId, owner));
        if (row === undefined) return false;
        const target = { kind: 'key', id: keyId };
        await audit.recordIn(tx, {
          action: 'key.revoked',
          actor: actorOf(caller),
          accountId,
          target,
          whence,
        });
        return true;
      });
      if (!revoked) throw new AppError('not_found');
      callers.forget(keyId);
    },
  };
}

function view(row: KeyRow): KeyView {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    monthly_budget_micros: row.monthly_budget_micros,
    user_id: row.user_id,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}
