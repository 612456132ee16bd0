import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Statement, type Transaction } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { type AccountId, AppError, type UserId } from '#platform/kernel';
import type { Callers } from '../callers/callers.ts';
import { changeProfile, lockUser, profile, setStatus } from './user-store.ts';

const PROFILE = commitPoint('identity.profile', 'a changed profile');
const STATUS_CHANGED = commitPoint(
  'identity.standing',
  'a user suspended, with the end of their sessions, or reinstated',
);

const CLOSED = 'This user has closed their account, so it cannot be suspended or reinstated.';

/** An account that a user belongs to. */
export interface Membership {
  readonly accountId: AccountId;
  readonly kind: 'personal' | 'organization';
  readonly name: string;
  /** A suspended account is read and spends nothing. */
  readonly status: 'active' | 'suspended';
  readonly role: Role;
}

export interface UsersParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly callers: Callers;
  /** Ends all sessions of a user: sessions know users, and not the other way round. */
  readonly endSessions: (userId: UserId, reason: string) => Statement;
  /** The accounts of a user, read in the user's own scope. Accounts lie above identity: `app.ts` hands it in. */
  readonly membershipsOf: (tx: Transaction, userId: UserId) => Promise<Membership[]>;
  /** The tier of an account, read from the database each time; no account has one when not said. Entitlements lie above identity, too. */
  readonly tierOf?: (accountId: AccountId) => Promise<string | null>;
  /** Keys of the products that run here. */
  readonly runningProducts: readonly string[];
}

/** A user as they see themselves. */
export interface Me {
  readonly id: string;
  readonly email: string;
  readonly full_name: string | null;
  readonly avatar_url: string | null;
  readonly email_verified: boolean;
  readonly role: 'user' | 'admin';
  readonly tier: string | null;
  readonly products: readonly string[];
  readonly default_account_id: string;
  readonly accounts: readonly {
    readonly id: string;
    readonly kind: 'personal' | 'organization';
    readonly name: string;
    readonly status: 'active' | 'suspended';
    readonly role: Role;
  }[];
}

/** Fields that are left out stay as they are; null empties one. */
export interface ProfileChange {
  readonly full_name?: string | null | undefined;
  readonly avatar_url?: string | null | undefined;
}

export interface Users {
  me(caller: Caller): Promise<Me>;
  changeMe(caller: Caller, change: ProfileChange, origin: RequestOrigin): Promise<Me>;
  /** Ends a user's sessions and lets none of their tokens and keys in, until they are reinstated. Not oneself; `conflict` for a closed one. */
  suspend(admin: Caller, userId: string, origin: RequestOrigin): Promise<void>;
  /** Lets a user in again; sessions that were ended stay ended, keys work again. */
  reinstate(admin: Caller, userId: string, origin: RequestOrigin): Promise<void>;
}

export function createUsers(parts: UsersParts): Users {
  const { db, audit, callers, endSessions, tierOf = async () => null } = parts;

  /** Adds the facts of others: the tier is that of the account which the caller's calls are for. */
  async function completeMe({ accountId }: Caller, me: Profile): Promise<Me> {
    const isMember = me.accounts.some(({ id }) => id === accountId);
    return { ...me, products: parts.runningProducts, tier: isMember ? await tierOf(accountId) : null };
  }

  async function setUserStatus(
    admin: Caller,
    { userId, status, origin }: { userId: UserId; status: 'active' | 'suspended'; origin: RequestOrigin },
  ): Promise<void> {
    await db.system('admin.users', STATUS_CHANGED, async (tx) => {
      const [[user], changed] = await tx.runAll([lockUser(userId), setStatus(userId, status)]);
      if (user === undefined) throw new AppError('not_found');
      if (user.status === 'closed') throw new AppError('conflict', { message: CLOSED });
      if (changed.length === 0) return;
      if (status === 'suspended') await tx.run(endSessions(userId, 'suspended'));
      const action = status === 'suspended' ? 'user.suspended' : 'user.reinstated';
      await audit.recordIn(tx, {
        action,
        actor: actorOf(admin),
        target: { kind: 'user', id: userId },
        origin,
      });
    });
    callers.forget(userId);
  }

  return {
    me: async (caller) =>
      completeMe(caller, await db.user(caller.userId, (tx) => readMe(parts, tx, caller.userId))),
    async changeMe(caller, change, origin) {
      const changed = await db.user(caller.userId, PROFILE, async (tx) => {
        const { userId } = caller;
        await tx.run(changeProfile(userId, change));
        const changes = { fields: Object.keys(change) };
        const target = { kind: 'user', id: userId };
        await audit.recordIn(tx, {
          action: 'user.profile_changed',
          actor: actorOf(caller),
          target,
          changes,
          origin,
        });
        return readMe(parts, tx, userId);
      });
      return completeMe(caller, changed);
    },
    async suspend(admin, userId, origin) {
      // An admin who locks themselves out may be the last one.
      if (userId === admin.userId) {
        throw new AppError('conflict', { message: 'You can not suspend yourself.' });
      }
      await setUserStatus(admin, { userId: userId as UserId, status: 'suspended', origin });
    },
    reinstate: (admin, userId, origin) =>
      setUserStatus(admin, { userId: userId as UserId, status: 'active', origin }),
  };
}

type Profile = Omit<Me, 'products' | 'tier'>;

async function readMe(parts: UsersParts, tx: Transaction, userId: UserId): Promise<Profile> {
  const [user] = await tx.run(profile(userId));
  if (user === undefined) throw new AppError('not_found');
  const accounts = await parts.membershipsOf(tx, userId);
  return {
    id: user.user_id,
    email: user.email,
    full_name: user.full_name,
    avatar_url: user.avatar_url,
    email_verified: user.email_verified,
    role: user.role,
    default_account_id: user.default_account_id,
    accounts: accounts.map(({ accountId, ...rest }) => ({ id: accountId, ...rest })),
  };
}
