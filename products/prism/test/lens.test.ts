import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { advance, advanceTo } from '@plinth/testkit/factories';
import { weekOf } from '../spectrum/service.ts';
import { type Person, prismFixture } from './fixture.ts';

const app = await prismFixture();
const { count, db, sandbox, somebody } = app;

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

describe('the spectrum', () => {
  interface DrawnFragment {
    readonly day: string;
    readonly kind: string;
    readonly text: string;
    readonly intensity: number;
  }

  async function fragments({ by }: Person, session: string, all: readonly DrawnFragment[]): Promise<void> {
    for (const [n, { day, kind, text, intensity }] of all.entries())
      await db.asMigrator(
        statement(
          `with said as (
             insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, safety, safety_kinds, day)
             values ($1, gen_random_uuid(), $2, $3, 'user', 'said', 'answered', 'ok', '{}', $4) returning id)
           insert into prism.mirror_fragments (account_id, id, session_id, message_id, kind, text, intensity, day)
           select $1, gen_random_uuid(), $2, id, $5, $6, $7, $4 from said`,
          [by.accountId, session, n + 1, day, kind, text, intensity],
        ),
      );
  }

  test('is by day or by week of the calendar where the person wrote, and leaves out what was deleted', async () => {
    const me = await somebody('prism.prism');
    const [kept, deleted] = [await me.session(), await me.session()];
    await fragments(me, kept, [
      { day: '2030-12-29', kind: 'feeling', text: 'Torn', intensity: 0.2 },
      { day: '2030-12-30', kind: 'feeling', text: 'torn', intensity: 0.4 },
      { day: '2031-01-05', kind: 'feeling', text: 'torn', intensity: 0.8 },
      { day: '2031-01-05', kind: 'theme', text: 'the move', intensity: 1 },
    ]);
    await fragments(me, deleted, [{ day: '2031-01-05', kind: 'need', text: 'sleep', intensity: 1 }]);
    await me.remove(`/v1/mirror/sessions/${deleted}`);
    const days = await me.get('/v1/spectrum?from=2030-12-30&to=2031-01-05');
    expect(days.body['data']).toMatchObject([
      { starts: '2030-12-30', feelings: [{ text: 'torn', count: 1, intensity: 0.4 }], needs: [] },
      {
        starts: '2031-01-05',
        feelings: [{ text: 'torn', count: 1 }],
        themes: [{ text: 'the move', count: 1, intensity: 1 }],
        needs: [],
      },
    ]);
    const weeks = await me.get('/v1/spectrum?from=2031-01-01&to=2031-01-02&bucket=week');
    expect(weeks.body).toMatchObject({
      from: '2030-12-30',
      to: '2031-01-05',
      data: [
        {
          starts: '2030-12-30',
          ends: '2031-01-05',
          week: '2031-W01',
          feelings: [{ text: 'torn', count: 2, intensity: 0.6 }],
        },
      ],
    });
    for (const range of ['from=2031-01-02&to=2031-01-01', 'from=2029-01-01&to=2031-01-01', 'from=2031-02-30'])
      expect(refusalOf(await me.get(`/v1/spectrum?${range}`)).code).toBe('validation_failed');
  });

  test('is asked for by days that calendars can count with', async () => {
    const me = await somebody('prism.prism');
    for (const range of ['from=0000-01-01', 'to=0001-01-05', 'from=9999-12-30', 'to=9999-12-31&bucket=week'])
      expect(refusalOf(await me.get(`/v1/spectrum?${range}`)).code, range).toBe('validation_failed');
    for (const range of ['to=1900-01-01&bucket=week', 'from=2999-12-31', 'to=2999-12-31&bucket=week'])
      expect((await me.get(`/v1/spectrum?${range}`)).status, range).toBe(200);
    const goal = await me.post(GOALS, { title: 'x', target_date: '0000-01-01' });
    expect(refusalOf(goal).code).toBe('validation_failed');
    const action = await me.post(`${GOALS}/${await goalOf(me)}/actions`, { title: 'x', due: '9999-12-31' });
    expect(refusalOf(action).code).toBe('validation_failed');
  });

  test('is empty where nothing was said, and exported as a table', async () => {
    const me = await somebody('prism.prism_plus');
    expect((await me.get('/v1/spectrum')).body['data']).toEqual([]);
    await fragments(me, await me.session(), [
      { day: '2031-01-05', kind: 'value', text: '=1+1', intensity: 0.5 },
    ]);
    const response = await fetch(`${app.url}/v1/spectrum?from=2031-01-01&to=2031-01-31`, {
      headers: { authorization: `Bearer ${me.by.key}`, accept: 'text/csv' },
    });
    expect(await response.text()).toBe(
      "starts,ends,kind,text,count,intensity\r\n2031-01-05,2031-01-05,value,'=1+1,1,0.5\r\n",
    );
  });

  test.each([
    ['2026-12-28', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2024-12-30', '2025-W01'],
    ['2026-11-16', '2026-W47'],
  ])('counts the week of Monday %s as %s', (monday, week) => {
    expect(weekOf(monday)).toBe(week);
  });
});
