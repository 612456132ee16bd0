import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceTo } from '#test/factories';
import { assertWithin } from '#test/property';
import type { Reply } from '../../services/app.ts';
import { testApp } from '../../services/app.ts';
import { codeOf, type Kept, keptOf, machine, type Office, office } from './office.ts';

const app = await testApp({ work: false });
const MAX = 3;
/** Seconds between two moments: no time that matters is a multiple of it, so that none ends while somebody asks. */
const BEAT = 11;

interface Take {
  readonly take: number;
  readonly resumes: boolean;
}
type Step =
  | Take
  | { readonly beat: number; readonly stale: boolean }
  | { readonly free: number; readonly stale: boolean }
  | { readonly force: number }
  | { readonly close: true }
  | { readonly sleep: number };
const which = fc.integer({ min: 0, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ take: which, resumes: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ beat: which, stale: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ free: which, stale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ force: which }) },
  { weight: 1, arbitrary: fc.record({ close: fc.constant(true as const) }) },
  { weight: 4, arbitrary: fc.record({ sleep: fc.oneof(fc.integer({ min: 1, max: 32 }), fc.constant(200)) }) },
);

/** A session by what its machine was answered. Times are milliseconds since 1970 at the server. */
interface Told {
  kept: Kept;
  readonly machine: number;
  readonly startedAt: number;
  beatAt: number;
  until: number;
  /** Until when it may work without the server, and has not said that it won't. */
  away: number;
  status: 'active' | 'released' | 'taken_over' | 'forced';
  /** By the server where it said so, else when we asked. */
  endedAt?: number;
}

/** Computes who held a seat when, from requests and answers alone. */
class Checker {
  readonly sessions: Told[] = [];
  /** When the last request was sent, by the driven clock. */
  now = 0;

  last(of: number, stale = false): Told | undefined {
    return this.sessions.filter((one) => one.machine === of).at(stale ? -2 : -1);
  }

  isLive(one: Told, at = this.now): boolean {
    return one.status === 'active' && Math.max(one.until, one.away) > at;
  }

  isOccupied(of: number, at = this.now): boolean {
    return this.sessions.some((one) => one.machine === of && (one.away > at || this.isLive(one, at)));
  }

  took(of: number, reply: Reply, resumes: boolean): void {
    const at = time(reply, 'server_time');
    const former = this.last(of);
    if (former !== undefined) {
      if (this.isLive(former, at)) Object.assign(former, { status: 'taken_over', endedAt: at });
      if (resumes) former.away = 0;
    }
    const until = time(reply, 'expires_at');
    const kept = keptOf(reply);
    this.sessions.push({ kept, machine: of, startedAt: at, beatAt: at, until, away: 0, status: 'active' });
  }

  beaten(one: Told, reply: Reply): void {
    one.beatAt = time(reply, 'server_time');
    one.until = time(reply, 'expires_at');
    if (reply.body['offline_until'] !== null) one.away = time(reply, 'offline_until');
    one.kept = keptOf(reply);
  }

  /** What the history says, newest first. */
  history() {
    return this.sessions
      .map((one) => {
        const isOver = one.status === 'active' && !this.isLive(one);
        const endedAt = isOver ? Math.max(one.until, one.away) : one.endedAt;
        const status = isOver ? 'expired' : one.status;
        return { id: one.kept.session_id, status, from: one.startedAt, until: endedAt, beat: one.beatAt };
      })
      .toReversed();
  }
}

const time = ({ body }: Reply, name: string): number => Date.parse(String(body[name]));

async function take(at: Office, known: Checker, { take: of, resumes }: Take) {
  const former = resumes ? known.last(of) : undefined;
  const others = [0, 1, 2, 3, 4].filter((one) => one !== of && known.isOccupied(one));
  const more = former === undefined ? {} : { signed_token: former.kept.signed_token };
  const reply = await at.acquire(`${of}`, more);
  if (codeOf(reply) === 'limit_exceeded') return;
  expect(reply.status).toBe(others.length < MAX ? 201 : 429);
  if (reply.status === 201) known.took(of, reply, former !== undefined);
}

