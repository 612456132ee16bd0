import { describe, expect, test } from 'vitest';
import { NOTICE } from '../../mcp/quotes.ts';
import { openMemory, type Rememberer } from '../fixture.ts';
import { connect, type McpClient, type Way } from './clients.ts';

const memory = await openMemory();
const HERON = 'The heron waits for hours at the weir, and then it takes the eel in one go.';
const OTTER = 'The otter leaves the river before the mill opens its gates in the morning.';

const WAYS = [
  ['stdio', 'auto'],
  ['http', 'auto'],
  ['stdio', 'legacy'],
  ['http', 'legacy'],
] as const;

/** A client for each way, of one person. */
const clientOf = (way: Way, by: Rememberer, era: 'auto' | 'legacy' = 'auto') =>
  connect(way, { url: memory.url, key: by.key }, era);

const say = (client: McpClient, session: string, ...texts: readonly string[]) =>
  client.use('remember', { session, messages: texts.map((text) => ({ role: 'user', text })) });

const sentences = (of: string) =>
  Array.from({ length: 6 }, (_, n) => `${of} says sentence number ${n} of its day.`);

async function sessionsOf(by: Rememberer): Promise<Record<string, readonly (string | null)[]>> {
  const { body } = await by.call('GET /v1/sessions?limit=100');
  const sessions = body['data'] as readonly { readonly id: string; readonly client_id: string }[];
  return Object.fromEntries(
    await Promise.all(sessions.map(async ({ id, client_id: name }) => [name, await by.texts(id)] as const)),
  );
}

test.each(WAYS)(
  'by %s, in the handshake of %s: kept texts are found, as quotes with their source',
  async (way, era) => {
    const ada = await memory.rememberer();
    const client = await clientOf(way, ada, era);
    const stored = await say(client, 'monday', HERON);
    expect(stored).toMatchObject({ isError: false, fields: { session: 'monday', stored: 1 } });
    const recalled = await client.use('recall', { query: 'what does the heron eat?' });
    expect(recalled.fields['notice']).toBe(NOTICE);
    expect(recalled.text).toMatch(new RegExp(`^s1 \\d{4}-\\d\\d-\\d\\d user:\n> ${HERON}$`, 'm'));
    expect(recalled.text).toContain(`\nSessions: s1 = ${String(stored.fields['session_id'])}\n`);

    const texts = { title: 'Read it once', context: 'It took an hour.', rationale: 'A map is enough.' };
    const one = await client.use('record_decision', texts);
    expect((await client.use('record_decision', texts)).fields).toEqual(one.fields);
    const listed = await client.use('list_decisions');
    expect(listed.fields).toMatchObject({
      notice: NOTICE,
      quotes: [{ id: one.fields['id'], title: texts.title }],
    });
    const read = await client.use('get_decision', { id: one.fields['id'] });
    expect(read.fields['quotes']).toMatchObject([{ ...texts, author_id: ada.userId, version: 1 }]);
    expect(read.text).toContain(NOTICE);
  },
);

test('tools say what they do to the world', async () => {
  const client = await clientOf('http', await memory.rememberer());
  const { tools } = await client.client.listTools();
  const hints = tools.map(({ name, annotations }) => [
    name,
    annotations?.readOnlyHint,
    annotations?.idempotentHint,
  ]);
  expect(hints).toEqual([
    ['remember', false, true],
    ['recall', true, undefined],
    ['record_decision', false, true],
    ['list_decisions', true, undefined],
    ['get_decision', true, undefined],
    ['list_patterns', true, undefined],
    ['get_pattern', true, undefined],
    ['query_graph', true, undefined],
  ]);
  expect(client.client.getInstructions()).toContain('never instructions');
});

describe('two programs on stdio and one by HTTP', () => {
  test('at once lose nothing in one session and mix nothing in two; one that is not named is theirs alone', async () => {
    const ada = await memory.rememberer();
    const [one, other, web] = await Promise.all([
      clientOf('stdio', ada),
      clientOf('stdio', ada),
      clientOf('http', ada),
    ]);
    await Promise.all(
      [one, other, web].flatMap((client, n) => [
        ...sentences(`program ${n}`).map((text) => say(client, 'shared', text)),
        ...sentences('everybody').map((text) => say(client, 'shared', text)),
        ...sentences(`program ${n}, alone,`).map((text) => say(client, `own-${n}`, text)),
      ]),
    );
    const sessions = await sessionsOf(ada);
    const all = ['program 0', 'program 1', 'program 2', 'everybody'].flatMap(sentences);
    expect(sessions['shared']?.toSorted()).toEqual(all.toSorted());
    for (const n of [0, 1, 2])
      expect(sessions[`own-${n}`]?.toSorted()).toEqual(sentences(`program ${n}, alone,`).toSorted());

    const messages = [{ role: 'user', text: HERON }];
    const unnamed = await Promise.all(
      [one, one, other].map((client) => client.use('remember', { messages })),
    );
    const [first, again, another] = unnamed.map(({ fields }) => fields['session']);
    expect([again === first, another === first]).toEqual([true, false]);
    const refused = await web.use('remember', { messages });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('session') });
  }, 60_000);
});

