import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { openMemory, type Rememberer } from '../fixture.ts';

const memory = await openMemory();
const { db, digest } = memory;

const said = (n: number, text: string) => ({
  client_id: `${n}`,
  text,
  said_at: `2026-03-01T10:00:0${n}.000Z`,
});
const HERON = said(1, 'The heron waits at the edge of the pond all day.');
const OTTER = said(2, 'The otter swims in the pond where the heron waits.');

const processed = async (by: Rememberer, session: string) => {
  const { body } = await by.call(`GET /v1/sessions/${session}`);
  return [body['processed_messages'], body['processed_until']];
};
const exported = async (by: Rememberer, session: string) =>
  (await by.call(`POST /v1/sessions/${session}/export`, {})).body;
/** The numbers of messages that the kept summaries are of. */
const kept = async ({ accountId }: Rememberer) =>
  (
    await db.asMigrator(
      statement<{ messages: number }>(
        'select messages from coditect.memory_summaries where account_id = $1 order by messages',
        [accountId],
      ),
    )
  ).map(({ messages }) => messages);

test('a message is processed by itself, and its session says so', async () => {
  const ada = await memory.rememberer();
  const session = await ada.session('s');
  expect(await processed(ada, session)).toEqual([0, null]);
  await ada.say(session, HERON, OTTER);
  await expect.poll(() => processed(ada, session), { interval: 100 }).toEqual([2, OTTER.said_at]);
  await ada.say(session, said(0, 'An owl was there before.'));
  expect(await processed(ada, session)).toEqual([2, OTTER.said_at]);
  await expect.poll(() => processed(ada, session), { interval: 100 }).toEqual([3, OTTER.said_at]);
});

test('an export has the summary that is kept, and draws the same where there is none', async () => {
  const ada = await memory.rememberer();
  const session = await ada.session('s');
  await ada.say(session, HERON, OTTER);
  const drawn = await exported(ada, session);
  await digest();
  expect(await kept(ada)).toEqual([2]);
  const read = await exported(ada, session);
  expect([read['summary'], read['metadata']]).toEqual([drawn['summary'], drawn['metadata']]);
  expect(drawn['metadata']).toEqual({ first_said_at: HERON.said_at, messages_by_role: { user: 2 } });
  await ada.say(session, said(3, 'The kingfisher waits too, above the pond.'));
  expect((await exported(ada, session))['summary']).toHaveLength(3);
  expect(await tablesWith(db, 'edge of the pond')).toEqual([]);
});

test('sessions of people who left are not digested, and one that is deleted takes its summary along', async () => {
  const [ada, bob] = [await memory.rememberer(), await memory.rememberer()];
  const [mine, his] = [await ada.session('s'), await bob.session('s')];
  await ada.say(mine, HERON);
  await bob.say(his, HERON);
  await db.asMigrator(
    statement('delete from accounts.members where account_id = $1 and user_id = $2', [
      bob.accountId,
      bob.userId,
    ]),
  );
  await digest();
  expect([await kept(ada), await kept(bob)]).toEqual([[1], []]);
  const waiting = statement<{ id: string }>(
    'select id from coditect.memory_sessions where digest_at is not null',
  );
  expect(await db.asMigrator(waiting)).toEqual([]);
  await ada.call(`DELETE /v1/sessions/${mine}`);
  expect(await kept(ada)).toEqual([]);
});
