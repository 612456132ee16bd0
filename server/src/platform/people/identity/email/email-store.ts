import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

/** Purpose of a link in a mail. */
export type EmailKind = 'verify_email' | 'reset_password' | 'change_email' | 'restore';

/** How long a link is good, in seconds. */
export const LIFETIMES: Readonly<Record<EmailKind, number>> = {
  verify_email: 86_400,
  change_email: 86_400,
  reset_password: 3_600,
  restore: 14 * 86_400,
};

export interface EmailTokenRow {
  readonly user_id: UserId;
  readonly kind: EmailKind;
  /** Where it was sent. */
  readonly email: string;
}

/** Stores a link's hash; an older link of the kind ends by it. */
export const putEmailToken = (token: { userId: UserId; kind: EmailKind; tokenHash: string; email: string }) =>
  statement(
    `insert into identity.email_tokens (user_id, kind, token_hash, email, expires_at)
     values ($1, $2, $3, $4, app.now() + make_interval(secs => $5))
     on conflict (user_id, kind) do update set token_hash = excluded.token_hash, email = excluded.email,
       expires_at = excluded.expires_at, created_at = app.now(), updated_at = app.now()`,
    [token.userId, token.kind, token.tokenHash, token.email, LIFETIMES[token.kind]],
  );

const GOOD = 'token_hash = $1 and kind = any ($2::text[]) and expires_at > app.now()';

/** The link of a hash, while it is good; not locked. */
export const emailToken = (tokenHash: string, kinds: readonly EmailKind[]) =>
  statement<EmailTokenRow>(`select user_id, kind, email from identity.email_tokens where ${GOOD}`, [
    tokenHash,
    kinds,
  ]);

/** The link of a hash, also when its time is over. */
export const emailLink = (tokenHash: string, kinds: readonly EmailKind[]) =>
  statement<Pick<EmailTokenRow, 'kind' | 'email'> & { readonly is_good: boolean }>(
    `select kind, email, expires_at > app.now() as is_good from identity.email_tokens
     where token_hash = $1 and kind = any ($2::text[])`,
    [tokenHash, kinds],
  );

/** Uses a link up: of two at once, one gets the row. */
export const useEmailToken = (tokenHash: string, kinds: readonly EmailKind[]) =>
  statement<EmailTokenRow>(`delete from identity.email_tokens where ${GOOD} returning user_id, kind, email`, [
    tokenHash,
    kinds,
  ]);

/** Ends all links of a user, and all codes of mails: those that an intruder asked for too. */
export const endEmailTokens = (userId: UserId) =>
  statement(
    `with codes as (delete from identity.mail_sign_ins where owner_id = $1)
     delete from identity.email_tokens where user_id = $1`,
    [userId],
  );

/** Sets the hash of a new password; what was begun with the old one is over. The link proved the address, where one did. */
export const setPassword = (userId: UserId, hash: string, provesEmail: boolean) =>
  statement(
    `update identity.users set password_hash = $2, password_version = password_version + 1,
       email_verified = email_verified or $3, updated_at = app.now()
     where user_id = $1`,
    [userId, hash, provesEmail],
  );

export const verifyEmail = (userId: UserId) =>
  statement('update identity.users set email_verified = true, updated_at = app.now() where user_id = $1', [
    userId,
  ]);

/** Gives a user another, verified address; no row comes back when it is another's. */
export const changeEmail = (userId: UserId, email: string) =>
  statement<{ user_id: UserId }>(
    `update identity.users u set email = $2, email_verified = true, updated_at = app.now()
     where u.user_id = $1 and not exists (
       select from identity.users o where lower(o.email) = lower($2) and o.user_id <> $1)
     returning u.user_id`,
    [userId, email],
  );