test('what came out of a recall is marked and not stored again, said as it was, in its frame, or with the flag', async () => {
  const ada = await memory.rememberer();
  const client = await clientOf('stdio', ada);
  await say(client, 'monday', HERON, OTTER, 'The heron?');
  const { text: framed } = await client.use('recall', { query: 'heron otter' });
  // Its own session sends it again as it was.
  expect((await say(client, 'monday', HERON)).fields).toMatchObject({ known: 1, recalled: 0 });
  const spaced = `  ${HERON.replaceAll(' ', '  ')}\n`;
  const around = `Memory says:\n${framed}\nSo we wait.`;
  const said = await say(client, 'tuesday', spaced, OTTER, framed, around, 'The heron?');
  expect(said.fields).toMatchObject({ stored: 2, recalled: 3 });
  const flagged = { role: 'user', text: 'A line that the model has read elsewhere.', recalled: true };
  const web = await clientOf('http', ada);
  const by = await web.use('remember', {
    session: 'tuesday',
    messages: [flagged, { role: 'user', text: framed }],
  });
  expect(by.fields).toMatchObject({ stored: 0, recalled: 1, known: 1 });
  const kept = (await sessionsOf(ada))['tuesday']?.filter((text) => text !== null);
  expect(kept?.toSorted()).toEqual([
    expect.stringMatching(/^Memory says:\n\n?\[quoted from memory\]\nSo we wait\.$/),
    'The heron?',
  ]);
});

describe('a refusal is a result with its code', () => {
  test('of a plan that is spent, with nothing stored, and again when there is room', async () => {
    const ada = await memory.rememberer();
    const client = await clientOf('http', ada);
    await say(client, 'monday', OTTER);
    await memory.leaveRoom(ada, { memory_sessions: 0 });
    const denied = await say(client, 'tuesday', HERON);
    expect(denied).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^limit_exceeded: /),
      fields: { error: { code: 'limit_exceeded', status: 429, details: { limit: 'memory_sessions' } } },
    });
    expect(Object.keys(await sessionsOf(ada))).toEqual(['monday']);
    await memory.leaveRoom(ada, { memory_sessions: 1 });
    expect((await say(client, 'tuesday', HERON)).isError).toBe(false);
  });

  test.each(['y '.repeat(500_001), 'a\ud800b', 'a\0b'])(
    'of a text that can’t be stored, and no session is created for it',
    async (text) => {
      const ada = await memory.rememberer();
      const refused = await say(await clientOf('http', ada), 'monday', text);
      expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('at most 1 MB') });
      expect(await sessionsOf(ada)).toEqual({});
    },
  );

  test('of words that were sent under a known id', async () => {
    const client = await clientOf('http', await memory.rememberer());
    const store = (text: string) =>
      client.use('remember', { session: 'monday', messages: [{ role: 'user', id: 'm-1', text }] });
    await store(HERON);
    expect((await store(OTTER)).fields['error']).toMatchObject({ code: 'message_conflict', status: 409 });
  });

  test('of what another account has', async () => {
    const [ada, eve] = [await memory.rememberer(), await memory.rememberer()];
    await say(await clientOf('http', ada), 'monday', HERON);
    const decision = await ada.decide('adr-1');
    const client = await clientOf('http', eve);
    const found = await client.use('recall', { query: 'heron' });
    expect(found).toMatchObject({ isError: false, fields: { quotes: [] } });
    const read = await client.use('get_decision', { id: decision });
    expect(read.fields['error']).toMatchObject({ code: 'decision_not_found', status: 404 });
    // The name of a session is its author's: the same one is another session.
    await say(client, 'monday', OTTER);
    expect(await sessionsOf(ada)).toEqual({ monday: [HERON] });
  });

  test('of a wrong key: a result by stdio, a 401 of the connection by HTTP', async () => {
    const place = { url: memory.url, key: 'pl_wrong' };
    const recalled = await (await connect('stdio', place)).use('recall', { query: 'heron' });
    expect(recalled.fields['error']).toMatchObject({ code: 'unauthenticated', status: 401 });
    await expect(connect('http', place)).rejects.toThrow(/401|[Uu]nauth/);
  });

  test('of a server that is away, and the program goes on', async () => {
    const client = await connect('stdio', { url: 'http://127.0.0.1:9', key: 'pl_any' });
    for (const _ of [1, 2])
      expect((await client.use('recall', { query: 'heron' })).fields['error']).toMatchObject({
        code: 'no_answer',
      });
    expect((await client.client.listTools()).tools).toHaveLength(8);
  });
});
