import {
  type AccountId,
  AppError,
  commitPoint,
  type DataKey,
  type ProductContext,
  type Transaction,
} from 'plinth/product';
import {
  countMessages,
  emptyMessages,
  findOwnSession,
  insertMessages,
  keptTexts,
  type KeptTextRow,
  knownMessages,
  type KnownMessageRow,
  lockOwnSession,
  type NewMessage,
} from './message-store.ts';
import { fileId, filesIn } from '../files/file-names.ts';
import { type NewMention, insertMentions } from '../files/mentions.ts';
import { refuseOthers } from '../items/items.ts';
import { sealedText } from '../items/sealed-text.ts';
import { termsOfLong } from '../retrieval/index.ts';
import { hashOf, type SaidText, wordsOf } from './message-text.ts';
import { readSession, type SessionKey } from './store.ts';
import { SHORT, takeUnits, unitsOfBytes, unitsOfWords } from './word-rate.ts';

const APPEND = commitPoint(
  'coditect.memory-append',
  'messages of a session with their words, and the storage that they take',
);

/** A text has so many bytes at most. */
const MOST_TEXT = 1_000_000;
/** Different words of all messages of a call, those of each counted by themselves: the database writes as many in some seconds. */
const MOST_WORDS = 200_000;

/** Bytes of a message beside its text, if that is not kept either: its row and the entries of indexes, 390 bytes where ids are short. */
const ROW_BYTES = 400;
/** Bytes of each file that a message names: its row, sealed, and the entries of indexes. */
const MENTION_BYTES = 400;

/** A message as its client sends it. */
export interface SentMessage extends SaidText {
  readonly clientId: string;
  /** Null: now. */
  readonly saidAt: Date | null;
  readonly recalled: boolean;
}

/** Result of the messages of a call. */
export interface Appended {
  readonly stored: number;
  /** They were sent before. */
  readonly known: number;
  /** They came out of a recall, and say nothing new. */
  readonly recalled: number;
  /** They say what another message of the session says. */
  readonly repeated: number;
}

/** A message with its keyed hash. */
interface HashedMessage extends SentMessage {
  readonly hash: Buffer;
}

/** With the terms of what it says; null of one that was recalled. */
interface ReadMessage extends HashedMessage {
  readonly terms: ReadonlyMap<string, number> | null;
}

/** At its time, with its row as if it kept its text; its words have no audience yet. */
interface PreparedMessage extends HashedMessage {
  readonly saidAt: Date;
  readonly row: NewMessage;
  readonly mentions: readonly NewMention[];
}

type AppendContext = Pick<ProductContext, 'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'rates'>;

/** Stores messages; done again it changes nothing, and in any order and by any number of calls it comes to the same. */
export async function appendMessages(
  context: AppendContext,
  session: SessionKey,
  sent: readonly SentMessage[],
): Promise<Appended> {
  const { db, plan, dataKeys } = context;
  for (const { text, clientId } of sent)
    if (Buffer.byteLength(text) > MOST_TEXT)
      throw new AppError('message_too_large', { details: { client_id: clientId } });
  const key = await dataKeys.of(session.accountId);
  const scope = { account: session.accountId, user: session.userId };
  const hashed = sent.map((message) => ({ ...message, hash: hashOf(key, message) }));
  const append = (read: readonly HashedMessage[], prepare: (now: Date) => Promise<PreparedMessage[]>) =>
    db.member(scope, APPEND, (tx) => appendIn(tx, context, { session, read, prepare }));
  try {
    if (sent.reduce((sum, { text }) => sum + text.length, 0) <= SHORT) {
      const read = await readTerms(context, session, hashed);
      return await append(read, (now) => prepareMessages(context, { session, key, now }, read));
    }
    // A call that can't succeed, and known messages, cost no work; the commit looks again.
    const clientIds = sent.map(({ clientId }) => clientId);
    const [[own], before] = await db.member(scope, [
      findOwnSession(session),
      knownMessages(session, clientIds),
    ]);
    if (own === undefined) throw await db.member(scope, (tx) => whyNotOwn(tx, session));
    const fresh = newOnes(hashed, before);
    const known = sent.length - fresh.length;
    if (fresh.length === 0) return { stored: 0, known, recalled: 0, repeated: 0 };
    const read = await readTerms(context, session, fresh);
    const prepared = await prepareMessages(context, { session, key, now: own.now }, read);
    const appended = await append(fresh, () => Promise.resolve(prepared));
    return { ...appended, known: appended.known + known };
  } catch (error) {
    throw plan.gaugeRefusal(error);
  }
}

