import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceTo } from '@plinth/testkit/factories';
import { assertWithin } from '@plinth/testkit/property';
import { testApp } from '@plinth/testkit/services/app';
import { codeOf, type KeptSession, keptOf, type Office, office } from './sessions/office.ts';

const app = await testApp({ work: false });
const { call, db } = app;
const admin = await app.admin();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SEATS = 3;
/** Seconds by which sums in whole seconds may differ from those of answers in milliseconds. */
const SLACK = 1.6;

type Row = Readonly<Record<string, number | string | null>>;
type Licences = Readonly<{
  analytics: { roll(): Promise<void> };
  holders: { close(): Promise<void> };
}>;
const { service } = app.app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
const { analytics, holders } = service as Licences;

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Days, the oldest first. */
async function report(from: number, until: number, more = ''): Promise<Row[]> {
  const path = `GET /v1/admin/licenses/analytics?from=${dayOf(from)}&until=${dayOf(until)}&limit=100${more}`;
  const { status, body } = await call(admin.key, path);
  expect(status).toBe(200);
  return (body['data'] as Row[]).toReversed();
}

/** Runs the schedule. */
async function runSchedule(): Promise<void> {
  await holders.close();
  await analytics.roll();
}

interface WorkedTime {
  readonly from: number;
  readonly until: number;
}

/** The times of work under a licence, by what its owner reads. */
async function workedAt(at: Office): Promise<WorkedTime[]> {
  return (await at.history()).map(({ started_at: from, ended_at: until }) => ({
    from: Date.parse(String(from)),
    until: typeof until === 'string' ? Date.parse(until) : Infinity,
  }));
}

