import type { Audit } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import { type Ids, type Random, randomToken, sha256 } from '#platform/kernel';
import { callerChanged } from '../callers/callers.ts';
import { lockUser, userByEmail } from '../users/user-store.ts';
import {
  adminRows,
  endInvitation,
  openInvitations,
  pruneInvitations,
  putInvitation,
  setRole,
} from './admin-store.ts';

const INVITED = commitPoint(
  'identity.admin-invited',
  'a link that makes a platform admin, in place of an older one',
);
const REVOKED = commitPoint(
  'identity.admin-revoked',
  'a platform admin who is none any more, or an invitation that is over',
);
const PRUNED = commitPoint(
  'identity.admin-invitations-pruned',
  'invitations of admins that are over, deleted',
);

const PREFIX = 'pla_';

export interface AdminsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  /** Where links lead: the address of this server, without a slash at its end. */
  readonly baseUrl: string;
}

/** The result of an invitation: a link to hand over, or why there is none. */
export type InvitationResult =
  | { readonly kind: 'invited'; readonly link: string; readonly until: Date; readonly isKnown: boolean }
  | { readonly kind: 'admin_already' }
  /** A user who is suspended, or has closed their account. */
  | { readonly kind: 'inactive'; readonly status: string };

export interface AdminList {
  readonly admins: readonly { readonly email: string; readonly status: string }[];
  readonly invited: readonly { readonly email: string; readonly until: Date }[];
}

/** Platform admins, as an operator makes and unmakes them at the machine: no call over HTTP does. */
export interface Admins {
  /** Makes a link by which the owner of an address becomes an admin, once; an older one for it ends. */
  invite(email: string): Promise<InvitationResult>;
  list(): Promise<AdminList>;
  /** Makes a user of an admin, and ends an open invitation; false where there was neither. */
  revoke(email: string): Promise<boolean>;
  /** Deletes invitations that are over. */
  prune(): Promise<void>;
}

export function createAdmins(parts: AdminsParts): Admins {
  const { db } = parts;
  return {
    invite: (email) => invite(parts, email),
    async list() {
      const [admins, invited] = await db.system('admin.admins', [adminRows(), openInvitations()]);
      return { admins, invited: invited.map(({ email, expires_at }) => ({ email, until: expires_at })) };
    },
    revoke: (email) => revoke(parts, email),
    prune: () => db.system('admin.admins', PRUNED, async (tx) => void (await tx.run(pruneInvitations()))),
  };
}

async function invite(
  { db, ids, random, audit, baseUrl }: AdminsParts,
  email: string,
): Promise<InvitationResult> {
  const token = randomToken(random, PREFIX);
  return db.system('admin.admins', INVITED, async (tx): Promise<InvitationResult> => {
    const [user] = await tx.run(userByEmail(email));
    if (user?.role === 'admin') return { kind: 'admin_already' };
    if (user !== undefined && user.status !== 'active') return { kind: 'inactive', status: user.status };
    const to = user?.email ?? email;
    const rows = await tx.run(putInvitation({ id: ids.next(), email: to, tokenHash: sha256(token) }));
    for (const { id, expires_at } of rows) {
      const target = { kind: 'admin_invitation', id };
      const changes = user === undefined ? {} : { user: user.user_id };
      await audit.recordIn(tx, { action: 'admin.invited', actor: { kind: 'system' }, target, changes });
      // Behind the #: browsers keep it to themselves, so that it is in no log of a server or proxy.
      const link = `${baseUrl}/v1/auth/accept-admin#${token}`;
      return { kind: 'invited', link, until: expires_at, isKnown: user !== undefined };
    }
    throw new Error('an invitation was not written');
  });
}

async function revoke({ db, audit }: AdminsParts, email: string): Promise<boolean> {
  const [userId, wasInvited] = await db.system('admin.admins', REVOKED, async (tx) => {
    const actor = { kind: 'system' } as const;
    const [ended] = await tx.run(endInvitation(email));
    if (ended !== undefined) {
      const target = { kind: 'admin_invitation', id: ended.id };
      await audit.recordIn(tx, { action: 'admin.invitation_revoked', actor, target });
    }
    const [found] = await tx.run(userByEmail(email));
    const [user] = found === undefined ? [] : await tx.run(lockUser(found.user_id));
    const [changed] = user === undefined ? [] : await tx.run(setRole(user.user_id, 'user'));
    if (changed !== undefined) {
      const target = { kind: 'user', id: changed.user_id };
      await audit.recordIn(tx, { action: 'admin.revoked', actor, target });
    }
    return [changed?.user_id, ended !== undefined] as const;
  });
  if (userId !== undefined) callerChanged(db, userId);
  return userId !== undefined || wasInvited;
}
