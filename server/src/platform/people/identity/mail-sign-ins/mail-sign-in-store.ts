import { deleteUnheld, statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

/** How long the code and the link of a mail are good, in seconds. */
export const LIFETIME = 600;
/** Then another mail is asked for: eight letters are no place to guess. */
const MOST_TRIES = 5;
const HOUR = `interval '1 hour'`;
const END = `app.now() + interval '${LIFETIME} seconds'`;

export interface NewMailSignIn {
  readonly id: string;
  readonly email: string;
  readonly codeChallenge: string;
  readonly returnTo: string;
  readonly ipBlock: string;
}

/** Stores a sign-in of any address, known or not; drops those that are older than an hour. */
export const putMailSignIn = (asked: NewMailSignIn) =>
  [
    statement(deleteUnheld('identity.mail_sign_ins', `created_at <= app.now() - ${HOUR}`)),
    statement(
      `insert into identity.mail_sign_ins (id, email, code_challenge, return_to, ip_block, expires_at)
       values ($1, $2, $3, $4, $5, ${END})`,
      [asked.id, asked.email, asked.codeChallenge, asked.returnTo, asked.ipBlock],
    ),
  ] as const;

/** From where a sign-in was asked for; none when it was over an hour ago. */
export const askedFrom = (id: string) =>
  statement<{ ip_block: string }>('select ip_block from identity.mail_sign_ins where id = $1', [id]);

/** How many mails of an hour went to an address, of those that were asked for where its user is known, or elsewhere. */
export const mailsLately = (email: string, fromKnown: boolean) =>
  statement<{ count: number }>(
    `select count(*)::int as count from identity.mail_sign_ins
     where lower(email) = lower($1) and created_at > app.now() - ${HOUR} and from_known = $2`,
    [email, fromKnown],
  );

export interface MadeMail {
  readonly id: string;
  /** Whose verified address it is. */
  readonly userId: UserId | undefined;
  readonly fromKnown: boolean;
  readonly codeHash: string;
  readonly linkHash: string;
}

/** Stores the hashes of a mail that is about to be sent: its time begins. No row comes back where it is gone. */
export const mailMade = (made: MadeMail) =>
  statement<{ id: string }>(
    `update identity.mail_sign_ins set owner_id = $2, from_known = $3, code_hash = $4, link_hash = $5,
       expires_at = ${END}, updated_at = app.now()
     where id = $1 returning id`,
    [made.id, made.userId ?? null, made.fromKnown, made.codeHash, made.linkHash],
  );

/** A sign-in whose mail was proven to be read. */
export interface MailSignInRow {
  readonly id: string;
  readonly email: string;
  readonly owner_id: UserId | null;
  readonly code_hash: string | null;
  readonly return_to: string;
}

const ROW = 'id, email, owner_id, code_hash, return_to';

/** Counts a try of a code by who has the secret of the challenge; no row comes back where there are none left, or it is over. */
export const useTry = (id: string, codeChallenge: string) =>
  statement<MailSignInRow>(
    `update identity.mail_sign_ins set tries = tries + 1, updated_at = app.now()
     where id = $1 and code_challenge = $2 and tries < ${MOST_TRIES} and expires_at > app.now() returning ${ROW}`,
    [id, codeChallenge],
  );

/** The sign-in of a link, while it is good; not locked. With a challenge: only of that one. */
export const mailSignInOf = (linkHash: string, codeChallenge?: string) =>
  statement<MailSignInRow>(
    `select ${ROW} from identity.mail_sign_ins
     where link_hash = $1 and expires_at > app.now() and ($2::text is null or code_challenge = $2)`,
    [linkHash, codeChallenge ?? null],
  );

/** Uses a sign-in up, its code and its link: of two at once, one gets the row. */
export const useMailSignIn = (id: string) =>
  statement<{ id: string }>(
    'delete from identity.mail_sign_ins where id = $1 and expires_at > app.now() returning id',
    [id],
  );