/** The figures of a day, from the sessions of each licence alone. */
function computeDay(starts: number, now: number, licences: readonly (readonly WorkedTime[])[]) {
  const ends = Math.min(starts + DAY, now);
  const all = licences.flat();
  const began = all.filter(({ from }) => from >= starts && from < ends);
  const ended = all.filter(({ until }) => until >= starts && until < ends);
  const timeWithin = (one: WorkedTime) => Math.max(0, Math.min(one.until, ends) - Math.max(one.from, starts));
  const busiest = licences.map((sessions) => {
    const here = sessions.filter((one) => timeWithin(one) > 0);
    const atOnce = here.map(({ from }) => {
      const at = Math.max(from, starts);
      return here.filter((one) => one.from <= at && one.until > at).length;
    });
    return Math.max(0, ...atOnce);
  });
  const lasted = sum(ended.map(({ from, until }) => until - from));
  return {
    sessions: began.length,
    sessions_ended: ended.length,
    seats_used: sum(busiest),
    worked: sum(all.map(timeWithin)) / 1_000,
    mean: ended.length === 0 ? null : lasted / ended.length / 1_000,
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

interface Step {
  readonly at: 0 | 1;
  readonly machine: number;
  readonly does: 'acquire' | 'beat' | 'release' | 'schedule';
  readonly minutes: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  at: fc.constantFrom(0 as const, 1 as const),
  machine: fc.integer({ min: 0, max: 4 }),
  does: fc.constantFrom('acquire', 'acquire', 'acquire', 'beat', 'beat', 'release', 'schedule'),
  minutes: fc.constantFrom(0, 0, 1, 4, 35, 300, 1_500),
});

/** A machine that works over midnight: from 23:56 to 0:04. */
const OVERNIGHT: readonly Step[] = [
  ...[300, 300, 35, 35, 35, 35, 35].map(
    (minutes): Step => ({ at: 0, machine: 0, does: 'schedule', minutes }),
  ),
  { at: 0, machine: 0, does: 'acquire', minutes: 0 },
  { at: 0, machine: 0, does: 'beat', minutes: 4 },
  { at: 0, machine: 0, does: 'release', minutes: 4 },
];

describe('figures by day', () => {
  const known: Office[] = [];
  let start = Date.parse('2034-01-01T00:00:00Z');

  test('are what a checker computes from sessions and answers, before a day is written down and after it', async () => {
    await assertWithin(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
        start += 60 * DAY;
        let now = start + 11 * HOUR;
        await advanceTo(db, new Date(now).toISOString());
        const offices = [await office(app), await office(app)] as const;
        known.push(...offices);
        const kept = new Map<string, KeptSession>();
        const denied = new Map<string, number>();
        for (const { at, machine, does, minutes } of steps) {
          now += minutes * 60_000 + 7_000;
          await advanceTo(db, new Date(now).toISOString());
          const name = `${at} ${machine}`;
          const held = kept.get(name);
          if (does === 'schedule') await runSchedule();
          if (does === 'beat' && held !== undefined) await offices[at].beat(held);
          if (does === 'release' && held !== undefined) await offices[at].release(held);
          if (does !== 'acquire') continue;
          const reply = await offices[at].acquire(`${machine}`);
          if (reply.status === 201) kept.set(name, keptOf(reply));
          else if (codeOf(reply) === 'seats_exhausted')
            denied.set(dayOf(now), (denied.get(dayOf(now)) ?? 0) + 1);
        }
        const licences = await Promise.all(known.map(workedAt));
        const compare = async (until: number) => {
          const rows = await report(start, until + DAY);
          expect(rows.map(({ day }) => day)).toEqual(
            Array.from({ length: rows.length }, (_, n) => dayOf(start + n * DAY)),
          );
          for (const [n, row] of rows.entries()) {
            const { worked, mean, ...counts } = computeDay(start + n * DAY, until, licences);
            expect(row).toMatchObject({
              ...counts,
              seats: known.length * SEATS,
              denials: denied.get(dayOf(start + n * DAY)) ?? 0,
            });
            expect(Math.abs(Number(row['worked_seconds']) - worked)).toBeLessThan(SLACK);
            expect(row['mean_session_seconds'] === null).toBe(mean === null);
            expect(Math.abs(Number(row['mean_session_seconds']) - (mean ?? 0))).toBeLessThan(SLACK);
          }
        };
        // Everybody’s lease is over by then.
        now += 2 * HOUR;
        await advanceTo(db, new Date(now).toISOString());
        licences.splice(0, Infinity, ...(await Promise.all(known.map(workedAt))));
        await compare(now);
        now += 2 * DAY;
        await advanceTo(db, new Date(now).toISOString());
        await runSchedule();
        await compare(now);
      }),
      { numRuns: 8, within: 60_000, examples: [[[...OVERNIGHT]]] },
    );
  }, 120_000);

  test('are written once, by whichever process, and denials are forgotten with it', async () => {
    start += 60 * DAY;
    await advanceTo(db, new Date(start + HOUR).toISOString());
    const at = await office(app);
    for (const name of ['a', 'b', 'c']) await at.seat(name);
    expect((await Promise.all(['d', 'e'].map((name) => at.acquire(name)))).map(codeOf)).toEqual([
      'seats_exhausted',
      'seats_exhausted',
    ]);
    expect(await app.count(at.who, 'coditect.denials')).toBeGreaterThan(0);
    const open = await report(start, start + DAY);
    expect(open).toMatchObject([{ denials: 2, sessions: 3, seats_used: 3 }]);
    const [{ seats, utilization } = {}] = open;
    expect(utilization).toBe(Math.round((3 / Number(seats)) * 10_000) / 10_000);
    await advanceTo(db, new Date(start + DAY + HOUR / 2).toISOString());
    await runSchedule();
    // Within an hour of midnight a session may still be about to commit.
    expect(await app.count(at.who, 'coditect.days')).toBe(0);
    const over = await report(start, start + DAY);
    await advanceTo(db, new Date(start + DAY + 2 * HOUR).toISOString());
    await Promise.all([runSchedule(), runSchedule()]);
    await runSchedule();
    expect(await report(start, start + DAY)).toEqual(over);
    expect(await app.count(at.who, 'coditect.days')).toBe(1);
    expect(await app.count(at.who, 'coditect.denials')).toBe(0);
  });

  test('of a day without anything are zeros; a day that has not begun has no row', async () => {
    start += 60 * DAY;
    await advanceTo(db, new Date(start + HOUR).toISOString());
    const rows = await report(start - 2 * DAY, start + 5 * DAY);
    expect(rows.map(({ day }) => day)).toEqual([-2, -1, 0].map((days) => dayOf(start + days * DAY)));
    for (const row of rows)
      expect(row).toMatchObject({
        sessions: 0,
        denials: 0,
        worked_seconds: 0,
        mean_session_seconds: null,
        mrr_minor: 0,
        customers: 0,
        logo_churn: null,
      });
    const long = Date.parse('2001-03-01T00:00:00Z');
    expect(await report(long, long + 2 * DAY)).toMatchObject([
      { day: '2001-03-01', seats: 0, utilization: null, sign_ups: 0 },
      { day: '2001-03-02' },
    ]);
  });

  test('begin with the newest day, beside totals of now and of the present month', async () => {
    const month = Date.parse('2039-03-01T00:00:00Z');
    start = month;
    await advanceTo(db, new Date(month - 20 * DAY).toISOString());
    const at = await office(app);
    await advanceTo(db, new Date(month + 9 * DAY + HOUR).toISOString());
    await app.customer();
    for (const name of ['a', 'b']) await at.seat(name);
    const { body } = await call(admin.key, `GET /v1/admin/analytics?from=2039-02-27&until=2039-03-02`);
    expect((body['data'] as Row[]).map(({ day }) => day)).toEqual(['2039-03-01', '2039-02-28', '2039-02-27']);
    const seats = (known.length + 2) * SEATS;
    expect(body['totals']).toMatchObject({
      currency: 'usd',
      mrr_minor: 0,
      arr_minor: 0,
      sign_ups: 1,
      churned_customers: 0,
      churn: null,
      running_sessions: 2,
      seats,
      utilization: Math.round((2 / seats) * 10_000) / 10_000,
    });
    await advanceTo(db, new Date(month + 10 * DAY).toISOString());
    const later = await call(admin.key, 'GET /v1/admin/analytics?from=2039-03-01');
    expect(later.body['totals']).toMatchObject({ running_sessions: 0, utilization: 0 });
  });

  test('come in pages, and as CSV, and at the plan document’s path, to operators alone', async () => {
    const asked = `from=${dayOf(start - 4 * DAY)}&until=${dayOf(start + DAY)}`;
    const path = `GET /v1/admin/licenses/analytics?${asked}`;
    const whole = (await call(admin.key, path)).body['data'] as Row[];
    expect(whole).toHaveLength(5);
    const paged: Row[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call(admin.key, `${path}&limit=2${cursor}`);
      paged.push(...(body['data'] as Row[]));
      if (typeof body['next_cursor'] !== 'string') break;
      cursor = `&cursor=${encodeURIComponent(body['next_cursor'])}`;
    }
    expect(paged).toEqual(whole);
    expect((await call(admin.key, `GET /api/v1/admin/analytics/?${asked}`)).body['data']).toEqual(whole);

    const csv = await fetch(`${app.url}/v1/admin/licenses/analytics?${asked}&format=csv`, {
      headers: { authorization: `Bearer ${admin.key}` },
    });
    const [head = '', ...lines] = (await csv.text()).trimEnd().split('\r\n');
    expect(csv.headers.get('content-disposition')).toContain('license-analytics.csv');
    const columns = head.split(',');
    expect(columns.toSorted()).toEqual(Object.keys(whole[0] ?? {}).toSorted());
    expect(columns[0]).toBe('day');
    expect(lines).toEqual(whole.map((row) => columns.map((name) => row[name] ?? '').join(',')));

    expect((await call((await app.customer()).key, path)).status).toBe(403);
    const refused = [
      'from=2034-02-01&until=2034-01-01',
      'from=2030-01-01&until=2034-01-01',
      'currency=dollars',
    ];
    for (const query of [...refused, `${asked}&cursor=WyJ4Il0`, `${asked}&zone=UTC`])
      expect((await call(admin.key, `GET /v1/admin/licenses/analytics?${query}`)).status).toBeLessThan(500);
    for (const query of refused)
      expect((await call(admin.key, `GET /v1/admin/licenses/analytics?${query}`)).status).toBe(400);
  });
});
