import { expect, test } from 'vitest';
import { NOTICE } from '../../mcp/quotes.ts';
import { openMemory } from '../fixture.ts';
import { extract, sayVariant, type ShownPattern } from '../patterns/fixture.ts';
import { connect, type McpClient } from './clients.ts';

const memory = await openMemory();
const ada = await memory.rememberer();
const RULE = 'Always pin the base images of this repository by their digest.';
const sessions = await Promise.all([0, 1, 2].map((variant) => sayVariant(ada, variant)));
for (const id of sessions) await ada.say(id, { client_id: 'rule', text: RULE });
const other = await ada.session('other');
await ada.say(other, { client_id: '1', text: 'The import reads src/import/users.ts twice.' });
await extract(ada);

const patternsIn = async (client: McpClient, query: object) =>
  (await client.use('list_patterns', { ...query })).fields['quotes'] as readonly ShownPattern[];

test.each(['stdio', 'http'] as const)(
  'by %s: patterns are listed and found by words, as quotes with confidence and sources',
  async (way) => {
    const client = await connect(way, { url: memory.url, key: ada.key });
    const all = await client.use('list_patterns');
    expect(all.fields).toMatchObject({ notice: NOTICE, next_cursor: null });
    expect(all.text.startsWith(NOTICE)).toBe(true);
    const quotes = all.fields['quotes'] as readonly ShownPattern[];
    expect(quotes.map(({ kind }) => kind).toSorted()).toEqual(['practice', 'problem_solution', 'workflow']);

    const [solved, ...rest] = await patternsIn(client, { query: 'how was ModuleNotFoundError solved?' });
    expect([solved?.kind, solved?.sessions, rest]).toEqual(['problem_solution', 3, []]);
    expect(solved?.confidence).toBe(0.75);
    expect(await patternsIn(client, { query: 'ModuleNotFoundError', kind: 'workflow' })).toEqual([]);
    expect(await patternsIn(client, { query: 'heron' })).toEqual([]);

    const read = await client.use('get_pattern', { id: solved?.id });
    expect(read.text.startsWith(NOTICE)).toBe(true);
    const [pattern] = read.fields['quotes'] as readonly {
      readonly sources: readonly { session_id: string }[];
    }[];
    expect(pattern?.sources.map(({ session_id: id }) => id).toSorted()).toEqual(sessions.toSorted());

    const graph = await client.use('query_graph', { file: './src/import/users.ts' });
    expect(graph.fields).toMatchObject({
      quotes: [
        { kind: 'file', name: 'src/import/users.ts' },
        { kind: 'session', id: other },
      ],
      edges: [{ type: 'mentions', source_id: other }],
      is_cut: false,
    });
  },
);

test('what a pattern quotes is not stored again by the program that was handed it', async () => {
  const client = await connect('stdio', { url: memory.url, key: ada.key });
  const [rule] = await patternsIn(client, { kind: 'practice' });
  await client.use('get_pattern', { id: rule?.id });
  const said = { session: 'later', messages: [{ role: 'assistant', text: RULE }] };
  expect((await client.use('remember', said)).fields).toMatchObject({ stored: 0, recalled: 1 });
});

test('another account finds no pattern and no file of it', async () => {
  const eve = await memory.rememberer();
  const client = await connect('http', { url: memory.url, key: eve.key });
  const [pattern] = (await ada.call('GET /v1/patterns')).body['data'] as readonly ShownPattern[];
  expect(await patternsIn(client, { query: pattern?.title })).toEqual([]);
  const read = await client.use('get_pattern', { id: pattern?.id });
  expect(read.fields['error']).toMatchObject({ code: 'pattern_not_found', status: 404 });
  const graph = await client.use('query_graph', { file: 'src/import/users.ts' });
  expect(graph.fields['error']).toMatchObject({ code: 'graph_node_not_found', status: 404 });
});
