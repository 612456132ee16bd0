import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { holdRows, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine } from '@plinth/testkit/services';
import { openMemory, type Rememberer } from './fixture.ts';

const memory = await openMemory();

const code = ({ status, body }: { status: number; body: Readonly<Record<string, unknown>> }) =>
  `${status} ${String((body['error'] as { code?: string } | undefined)?.code)}`;

const TEXTS = { title: 'Queues', context: 'Jobs got lost.', rationale: 'Jobs are rows.', consequences: null };

/** `version`: the one that was read. */
const write = (
  by: Rememberer,
  id: string,
  { version, ...body }: { version?: number; [field: string]: unknown },
) =>
  memory.call(by.key, `PUT /v1/decisions/${id}`, {
    body: { ...TEXTS, ...body },
    ...(version === undefined ? {} : { headers: { 'if-match': `"${version}"` } }),
  });

const replace = async (by: Rememberer, id: string, successor: string) =>
  code(await by.call(`POST /v1/decisions/${id}/supersede`, { by: successor }));

async function linksOf(by: Rememberer, id: string) {
  const { body } = await by.call(`GET /v1/decisions/${id}`);
  return body['links'] as { id: string; type: string; session_id: string; path: string | null }[];
}

/** Ids of the decisions that a member finds by a session. */
async function listed(by: Rememberer, of: string): Promise<string[]> {
  const { body } = await by.call(`GET /api/v1/decisions/?session_id=${of}`);
  return (body['data'] as readonly { readonly id: string }[]).map((row) => row.id);
}

test('each version of a decision stays, and a stale one is not written over', async () => {
  const ada = await memory.rememberer();
  const [id, again] = await Promise.all([ada.decide('d', TEXTS), ada.decide('d', TEXTS)]);
  expect(again).toBe(id);
  expect(
    (await write(ada, id, { rationale: 'Jobs are rows of PostgreSQL.', version: 1 })).body,
  ).toMatchObject({
    version: 2,
  });
  expect((await write(ada, id, { rationale: 'Jobs are rows of PostgreSQL.' })).body).toMatchObject({
    version: 2,
  });
  expect(code(await write(ada, id, { rationale: 'No jobs.', version: 1 }))).toBe('412 precondition_failed');
  const propose = (version: number) =>
    memory.call(ada.key, `PATCH /v1/decisions/${id}`, {
      body: { status: 'proposed' },
      headers: { 'if-match': `"${version}"` },
    });
  expect([code(await propose(1)), (await propose(2)).status]).toEqual(['412 precondition_failed', 200]);
  const { body: old } = await ada.call(`GET /v1/decisions/${id}?version=1`);
  expect(old).toMatchObject({ ...TEXTS, version: 1, current_version: 2 });
  expect(code(await ada.call(`GET /v1/decisions/${id}?version=3`))).toBe('404 decision_not_found');
  expect(await memory.used(ada)).toEqual({ memory_bytes: 34 + 48 });
});

test('a decision is recorded with its session in one call, and listed by it as far as both may be read', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const session = await ada.session('s');
  const shared = { level: 'organization', session_id: session };
  const [id, again] = [await ada.decide('d', shared), await ada.decide('d', shared)];
  expect(again).toBe(id);
  expect(await linksOf(ada, id)).toMatchObject([{ type: 'drawn_from', session_id: session }]);
  await ada.decide('other');
  expect(await listed(ada, session)).toEqual([id]);
  // The decision is shown to all; which session it is of is not.
  expect((await bob.call(`GET /v1/decisions/${id}`)).status).toBe(200);
  expect(await listed(bob, session)).toEqual([]);
  await ada.call(`PATCH /v1/sessions/${session}`, { level: 'organization' });
  expect(await listed(bob, session)).toEqual([id]);
  const stranger = await memory.rememberer();
  expect(await listed(stranger, session)).toEqual([]);
  const body = { client_id: 'x', ...TEXTS, session_id: session };
  expect(code(await stranger.call('POST /v1/decisions', body))).toBe('404 link_target_not_found');
  expect(await memory.count(stranger, 'coditect.memory_decisions')).toBe(0);
  expect(await memory.used(stranger)).toEqual({});
  expect(code(await ada.call('GET /v1/decisions?session_id=none'))).toBe('400 validation_failed');
});

test('of two who write the same version at once one does, and without a version both are kept', async () => {
  const ada = await memory.rememberer();
  const id = await ada.decide('d');
  const both = await Promise.all(['a', 'b'].map((rationale) => write(ada, id, { rationale, version: 1 })));
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
  await Promise.all(['c', 'd'].map((rationale) => write(ada, id, { rationale })));
  const texts = await Promise.all(
    [3, 4].map(
      async (version) => (await ada.call(`GET /v1/decisions/${id}?version=${version}`)).body['rationale'],
    ),
  );
  expect(new Set(texts)).toEqual(new Set(['c', 'd']));
});

