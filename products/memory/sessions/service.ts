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
  type Transaction,
} from 'plinth/product';
import { z } from 'zod';
import { type Appended, appendMessages, type SentMessage } from './append.ts';
import { type AskedAudience, type ChangeRequest, scopeOf } from '../levels.ts';
import {
  createItems,
  insertOnce,
  type ItemKind,
  type LevelChange,
  type PageRequest,
} from '../items/items.ts';
import type { LinkedDecision, SessionExport } from './export.ts';
import { listMessages, type MessagePosition } from './message-store.ts';
import { bytesOfNotes, openNotes, sealNotes, type SessionNotes } from './notes.ts';
import { type OpenMessage, openMessage } from './open-message.ts';
import {
  deleteSession,
  insertSession,
  type Level,
  listSessions,
  lockSession,
  type MemberKey,
  readSession,
  sessionByClientId,
  type SessionKey,
  type SessionRow,
  setLevel,
  writeNotes,
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

/** A session whose notes are opened. `timestamp`: when it started. */
export type OpenSession = Omit<SessionRow, keyof SessionNotes> & SessionNotes & { readonly timestamp: Date };

export interface SessionInput extends AskedAudience, SessionNotes {
  readonly clientId: string;
  readonly startedAt: Date | null;
}

/** Notes that a change says; without one that stays. */
type NotesChange = { readonly [Name in keyof SessionNotes]?: SessionNotes[Name] | undefined };

export interface SessionChange extends LevelChange, NotesChange {
  /** From which version on; undefined: from any. */
  readonly version?: number | undefined;
}

interface Context
  extends Pick<
    ProductContext,
    'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'audit' | 'rates' | 'privacy'
  > {
  /** Decisions of a session, as far as the caller may read them. */
  readonly decisionsOf: (session: SessionKey) => Promise<readonly LinkedDecision[]>;
  /** Called after messages were stored. */
  readonly onStored: () => void;
}

/** Messages that are read at a time where all are; their bytes are bounded too (`listMessages`). */
const READ_AT_ONCE = 100;

const KIND: ItemKind<SessionRow, OpenSession> = {
  name: 'memory_session',
  notFound: 'memory_session_not_found',
  commits: { change: CHANGE, remove: DELETE },
  read: readSession,
  open: openSession,
  setLevel,
  remove: deleteSession,
};

const LIST = { name: 'memory-sessions', rows: listSessions, open: openSession };

interface ListRequest extends PageRequest {
  readonly level?: Level | undefined;
  readonly author_id?: string | undefined;
}

/** Sessions of members with their tools. */
export function createMemorySessions(context: Context) {
  const { db, ids, limits, plan, dataKeys } = context;
  const items = createItems(context, KIND);

  /** Creates a session; the same again is the same session. */
  const create = (
    member: MemberKey,
    input: SessionInput,
  ): Promise<{ readonly row: OpenSession; readonly isNew: boolean }> =>
    items.create(member, { ...input, commit: CREATE }, async (tx, key, audience) => {
      const session = { ...member, id: ids.next() };
      const bytes = bytesOfNotes(input);
      const insert = insertSession(session, {
        ...input,
        ...audience,
        ...sealNotes(key, session, input),
        bytes,
      });
      const { row, isNew } = await insertOnce(tx, insert, sessionByClientId(member, input.clientId));
      if (isNew) await tx.run(limits.gauging('coditect', 'memory_sessions', 1));
      if (isNew && bytes > 0) await tx.run(limits.gauging('coditect', 'memory_bytes', bytes));
      return { row: openSession(key, member, row), isNew };
    });

  /** Newest first. */
  const list = (member: MemberKey, { level, author_id: authorId, ...page }: ListRequest) =>
    items.list(member, LIST, { ...page, filters: { level, authorId } });

  /** Its author changes all of it; an admin lowers its level. */
  async function change(
    session: SessionKey & ChangeRequest,
    { version, title, summary, metadata, ...level }: SessionChange,
  ): Promise<OpenSession> {
    try {
      const { row, isShown } = await items.change(session, level, async (tx, key) => {
        await items.assertVersion(tx, lockSession(session), version);
        await note(tx, { session, key }, { title, summary, metadata });
      });
      return isShown ? row : { ...row, title: null, summary: null, metadata: null };
    } catch (error) {
      throw plan.gaugeRefusal(error);
    }
  }

  async function note(
    tx: Transaction,
    { session, key }: { readonly session: SessionKey; readonly key: DataKey },
    { title, summary, metadata }: NotesChange,
  ): Promise<void> {
    if (title === undefined && summary === undefined && metadata === undefined) return;
    const [, [row]] = await tx.runAll([lockSession(session), readSession(session)]);
    if (row === undefined) throw new AppError('memory_session_not_found');
    const before = openNotes(key, session, row);
    const notes = {
      title: title === undefined ? before.title : title,
      summary: summary === undefined ? before.summary : summary,
      metadata: metadata === undefined ? before.metadata : metadata,
    };
    const moreBytes = bytesOfNotes(notes) - bytesOfNotes(before);
    const [written] = await tx.run(writeNotes(session, sealNotes(key, session, notes), moreBytes));
    if (written === undefined) throw await items.whyNotOwn(tx, session);
    if (moreBytes !== 0) await tx.run(limits.gauging('coditect', 'memory_bytes', moreBytes));
  }

  /** A page of what was said, in the order in which it was said. */
  async function messages(session: SessionKey, { cursor, limit }: PageRequest): Promise<Page<OpenMessage>> {
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
    if (present === undefined) throw new AppError('memory_session_not_found');
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
    read: items.read,
    list,
    change,
    remove: items.remove,
    messages,
    everyMessage,

    async append(session: SessionKey, sent: readonly SentMessage[]): Promise<Appended> {
      const appended = await appendMessages(context, session, sent);
      context.onStored();
      return appended;
    },

    async export(session: SessionKey): Promise<SessionExport> {
      const row = await items.read(session);
      return { session: row, decisions: await context.decisionsOf(session), ...(await sum(session)) };
    },
  };
}

function openSession(key: DataKey, { accountId }: MemberKey, row: SessionRow): OpenSession {
  return { ...row, ...openNotes(key, { accountId, id: row.id }, row), timestamp: row.started_at };
}

export type MemorySessions = ReturnType<typeof createMemorySessions>;