async function beat(at: Office, known: Checker, one: Told) {
  const isLast = one === known.last(one.machine);
  const reply = await at.beat(one.kept);
  if (codeOf(reply) === 'limit_exceeded') return;
  expect(reply.status).toBe(!isLast ? 409 : known.isLive(one) ? 200 : 410);
  if (reply.status === 200) known.beaten(one, reply);
}

async function free(at: Office, known: Checker, one: Told) {
  const isLast = one === known.last(one.machine);
  expect((await at.release(one.kept)).status).toBe(204);
  if (!isLast) return;
  if (known.isLive(one)) Object.assign(one, { status: 'released', endedAt: known.now });
  one.away = 0;
}

async function force(at: Office, known: Checker, of: number) {
  const seat = (await at.seats()).find(({ hardware_id: id }) => id === machine(`${of}`));
  expect(seat !== undefined).toBe(known.isOccupied(of));
  if (seat === undefined) return;
  const { call } = app;
  const { status } = await call(
    at.who.key,
    `DELETE /v1/licenses/${at.id}/seats/${String(seat['machine_id'])}`,
  );
  const one = known.last(of);
  const isLive = one !== undefined && known.isLive(one);
  expect(status).toBe(isLive ? 200 : 404);
  if (isLive) Object.assign(one, { status: 'forced', endedAt: known.now });
}

async function act(at: Office, known: Checker, one: Step): Promise<void> {
  if ('take' in one) return take(at, known, one);
  if ('force' in one) return force(at, known, one.force);
  if ('close' in one) {
    const { service } = app.app.modules.mounted.find(({ module }) => module === 'coditect') ?? {};
    return (service as { holders: { close(): Promise<void> } }).holders.close();
  }
  if (!('beat' in one) && !('free' in one)) return undefined;
  const of = 'beat' in one ? one.beat : one.free;
  const told = known.last(of, one.stale);
  if (told === undefined) return undefined;
  return 'beat' in one ? beat(at, known, told) : free(at, known, told);
}

/** What the server says of a session beside what was computed: of an end that nobody was told the instant of, to the moment. */
function compared(row: Readonly<Record<string, unknown>>, mine: ReturnType<Checker['history']>[number]) {
  const instant = (name: string) => {
    const said = row[name];
    return typeof said === 'string' ? Date.parse(said) : undefined;
  };
  const until = instant('ended_at');
  const isRough = mine.status === 'released' || mine.status === 'forced';
  const isNear = isRough && until !== undefined && Math.abs(until - (mine.until ?? 0)) < BEAT * 1_000;
  return {
    id: row['session_id'],
    status: row['status'],
    from: instant('started_at'),
    until: isNear ? mine.until : until,
    beat: instant('last_heartbeat_at'),
  };
}

/** Whole seconds from the beginning of a session to its end; null: it goes on. */
function lasted({ started_at: from, ended_at: until }: Readonly<Record<string, unknown>>): number | null {
  if (typeof until !== 'string') return null;
  return Math.round((Date.parse(until) - Date.parse(String(from))) / 1_000);
}

test('the history of a licence is what a checker computes that saw nothing but requests and answers', async () => {
  let start = Date.parse('2033-01-01T00:00:00Z');
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 30 }), async (plan) => {
      const at = await office(app);
      const known = new Checker();
      start += 86_400_000;
      let seconds = 0;
      for (const one of plan) {
        seconds += BEAT * ('sleep' in one ? one.sleep : 1);
        known.now = start + seconds * 1_000;
        await advanceTo(app.db, new Date(known.now).toISOString());
        await act(at, known, one);
      }
      const mine = known.history();
      const rows = await at.history();
      expect(rows).toHaveLength(mine.length);
      for (const row of rows) expect(row['duration_seconds']).toBe(lasted(row));
      expect(rows.map((row, place) => compared(row, mine[place] ?? ({} as never)))).toEqual(mine);
    }),
    { numRuns: 12, within: 40_000 },
  );
}, 90_000);