test('a decision is an ADR in Markdown, and an export of a session names the decisions linked with it', async () => {
  const ada = await memory.rememberer();
  const session = await ada.session('s');
  await ada.say(session, { client_id: 'm', text: 'Jobs got lost again.' });
  const { body: said } = await ada.call(`GET /v1/sessions/${session}/messages`);
  const message = (said['data'] as { id: string }[])[0]?.id;
  const id = await ada.decide('d', { ...TEXTS, decided_at: '2026-03-04T10:00:00Z' });
  const old = await ada.decide('old');
  const link = (body: object) => ada.call(`POST /v1/decisions/${id}/links`, body);
  expect(await link({ type: 'drawn_from', message_id: message })).toMatchObject({
    status: 201,
    body: { session_id: session },
  });
  await link({ type: 'implements', path: 'src/jobs.ts' });
  await ada.call(`POST /v1/decisions/${old}/supersede`, { by: id });
  const { body } = await ada.call(`GET /v1/decisions/${id}?format=markdown`);
  expect(body['markdown']).toBe(`# Queues

Date: 2026-03-04

## Status

Accepted

## Context

Jobs got lost.

## Decision

Jobs are rows.

## Links

- Supersedes: decision ${old}
- Drawn from: message ${message} of session ${session}
- Implements: file \`src/jobs.ts\`
`);
  expect((await ada.call(`GET /v1/decisions/${old}?format=markdown`)).body['markdown']).toContain(
    `Superseded by decision ${id}`,
  );
  const exported = await ada.call(`POST /v1/sessions/${session}/export`, {});
  expect(exported.body['decisions']).toEqual([{ id, title: 'Queues', status: 'accepted' }]);
});

describe('supersession', () => {
  test('goes round in no circle, also when several supersede at once', async () => {
    const ada = await memory.rememberer();
    const ids = await Promise.all(['a', 'b', 'c', 'd'].map((name) => ada.decide(name)));
    const by = (one: number) => ids[(one + 1) % ids.length];
    const replies = await Promise.all(
      ids.map((id, place) => ada.call(`POST /v1/decisions/${id}/supersede`, { by: by(place) })),
    );
    expect(replies.map(code).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => '200 undefined'),
      '409 supersession_cycle',
    ]);
    const itself = await ada.call(`POST /v1/decisions/${ids[0]}/supersede`, { by: ids[0] });
    expect(code(itself)).toBe('409 supersession_cycle');
    const { body } = await ada.call('GET /v1/decisions?status=superseded');
    expect(body['data']).toHaveLength(3);
  });

  test('is taken back by another status, and a deleted successor leaves its mark', async () => {
    const ada = await memory.rememberer();
    const [one, other] = [await ada.decide('one'), await ada.decide('other')];
    await ada.call(`POST /v1/decisions/${one}/supersede`, { by: other });
    const back = await ada.call(`PATCH /v1/decisions/${one}`, { status: 'accepted' });
    expect(back.body).toMatchObject({ status: 'accepted', superseded_by: null });
    await ada.call(`POST /v1/decisions/${one}/supersede`, { by: other });
    await ada.call(`DELETE /v1/decisions/${other}`);
    const left = await ada.call(`GET /v1/decisions/${one}`);
    expect(left.body).toMatchObject({ status: 'superseded', superseded_by: null });
  });

  test('is for the author and admins, of what they can read, and names no successor to who may not read it', async () => {
    const ada = await memory.rememberer();
    const bob = await memory.colleagueOf(ada);
    const [shared, hidden] = [
      await bob.decide('shared', { level: 'organization' }),
      await bob.decide('hidden'),
    ];
    const own = await ada.decide('own', { level: 'organization' });
    expect(await replace(bob, own, shared)).toBe('403 author_only');
    expect(await replace(ada, hidden, own)).toBe('404 decision_not_found');
    expect(await replace(ada, shared, hidden)).toBe('404 decision_not_found');
    expect(await replace(bob, shared, hidden)).toBe('200 undefined');
    const read = async (by: Rememberer) =>
      (await by.call(`GET /v1/decisions/${shared}`)).body['superseded_by'];
    expect([await read(bob), await read(ada)]).toEqual([hidden, null]);
    expect(await replace(ada, shared, own)).toBe('200 undefined');
  });
});

