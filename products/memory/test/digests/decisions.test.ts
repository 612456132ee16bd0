import { describe, expect, test } from 'vitest';
import { type CrashHook, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { openMemory, type Rememberer } from '../fixture.ts';

let crashHook: CrashHook | undefined;
const memory = await openMemory({ crashHook: (point, phase) => crashHook?.(point, phase) });
const { db, digest, coditect } = memory;

const QUEUE = 'We decided to keep the queue in Postgres.';
const NAMES = 'From now on we name branches after issues.';
const said = (clientId: string, text: string) => ({ client_id: clientId, text });

type Decision = Readonly<Record<string, unknown>>;
async function decisionsOf(by: Rememberer): Promise<readonly Decision[]> {
  const { body } = await by.call('GET /v1/decisions?limit=100');
  return body['data'] as readonly Decision[];
}
const titlesOf = async (by: Rememberer) =>
  (await decisionsOf(by)).map(({ title }) => String(title)).toSorted();
const idOf = async (by: Rememberer, title: string) =>
  String((await decisionsOf(by)).find((one) => one['title'] === title)?.['id']);

/** A session in which two things were decided. */
async function decidedBy(by: Rememberer, more: object = {}): Promise<string> {
  const session = await by.session('s', more);
  await by.say(session, said('1', `It is slow. ${QUEUE} It is one thing less to run.`), said('2', NAMES));
  await digest();
  return session;
}

/** Has it digested again, from the beginning. */
async function again(): Promise<void> {
  await db.asMigrator(statement('update coditect.memory_sessions set digest_at = app.now()'));
  await digest();
}

test('what was decided in a session is proposed as a decision, which names session, message and place', async () => {
  const ada = await memory.rememberer();
  const before = await memory.used(ada);
  const session = await decidedBy(ada);
  expect(await titlesOf(ada)).toEqual([NAMES, QUEUE]);
  const { body } = await ada.call(`GET /v1/decisions/${await idOf(ada, QUEUE)}`);
  const messages = (await ada.call(`GET /v1/sessions/${session}/messages`)).body[
    'data'
  ] as readonly Decision[];
  const [first] = messages;
  expect(body).toMatchObject({
    author_id: ada.userId,
    level: 'private',
    status: 'proposed',
    decided_at: first?.['said_at'],
    context: first?.['text'],
    rationale: QUEUE,
    links: [
      { type: 'drawn_from', session_id: session, message_id: first?.['id'], span: [12, 12 + QUEUE.length] },
    ],
  });
  const { body: exported } = await ada.call(`POST /v1/sessions/${session}/export`, {});
  expect(exported['decisions']).toHaveLength(2);
  expect(await tablesWith(db, 'the queue in Postgres')).toEqual([]);
  expect(await memory.used(ada)).toEqual({ ...before, memory_bytes: expect.any(Number), memory_sessions: 1 });
});

test('digested again, and said again, it is the same decisions; what a person wrote or deleted stays so', async () => {
  const ada = await memory.rememberer();
  const session = await decidedBy(ada);
  const ids = (await decisionsOf(ada)).map(({ id }) => id);
  await again();
  await ada.say(session, said('0', QUEUE), said('3', 'Thanks.'));
  await digest();
  expect((await decisionsOf(ada)).map(({ id }) => id)).toEqual(ids);
  await ada.call(`PUT /v1/decisions/${await idOf(ada, QUEUE)}`, {
    title: 'Queues',
    context: 'c',
    rationale: 'r',
  });
  await ada.call(`DELETE /v1/decisions/${await idOf(ada, NAMES)}`);
  await again();
  expect(await titlesOf(ada)).toEqual(['Queues']);
});

test('two digests at once draw each decision once', async () => {
  const ada = await memory.rememberer();
  const session = await ada.session('s');
  await ada.say(session, said('1', QUEUE), said('2', NAMES));
  await Promise.all([digest(), digest(), digest()]);
  expect(await titlesOf(ada)).toEqual([NAMES, QUEUE]);
});

describe('a process that dies at a commit', () => {
  const points = ['asked', 'taken', 'stored'].map((name) => `coditect.digest-${name}`);
  test.each(points.flatMap((point) => (['before', 'after'] as const).map((when) => [point, when] as const)))(
    '%s, %s it: others digest what it left',
    async (point, when) => {
      const ada = await memory.rememberer();
      let armed = true;
      crashHook = (at, phase) => {
        if (!armed || at !== point || phase !== when) return;
        armed = false;
        throw new Error('the process is dead');
      };
      const session = await ada.session('s');
      await ada.say(session, said('1', QUEUE));
      await expect.poll(() => armed).toBe(false);
      await advance(db, '2 minutes');
      await coditect.digests.run({ signal: new AbortController().signal });
      // The job that died is taken up again, too: the job that has taken the session stores it in one commit.
      const processed = async () =>
        (await ada.call(`GET /v1/sessions/${session}`)).body['processed_messages'];
      await expect.poll(processed).toBe(1);
      expect(await titlesOf(ada)).toEqual([QUEUE]);
    },
  );
});

describe('a decision that was drawn', () => {
  test('is lowered with its session, in the same commit, by any caller', async () => {
    const ada = await memory.rememberer();
    const bob = await memory.colleagueOf(ada);
    const session = await decidedBy(bob, { level: 'organization' });
    expect(await titlesOf(ada)).toEqual([NAMES, QUEUE]);
    await bob.call(`PATCH /v1/decisions/${await idOf(bob, NAMES)}`, { status: 'accepted' });
    expect((await ada.call(`PATCH /v1/sessions/${session}`, { level: 'private' })).status).toBe(200);
    expect([await titlesOf(ada), await titlesOf(bob)]).toEqual([[], [NAMES, QUEUE]]);
  });

  test('is shown to no more people than its session', async () => {
    const ada = await memory.rememberer();
    const session = await decidedBy(ada);
    const raise = async (path: string) => ada.call(`PATCH /v1/${path}`, { level: 'organization' });
    const decision = await idOf(ada, QUEUE);
    const refused = await raise(`decisions/${decision}`);
    expect([refused.status, refused.body['error']]).toMatchObject([409, { code: 'sources_more_private' }]);
    expect((await raise(`sessions/${session}`)).status).toBe(200);
    expect((await raise(`decisions/${decision}`)).status).toBe(200);
  });

  test.each([2, 1_000_000])(
    'goes with its session of %i messages, unless a person made it theirs',
    async (messages) => {
      const ada = await memory.rememberer();
      const session = await decidedBy(ada);
      await ada.call(`PATCH /v1/decisions/${await idOf(ada, NAMES)}`, { status: 'accepted' });
      await db.asMigrator(
        statement('update coditect.memory_sessions set messages = $2 where id = $1', [session, messages]),
      );
      expect((await ada.call(`DELETE /v1/sessions/${session}`)).status).toBe(200);
      expect(await titlesOf(ada)).toEqual([NAMES]);
      expect(await memory.count(ada, 'coditect.drawn_decisions')).toBe(0);
      expect(await memory.count(ada, 'coditect.memory_summaries')).toBe(0);
    },
  );
});
