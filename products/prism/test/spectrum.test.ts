import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { weekOf } from '../spectrum/service.ts';
import { type Person, prismFixture } from './fixture.ts';

const app = await prismFixture();
const { db, somebody } = app;

const GOALS = '/v1/lens/goals';

async function goalOf(me: Person): Promise<string> {
  return String((await me.post(GOALS, { title: 'Run ten kilometres' })).body['id']);
}

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
