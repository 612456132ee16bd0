import { AppError, type Transaction, type WorkKey } from 'plinth/product';
import type { By } from '../changes/service.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { orbitMails, READ_IN_ORBIT } from '../mails.ts';
import { isPresent, type MemberRow, membersAmong, workspaceName, writeMentions } from './store.ts';

/** As much of a comment as its mail quotes. */
const MOST_QUOTED = 500;

/** A comment whose mentions are written. */
export interface MentionedIn extends By {
  readonly id: string;
  readonly scopeId: string;
  readonly scopeTitle: string;
  readonly body: string;
  /** Ids of members, each once. */
  readonly mentions: readonly string[];
}

/**
 * Has a comment mention exactly these members, and stores the mails of those whom it never mentioned before, in the
 * comment's own transaction. An author gets no mail about their own comment. Throws `mention_unknown`. After the commit, call `mail.wake`.
 */
export async function mentionIn(
  { mail, settings }: Pick<OrbitParts, 'mail' | 'settings'>,
  tx: Transaction,
  { id, scopeId, scopeTitle, body, mentions, accountId, caller, origin }: MentionedIn,
): Promise<void> {
  const people = await tx.run(membersAmong(accountId, [...mentions, caller.userId]));
  const unknown = mentions.filter((one) => !people.some(({ user_id }) => user_id === one));
  if (unknown.length > 0) throw new AppError('mention_unknown', { details: { users: unknown } });
  const key: WorkKey = { accountId, id };
  const news = await tx.run(writeMentions(key, mentions));
  const told = people.filter(
    ({ user_id }) => user_id !== caller.userId && news.some((one) => one.user_id === user_id),
  );
  if (told.length === 0) return;
  const [workspace] = await tx.run(workspaceName(accountId));
  const author = people.find(({ user_id }) => user_id === caller.userId);
  const facts = {
    author: author?.full_name ?? author?.email ?? 'A colleague',
    scope: scopeTitle,
    workspace: workspace?.name ?? '',
    comment: quoteBody(body),
    next: READ_IN_ORBIT,
    link: linkOf(settings.ORBIT_COMMENT_URL, { workspace_id: accountId, scope_id: scopeId, comment_id: id }),
  };
  await tx.runAll(told.flatMap((to) => mail.sending(mailTo(to, { accountId, id, facts, origin }))));
}

/** Has mails of mentions sent to members alone, as they are when it is sent: some have left, or may not sign in any more. */
export function keepMentionsAmongMembers({ db, mail }: Pick<OrbitParts, 'db' | 'mail'>): void {
  mail.onlyWhile(orbitMails.comment_mention.name, async ({ accountId, userId }) => {
    const [found] = await db.system('orbit.mentions', [isPresent(accountId, userId)]);
    return found.length > 0;
  });
}

function mailTo(
  { email, user_id: userId }: MemberRow,
  {
    accountId,
    id,
    facts,
    origin,
  }: Pick<MentionedIn, 'accountId' | 'id' | 'origin'> & {
    readonly facts: Readonly<Record<'author' | 'scope' | 'workspace' | 'comment' | 'next' | 'link', string>>;
  },
) {
  return {
    to: email,
    template: orbitMails.comment_mention,
    facts,
    accountId,
    userId,
    once: `comment mention ${id} ${userId}`,
    requestId: origin.requestId,
  };
}

/** The comment's address where the operator has said where their web app shows comments; else empty. */
const linkOf = (url: string | undefined, ids: Readonly<Record<string, string>>): string =>
  (url ?? '').replace(/\{(\w+)\}/g, (_place, name: string) => ids[name] ?? '');

function quoteBody(body: string): string {
  if (body.length <= MOST_QUOTED) return body;
  // The last one may be half of a pair.
  return `${body
    .slice(0, MOST_QUOTED)
    .toWellFormed()
    .replace(/\uFFFD$/, '')} …`;
}
