import {
  AppError,
  atLeast,
  commitPoint,
  type Page,
  type Role,
  timeList,
  type Transaction,
  type WorkKey,
} from 'plinth/product';
import type { By } from '../changes/service.ts';
import type { ScopeKey } from '../changes/store.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { noScope } from '../scopes/locking.ts';
import { readScope } from '../scopes/store.ts';
import { keepMentionsAmongMembers, mentionIn } from './mentions.ts';
import {
  changeBody,
  lockCommentedScope,
  type CommentRow,
  deleteComment,
  deleteIfHollow,
  emptyComment,
  firstReplies,
  insertComment,
  listReplies,
  listThreads,
  lockComment,
  readComment,
  resolve,
} from './store.ts';

const CHANGE = commitPoint('orbit.comment-change', 'another text of a comment, and whom it mentions');
const DELETE = commitPoint('orbit.comment-delete', 'a comment without its text, or none');
const RESOLVE = commitPoint('orbit.comment-resolve', 'whether a thread is resolved');

const REPLIES_SHOWN = 20;

/** A comment's text and mentions. */
export interface CommentInput {
  readonly body: string;
  readonly mentions: readonly string[];
}

/** A comment that is to be written: on a section, or in reply to another one. */
export interface NewComment extends By, CommentInput {
  readonly scopeId: string;
  readonly sectionId: string | undefined;
  readonly replyTo: string | undefined;
}

/** A member at work on a comment, with their role in the workspace. */
export interface AtComment extends By {
  readonly id: string;
  readonly role: Role;
}

/** A thread with the first of its replies. */
export interface Thread {
  readonly comment: CommentRow;
  readonly replies: readonly CommentRow[];
}

type Parts = Pick<OrbitParts, 'db' | 'ids' | 'mail' | 'changes' | 'settings'>;

