import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BodyOf, ReplyOf } from '../calls.ts';
import { NotFound, PlinthError } from '../errors.ts';
import { LOCAL_ID } from '../local-only.ts';
import type { Schemas } from '../routes.ts';
import { appendRecords, readRecords, unlessMissing } from './log.ts';
import { searchTexts } from './search.ts';

type SentSession = Pick<BodyOf<'POST /v1/sessions'>, 'client_id' | 'title' | 'started_at'>;
type SentDecision = Omit<BodyOf<'POST /v1/decisions'>, 'level' | 'team_id'>;
type SentMessages = BodyOf<'POST /v1/sessions/{id}/messages'>['messages'];

type OfAll = 'id' | 'client_id' | 'created_at';
type OfDecision = 'title' | 'context' | 'rationale' | 'consequences' | 'status' | 'decided_at';
export type LocalSession = Local<Pick<Schemas['MemorySession'], OfAll | 'title' | 'started_at'>>;
export type LocalDecision = Local<Pick<Schemas['Decision'], OfAll | OfDecision>>;
export type LocalMessage = Local<
  Pick<Schemas['MemoryMessage'], 'client_id' | 'role' | 'speaker' | 'said_at'> &
    Pick<Schemas['MemoryTurn'], 'text' | 'session_id' | 'session_title'>
>;
type Local<Item> = Item & { readonly local: true };
type LocalItem = LocalSession | LocalDecision;

export interface LocalMemoryOptions {
  /** A folder of this user; it is made, readable by them alone. */
  readonly folder: string;
  /** Is told of a file with lines that can't be read and were passed over; when not given, the process warns. */
  readonly onDamage?: (path: string, lines: number) => void;
}

export type LocalMemory = ReturnType<typeof openLocalMemory>;
type Kind = 'session' | 'decision';
const ID = new RegExp(`^${LOCAL_ID}(session|decision)-[0-9a-f]{32}$`);

