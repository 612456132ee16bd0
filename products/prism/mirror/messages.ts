import {
  type AccountId,
  commitPoint,
  endOfServer,
  type Origin,
  type Permit,
  permitError,
  type ProductContext,
  type TakeWords,
  type WorkKey,
} from 'plinth/product';
import type { Profile } from '../profile/service.ts';
import { CARE, careOf, supportInstead, OK } from '../safety.ts';
import { availableOr } from '../unavailable.ts';
import { aboutPerson, cleanText } from '../words.ts';
import { drawingOf } from './drawing.ts';
import { dropMessage, insertReply, markAnswered, type MessageRow, readExchange } from './message-store.ts';
import { createPlacing, type PlacedMessage, type MessageInput } from './placing.ts';
import { signals } from './queue.ts';
import { noSession } from './sessions.ts';

const REPLY = commitPoint(
  'prism.reply',
  'a reply, its settlement, the answer under the request’s key, and the job that draws fragments',
);
const DROP = commitPoint('prism.message-drop', 'a message that gets no reply, taken back');

/** The sender of a message, and their permit. */
export interface MessageSender {
  readonly accountId: AccountId;
  readonly permit: Permit;
  readonly profile: Profile;
  readonly origin: Pick<Origin, 'signal' | 'traceparent'>;
}

/** A message and its reply. */
export interface Exchange {
  readonly message: MessageRow;
  readonly reply: MessageRow;
}

/** Mirror's conversation: each message has its reply before the next one gets its own. */
export function createMessages(context: ProductContext) {
  const { ai, db, ids, jobs } = context;
  const { check, place, begun } = createPlacing(context);

  /**
   * Takes a message and answers with its reply. With `take`, words are handed on as they come, and a reply that broke off is
   * kept as far as it came. A client that hangs up finds the reply in the session: it is written, and charged, once.
   */
  async function say(saying: MessageSender, words: MessageInput, take?: TakeWords): Promise<Exchange> {
    const { permit, profile, origin } = saying;
    const placed = await place(saying, words);
    try {
      const history = await begun(placed, origin.signal);
      const variables = { content: words.content, care: careOf(words.safety), ...aboutPerson(profile) };
      const { text, broken, cut } = await availableOr(
        ai.streamText(permit, {
          feature: 'mirror_message',
          prompt: { id: 'mirror', variables },
          history,
          signal: endOfServer(origin.signal),
          traceparent: origin.traceparent,
          ...(take === undefined ? {} : { take }),
        }),
      );
      return await store(
        saying,
        { ...placed, content: words.content },
        { text, isFit: cut !== 'unfit', isWhole: broken === undefined && cut === undefined },
      );
    } catch (error) {
      // Should it not be taken back now, it lapses by itself.
      await db.tenant(saying.accountId, DROP, [dropMessage(placed.key)]).catch(() => {});
      throw permitError(error);
    } finally {
      signals.moved(db, placed.sessionId);
    }
  }

  /** One commit: the reply, its settlement, the answer under the request's key, and the job that draws fragments. */
  async function store(
    { accountId, permit, profile }: MessageSender,
    { key, content }: PlacedMessage & Pick<MessageInput, 'content'>,
    { text, isFit, isWhole }: { readonly text: string; readonly isFit: boolean; readonly isWhole: boolean },
  ): Promise<Exchange> {
    const { drawing, next } = await drawingOf(context, { key, content, permit, profile });
    const replied = db.tenant(accountId, REPLY, async (tx) => {
      const [message] = await tx.run(markAnswered(key, drawing));
      if (message === undefined) throw noSession();
      const [reply] = await tx.run(
        insertReply({
          accountId,
          id: ids.next(),
          to: key.id,
          content: cleanText(text) || supportInstead(profile.locale ?? undefined).message,
          isWhole,
          safety: isFit ? OK : CARE,
        }),
      );
      if (reply === undefined) throw noSession();
      await tx.runAll([
        ...permit.settlementWith({ status: 200, body: { id: key.id } }),
        ...(next?.enqueueing ?? []),
      ]);
      return { message, reply };
    });
    const exchange = await replied.catch(async (error: unknown) => {
      await next?.giveBack();
      throw error;
    });
    if (next !== undefined) jobs.wake();
    return exchange;
  }

  /** A message that was answered, with its reply. Throws `not_found`. */
  async function read(key: WorkKey): Promise<Exchange> {
    const [[message, reply]] = await db.tenant(key.accountId, [readExchange(key)]);
    if (message === undefined || reply === undefined) throw noSession();
    return { message, reply };
  }

  return { check, say, read };
}
