import type { Database } from '#platform/db';
import type { Role } from '#platform/http';
import type { AccountId, Clock, UserId } from '#platform/kernel';
import { roleIn } from './store.ts';

/** An account whose members or state changed. */
const CHANGED = 'accounts.changed';
/** Below 10 s with room for the look-up: how long a role counts when the signal of its change is lost. */
const KEPT_MS = 8_000;
const CAPACITY = 10_000;

export interface Roles {
  /** A user's role in an account; undefined when they are no member, or there is no such account (any more). */
  roleOf(userId: UserId, accountId: AccountId): Promise<Role | undefined>;
  /** The kind of an account that a user is a member of; undefined as above. */
  kindOf(userId: UserId, accountId: AccountId): Promise<Kind | undefined>;
  /** Tells all processes that an account's members or state changed. Call it after the commit. */
  changed(accountId: AccountId): void;
  close(): void;
}

type Kind = 'personal' | 'organization';

interface Place {
  readonly role: Role;
  readonly kind: Kind;
}

interface Known {
  readonly accountId: AccountId;
  readonly place: Place | undefined;
  readonly readAt: number;
}

/** Roles, kept for seconds: each call asks for one. */
export function createRoles({ db, clock }: { readonly db: Database; readonly clock: Clock }): Roles {
  const known = new Map<string, Known>();
  let changes = 0;

  const stopHearing = db.onSignal(CHANGED, (id) => {
    changes += 1;
    for (const [name, { accountId }] of known) if (accountId === id) known.delete(name);
  });

  async function read(userId: UserId, accountId: AccountId): Promise<Place | undefined> {
    const [before, readAt] = [changes, clock.monotonic()];
    const [[row]] = await db.system('accounts.membership', [roleIn(userId, accountId)]);
    // What was read while a change went on may be from before it.
    if (before === changes) {
      const [oldest] = known.keys();
      if (known.size >= CAPACITY && oldest !== undefined) known.delete(oldest);
      known.set(`${accountId} ${userId}`, { accountId, place: row, readAt });
    }
    return row;
  }

  function placeOf(userId: UserId, accountId: AccountId): Promise<Place | undefined> {
    const name = `${accountId} ${userId}`;
    const entry = known.get(name);
    if (entry !== undefined && clock.monotonic() - entry.readAt < KEPT_MS)
      return Promise.resolve(entry.place);
    known.delete(name);
    return read(userId, accountId);
  }

  return {
    roleOf: async (userId, accountId) => (await placeOf(userId, accountId))?.role,
    kindOf: async (userId, accountId) => (await placeOf(userId, accountId))?.kind,
    changed: (accountId) => db.signal(CHANGED, accountId),
    close: stopHearing,
  };
}
