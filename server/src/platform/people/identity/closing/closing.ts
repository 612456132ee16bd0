import { type Actor, actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint, statement, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { type AccountId, AppError, sha256, type UserId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Callers } from '../callers/callers.ts';
import { type EmailKind, emailToken, endEmailTokens, useEmailToken } from '../email/email-store.ts';
import { wrongLink } from '../guessing/guessing.ts';
import { assertProven, type ProofParts, proven } from '../sessions/proof.ts';
import { endSessions } from '../sessions/session-store.ts';
import { closeUser, type CredentialRow, lockUser, restoreUser, userById } from '../users/user-store.ts';

const CLOSED = commitPoint(
  'identity.closed',
  'a user who closed their account, the end of their sessions, and the mail that offers the undo',
);
const RESTORED = commitPoint('identity.restored', 'a user back from a closed account, without the link');
const ASKED = commitPoint('identity.restore-asked', 'a mail with another link to open an account again');
const RESTORING: readonly EmailKind[] = ['restore'];

/** A user who closes their account, or opens it again. */
export interface ClosingUser {
  readonly userId: UserId;
  /** When they closed their account, as the database writes it. */
  readonly at: string;
  /** The actor, where that is another. */
  readonly actor?: Actor;
  readonly origin: RequestOrigin;
}

/** Handles the organizations of a user who closes their account. Accounts lie above identity: `app.ts` hands it in. */
export interface OwnedOrganizations {
  /** Locks those that a user owns, so that two owners don't both go. To be called before the user is locked. */
  lock(tx: Transaction, userId: UserId): Promise<AccountId[]>;
  /**
   * Closes, in `tx`, those that have no other member, and answers them. Throws `last_owner`, with a list, where others
   * would be left without an owner, and `conflict` where one became theirs since they were `locked`. To be called once the user
   * is locked: from then on they become no owner.
   */
  close(tx: Transaction, user: ClosingUser, locked: readonly AccountId[]): Promise<AccountId[]>;
  /** Opens again those that were closed with their account. */
  reopen(tx: Transaction, user: ClosingUser): Promise<AccountId[]>;
  /** To be called after the commit. */
  changed(accounts: readonly AccountId[]): void;
}

export interface ClosingParts extends ProofParts {
  readonly mail: Pick<Mail, 'asking' | 'wake'>;
  readonly callers: Callers;
  readonly ownedOrganizations: OwnedOrganizations;
}

/** The end of an account by its user, as far as it can be undone (docs/erasure.md). */
export interface Closing {
  /**
   * Closes the caller's account: sessions end, keys are refused, nothing is spent. Throws `wrong_password`,
   * `step_up_required` for a user without a password or with a second factor, `last_owner`, and `conflict`
   * where an organization becomes theirs meanwhile. Answers until when it can be undone.
   */
  close(caller: Caller, password: string | undefined, origin: RequestOrigin): Promise<Date>;
  /** The same of another user, as a platform admin. Throws `not_found`, `conflict` of one who is not active, and `last_owner`. */
  closeOther(admin: Caller, userId: string, origin: RequestOrigin): Promise<Date>;
  /** Opens it again by the link of the mail. Throws `link_invalid`. */
  restore(token: string, origin: RequestOrigin): Promise<void>;
  /** Sends another link; whether this address has a closed account shows nowhere in the call. */
  resend(email: string, origin: RequestOrigin): Promise<void>;
}

export function createClosing(parts: ClosingParts): Closing {
  const { db, audit, mail } = parts;
  return {
    close: (caller, password, origin) => close(parts, { caller, password, origin }),
    closeOther: (caller, userId, origin) =>
      closeWhere(parts, { caller, userId: userId as UserId, origin }, (user) => {
        if (user !== undefined && user.status !== 'active') throw new AppError('conflict');
      }),
    restore: (token, origin) => restore(parts, token, origin),
    async resend(email, origin) {
      await db.system('identity.credentials', ASKED, async (tx) => {
        const action = 'user.restore_asked';
        await audit.recordIn(tx, { action, actor: { kind: 'system' }, origin });
        await tx.runAll(mail.asking({ to: email, template: 'account_closed', requestId: origin.requestId }));
      });
      mail.wake();
    },
  };
}

interface ClosingRequest {
  readonly caller: Caller;
  readonly password: string | undefined;
  readonly origin: RequestOrigin;
}

async function close(parts: ClosingParts, asked: ClosingRequest): Promise<Date> {
  const { userId } = asked.caller;
  const proof = await proofOf(parts, asked);
  return closeWhere(parts, { ...asked, userId }, (user) => {
    // Set anew while the old one was hashed: it proves nothing any more.
    if (user?.password_version !== proof.password_version) throw new AppError('wrong_password');
  });
}

/** Closes a user whom the check lets be closed, once they are locked. */
async function closeWhere(
  parts: ClosingParts,
  { caller, userId, origin }: Pick<ClosingRequest, 'caller' | 'origin'> & { readonly userId: UserId },
  check: (user: CredentialRow | undefined) => void,
): Promise<Date> {
  const { db, audit, mail, callers, ownedOrganizations } = parts;
  const { closed, until } = await db.system('identity.credentials', CLOSED, async (tx) => {
    const at = await instantIn(tx);
    // Organizations are locked before the user, as when members of one change.
    const locked = await ownedOrganizations.lock(tx, userId);
    const [user] = await tx.run(lockUser(userId));
    check(user);
    if (user === undefined) throw new AppError('not_found');
    const actor = actorOf(caller);
    const left = await ownedOrganizations.close(tx, { userId, at, actor, origin }, locked);
    const [done] = await tx.run(closeUser(userId, at));
    if (done === undefined) throw new AppError('user_suspended');
    await tx.runAll([endSessions(userId, 'closed'), endEmailTokens(userId)]);
    const target = { kind: 'user', id: userId };
    await audit.recordIn(tx, { action: 'user.closed', actor, target, origin });
    const { requestId } = origin;
    await tx.runAll(mail.asking({ to: user.email, template: 'account_closed', requestId }));
    const [now] = await tx.run(lockUser(userId));
    return { closed: left, until: now?.restorable_until };
  });
  callers.forget(userId);
  ownedOrganizations.changed(closed);
  mail.wake();
  if (until == null) throw new Error('a closed account has no time for its undo');
  return until;
}

/** A user with a password says it; one without has proven lately who they are, in this session. */
async function proofOf(
  parts: ClosingParts,
  { caller, password, origin }: ClosingRequest,
): Promise<CredentialRow> {
  const { db } = parts;
  const { userId } = caller;
  const [[user]] = await db.system('identity.credentials', [userById(userId)]);
  if (user === undefined) throw new AppError('unauthenticated');
  if (user.password_hash !== null) return proven(parts, { caller, password: password ?? '', origin });
  await assertProven(db, caller);
  return user;
}

async function restore(parts: ClosingParts, token: string, origin: RequestOrigin): Promise<void> {
  const { db, audit, callers, ownedOrganizations } = parts;
  const tokenHash = sha256(token);
  const [[found]] = await db.system('identity.credentials', [emailToken(tokenHash, RESTORING)]);
  if (found === undefined) throw await wrongLink(parts.guessing, origin.ip);
  const { user_id: userId } = found;
  const reopened = await db.system('identity.credentials', RESTORED, async (tx) => {
    const at = await closedAt(tx, userId);
    if (at === undefined) throw new AppError('link_invalid');
    const back = await ownedOrganizations.reopen(tx, { userId, at, origin });
    const [restored] = await tx.run(restoreUser(userId));
    const [used] = await tx.run(useEmailToken(tokenHash, RESTORING));
    if (used === undefined || restored === undefined) throw new AppError('link_invalid');
    const actor = { kind: 'user', userId } as const;
    await audit.recordIn(tx, {
      action: 'user.restored',
      actor,
      target: { kind: 'user', id: userId },
      origin,
    });
    return back;
  });
  callers.forget(userId);
  ownedOrganizations.changed(reopened);
}

async function instantIn(tx: Transaction): Promise<string> {
  const [now] = await tx.run(statement<{ at: string }>('select app.now()::text as at'));
  if (now === undefined) throw new Error('the database told no time');
  return now.at;
}

async function closedAt(tx: Transaction, userId: UserId): Promise<string | undefined> {
  const [user] = await tx.run(
    statement<{ at: string | null }>('select closed_at::text as at from identity.users where user_id = $1', [
      userId,
    ]),
  );
  return user?.at ?? undefined;
}

const OVER = `closed_at <= app.now() - interval '14 days'`;
/** So many at a time: what is left over the next run finds. */
const MOST = 1_000;

/** Users whose time for an undo is over. */
export const dueUsers = statement<{ user_id: UserId }>(
  `select user_id from identity.users where ${OVER} order by closed_at limit ${MOST}`,
);

/**
 * Locks one of them by a write, so that a transaction which waits for the row looks at it anew; no row: they are gone, or back. Without an
 * email where they never showed that it is theirs: it may be another person's.
 */
export const lockDueUser = (userId: UserId) =>
  statement<{ email: string | null }>(
    `update identity.users set updated_at = app.now() where user_id = $1 and ${OVER}
     returning case when email_verified then email end as email`,
    [userId],
  );