test('a link shows its target to nobody who may not read that, and is to nothing that its author may not', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const stranger = await memory.rememberer();
  const [secret, open] = [await bob.session('secret'), await bob.session('open', { level: 'organization' })];
  const id = await bob.decide('d', { level: 'organization' });
  const link = (by: Rememberer, body: object) => by.call(`POST /v1/decisions/${id}/links`, body);
  for (const session_id of [secret, open]) await link(bob, { type: 'drawn_from', session_id });
  const again = await Promise.all([1, 2].map(() => link(bob, { type: 'implements', path: 'a.ts' })));
  expect(again.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 201]);
  expect((await linksOf(bob, id)).map((one) => one.session_id ?? one.path).toSorted()).toEqual(
    [secret, open, 'a.ts'].toSorted(),
  );
  const seen = await linksOf(ada, id);
  expect(seen.map((one) => one.session_id ?? one.path)).toEqual([open, 'a.ts']);
  expect(code(await ada.call(`DELETE /v1/decisions/${id}/links/${seen[0]?.id}`))).toBe('403 author_only');
  expect(code(await link(ada, { type: 'relates_to', session_id: open }))).toBe('403 author_only');
  expect(code(await link(stranger, { type: 'relates_to', path: 'a.ts' }))).toBe('404 decision_not_found');
  const own = await ada.decide('own');
  for (const target of [
    { session_id: secret },
    { message_id: secret },
    { decision_id: await bob.decide('x') },
  ])
    expect(code(await ada.call(`POST /v1/decisions/${own}/links`, { type: 'relates_to', ...target }))).toBe(
      '404 link_target_not_found',
    );
  await bob.call(`DELETE /v1/sessions/${secret}`);
  expect(await linksOf(bob, id)).toHaveLength(2);
});

const toSession = (id: string) => ['links', { type: 'drawn_from', session_id: id }] as const;
const MEANWHILE = [
  { gone: 'session', call: toSession, refusal: 'link_target_not_found' },
  {
    gone: 'decision',
    call: (id: string) => ['links', { type: 'relates_to', decision_id: id }] as const,
    refusal: 'link_target_not_found',
  },
  {
    gone: 'decision',
    call: (id: string) => ['supersede', { by: id }] as const,
    refusal: 'decision_not_found',
  },
] as const;

describe.runIf(engine === 'postgres')('what is deleted by another one at that moment', () => {
  test.each(MEANWHILE)('is not there: $gone, $refusal', async ({ gone: kind, call: callOf, refusal }) => {
    const ada = await memory.rememberer();
    const decision = await ada.decide('d');
    const other = await (kind === 'session' ? ada.session('s') : ada.decide('other'));
    const gone = statement(`delete from coditect.memory_${kind}s where id = $1`, [other]);
    const release = await holdRows(memory.database.url, [gone]);
    const [call, body] = callOf(other);
    const asking = ada.call(`POST /v1/decisions/${decision}/${call}`, body);
    await waitFor(async () => (await waitsForLocks(memory.db)) > 0);
    await release();
    expect(code(await asking)).toBe(`404 ${refusal}`);
  });
});

test('a link to an item that is lowered meanwhile is refused as one to a missing item', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const [session, decision] = [await ada.session('s', { level: 'organization' }), await bob.decide('d')];
  await memory.db.script(`
    create function coditect.lower_at_once() returns trigger language plpgsql security definer as
      $$ begin update coditect.memory_sessions set level = 'private' where id = new.session_id; return null; end $$;
    create trigger lower_at_once after insert on coditect.memory_links for each row execute function coditect.lower_at_once()`);
  const refused = await bob.call(`POST /v1/decisions/${decision}/links`, toSession(session)[1]);
  await memory.db.script(
    'drop trigger lower_at_once on coditect.memory_links; drop function coditect.lower_at_once()',
  );
  expect(code(refused)).toBe('404 link_target_not_found');
});

describe('what is refused', async () => {
  const ada = await memory.rememberer();
  const id = await ada.decide('d');
  const long = 'é'.repeat(32_769);
  const link = (body: object) => ada.call(`POST /v1/decisions/${id}/links`, body);
  test.each([
    ['a text of more than 64 KiB', () => write(ada, id, { context: long }), '413 decision_too_large'],
    ['a link to itself', () => link({ type: 'relates_to', decision_id: id }), '422 link_to_itself'],
    [
      'a link to two',
      () => link({ type: 'relates_to', decision_id: id, path: 'a' }),
      '400 validation_failed',
    ],
    [
      'a status that is another call’s',
      () => ada.call(`PATCH /v1/decisions/${id}`, { status: 'superseded' }),
      '400 validation_failed',
    ],
  ])('%s', async (_what, send, expected) => {
    expect(code(await send())).toBe(expected);
  });

  test('more than 100 links', async () => {
    for (let n = 0; n < 100; n += 1) await link({ type: 'implements', path: `${n}.ts` });
    expect(code(await link({ type: 'implements', path: 'one.ts' }))).toBe('409 links_exhausted');
    expect((await link({ type: 'implements', path: '7.ts' })).status).toBe(200);
  });

  test('what the plan has no room for: 429, and nothing is stored', async () => {
    await memory.leaveRoom(ada, { memory_bytes: 40 });
    expect(code(await write(ada, id, { context: 'x'.repeat(41) }))).toBe('429 limit_exceeded');
    expect((await ada.call(`GET /v1/decisions/${id}`)).body).toMatchObject({ version: 1 });
    expect((await write(ada, id, TEXTS)).status).toBe(200);
  });
});
