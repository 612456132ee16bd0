import { type Actor, actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, type Clock } from '#platform/kernel';
import { type Mail, mailTimeNow } from '#platform/mail';
import { assertProven, lockedUser } from '../sessions/proof.ts';
import type { Provider } from '../sessions/sign-in-replies.ts';
import type { CredentialRow } from '../users/user-store.ts';
import { deleteIdentity, identitiesOf } from './identity-store.ts';
import { endCodes } from './state-store.ts';
import { NAMES } from './providers.ts';

const UNLINKED = commitPoint('identity.unlinked', 'a sign-in at a provider that lets in no more');

export interface IdentitiesParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
}

export interface IdentityView {
  readonly id: string;
  readonly provider: Provider;
  /** The address that the provider vouched for when it was linked. */
  readonly email: string;
  readonly linked_at: string;
  readonly last_used_at: string;
}

/** A user's identities at providers. */
export interface Identities {
  list(caller: Caller): Promise<IdentityView[]>;
  /**
   * Throws `step_up_required` unless the caller proved lately who they are, `not_found`, and `conflict` for the last way in
   * of a user without a password.
   */
  unlink(caller: Caller, id: string, origin: RequestOrigin): Promise<void>;
}

export function createIdentities(parts: IdentitiesParts): Identities {
  const { db } = parts;
  return {
    async list({ userId }) {
      const [rows] = await db.user(userId, [identitiesOf(userId)]);
      return rows.map(({ created_at, last_used_at, ...row }) => ({
        ...row,
        linked_at: created_at.toISOString(),
        last_used_at: last_used_at.toISOString(),
      }));
    },
    unlink: (caller, id, origin) => unlink(parts, { caller, id, origin }),
  };
}

async function unlink(
  parts: IdentitiesParts,
  { caller, id, origin }: { readonly caller: Caller; readonly id: string; readonly origin: RequestOrigin },
): Promise<void> {
  const { db, mail } = parts;
  const { userId } = caller;
  await assertProven(db, caller);
  await db.system('identity.credentials', UNLINKED, async (tx) => {
    const user = await lockedUser(tx, userId);
    const [gone] = await tx.run(deleteIdentity(userId, id));
    if (gone === undefined || user === undefined) throw new AppError('not_found');
    await tx.run(endCodes(userId));
    const left = await tx.run(identitiesOf(userId));
    if (left.length === 0 && user.password_hash === null)
      throw new AppError('conflict', {
        message: 'It is your only way in. Choose a password first: "forgot password" sends you a link.',
      });
    await tellUnlinked(parts, tx, { user, provider: gone.provider, actor: actorOf(caller), origin });
  });
  mail.wake();
}

/** Writes down that a provider lets a user in no more, and has it told to them; in the commit that does it. */
export async function tellUnlinked(
  { audit, mail, clock }: Omit<IdentitiesParts, 'db' | 'mail'> & { readonly mail: Pick<Mail, 'sending'> },
  tx: Transaction,
  { user, provider, actor, origin }: Unlinked,
): Promise<void> {
  const { user_id: userId, email: to } = user;
  await audit.recordIn(tx, {
    action: 'user.identity_unlinked',
    actor,
    target: { kind: 'user', id: userId },
    changes: { provider },
    origin,
  });
  const facts = { provider: NAMES[provider], at: mailTimeNow(clock) };
  const letter = { to, template: 'identity_unlinked', facts, userId, requestId: origin.requestId } as const;
  await tx.runAll(mail.sending(letter));
}

interface Unlinked {
  readonly user: CredentialRow;
  readonly provider: Provider;
  readonly actor: Actor;
  readonly origin: RequestOrigin;
}