interface PrepareRequest {
  readonly session: SessionKey;
  readonly key: DataKey;
  /** The time of messages that have none. */
  readonly now: Date;
}

async function prepareMessages(
  context: AppendContext,
  { session, key, now }: PrepareRequest,
  read: readonly ReadMessage[],
): Promise<PreparedMessage[]> {
  const prepared: PreparedMessage[] = [];
  for (const [place, { terms, ...message }] of read.entries()) {
    const dated = { ...message, saidAt: message.saidAt ?? new Date(now.getTime() + place) };
    const words = terms === null ? null : await wordsOf(key, { ...dated, terms });
    const id = context.ids.next();
    prepared.push({
      ...dated,
      row: rowOf(key, { ...session, id }, { message: dated, words }),
      mentions: message.recalled
        ? []
        : mentionsOf(context, { key, accountId: session.accountId, messageId: id }, message.text),
    });
  }
  return prepared;
}

/** The terms of each message but of recalled ones; work that grows with them is done after they were counted, and taken of the account's rate. */
async function readTerms(
  context: AppendContext,
  { accountId }: SessionKey,
  messages: readonly HashedMessage[],
): Promise<ReadMessage[]> {
  const bytes = messages.reduce(
    (sum, { recalled, text }) => sum + (recalled ? 0 : Buffer.byteLength(text)),
    0,
  );
  await takeUnits(context, accountId, unitsOfBytes(bytes));
  const read: ReadMessage[] = [];
  let count = 0;
  for (const message of messages) {
    const terms = message.recalled ? null : await termsOfLong(message.text);
    count += terms?.size ?? 0;
    read.push({ ...message, terms });
    if (count > MOST_WORDS) break;
  }
  await takeUnits(context, accountId, unitsOfWords(count) - unitsOfBytes(bytes));
  if (count > MOST_WORDS) throw new AppError('too_many_words');
  return read;
}

interface AppendRequest {
  readonly session: SessionKey;
  readonly read: readonly HashedMessage[];
  /** Prepares the rows, at the time of the commit. */
  readonly prepare: (now: Date) => Promise<PreparedMessage[]>;
}

async function appendIn(
  tx: Transaction,
  { limits }: Pick<ProductContext, 'limits'>,
  { session, read, prepare }: AppendRequest,
): Promise<Appended> {
  const [[own], before, kept] = await tx.runAll([
    lockOwnSession(session),
    knownMessages(
      session,
      read.map(({ clientId }) => clientId),
    ),
    keptTexts(
      session,
      read.map(({ hash }) => hash.toString('hex')),
    ),
  ] as const);
  if (own === undefined) throw await whyNotOwn(tx, session);
  const fresh = newOnes(read, before).length === 0 ? [] : newOnes(await prepare(own.now), before);
  const { first, moved } = firstOnes(fresh, kept);
  const added = [...first].filter(({ hash }) => !moved.some(({ text_hash }) => hash.equals(text_hash)));
  const mentions = fresh.flatMap((message) => message.mentions);
  const fixed = fresh.length * ROW_BYTES + mentions.length * MENTION_BYTES;
  const bytes = added.reduce((sum, { row }) => sum + row.size, fixed);
  if (fresh.length > 0) {
    const lastSaidAt = new Date(Math.max(...fresh.map(({ saidAt }) => saidAt.getTime()))).toISOString();
    const rows = fresh.map((message) =>
      first.has(message) ? message.row : { ...message.row, text: null, words: null },
    );
    const ids = moved.map(({ id }) => id);
    if (ids.length > 0) await tx.run(emptyMessages(session, ids));
    const [, [counted]] = await tx.runAll([
      insertMessages(session, rows),
      countMessages(session, { messages: rows.length, bytes, lastSaidAt }),
      limits.gauging('coditect', 'memory_bytes', bytes),
      ...(mentions.length === 0 ? [] : [insertMentions(session, mentions)]),
    ] as const);
    // Its author left since the session was locked: nothing was written.
    if (counted === undefined) throw new AppError('memory_session_not_found');
  }
  const recalled = fresh.filter((message) => message.recalled).length;
  return {
    stored: added.length,
    known: read.length - fresh.length,
    recalled,
    repeated: fresh.length - recalled - added.length,
  };
}