/** Comments on scopes and their sections, in threads. */
export function createComments(parts: Parts) {
  const { db, mail, changes } = parts;
  keepMentionsAmongMembers(parts);

  /** Notifies followers of the scope and mentioned people. After the commit. */
  function notify(row: Pick<CommentRow, 'scope_id'>): void {
    changes.moved(row.scope_id);
    mail.wake();
  }

  async function threads(
    scope: ScopeKey,
    query: {
      readonly section?: string | undefined;
      readonly resolved?: boolean | undefined;
      readonly cursor?: string | undefined;
      readonly limit: number;
    },
  ): Promise<Page<Thread>> {
    const { section, resolved, cursor, limit } = query;
    const list = timeList('comments', { scope: scope.scopeId, section, resolved });
    const asked = { section, resolved, after: list.after(cursor), limit: limit + 1 };
    const [[present], rows] = await db.tenant(scope.accountId, [
      readScope(scope.accountId, scope.scopeId),
      listThreads(scope, asked),
    ]);
    if (present === undefined || present.deleted_at !== null) throw noScope();
    const { data, next_cursor } = list.page(rows, limit);
    const answered = data.flatMap((one) => (one.replies > 0 ? [one.id] : []));
    const [answers] = await db.tenant(scope.accountId, [
      firstReplies(scope.accountId, answered, REPLIES_SHOWN),
    ]);
    const ofThread = Map.groupBy(answers, ({ thread_id }) => thread_id);
    return {
      data: data.map((comment) => ({ comment, replies: ofThread.get(comment.id) ?? [] })),
      next_cursor,
    };
  }

  /** Replies of a thread, the oldest first. */
  async function replies(
    key: WorkKey,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<CommentRow>> {
    const list = timeList('replies', { thread: key.id });
    const [[thread], rows] = await db.tenant(key.accountId, [
      readComment(key),
      listReplies(key, { after: list.after(cursor), limit: limit + 1 }),
    ]);
    if (thread === undefined) throw noComment();
    return list.page(rows, limit);
  }

  async function read(key: WorkKey): Promise<CommentRow> {
    const [[row]] = await db.tenant(key.accountId, [readComment(key)]);
    return row ?? throwNotFound();
  }

  async function change(
    at: AtComment,
    version: number | undefined,
    { body, mentions }: { readonly body: string; readonly mentions?: readonly string[] | undefined },
  ): Promise<CommentRow> {
    const { accountId, caller, id } = at;
    const row = await db.tenant(accountId, CHANGE, async (tx) => {
      const present = await lockedIn(tx, at);
      if (present.deleted_at !== null) throw noComment();
      if (present.user_id !== caller.userId) throw new AppError('forbidden');
      const [changed] = await tx.run(changeBody({ accountId, id, version }, body));
      if (changed === undefined) throw new AppError('precondition_failed');
      if (mentions !== undefined) {
        const [scope] = await tx.run(readScope(accountId, present.scope_id));
        await mentionIn(parts, tx, {
          ...at,
          scopeId: present.scope_id,
          scopeTitle: scope?.title ?? '',
          body,
          mentions,
        });
      }
      return recordedIn(tx, { ...at, kind: 'comment.updated' });
    });
    notify(row);
    return row;
  }

  async function remove(at: AtComment): Promise<void> {
    const { accountId, caller, id, role } = at;
    const row = await db.tenant(accountId, DELETE, async (tx) => {
      const present = await lockedIn(tx, at);
      if (present.user_id !== caller.userId && !atLeast(role, 'admin')) throw new AppError('forbidden');
      if (present.deleted_at !== null) return present;
      await tx.run(present.replies > 0 ? emptyComment({ accountId, id }) : deleteComment({ accountId, id }));
      if (present.thread_id !== null) await tx.run(deleteIfHollow({ accountId, id: present.thread_id }));
      await changes.recordIn(tx, { ...at, ...changeOf(present), kind: 'comment.deleted' });
      return present;
    });
    notify(row);
  }

  /** By who began the thread, or an admin. One that is as asked stays as it is. */
  async function resolveThread(at: AtComment, resolved: boolean): Promise<CommentRow> {
    const { accountId, caller, id, role } = at;
    const row = await db.tenant(accountId, RESOLVE, async (tx) => {
      const present = await lockedIn(tx, at);
      if (present.thread_id !== null) throw new AppError('comment_is_reply');
      if (present.user_id !== caller.userId && !atLeast(role, 'admin')) throw new AppError('forbidden');
      if ((present.resolved_at !== null) === resolved) return present;
      await tx.run(resolve({ accountId, id }, resolved ? caller.userId : undefined));
      return recordedIn(tx, { ...at, kind: resolved ? 'comment.resolved' : 'comment.unresolved' });
    });
    notify(row);
    return row;
  }

  /** Records what was done, and answers the comment as it is now. */
  async function recordedIn(
    tx: Transaction,
    { kind, ...at }: AtComment & { readonly kind: `comment.${string}` },
  ): Promise<CommentRow> {
    const [row = throwNotFound()] = await tx.run(readComment(at));
    await changes.recordIn(tx, { ...at, ...changeOf(row), kind });
    return row;
  }

  return {
    threads,
    replies,
    read,
    addIn: (tx: Transaction, saying: NewComment) => addIn(parts, tx, saying),
    told: notify,
    change,
    remove,
    resolve: resolveThread,
  };
}

/**
 * Writes a comment in the caller's transaction, which also stores the key. A reply to a reply is one in its thread. After the
 * commit, call `told`.
 */
async function addIn(parts: Parts, tx: Transaction, saying: NewComment): Promise<CommentRow> {
  const { accountId, scopeId, sectionId, replyTo, body, mentions, caller, origin } = saying;
  const by = { accountId, caller, origin };
  const [scope] = await tx.run(lockCommentedScope({ accountId, scopeId }, sectionId));
  if (scope === undefined) throw noScope();
  if (!scope.has_section) throw new AppError('section_not_found');
  const thread = replyTo === undefined ? undefined : await threadIn(tx, { accountId, id: replyTo });
  if (thread !== undefined && thread.scope_id !== scopeId) throw noComment();
  const id = parts.ids.next();
  const place = { sectionId: thread?.section_id ?? sectionId, threadId: thread?.id };
  await tx.run(insertComment({ accountId, scopeId, id, ...place, userId: caller.userId, body }));
  await mentionIn(parts, tx, { ...by, id, scopeId, scopeTitle: scope.title, body, mentions });
  const [row = throwNotFound()] = await tx.run(readComment({ accountId, id }));
  await parts.changes.recordIn(tx, { ...by, ...changeOf(row), kind: 'comment.added' });
  return row;
}

/** The thread that a comment is in, kept from being deleted until the transaction ends. */
async function threadIn(tx: Transaction, key: WorkKey): Promise<CommentRow> {
  const [row = throwNotFound()] = await tx.run(readComment(key));
  return lockedIn(tx, { ...key, id: row.thread_id ?? row.id });
}

async function lockedIn(tx: Transaction, key: WorkKey): Promise<CommentRow> {
  // Read once it is locked: a reply may have come while this waited.
  await tx.run(lockComment(key));
  const [row] = await tx.run(readComment(key));
  return row ?? throwNotFound();
}

const changeOf = ({ id, scope_id, section_id, thread_id }: CommentRow) => ({
  scopeId: scope_id,
  data: { comment_id: id, section_id, thread_id },
});

export function noComment(): AppError {
  return new AppError('comment_not_found');
}

function throwNotFound(): never {
  throw noComment();
}

export type Comments = ReturnType<typeof createComments>;
