import { expect, test } from 'vitest';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { personOf, prismFixture } from './fixture.ts';

/** The app whose models for turns and messages have so many milliseconds for an answer. */
const patient = (ms: number, settings: Readonly<Record<string, string>> = {}) => {
  const timeouts = { firstToken: ms, idle: ms, total: ms };
  const policies = { 'prism.mirror_message': { timeouts }, 'prism.turn': { timeouts } };
  return {
    work: false,
    settings: { AI_CONFIG: JSON.stringify({ version: '2026-11-21', policies }), ...settings },
  };
};

test('a provider that keeps silent is given up for the second model, and then it is a clear 503 that costs nothing', async () => {
  // Long enough for a busy machine to answer in, and short enough to be waited for.
  const app = await prismFixture(patient(3_000));
  const me = await app.somebody();
  const [one, other] = [await me.session(), await me.session()];
  for (const _ of [1, 2]) app.sandbox.faults.next({ kind: 'hang', model: 'sandbox-small' });
  const answered = await Promise.all([me.say(one), me.turn()]);
  expect(answered.map(({ status }) => status)).toEqual([200, 200]);
  await app.app.modules.limits.ends.idle();
  const before = await me.used();
  await app.close();

  // Nothing has to answer in time any more.
  const { dataDir } = app.app.modules.options.config;
  const hurried = await prismFixture({ ...patient(300, { DATA_DIR: dataDir }), on: app.database });
  const mine = personOf(hurried, me.by);
  for (const model of ['sandbox-small', 'sandbox-large'])
    for (const _ of [1, 2, 3]) hurried.sandbox.faults.next({ kind: 'hang', model });
  const [stream, ...refused] = await Promise.all([mine.hear(other), mine.say(one), mine.turn()]);
  for (const answer of refused) {
    expect(refusalOf(answer)).toMatchObject({ status: 503, code: 'provider_unavailable' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(stream.status).toBe(503);
  const messages = async (id: string) =>
    (await mine.get(`/v1/mirror/sessions/${id}`)).body['messages'] as unknown[];
  expect([await messages(one), await messages(other)].map(({ length }) => length)).toEqual([2, 0]);
  await hurried.app.modules.limits.ends.idle();
  expect(await mine.used()).toEqual(before);
});
