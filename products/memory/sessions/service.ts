import {
  AppError,
  commitPoint,
  cursorOf,
  type DataKey,
  listName,
  microseconds,
  nextTurn,
  type Page,
  positionOf,
  type ProductContext,
  refusedChange,
  timeList,
} from 'plinth/product';
import { z } from 'zod';
import { type Appended, appendMessages, type SentMessage } from './append.ts';
import {
  assertLevel,
  assertLevelGiven,
  asTeamGone,
  type ChangeRequest,
  isHigher,
  recordLevel,
  scopeOf,
} from '../levels.ts';
import { sealedText } from '../items/sealed-text.ts';
import { assertSharing } from '../sharing.ts';
import type { LinkedDecision, SessionExport } from './export.ts';
import { listMessages, type MessagePosition } from './message-store.ts';
import { type OpenMessage, openMessage } from './open-message.ts';
import {
  deleteSession,
  insertSession,
  type Level,
  levelProblem,
  listSessions,
  lockSession,
  type MemberKey,
  readSession,
  renameSession,
  sessionByClientId,
  type SessionKey,
  type SessionRow,
  setLevel,
} from './store.ts';
import { readSummary } from './summary-store.ts';
import { gatherMessages, openRefined, openSummary } from './summary.ts';

const CREATE = commitPoint('coditect.memory-create', 'a session of memory, which is counted');
const CHANGE = commitPoint(
  'coditect.memory-change',
  'another title or level of a session, its first words for the audience of that level',
);
const DELETE = commitPoint(
  'coditect.memory-delete',
  'a session that is gone with its messages, its storage given back; or that nobody reads, if it is large',
);

/** A session whose title is opened. */
export type OpenSession = Omit<SessionRow, 'title'> & { readonly title: string | null };

export interface SessionInput {
  readonly clientId: string;
  readonly title: string | null;
  readonly level: Level;
  readonly teamId: string | null;
  readonly startedAt: Date | null;
}

export interface SessionChange {
  /** From which version on; undefined: from any. */
  readonly version?: number | undefined;
  readonly title?: string | null | undefined;
  readonly level?: Level | undefined;
  readonly teamId?: string | null | undefined;
}

/** A session that is changed. */
interface ChangedSession extends SessionKey, ChangeRequest {}

interface Context
  extends Pick<ProductContext, 'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'audit' | 'rates'> {
  /** Decisions of a session, as far as the caller may read them. */
  readonly decisionsOf: (session: SessionKey) => Promise<readonly LinkedDecision[]>;
  /** Called after messages were stored. */
  readonly onStored: () => void;
}

/** Messages that are read at a time where all are; their bytes are bounded too (`listMessages`). */
const READ_AT_ONCE = 100;

const missing = () => new AppError('memory_session_not_found');

