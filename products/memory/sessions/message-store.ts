import { microsecondsOf, type Statement, statement } from 'plinth/product';
import { READABLE, type SessionKey } from './store.ts';

export type MessageRole = 'user' | 'assistant' | 'system' | 'tool';

/** A message that the client has named. */
export interface KnownMessageRow {
  readonly client_id: string;
  readonly recalled: boolean;
  readonly text_hash: Uint8Array;
}

export const knownMessages = ({ accountId, id }: SessionKey, clientIds: readonly string[]) =>
  statement<KnownMessageRow>(
    `select client_id, recalled, text_hash from coditect.memory_messages
     where account_id = $1 and session_id = $2 and client_id = any($3::text[])`,
    [accountId, id, clientIds],
  );

/** A message whose text is kept: the first one of those that say the same. */
export interface KeptTextRow {
  readonly id: string;
  readonly client_id: string;
  readonly said_at: Date;
  readonly text_hash: Uint8Array;
}

export const keptTexts = ({ accountId, id }: SessionKey, hashes: readonly string[]) =>
  statement<KeptTextRow>(
    `select id, client_id, said_at, text_hash from coditect.memory_messages
     where account_id = $1 and session_id = $2 and text is not null
       and text_hash in (select decode(one, 'hex') from unnest($3::text[]) one)`,
    [accountId, id, hashes],
  );

/** A message as it is written: hashes in hex, what is sealed in base64, words as PostgreSQL reads a list. */
export interface NewMessage {
  readonly id: string;
  readonly client_id: string;
  readonly role: MessageRole;
  readonly said_at: string;
  readonly recalled: boolean;
  readonly text_hash: string;
  readonly size: number;
  readonly text: string | null;
  readonly speaker: string | null;
  readonly words: string | null;
}

export const insertMessages = ({ accountId, id }: SessionKey, messages: readonly NewMessage[]): Statement =>
  statement(
    `insert into coditect.memory_messages
       (account_id, session_id, id, client_id, role, said_at, recalled, text_hash, size, text, speaker, words, audience)
     select $1, $2, m.id, m.client_id, m.role, m.said_at, m.recalled, decode(m.text_hash, 'hex'), m.size, decode(m.text, 'base64'),
       decode(m.speaker, 'base64'), coditect.mask_words(m.words::bigint[], coditect.audience(s)),
       case when m.words is not null then coditect.audience(s) end
     from coditect.memory_sessions s cross join jsonb_to_recordset($3::jsonb) as m (id uuid, client_id text, role text, said_at timestamptz, recalled boolean, text_hash text,
       size integer, text text, speaker text, words text)
     where s.account_id = $1 and s.id = $2`,
    [accountId, id, JSON.stringify(messages)],
  );

/** Empties messages that say what an earlier one says, which has come now. */
export const emptyMessages = ({ accountId, id }: SessionKey, messages: readonly string[]): Statement =>
  statement(
    `update coditect.memory_messages set text = null, words = null, audience = null, updated_at = app.now()
     where account_id = $1 and session_id = $2 and id = any($3::uuid[])`,
    [accountId, id, messages],
  );

/** A burst of messages is digested once, and a session of 100,000 every other minute: reading one takes some 0.05 ms a message. */
export const digestWait = (messages: string): string =>
  `(interval '1 second' + (${messages}) * interval '1 millisecond')`;

/** Counts what came to a session, and has it digested. Its author alone. */
export const countMessages = (
  { accountId, userId, id }: SessionKey,
  {
    messages,
    bytes,
    lastSaidAt,
  }: { readonly messages: number; readonly bytes: number; readonly lastSaidAt: string },
): Statement =>
  statement(
    `update coditect.memory_sessions set messages = messages + $4, bytes = bytes + $5, last_said_at = greatest(last_said_at, $6::timestamptz),
       digest_at = coalesce(digest_at, app.now() + ${digestWait('messages + $4')}), version = version + 1, updated_at = app.now()
     where account_id = $1 and author_id = $2 and id = $3 returning id`,
    [accountId, userId, id, messages, bytes, lastSaidAt],
  );

const OWN_SESSION =
  'select app.now() as now from coditect.memory_sessions where account_id = $1 and author_id = $2 and id = $3';

/** No row for others than its author. */
export const findOwnSession = ({ accountId, userId, id }: SessionKey) =>
  statement<{ now: Date }>(OWN_SESSION, [accountId, userId, id]);

/** The lock for all that adds to a session. */
export const lockOwnSession = ({ accountId, userId, id }: SessionKey) =>
  statement<{ now: Date }>(`${OWN_SESSION} for no key update`, [accountId, userId, id]);

/** Where a reader of messages is, in the order in which they were said. */
export interface MessagePosition {
  readonly at: number;
  readonly clientId: string;
}

/** A message with its text, which may be kept with another one of the session. */
export interface MessageRow {
  readonly id: string;
  readonly client_id: string;
  readonly role: MessageRole;
  readonly said_at: Date;
  readonly recalled: boolean;
  readonly size: number;
  readonly speaker: Uint8Array | null;
  readonly text_id: string | null;
  readonly text: Uint8Array | null;
  readonly at: number;
  /** How many there are, of which this page may hold fewer. */
  readonly found: number;
}

/** Texts of so many bytes are read at a time, and one at least. */
const MOST_BYTES = 8_000_000;

export const listMessages = (
  { accountId, userId, id }: SessionKey,
  { after, limit }: { readonly after: MessagePosition | undefined; readonly limit: number },
) =>
  statement<MessageRow>(
    `select m.id, m.client_id, m.role, m.said_at, m.recalled, m.size, m.speaker, k.id as text_id, k.text,
       ${microsecondsOf('m.said_at')} as at, m.found::integer as found
     from (
       select m.*, sum(m.size) over (order by m.said_at, m.client_id) - m.size as before, count(*) over () as found from (
         select * from coditect.memory_messages m where m.account_id = $1 and m.session_id = $3
           and exists (select from coditect.memory_sessions s where ${READABLE} and s.id = $3)
           and ($4::bigint is null or (m.said_at, m.client_id) > (timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5::text))
         order by m.said_at, m.client_id limit $6) m) m
     left join coditect.memory_messages k on k.account_id = $1 and k.session_id = $3 and k.text_hash = m.text_hash and k.text is not null
     where m.before < ${MOST_BYTES} order by m.said_at, m.client_id`,
    [accountId, userId, id, after?.at ?? null, after?.clientId ?? null, limit],
  );
