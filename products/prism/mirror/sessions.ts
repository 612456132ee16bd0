import {
  type AccountId,
  AppError,
  commitPoint,
  type Page,
  type Permit,
  permitError,
  type ProductContext,
  purgeTrash,
  timeList,
  type UserId,
  type WorkKey,
} from 'plinth/product';
import { type FragmentRow, readFragments } from './fragment-store.ts';
import { type MessageRow, readMessages } from './message-store.ts';
import { signals } from './queue.ts';
import { insertSession, listSessions, readSession, type SessionRow, trash } from './session-store.ts';

const OPEN = commitPoint(
  'prism.session-open',
  'a session, its place in the week and the answer under the request’s key',
);
const DELETE = commitPoint('prism.session-delete', 'a session in the trash, with all that was said in it');
const PURGE = commitPoint('prism.sessions-purged', 'sessions that were deleted 30 days ago are gone');

/** A session with all that was said in it and drawn out of it. */
export interface WholeSession {
  readonly session: SessionRow;
  readonly messages: readonly MessageRow[];
  readonly fragments: readonly FragmentRow[];
}

/** Mirror's sessions: a conversation each. */
export function createSessions({ db, ids }: ProductContext) {
  /** One commit: the session, its place in the week, and the answer under the request's key. */
  async function open(
    by: { readonly accountId: AccountId; readonly userId: UserId; readonly permit: Permit },
    title: string | null,
  ): Promise<SessionRow> {
    const { accountId, userId, permit } = by;
    const id = ids.next();
    try {
      const [[row]] = await db.tenant(accountId, OPEN, [
        insertSession({ accountId, id, userId, title }),
        ...permit.settlementWith({ status: 201, body: { id } }),
      ]);
      return row ?? throwNotFound();
    } catch (error) {
      throw permitError(error);
    }
  }

  async function read(key: WorkKey): Promise<SessionRow> {
    const [[row]] = await db.tenant(key.accountId, [readSession(key)]);
    return row ?? throwNotFound();
  }

  async function readWhole(key: WorkKey): Promise<WholeSession> {
    const { accountId, id } = key;
    const [[session], messages, fragments] = await db.tenant(accountId, [
      readSession(key),
      readMessages(accountId, id),
      readFragments(accountId, id),
    ]);
    return { session: session ?? throwNotFound(), messages, fragments };
  }

  /** Newest first. */
  async function list(
    accountId: AccountId,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<SessionRow>> {
    const sessions = timeList('mirror sessions', {});
    const [rows] = await db.tenant(accountId, [
      listSessions(accountId, { after: sessions.after(cursor), limit: limit + 1 }),
    ]);
    return sessions.page(rows, limit);
  }

  /** Hides a session and all that belongs to it. Text still being written for it is not stored. */
  async function remove(key: WorkKey): Promise<void> {
    await db.tenant(key.accountId, DELETE, async (tx) => {
      const [row] = await tx.run(readSession(key));
      if (row === undefined) throw noSession();
      await tx.run(trash.trashing(key.accountId, key.id));
    });
    signals.ended(db, key.id);
  }

  return { open, read, readWhole, list, remove, purge: () => purgeTrash(db, trash, PURGE) };
}

export function noSession(): AppError {
  return new AppError('not_found', { message: 'There is no such session.' });
}

function throwNotFound(): never {
  throw noSession();
}
