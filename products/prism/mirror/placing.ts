import {
  type AccountId,
  AppError,
  commitPoint,
  type ConversationMessage,
  declareErrors,
  type ProductContext,
  type Safety,
  type Transaction,
  type WorkKey,
} from 'plinth/product';
import type { Profile } from '../profile/service.ts';
import {
  beginReply,
  countMessages,
  dropLapsed,
  insertMessage,
  type MessageRow,
  readHistory,
} from './message-store.ts';
import { busy, createQueue } from './queue.ts';
import { lockSession, readSession, type SessionRow, takePlaces } from './session-store.ts';
import { noSession } from './sessions.ts';

const PLACE = commitPoint('prism.message', 'a message that waits for its reply, in its place in the session');
const BEGIN = commitPoint('prism.reply-begin', 'a message that waited for others, whose reply begins');

declareErrors({
  mirror_session_closed: { status: 409, message: 'This session is closed. Open another one.' },
});

/** The most messages of a session that may wait for their replies. */
const MOST_WAITING = 4;
/** Bounds of earlier messages in a prompt: so many messages and characters at most, the newest. */
const MOST_SAID = 40;
const MOST_CHARACTERS = 12_000;
/**
 * Bytes that admission plans for these: in most scripts they are no more tokens than that, and it counts a byte as one. Should they be more
 * after all, the budget is asked for the rest before the call; to plan for the worst would close a small budget half spent.
 */
export const HISTORY_BYTES = 4_000;

/** A person's words in a session. */
export interface MessageInput {
  readonly sessionId: string;
  readonly content: string;
  readonly safety: Safety;
}

/** A message in its place, and what was said before it; nothing yet of one that waits for others. */
export interface PlacedMessage {
  readonly key: WorkKey;
  readonly sessionId: string;
  readonly position: number;
  readonly history: readonly ConversationMessage[] | undefined;
}

/** Gives messages their places in a session, and has each wait for those before it. */
export function createPlacing({ db, ids, plan }: ProductContext) {
  const turnOf = createQueue(db);

  /** How many messages wait in a session, which has room for another one. Throws why it has none. */
  function waitingIn(
    session: SessionRow | undefined,
    { written, waiting }: { readonly written: number; readonly waiting: number },
    present: Awaited<ReturnType<typeof plan.now>>,
  ): number {
    if (session === undefined) throw noSession();
    if (session.status !== 'open') throw new AppError('mirror_session_closed');
    const max = Number(present.grants['messages_per_session'] ?? 0);
    const limit = 'messages_per_session';
    if (written >= max) throw plan.usedUp({ plan: present.plan, limit, max });
    if (waiting >= MOST_WAITING) throw busy();
    return waiting;
  }

  /** Looked at before anything is charged. */
  async function check(accountId: AccountId, sessionId: string): Promise<void> {
    const present = await plan.now(accountId);
    const [[session], [count = NONE]] = await db.tenant(accountId, [
      readSession({ accountId, id: sessionId }),
      countMessages(accountId, sessionId),
    ]);
    waitingIn(session, count, present);
  }

  /** Puts a message into its place: under the session's lock, so that of two at once each has its own. */
  async function place(
    { accountId, profile }: { readonly accountId: AccountId; readonly profile: Profile },
    { sessionId, content, safety }: MessageInput,
  ): Promise<PlacedMessage> {
    const present = await plan.now(accountId);
    const session = { accountId, id: sessionId };
    const key = { accountId, id: ids.next() };
    return db.tenant(accountId, PLACE, async (tx) => {
      const [row] = await tx.run(lockSession(session));
      // After the lock: its former holder may have written.
      const [, [count = NONE]] = await tx.runAll([
        dropLapsed(accountId, sessionId),
        countMessages(accountId, sessionId),
      ]);
      const waiting = waitingIn(row, count, present);
      const [given] = await tx.run(takePlaces(session));
      if (given === undefined) throw noSession();
      const { position } = given;
      const zone = profile.time_zone;
      await tx.run(insertMessage({ ...key, sessionId, position, content, safety, zone }));
      const placed = { key, sessionId, position };
      return { ...placed, history: waiting > 0 ? undefined : await historyOf(tx, placed) };
    });
  }

  /** Messages before one, once all before it have their replies. */
  async function begun(placed: PlacedMessage, signal: AbortSignal): Promise<readonly ConversationMessage[]> {
    const { key, sessionId, position, history } = placed;
    if (history !== undefined) return history;
    await turnOf({ accountId: key.accountId, id: sessionId }, position, signal);
    return db.tenant(key.accountId, BEGIN, async (tx) => {
      const [mine] = await tx.run(beginReply(key));
      if (mine === undefined) throw noSession();
      return historyOf(tx, placed);
    });
  }

  return { check, place, begun };
}

const NONE = { written: 0, waiting: 0 };

async function historyOf(
  tx: Transaction,
  { key, sessionId, position }: Pick<PlacedMessage, 'key' | 'sessionId' | 'position'>,
): Promise<readonly ConversationMessage[]> {
  const rows = await tx.run(readHistory(key.accountId, { sessionId, before: position, most: MOST_SAID }));
  return saidIn(rows);
}

/** Messages for a prompt, of those with the newest first: whole ones, as many as fit, in the order in which they were said. */
export function saidIn(rows: readonly Pick<MessageRow, 'role' | 'content'>[]): ConversationMessage[] {
  const said: ConversationMessage[] = [];
  let left = MOST_CHARACTERS;
  for (const { role, content } of rows) {
    left -= content.length;
    if (left < 0) break;
    said.unshift({ role: role === 'user' ? 'user' : 'assistant', content });
  }
  return said;
}
