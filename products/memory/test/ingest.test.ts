import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CrashHook } from '#platform/db';
import { assertWithin } from '@plinth/testkit/property';
import { type Message, openMemory, type Rememberer } from './fixture.ts';

let crashHook: CrashHook | undefined;
const memory = await openMemory({ crashHook: (point, phase) => crashHook?.(point, phase) });

const messages = fc.uniqueArray(
  fc.record({
    client_id: fc.integer({ min: 0, max: 30 }).map(String),
    role: fc.constantFrom('user', 'assistant'),
    text: fc.constantFrom(
      'the heron waits',
      'the otter swims',
      'an owl at night',
      'the heron again and again',
    ),
    said_at: fc.integer({ min: 0, max: 5 }).map((hour) => `2026-03-0${hour + 1}T10:00:00.000Z`),
    recalled: fc.boolean(),
  }),
  { selector: ({ client_id }) => client_id, minLength: 1, maxLength: 12 },
);

/** All that a reader sees of a session, and what it takes; without ids of the server's. */
async function memoryOf(by: Rememberer, session: string) {
  const said = await by.call(`GET /v1/sessions/${session}/messages?limit=100`);
  const { body } = await by.call(`GET /v1/sessions/${session}`);
  const found = await Promise.all(
    ['heron', 'otter', 'owl night'].map(async (query) =>
      (await by.find(query)).filter(({ session_id }) => session_id === session),
    ),
  );
  return {
    said: (said.body['data'] as Record<string, unknown>[]).map(({ id: _id, ...message }) => message),
    counted: [body['messages'], body['bytes'], body['last_said_at']],
    found: found.map((turns) => turns.map(({ client_id, text }) => `${client_id} ${text}`).toSorted()),
  };
}

test('sent twice, in any order, in batches of any size and by two at once, it is the same memory', async () => {
  await assertWithin(
    fc.asyncProperty(messages, fc.infiniteStream(fc.nat(1_000)), async (sent, chance) => {
      const ada = await memory.rememberer();
      const plain = await ada.session('plain');
      await ada.say(plain, ...sent);
      const expected = await memoryOf(ada, plain);
      await ada.call(`DELETE /v1/sessions/${plain}`);
      const session = await ada.session('mixed');
      const shuffled = (): Message[] =>
        sent
          .map((message) => [chance.next().value, message] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, one]) => one);
      const inBatches = async (): Promise<void> => {
        for (let rest = shuffled(); rest.length > 0; ) {
          const size = 1 + (chance.next().value % 4);
          expect((await ada.say(session, ...rest.slice(0, size))).status).toBe(200);
          rest = rest.slice(size);
        }
      };
      await Promise.all([inBatches(), inBatches()]);
      expect(await memoryOf(ada, session)).toEqual(expected);
      await ada.call(`DELETE /v1/sessions/${session}`);
    }),
    { numRuns: 8, within: 60_000 },
  );
});

describe('a process that dies at a commit', () => {
  const points = [
    'coditect.memory-create',
    'coditect.memory-append',
    'coditect.memory-change',
    'coditect.memory-delete',
    ...['create', 'write', 'change', 'supersede', 'delete', 'link', 'unlink'].map(
      (name) => `coditect.decision-${name}`,
    ),
    ...['write', 'change', 'delete'].map((name) => `coditect.document-${name}`),
  ];
  test.each(points.flatMap((point) => (['before', 'after'] as const).map((when) => [point, when] as const)))(
    '%s, %s it: a caller who asks again comes to the same memory',
    async (point, when) => {
      const ada = await memory.rememberer();
      let armed = true;
      crashHook = (at, phase) => {
        if (!armed || at !== point || phase !== when) return;
        armed = false;
        throw new Error('the process is dead');
      };
      const life = async (): Promise<void> => {
        const session = await ada.session('s', { title: 'A life' });
        await ada.say(
          session,
          { client_id: '1', text: 'the heron waits' },
          { client_id: '2', text: 'the otter swims' },
        );
        await ada.call(`PATCH /v1/sessions/${session}`, { title: 'Another life' });
        await ada.call(`DELETE /v1/sessions/${await ada.session('gone')}`);
        const [one, other] = [await ada.decide('one'), await ada.decide('other')];
        await ada.call(`PUT /v1/decisions/${one}`, { title: 'One', context: 'A few', rationale: 'Words' });
        await ada.call(`PATCH /v1/decisions/${one}`, { status: 'proposed' });
        await ada.call(`POST /v1/decisions/${one}/supersede`, { by: other });
        await ada.call(`POST /v1/decisions/${one}/links`, { type: 'drawn_from', session_id: session });
        const { body } = await ada.call(`POST /v1/decisions/${one}/links`, {
          type: 'implements',
          path: 'a.ts',
        });
        await ada.call(`DELETE /v1/decisions/${one}/links/${String(body['id'])}`);
        await ada.call(`DELETE /v1/decisions/${await ada.decide('gone')}`);
        const document = await ada.document('a.md', 'One text.');
        await ada.call(`PATCH /v1/context/documents/${document}`, { level: 'organization' });
        await ada.call(`DELETE /v1/context/documents/${await ada.document('gone.md', 'Gone.')}`);
      };
      await life().catch(() => {});
      await life();
      expect(armed).toBe(false);
      const session = await ada.session('s');
      expect(await ada.sees()).toEqual([session]);
      expect(await ada.texts(session)).toEqual(['the heron waits', 'the otter swims']);
      expect((await ada.call(`GET /v1/sessions/${session}`)).body).toMatchObject({
        title: 'Another life',
        messages: 2,
      });
      const [one, other] = [await ada.decide('one'), await ada.decide('other')];
      expect((await ada.call(`GET /v1/decisions/${one}`)).body).toMatchObject({
        title: 'One',
        version: 2,
        status: 'superseded',
        superseded_by: other,
        links: [{ type: 'drawn_from', session_id: session }],
      });
      expect((await ada.call('GET /v1/decisions')).body['data']).toHaveLength(2);
      const { body } = await ada.call('GET /v1/context/load');
      expect(body).toMatchObject({ documents: [{ name: 'a.md', version: 1, level: 'organization' }] });
      expect(await memory.used(ada)).toEqual({
        memory_bytes: 30 + 2 * 400 + 31 + 13 + 33 + 9,
        memory_sessions: 1,
      });
    },
  );
});
