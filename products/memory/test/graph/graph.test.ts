import { expect, test } from 'vitest';
import { ids } from '@plinth/testkit/factories';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { openMemory, type Rememberer } from '../fixture.ts';
import { extract, patternsOf } from '../patterns/fixture.ts';
import { around, idsOf, path } from './fixture.ts';

const memory = await openMemory();

const said = (text: string, id = '1') => ({ client_id: id, text });

async function sessionThatSays(by: Rememberer, text: string, more: object = {}): Promise<string> {
  const id = await by.session(ids.next(), more);
  await by.say(id, said(text));
  return id;
}

const link = (by: Rememberer, decision: string, body: object) =>
  by.call(`POST /v1/decisions/${decision}/links`, body);

const merge = (by: Rememberer, source: string, target: string) =>
  by.call('POST /v1/graph/merges', { source, target });

/** A file in two sessions, a decision of one of them, and a pattern of both. */
async function openGraph() {
  const ada = await memory.rememberer();
  const one = await sessionThatSays(ada, 'Always ask heron, otter and badger. It is in src/a.ts', {
    title: 'one',
  });
  const two = await sessionThatSays(ada, 'Always ask heron, otter and badger. See .\\src\\x\\..\\a.ts:7', {
    title: 'two',
  });
  const decision = await ada.decide('d');
  await link(ada, decision, { type: 'drawn_from', session_id: two });
  await link(ada, decision, { type: 'implements', path: './docs/d.md' });
  await extract(ada);
  const [pattern] = await patternsOf(ada);
  return { ada, one, two, decision, pattern: pattern?.id ?? '' };
}

test('what lies around a file: sessions by any writing of its name, then decisions and patterns, each with where it stands', async () => {
  const { ada, one, two, decision, pattern } = await openGraph();
  const near = await around(ada, { file: 'src//a.ts' });
  expect(near.nodes.map(({ kind, name, depth }) => [kind, name, depth])).toEqual([
    ['file', 'src/a.ts', 0],
    ['session', 'two', 1],
    ['session', 'one', 1],
  ]);
  expect(near.edges.map(({ type, source_id, span }) => [type, source_id, span])).toEqual([
    ['mentions', one, [45, 53]],
    ['mentions', two, [40, 55]],
  ]);
  const all = await around(ada, { file: 'src/a.ts', depth: 4 });
  const [file = ''] = idsOf(near);
  const names = new Map(all.nodes.map(({ id, name }) => [id, name]));
  expect(all.is_cut).toBe(false);
  expect(names.get(decision)).toBe('On d');
  const told = all.edges.map(({ type, source_id, target_id }) => [type, source_id, names.get(target_id)]);
  expect(new Set(told)).toEqual(
    new Set([
      ['mentions', one, 'src/a.ts'],
      ['mentions', two, 'src/a.ts'],
      ['drawn_from', decision, 'two'],
      ['drawn_from', pattern, 'one'],
      ['drawn_from', pattern, 'two'],
      ['implements', decision, 'docs/d.md'],
    ]),
  );
  const filtered = await around(ada, {
    id: file,
    depth: 4,
    kinds: 'session,decision',
    types: 'mentions,drawn_from',
  });
  expect(new Set(idsOf(filtered))).toEqual(new Set([file, one, two, decision]));
  const cut = await around(ada, { id: file, depth: 4, limit: 2 });
  expect([idsOf(cut), cut.is_cut]).toEqual([[file, two], true]);
});

test('a path is a shortest one, over kinds and types that were asked for', async () => {
  const { ada, one, two, decision, pattern } = await openGraph();
  const far = await path(ada, { from_id: one, to_file: 'docs/d.md' });
  expect(far.nodes.map(({ kind }) => kind)).toEqual([
    'session',
    expect.anything(),
    'session',
    'decision',
    'file',
  ]);
  expect(far.edges.map(({ type }) => type).slice(2)).toEqual(['drawn_from', 'implements']);
  const overFile = await path(ada, {
    from_id: one,
    to_id: decision,
    types: 'mentions,drawn_from',
    kinds: 'file,session',
  });
  expect(overFile.nodes.map(({ name }) => name)).toEqual(['one', 'src/a.ts', 'two', 'On d']);
  expect(idsOf(await path(ada, { from_id: one, to_id: two, types: 'drawn_from' }))).toEqual([
    one,
    pattern,
    two,
  ]);
  expect(idsOf(await path(ada, { from_id: two, to_id: two }))).toEqual([two]);
  expect(await path(ada, { from_id: one, to_file: 'docs/d.md', depth: 3 })).toMatchObject({
    status: 200,
    nodes: [],
    is_cut: false,
  });
});

test('a decision that takes the place of another, and one that is linked with a message, are joined', async () => {
  const ada = await memory.rememberer();
  const session = await sessionThatSays(ada, 'Hello');
  const { body } = await ada.call(`GET /v1/sessions/${session}/messages`);
  const [{ id: message }] = body['data'] as [{ id: string }];
  const [old, next] = [await ada.decide('old'), await ada.decide('next')];
  await link(ada, old, { type: 'relates_to', message_id: message });
  await ada.call(`POST /v1/decisions/${old}/supersede`, { by: next });
  const found = await path(ada, { from_id: session, to_id: next });
  expect(idsOf(found)).toEqual([session, old, next]);
  expect(found.edges).toMatchObject([
    { type: 'relates_to', source_id: old, target_id: session, message_id: message },
    { type: 'supersedes', source_id: next, target_id: old },
  ]);
});

