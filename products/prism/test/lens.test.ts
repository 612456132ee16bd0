import { describe, expect, test } from 'vitest';
import { advance, advanceTo } from '@plinth/testkit/factories';
import { type Person, prismFixture } from './fixture.ts';

const { count, db, sandbox, somebody } = await prismFixture();

const GOALS = '/v1/lens/goals';

async function goalOf(me: Person, title = 'Run ten kilometres'): Promise<string> {
  const { status, body } = await me.post(GOALS, { title, why: 'A clear head', target_date: '2031-06-01' });
  expect(status).toBe(201);
  return String(body['id']);
}

async function actionOf(me: Person, goal: string, more: object = {}): Promise<string> {
  const { status, body } = await me.post(`${GOALS}/${goal}/actions`, { title: 'Lay out the shoes', ...more });
  expect(status).toBe(201);
  return String(body['id']);
}

const setDone = (me: Person, action: string, is = true) =>
  me.patch(`/v1/lens/actions/${action}`, { done: is });
const streakOf = async (me: Person, goal: string) => (await me.get(`${GOALS}/${goal}`)).body['streak'];

const ids = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
  (body['data'] as { id: string }[]).map(({ id }) => id);

describe('goals', () => {
  test('are set, listed by status, changed by one of two who read the same version, and deleted with their actions', async () => {
    const me = await somebody();
    const [one, other] = [await goalOf(me), await goalOf(me, 'Write to Ada')];
    const action = await actionOf(me, one);
    const changes = await Promise.all(
      ['paused', 'dropped'].map((status) => me.patch(`${GOALS}/${one}`, { status }, { 'if-match': '"1"' })),
    );
    expect(changes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    expect(ids(await me.get(GOALS))).toEqual([other, one]);
    expect(ids(await me.get(`${GOALS}?status=active`))).toEqual([other]);
    const first = await me.get(`${GOALS}?limit=1`);
    expect(ids(await me.get(`${GOALS}?limit=1&cursor=${String(first.body['next_cursor'])}`))).toEqual([one]);

    expect((await me.remove(`${GOALS}/${one}`)).body).toEqual({ ok: true });
    expect(ids(await me.get(GOALS))).toEqual([other]);
    for (const gone of [
      await me.get(`${GOALS}/${one}`),
      await me.remove(`${GOALS}/${one}`),
      await me.patch(`${GOALS}/${one}`, { status: 'active' }),
      await me.post(`${GOALS}/${one}/actions`, { title: 'x' }),
      await me.post(`${GOALS}/${one}/suggest`),
      await setDone(me, action),
    ])
      expect(gone.status).toBe(404);
  });

  test('of another account are found by nobody', async () => {
    const [mine, theirs] = [await somebody(), await somebody()];
    const goal = await goalOf(mine);
    const action = await actionOf(mine, goal);
    for (const answered of [
      await theirs.get(`${GOALS}/${goal}`),
      await theirs.patch(`${GOALS}/${goal}`, { title: 'theirs' }),
      await theirs.post(`${GOALS}/${goal}/actions`, { title: 'theirs' }),
      await theirs.post(`${GOALS}/${goal}/suggest`),
      await setDone(theirs, action),
    ])
      expect(answered.status).toBe(404);
  });
});

describe('actions', () => {
  test('that are done twice were done once, and days in a row make a streak where the person was', async () => {
    await advanceTo(db, '2031-03-29T10:00:00Z');
    const me = await somebody();
    await me.patch('/v1/profile', { time_zone: 'Europe/Berlin' });
    const goal = await goalOf(me);
    const first = await setDone(me, await actionOf(me, goal));
    expect(first.body).toMatchObject({ done: true, done_on: '2031-03-29' });
    // The night has 23 hours there; 22:30 in UTC is half past midnight of the day after.
    await advanceTo(db, '2031-03-30T09:00:00Z');
    await setDone(me, await actionOf(me, goal));
    await advanceTo(db, '2031-03-30T22:30:00Z');
    const action = await actionOf(me, goal);
    const third = await setDone(me, action);
    expect(third.body).toMatchObject({ done_on: '2031-03-31' });
    expect(await streakOf(me, goal)).toEqual({ current: 3, longest: 3 });

    await advance(db, '1 day');
    const again = await setDone(me, action);
    expect([again.body['done_at'], again.body['done_on']]).toEqual([third.body['done_at'], '2031-03-31']);
    expect(await streakOf(me, goal)).toEqual({ current: 3, longest: 3 });
    // A move changes no day that was.
    await me.patch('/v1/profile', { time_zone: 'America/New_York' });
    expect(await streakOf(me, goal)).toEqual({ current: 3, longest: 3 });
    await advance(db, '2 days');
    expect(await streakOf(me, goal)).toEqual({ current: 0, longest: 3 });
    expect((await setDone(me, action, false)).body).toMatchObject({
      done: false,
      done_at: null,
      done_on: null,
    });
    expect(await streakOf(me, goal)).toEqual({ current: 0, longest: 2 });
  });
});

describe('suggestions', () => {
  test('are three that are saved only when they are taken', async () => {
    const me = await somebody();
    const goal = await goalOf(me);
    const { status, body } = await me.post(`${GOALS}/${goal}/suggest`);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ safety: { status: 'ok' }, support: null });
    const [one] = body['suggestions'] as { title: string }[];
    expect(one?.title).toEqual(expect.any(String));
    expect((await me.get(`${GOALS}/${goal}`)).body['actions']).toEqual([]);
    await actionOf(me, goal, { title: one?.title, source: 'suggested' });
    expect((await me.get(`${GOALS}/${goal}`)).body['actions']).toMatchObject([
      { title: one?.title, source: 'suggested', done: false },
    ]);
    await expect.poll(() => me.used()).toMatchObject({ suggestions: 1 });
  });

  test('are none for a goal that speaks of a crisis: nothing is asked, and nothing charged', async () => {
    const me = await somebody();
    const goal = await goalOf(me, 'I want to kill myself before Friday');
    const before = sandbox.bill().length;
    const { status, body } = await me.post(`${GOALS}/${goal}/suggest`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ safety: { status: 'crisis' }, suggestions: [] });
    expect(JSON.stringify(body['support'])).toMatch(/\d/);
    expect(sandbox.bill()).toHaveLength(before);
    expect((await me.used())['suggestions']).toBe(0);
    expect(await count(me.by, 'limits.usage_events', `state = 'posted'`)).toBe(0);
  });

  test('are kept for a repeat of the key, sealed, and not for a goal that was deleted', async () => {
    const me = await somebody();
    const goal = await goalOf(me);
    const key = { 'idempotency-key': 'once' };
    const once = await me.post(`${GOALS}/${goal}/suggest`, undefined, key);
    const again = await me.post(`${GOALS}/${goal}/suggest`, undefined, key);
    expect(again.body).toEqual(once.body);
    expect(await count(me.by, 'idempotency.keys', 'answer is not null')).toBe(0);
    await me.remove(`${GOALS}/${goal}`);
    expect((await me.post(`${GOALS}/${goal}/suggest`, undefined, key)).status).toBe(404);
  });
});