/** A caller who is not its author may not read it, or may not write. */
export const whyNotOwn = (tx: Transaction, session: SessionKey): Promise<AppError> =>
  refuseOthers(tx, readSession(session), 'memory_session_not_found');

/** Those that were not sent before. Throws `message_conflict` where one was sent with other words. */
function newOnes<Message extends HashedMessage>(
  sent: readonly Message[],
  known: readonly KnownMessageRow[],
): Message[] {
  const before = new Map(
    known.map((row) => [row.client_id, { hash: row.text_hash, recalled: row.recalled }]),
  );
  return sent.filter(({ clientId, hash, recalled }) => {
    const same = before.get(clientId);
    before.set(clientId, { hash, recalled });
    if (same === undefined) return true;
    if (hash.equals(same.hash) && recalled === same.recalled) return false;
    throw new AppError('message_conflict', { details: { client_id: clientId } });
  });
}

/** Which new messages keep a text: of those that say the same the earliest one. `moved`: those that kept it until now. */
function firstOnes(fresh: readonly PreparedMessage[], kept: readonly KeptTextRow[]) {
  const first = new Set<PreparedMessage>();
  const moved: KeptTextRow[] = [];
  const said = Map.groupBy(
    fresh.filter(({ recalled }) => !recalled),
    ({ hash }) => hash.toString('hex'),
  );
  for (const [hash, same] of said) {
    const earliest = same.reduce((one, other) => (isBefore(other, one) ? other : one));
    const before = kept.find(({ text_hash }) => Buffer.from(text_hash).toString('hex') === hash);
    if (before !== undefined && !isBefore(earliest, { saidAt: before.said_at, clientId: before.client_id }))
      continue;
    first.add(earliest);
    if (before !== undefined) moved.push(before);
  }
  return { first, moved };
}

type Said = Pick<PreparedMessage, 'saidAt' | 'clientId'>;

function isBefore(one: Said, other: Said): boolean {
  const difference = one.saidAt.getTime() - other.saidAt.getTime();
  return difference === 0 ? one.clientId < other.clientId : difference < 0;
}

function rowOf(
  key: DataKey,
  row: SessionKey,
  {
    message,
    words,
  }: {
    readonly message: HashedMessage & { readonly saidAt: Date };
    readonly words: readonly bigint[] | null;
  },
): NewMessage {
  const { clientId, role, saidAt, recalled, hash, speaker, text } = message;
  return {
    id: row.id,
    client_id: clientId,
    role,
    said_at: saidAt.toISOString(),
    recalled,
    text_hash: hash.toString('hex'),
    size: Buffer.byteLength(text),
    text: recalled ? null : sealedText.messageText.seal(key, row, text).toString('base64'),
    speaker: sealedText.messageSpeaker.seal(key, row, speaker)?.toString('base64') ?? null,
    words: words === null ? null : `{${words.join(',')}}`,
  };
}

function mentionsOf(
  { ids }: Pick<ProductContext, 'ids'>,
  {
    key,
    accountId,
    messageId,
  }: { readonly key: DataKey; readonly accountId: AccountId; readonly messageId: string },
  text: string,
): NewMention[] {
  return filesIn(text).map(({ name, span: [first, last] }) => {
    const id = ids.next();
    const sealed = sealedText.mentionedName.seal(key, { accountId, id }, name).toString('base64');
    return { id, message_id: messageId, file_id: fileId(key, name), first, last, name: sealed };
  });
}