/** Sessions of members with their tools. */
export function createMemorySessions(context: Context) {
  const { db, ids, limits, plan, dataKeys, audit } = context;

  /** Creates a session; the same again is the same session. */
  async function create(
    member: MemberKey,
    input: SessionInput,
  ): Promise<{ row: OpenSession; isNew: boolean }> {
    assertLevel(input);
    if (input.level !== 'private') await assertSharing(context, member);
    const key = await dataKeys.of(member.accountId);
    const session = { ...member, id: ids.next() };
    const title = sealedText.sessionTitle.seal(key, session, input.title);
    try {
      return await db.member(scopeOf(member), CREATE, async (tx) => {
        assertLevelGiven(
          (await tx.run(levelProblem(input.level, input.teamId)))[0]?.problem ?? null,
          missing,
        );
        const [made] = await tx.run(insertSession(session, { ...input, title }));
        const [row] = made === undefined ? await tx.run(sessionByClientId(member, input.clientId)) : [made];
        if (row === undefined) throw new AppError('conflict');
        if (made !== undefined) await tx.run(limits.gauging('coditect', 'memory_sessions', 1));
        return { row: openSession(key, member, row), isNew: made !== undefined };
      });
    } catch (error) {
      throw plan.gaugeRefusal(asTeamGone(error));
    }
  }

  async function read(session: SessionKey): Promise<OpenSession> {
    const key = await dataKeys.of(session.accountId);
    const [[row]] = await db.member(scopeOf(session), [readSession(session)]);
    return openSession(key, session, row ?? throwNotFound());
  }

  /** Newest first. */
  async function list(
    member: MemberKey,
    query: {
      readonly level?: Level | undefined;
      readonly author_id?: string | undefined;
      readonly cursor?: string | undefined;
      readonly limit: number;
    },
  ): Promise<Page<OpenSession>> {
    const { level, author_id: authorId, cursor, limit } = query;
    const sessions = timeList('memory-sessions', { level, authorId });
    const after = sessions.after(cursor);
    const key = await dataKeys.of(member.accountId);
    const [rows] = await db.member(scopeOf(member), [
      listSessions(member, { level, authorId, after, limit: limit + 1 }),
    ]);
    const { data, next_cursor } = sessions.page(rows, limit);
    return { data: data.map((row) => openSession(key, member, row)), next_cursor };
  }

  /** Its author changes all of it; an admin lowers its level. */
  async function change(
    { caller, origin, ...session }: ChangedSession,
    { version, title, level, teamId = null }: SessionChange,
  ): Promise<OpenSession> {
    if (level !== undefined) assertLevel({ level, teamId });
    const before = await read(session);
    if (level !== undefined && isHigher(level, before.level)) await assertSharing(context, session);
    const key = await dataKeys.of(session.accountId);
    return db.member(scopeOf(session), CHANGE, async (tx) => {
      if (version !== undefined) {
        const [present] = await tx.run(lockSession(session));
        if (present?.version !== version) throw refusedChange(present, missing);
      }
      if (title !== undefined) {
        const [renamed] = await tx.run(
          renameSession(session, sealedText.sessionTitle.seal(key, session, title)),
        );
        if (renamed === undefined) throw new AppError('author_only');
      }
      if (level !== undefined) {
        const [set] = await tx.run(setLevel(session.id, level, teamId));
        const target = { kind: 'memory_session', ...session } as const;
        await recordLevel(tx, audit, {
          outcome: set?.outcome,
          level,
          target,
          by: { caller, origin },
          missing,
        });
      }
      const [row] = await tx.run(readSession(session));
      // An admin who lowers it may read it no more: they are answered what it is now.
      return openSession(
        key,
        session,
        row ?? { ...before, level: level ?? before.level, team_id: teamId, title: null },
      );
    });
  }

  /** A page of what was said, in the order in which it was said. */
  async function messages(
    session: SessionKey,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<OpenMessage>> {
    const name = listName('memory-messages', { id: session.id });
    const position = z
      .tuple([z.literal(name), microseconds, z.string()])
      .transform(([, at, clientId]): MessagePosition => ({ at, clientId }));
    const after = cursor === undefined ? undefined : positionOf(cursor, position);
    const key = await dataKeys.of(session.accountId);
    const [[present], rows] = await db.member(scopeOf(session), [
      readSession(session),
      listMessages(session, { after, limit: limit + 1 }),
    ]);
    if (present === undefined) throwNotFound();
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = last !== undefined && last.found > shown.length;
    return {
      data: shown.map((row) => openMessage(key, session, row)),
      next_cursor: hasMore ? cursorOf([name, last.at, last.client_id]) : null,
    };
  }

  /** All that was said, in the order in which it was said; others go on in between. */
  async function* everyMessage(session: SessionKey, signal?: AbortSignal): AsyncGenerator<OpenMessage> {
    for (let cursor: string | undefined; ; ) {
      const page = await messages(session, { cursor, limit: READ_AT_ONCE });
      for (const message of page.data) {
        signal?.throwIfAborted();
        yield message;
        await nextTurn();
      }
      if (page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }

  /** Summary of its messages: as it is kept, or drawn now where more was said since. */
  async function sum(session: SessionKey): Promise<Pick<SessionExport, 'summary' | 'refined'>> {
    const key = await dataKeys.of(session.accountId);
    const [[kept]] = await db.member(scopeOf(session), [readSummary(session)]);
    if (kept !== undefined)
      return {
        summary: openSummary(key, session, kept.drawn),
        refined: kept.refined === null ? null : openRefined(key, session, kept.refined),
      };
    const said = gatherMessages();
    for await (const message of everyMessage(session)) said.add(message);
    return { summary: await said.gathered(), refined: null };
  }

  return {
    create,
    read,
    list,
    change,
    messages,
    everyMessage,

    async append(session: SessionKey, sent: readonly SentMessage[]): Promise<Appended> {
      const appended = await appendMessages(context, session, sent);
      context.onStored();
      return appended;
    },

    async export(session: SessionKey): Promise<SessionExport> {
      const row = await read(session);
      return { session: row, decisions: await context.decisionsOf(session), ...(await sum(session)) };
    },

    async remove(session: SessionKey): Promise<void> {
      await db.member(scopeOf(session), DELETE, async (tx) => {
        const [gone] = await tx.run(deleteSession(session.id));
        if (gone?.removed === true) return;
        const [present] = await tx.run(readSession(session));
        throw present === undefined ? missing() : new AppError('author_only');
      });
    },
  };
}

function throwNotFound(): never {
  throw missing();
}

function openSession(key: DataKey, { accountId }: MemberKey, { title, ...row }: SessionRow): OpenSession {
  return { ...row, title: sealedText.sessionTitle.open(key, { accountId, id: row.id }, title) };
}

export type MemorySessions = ReturnType<typeof createMemorySessions>;