test('a merge joins two names for those who see both, once, until it is taken back', async () => {
  const ada = await memory.rememberer();
  const [bob, cy] = [await memory.colleagueOf(ada), await memory.colleagueOf(ada)];
  await sessionThatSays(ada, 'in src/a.ts', { level: 'organization' });
  await sessionThatSays(bob, 'in /home/bob/src/a.ts', { level: 'organization' });
  const hidden = await sessionThatSays(bob, 'in old/a.ts');
  const ends = { from_file: 'src/a.ts', to_file: '/home/bob/src/a.ts' };
  expect((await path(cy, ends)).nodes).toEqual([]);
  const made = await merge(bob, 'src/a.ts', '/home/bob/src/a.ts');
  expect([made.status, made.body['author_id']]).toEqual([201, bob.userId]);
  const again = await merge(cy, '/home/bob/./src/a.ts', './src/a.ts');
  expect([again.status, again.body['id']]).toEqual([200, made.body['id']]);
  expect((await path(cy, ends)).edges).toMatchObject([
    {
      type: 'same_as',
      merge_id: made.body['id'],
      author_id: bob.userId,
      created_at: made.body['created_at'],
    },
  ]);
  expect(refusalOf(await merge(bob, 'src/a.ts', './src/a.ts'))).toMatchObject({ code: 'merge_with_itself' });
  expect(refusalOf(await merge(cy, 'src/a.ts', 'old/a.ts'))).toMatchObject({ code: 'graph_node_not_found' });
  const own = await merge(bob, 'src/a.ts', 'old/a.ts');
  expect((await around(cy, { file: 'src/a.ts', types: 'same_as' })).nodes).toHaveLength(2);
  expect(refusalOf(await cy.call(`DELETE /v1/graph/merges/${String(own.body['id'])}`))).toMatchObject({
    code: 'merge_not_found',
  });
  const back = `DELETE /v1/graph/merges/${String(made.body['id'])}`;
  expect(refusalOf(await cy.call(back))).toMatchObject({ status: 403, code: 'author_only' });
  expect((await ada.call(back)).status).toBe(200);
  expect((await path(cy, ends)).nodes).toEqual([]);
  const { body: audit } = await ada.call('GET /v1/account/audit?limit=3');
  expect(audit['data']).toMatchObject([
    { action: 'coditect.memory.files_unmerged', user_id: ada.userId, target: { id: made.body['id'] } },
    { action: 'coditect.memory.files_merged', user_id: bob.userId, target: { id: own.body['id'] } },
    { action: 'coditect.memory.files_merged', user_id: bob.userId, target: { id: made.body['id'] } },
  ]);
  await bob.call(`DELETE /v1/sessions/${hidden}`);
  expect((await around(bob, { file: 'old/a.ts' })).status).toBe(404);
});

test('a file has a hundred merges at most', async () => {
  const ada = await memory.rememberer();
  const names = Array.from({ length: 102 }, (_, n) => `f${n}.ts`);
  const session = await ada.session('s');
  for (let n = 0; n < names.length; n += 20)
    await ada.say(session, said(names.slice(n, n + 20).join(' '), `${n}`));
  const statuses = new Set<number>();
  for (const target of names.slice(1)) {
    const { status } = await ada.call('POST /v1/graph/merges', { source: names[0], target });
    if (target !== names.at(-1)) statuses.add(status);
    else expect(status).toBe(409);
  }
  expect([...statuses]).toEqual([201]);
});

test('a message sent again, or recalled, names its files once; they take storage, and give it back', async () => {
  const ada = await memory.rememberer();
  const session = await ada.session('s');
  const before = await memory.used(ada);
  await ada.say(session, said('see a.ts'), said('see a.ts', '2'), {
    ...said('see b.ts', '3'),
    recalled: true,
  });
  await ada.say(session, said('see a.ts'));
  expect(await memory.count(ada, 'coditect.file_mentions')).toBe(2);
  expect((await around(ada, { id: session })).edges).toHaveLength(1);
  const after = await memory.used(ada);
  expect((after['memory_bytes'] ?? 0) - (before['memory_bytes'] ?? 0)).toBe(3 * 400 + 2 * 400 + 8);
  await ada.call(`DELETE /v1/sessions/${session}`);
  expect(await memory.count(ada, 'coditect.file_mentions')).toBe(0);
  expect((await memory.used(ada))['memory_bytes']).toBe(0);
});

test.each([
  ['query', { id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e41' }, 404],
  ['query', { file: "a.ts' or true --" }, 404],
  ['query', {}, 400],
  ['query', { file: 'a.ts', id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e41' }, 400],
  ['query', { file: 'a.ts', depth: 5 }, 400],
  ['query', { file: 'a.ts', depth: 1e9 }, 400],
  ['query', { file: 'a.ts', limit: 201 }, 400],
  ['query', { file: 'a.ts', types: 'mentions,drop table' }, 400],
  ['paths', { from_file: 'a.ts', to_file: 'a.ts', depth: 7 }, 400],
  ['paths', { from_file: 'a.ts', to_file: 'a.ts', depth: -1 }, 400],
])('%s with %o is refused', async (call, query, status) => {
  const ada = await memory.rememberer();
  expect(
    (await (call === 'query' ? around : path)(ada, query as Record<string, string | number>)).status,
  ).toBe(status);
});