/** Sessions and decisions in a folder of this machine, each in a file of its own. Any number of programs may use it at once. */
export function openLocalMemory({ folder, onDamage = warn }: LocalMemoryOptions) {
  const pathOf = (id: string): string => {
    if (!ID.test(id)) throw missing(id);
    return join(folder, `${id}.log`);
  };

  /** What a file holds. Of two heads, and of two messages with one id, the first that was written counts. */
  async function load<Item extends LocalItem>(id: string) {
    const path = pathOf(id);
    const { records, damaged } = await readRecords(path);
    if (damaged > 0) onDamage(path, damaged);
    const head = records.find(({ type }) => type === 'head');
    if (head === undefined) throw missing(id);
    const item = { id, ...(head['item'] as object), local: true } as Item;
    const messages = new Map<string, LocalMessage>();
    for (const { type, message } of records) {
      const said = {
        ...(message as object),
        session_id: id,
        session_title: item.title,
        local: true,
      } as LocalMessage;
      if (type === 'message' && !messages.has(said.client_id)) messages.set(said.client_id, said);
    }
    return { item, messages: [...messages.values()].sort(inOrder) };
  }

  async function loadAll<Item extends LocalItem>(kind: Kind) {
    const files = (await readdir(folder).catch(unlessMissing)) ?? [];
    const ids = files
      .map((file) => file.replace(/\.log$/, ''))
      .filter((id) => id.startsWith(LOCAL_ID + kind));
    const loaded = [];
    // One after the other: a process has so many files open at most.
    for (const id of ids) loaded.push(await load<Item>(id).catch(unlessNotFound));
    return loaded.filter((one) => one !== undefined);
  }

  async function create<Item extends LocalItem>(kind: Kind, clientId: string, fields: object): Promise<Item> {
    assertTexts({ client_id: clientId });
    const id = `${LOCAL_ID}${kind}-${createHash('sha256').update(clientId).digest('hex').slice(0, 32)}`;
    const known = await load<Item>(id).catch(unlessNotFound);
    if (known !== undefined) return known.item;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const item = { client_id: clientId, ...fields, created_at: now() };
    await appendRecords(pathOf(id), [{ type: 'head', item }], { create: true });
    return (await load<Item>(id)).item;
  }

  async function append(id: string, sent: SentMessages): Promise<ReplyOf<'POST /v1/sessions/{id}/messages'>> {
    const known = new Map((await load(id)).messages.map((message) => [message.client_id, message.text]));
    const said = sent.filter(({ recalled }) => recalled !== true);
    const fresh: object[] = [];
    for (const { client_id, role, speaker = null, said_at, text } of said) {
      assertTexts({ client_id, role, text });
      if ((known.get(client_id) ?? text) !== text)
        throw refusal('message_conflict', `Another text is known as ${client_id}: nothing was stored.`);
      if (Number.isNaN(Date.parse(said_at ?? now())))
        throw refusal('validation_failed', 'said_at is a time.');
      const message = { client_id, role, speaker, said_at: said_at ?? now(), text };
      if (!known.has(client_id)) fresh.push({ type: 'message', message });
      known.set(client_id, text);
    }
    if (fresh.length > 0 && !(await appendRecords(pathOf(id), fresh))) throw missing(id);
    const counts = { known: said.length - fresh.length, recalled: sent.length - said.length };
    return { stored: fresh.length, ...counts, repeated: 0 };
  }

  const get = async <Item extends LocalItem>(id: string) => (await load<Item>(id)).item;
  /** Its file is gone with all that was said in it. */
  const remove = (id: string) => rm(pathOf(id), { force: true });
  /** Newest first. */
  async function list<Item extends LocalItem>(kind: Kind) {
    const items = (await loadAll<Item>(kind)).map(({ item }) => item);
    return items.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  return {
    sessions: {
      list: () => list<LocalSession>('session'),
      /** With a `client_id` that you have used before: the session that is there. */
      create: ({ client_id = randomUUID(), title = null, started_at }: SentSession) =>
        create<LocalSession>('session', client_id, { title, started_at: started_at ?? now() }),
      get: get<LocalSession>,
      messages: async (id: string) => (await load(id)).messages,
      append,
      delete: remove,
    },
    decisions: {
      list: () => list<LocalDecision>('decision'),
      create: async ({ client_id = randomUUID(), title, context, rationale, ...more }: SentDecision) => {
        const { consequences = null, status = 'accepted', decided_at } = more;
        assertTexts({ title, context, rationale });
        const fields = { title, context, rationale, consequences, status, decided_at: decided_at ?? now() };
        return create<LocalDecision>('decision', client_id, fields);
      },
      get: get<LocalDecision>,
      delete: remove,
    },
    /** Messages and decisions that have words of a question, best first. */
    async search(query: string, limit = 20) {
      const said = (await loadAll('session')).flatMap(({ messages }) => messages);
      const decided = await list<LocalDecision>('decision');
      const found = searchTexts<LocalMessage | LocalDecision>(query, [
        ...said.map((item) => ({ item, text: item.text })),
        ...decided.map((item) => ({
          item,
          text: [item.title, item.context, item.rationale, item.consequences].join('\n'),
        })),
      ]);
      return found.slice(0, limit).map(({ item, score }) => ({ ...item, score }));
    },
  };
}

const now = (): string => new Date().toISOString();
const inOrder = (a: LocalMessage, b: LocalMessage): number =>
  Date.parse(a.said_at) - Date.parse(b.said_at) || (a.client_id < b.client_id ? -1 : 1);

function assertTexts(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts))
    if (typeof text !== 'string' || text === '') throw refusal('validation_failed', `${name} is a text.`);
}

const refusal = (code: string, message: string) => new PlinthError({ code, message, status: 0 });
const missing = (id: string) =>
  new NotFound({ code: 'not_found', message: `The folder has no ${id}.`, status: 0 });

/** One was deleted meanwhile, or is being made. */
function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}

const warn = (path: string, lines: number): void =>
  process.emitWarning(`${lines} lines of ${path} can't be read.`);
