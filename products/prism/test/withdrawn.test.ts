import { expect, test } from 'vitest';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { type TestApp, testApp } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';
import { personOf, prismFixture, THOUGHT } from './fixture.ts';

/** Calls are made at one process, and jobs are done by another, from the moment at which the first test has it start. */
const app = await prismFixture({ work: false });
let worker: TestApp | undefined;
const startWorker = async () => (worker ??= await testApp({ beside: app }));
const { count, sandbox, somebody } = app;
/** The embedded database has one process. */
const onPostgres = test.runIf(engine === 'postgres');
const OPEN_PERMITS = `state in ('queued', 'running')`;

onPostgres(
  'a consent that is withdrawn before the job comes is heard: nothing is drawn out of what was said',
  async () => {
    const me = await somebody();
    const session = await me.session();
    await me.say(session);
    expect(await count(me.by, 'prism.mirror_messages', `drawing = 'due'`)).toBe(1);
    await me.patch('/v1/profile', { consents: { insights: false } });
    const asked = sandbox.requests();
    await startWorker();
    await waitFor(async () => (await count(me.by, 'limits.permits', OPEN_PERMITS)) === 0);
    expect(await count(me.by, 'prism.mirror_messages', `drawing = 'off' and role = 'user'`)).toBe(1);
    expect(await count(me.by, 'prism.mirror_fragments')).toBe(0);
    expect(sandbox.requests()).toBe(asked);
    // Nor at the end of the session, should they agree again.
    await me.patch('/v1/profile', { consents: { insights: true } });
    expect(await count(me.by, 'prism.mirror_messages', `drawing in ('due', 'missed')`)).toBe(0);
  },
);

test('a client that hangs up before its turn is there finds it among its turns, counted once', async () => {
  const me = await somebody();
  const [asked, hungUp] = [sandbox.requests(), new AbortController()];
  sandbox.setLatency(300);
  const call = fetch(`${app.url}/v1/turns`, {
    method: 'POST',
    headers: { authorization: `Bearer ${me.by.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ thought: THOUGHT }),
    signal: hungUp.signal,
  });
  await waitFor(() => sandbox.requests() > asked);
  hungUp.abort();
  await expect(call).rejects.toThrow();
  sandbox.setLatency(0);
  await waitFor(async () => (await count(me.by, 'prism.turns')) === 1);
  expect((await me.get('/v1/turns')).body['data']).toMatchObject([{ original: THOUGHT }]);
  await waitFor(async () => (await count(me.by, 'limits.permits', OPEN_PERMITS)) === 0);
  expect(await me.used()).toMatchObject({ turns: 1 });
});

onPostgres('a session that is deleted while it is summed up has no summary', async () => {
  const me = await somebody();
  await me.patch('/v1/profile', { consents: { insights: false } });
  const session = await me.session();
  await me.say(session);
  const at = await startWorker();
  const asked = sandbox.requests();
  sandbox.setLatency(500);
  const closing = personOf(at, me.by).post(`/v1/mirror/sessions/${session}/close`);
  await waitFor(() => sandbox.requests() > asked);
  expect((await me.remove(`/v1/mirror/sessions/${session}`)).body).toEqual({ ok: true });
  expect((await closing).status).toBe(404);
  sandbox.setLatency(0);
  await waitFor(async () => (await count(me.by, 'limits.permits', OPEN_PERMITS)) === 0);
  expect(await count(me.by, 'limits.usage_events', `feature = 'closing' and state = 'posted'`)).toBe(1);
  expect(await count(me.by, 'prism.mirror_sessions', 'summary is not null')).toBe(0);
});
