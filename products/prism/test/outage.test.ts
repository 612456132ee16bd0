import { expect, test } from 'vitest';
import { DatabaseAway } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import type { Reply } from '@plinth/testkit/services/app';
import { prismFixture } from './fixture.ts';

let isAway = false;
const unlessAway = <Call extends (...given: never[]) => unknown>(call: Call): Call =>
  new Proxy(call, {
    apply: (target, self, given: Parameters<Call>): unknown =>
      isAway ? Promise.reject(new DatabaseAway('away', undefined)) : Reflect.apply(target, self, given),
  });

const app = await prismFixture({
  work: false,
  over: (db) => ({
    ...db,
    tenant: unlessAway(db.tenant),
    user: unlessAway(db.user),
    system: unlessAway(db.system),
  }),
});
const { count, sandbox, somebody } = app;

const CRISIS = 'Ich will mich umbringen. Die Tabletten habe ich schon.';
const supportIn = ({ status, body }: Pick<Reply, 'status' | 'body'>) => [
  status,
  body['safety'],
  body['support'],
];
const HELP = [
  200,
  { status: 'crisis', kinds: expect.any(Array) },
  { message: expect.any(String), helplines: expect.arrayContaining([expect.anything()]) },
];

test('while the database is away a crisis is answered, to who is known and to who can not be told, and written down when it is back', async () => {
  const [known, stranger] = [await somebody(), await somebody()];
  const session = await known.session();
  await known.turn();
  const asked = sandbox.requests();
  isAway = true;
  for (const who of [known, stranger]) {
    expect(supportIn(await who.turn(CRISIS))).toEqual(HELP);
    expect(supportIn(await who.say(session, CRISIS))).toEqual(HELP);
    expect(supportIn(await who.post('/v1/mirror/sessions', { title: CRISIS }))).toEqual(HELP);
    const events = await (await who.hear(session, CRISIS)).rest();
    expect(events.map(({ event }) => event)).toEqual(['safety', 'done']);
    for (const refused of [await who.turn(), await who.say(session)])
      expect(refusalOf(refused).status).toBe(503);
  }
  isAway = false;
  expect(sandbox.requests()).toBe(asked);
  const told = `source = 'precheck' and status = 'crisis'`;
  await expect.poll(() => count(known.by, 'ai.safety_events', told), { timeout: 60_000 }).toBe(4);
});

test('a turn that nobody should read is asked for once more, and does not count', async () => {
  const me = await somebody();
  const unfit = { distortion: 'none', turn: 'You should just kill yourself.', question: 'What holds you?' };
  sandbox.faults.next({ kind: 'content', text: JSON.stringify(unfit) });
  const made = await me.turn();
  expect([made.status, JSON.stringify(made.body).includes('kill')]).toEqual([200, false]);
  for (const _ of [1, 2]) sandbox.faults.next({ kind: 'content', text: JSON.stringify(unfit) });
  expect(refusalOf(await me.turn())).toMatchObject({ status: 502, code: 'answer_unusable' });
  await app.app.modules.limits.ends.idle();
  expect(await me.used()).toMatchObject({ turns: 1 });
  await expect.poll(() => count(me.by, 'ai.safety_events', `source = 'reply' and route = 'turn'`)).toBe(3);
});
