import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceTo, stopTime } from '@plinth/testkit/factories';
import { assertWithin } from '@plinth/testkit/property';
import type { Reply } from '@plinth/testkit/services/app';
import { callAt, testApp } from '@plinth/testkit/services/app';
import { Checker, type SessionRecord } from './checker.ts';
import { codeOf, machine, type Office, office, officeOf, setLicense } from './office.ts';

const app = await testApp({ work: false });
/** Another process of the server. */
const beside = await testApp({ work: false, beside: app });
await stopTime(app.db);
const MAX = 3;
const MACHINES = [0, 1, 2, 3, 4] as const;
/** Seconds between two moments. No time that matters is a multiple of it. */
const BEAT = 11;
const DEACTIVATIONS = 3;
/** Minutes, of 60 that the licence has. */
const BORROWED = 45;

interface Take {
  readonly take: readonly number[];
  /** Which of the machine's tokens it shows: its last one, the one before that, or none. */
  readonly shows: 'last' | 'stale' | 'none';
}
type Step =
  | Take
  | { readonly beat: number; readonly stale: boolean }
  | { readonly borrow: number; readonly stale: boolean }
  | { readonly free: number; readonly stale: boolean }
  | { readonly force: number }
  | { readonly deactivate: number }
  | { readonly suspend: boolean }
  | { readonly close: true }
  | { readonly sleep: number };
const which = fc.constantFrom(...MACHINES);
const some = fc.uniqueArray(which, { minLength: 1, maxLength: 4 });
const stale = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ take: some, shows: fc.constantFrom('last', 'stale', 'none') }) },
  { weight: 5, arbitrary: fc.record({ beat: which, stale }) },
  { weight: 2, arbitrary: fc.record({ borrow: which, stale }) },
  { weight: 2, arbitrary: fc.record({ free: which, stale }) },
  { weight: 1, arbitrary: fc.record({ force: which }) },
  { weight: 1, arbitrary: fc.record({ deactivate: which }) },
  { weight: 1, arbitrary: fc.record({ suspend: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ close: fc.constant(true as const) }) },
  { weight: 4, arbitrary: fc.record({ sleep: fc.oneof(fc.integer({ min: 1, max: 32 }), fc.constant(200)) }) },
);

/** One licence at both processes. */
interface Scene {
  readonly operator: string;
  readonly known: Checker;
  readonly at: Office;
  readonly there: Office;
}

const isTooOften = (reply: Reply) => codeOf(reply) === 'limit_exceeded';

async function take({ at, there, known }: Scene, { take: asked, shows }: Take): Promise<void> {
  const before = known.occupied();
  const taken = await Promise.all(
    asked.map(async (of, n) => {
      const shown = shows === 'none' ? undefined : known.last(of, shows === 'stale');
      const more = shown === undefined ? {} : { signed_token: shown.kept.signed_token };
      return { of, shown, reply: await (n % 2 === 0 ? at : there).acquire(`${of}`, more) };
    }),
  );
  const heard = taken.filter(({ reply }) => !isTooOften(reply));
  const codes = new Set(heard.map(({ reply }) => codeOf(reply)));
  if (known.isSuspended) return expect([...codes].filter((code) => code !== 'license_suspended')).toEqual([]);
  expect([...codes].filter((code) => code !== undefined && code !== 'seats_exhausted')).toEqual([]);
  // Holders keep their seats; the others get as many as are left.
  const isSeated = ({ reply }: (typeof heard)[number]) => reply.status === 201;
  const isThere = ({ of }: (typeof heard)[number]) => before.has(known.nameOf(of));
  expect(heard.filter((one) => isThere(one) && !isSeated(one))).toEqual([]);
  const others = heard.filter((one) => !isThere(one));
  expect(others.filter(isSeated)).toHaveLength(Math.min(others.length, MAX - before.size));
  for (const { of, reply, shown } of heard.filter(isSeated)) known.took(of, reply, shown);
}

/** The status of a heartbeat with this token. */
function expectedStatus(known: Checker, one: SessionRecord): number {
  if (!known.isLast(one)) return 409;
  if (known.isLive(one)) return 200;
  return one.status === 'suspended' && known.isSuspended ? 403 : 410;
}

async function beat({ at, known }: Scene, one: SessionRecord): Promise<void> {
  const reply = await at.beat(one.kept);
  if (isTooOften(reply)) return;
  expect(reply.status).toBe(expectedStatus(known, one));
  if (reply.status !== 200) return;
  expect(reply.body['offline_until'] !== null).toBe(known.isHandedOut(one));
  known.renewed(one, reply);
}

async function borrow({ there, known }: Scene, one: SessionRecord): Promise<void> {
  const reply = await there.borrow(one.kept, BORROWED);
  if (isTooOften(reply)) return;
  const isEarly = expectedStatus(known, one) === 200 && !known.isHandedOut(one);
  expect([reply.status, codeOf(reply)]).toEqual(
    isEarly ? [409, 'offline_too_early'] : [expectedStatus(known, one), codeOf(reply)],
  );
  if (isEarly) known.renewedUntold(one);
  if (reply.status === 200) known.renewed(one, reply);
}

async function free({ at, known }: Scene, one: SessionRecord): Promise<void> {
  expect((await at.release(one.kept)).status).toBe(204);
  known.gaveBack(one);
}

async function force({ at, known }: Scene, of: number): Promise<void> {
  const seat = (await at.seats()).find(({ hardware_id: id }) => id === machine(of));
  const one = known.last(of);
  const isLive = one !== undefined && known.isLive(one);
  if (seat === undefined) return expect(isLive).toBe(false);
  const path = `DELETE /v1/licenses/${at.id}/seats/${String(isLive ? await machineIdOf(at, one) : seat['machine_id'])}`;
  expect((await app.call(at.who.key, path)).status).toBe(isLive ? 200 : 404);
  if (isLive) known.ended(one, 'forced');
}

/** Holders of a seat: a deactivated machine may occupy one as well. */
async function machineIdOf(at: Office, { kept }: SessionRecord): Promise<unknown> {
  return (await at.seats()).find(({ session_id: id }) => id === kept.session_id)?.['machine_id'];
}

async function deactivate({ at, known }: Scene, of: number): Promise<void> {
  const body = { license_key: at.key, hardware_id: machine(of) };
  const { status } = await app.call(undefined, 'POST /v1/licenses/deactivate', { body });
  if (!known.activated.has(of)) return expect(status).toBe(204);
  const isOften = known.deactivations >= DEACTIVATIONS;
  expect(status).toBe(known.isSuspended ? 403 : isOften ? 429 : 204);
  if (status === 204) known.deactivated(of);
}

async function suspend({ at, known, operator }: Scene, isSuspended: boolean): Promise<void> {
  const path = `POST /v1/admin/licenses/${at.id}/${isSuspended ? 'suspend' : 'reinstate'}`;
  const reply: Reply = await app.call(operator, path, isSuspended ? { body: { reason: 'a test' } } : {});
  expect(reply.status).toBe(200);
  if (isSuspended) for (const one of known.sessions) known.ended(one, 'suspended');
  known.isSuspended = isSuspended;
}

async function act(scene: Scene, one: Step): Promise<void> {
  const { known } = scene;
  if ('take' in one) return take(scene, one);
  if ('force' in one) return force(scene, one.force);
  if ('deactivate' in one) return deactivate(scene, one.deactivate);
  if ('suspend' in one) return suspend(scene, one.suspend);
  if ('close' in one) {
    const { service } = app.app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
    return (service as { holders: { close(): Promise<void> } }).holders.close();
  }
  if ('sleep' in one) return undefined;
  const of = 'beat' in one ? one.beat : 'borrow' in one ? one.borrow : one.free;
  const told = known.last(of, one.stale);
  if (told === undefined) return undefined;
  return 'beat' in one ? beat(scene, told) : 'borrow' in one ? borrow(scene, told) : free(scene, told);
}

/** The server's row of a session. */
function sessionOf(row: Readonly<Record<string, unknown>>) {
  const instant = (name: string) => (typeof row[name] === 'string' ? Date.parse(row[name]) : undefined);
  return {
    id: row['session_id'],
    status: row['status'],
    from: instant('started_at'),
    until: instant('ended_at'),
    beat: instant('last_heartbeat_at'),
  };
}

/** Whole seconds from the beginning of a session to its end; null: it goes on. */
function secondsOf({ started_at: from, ended_at: until }: Readonly<Record<string, unknown>>): number | null {
  if (typeof until !== 'string') return null;
  return Math.round((Date.parse(until) - Date.parse(String(from))) / 1_000);
}

test('the history of a licence is what a checker computes that saw nothing but requests and answers', async () => {
  let start = Date.parse('2033-01-02T00:00:00Z');
  await assertWithin(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 30 }), async (plan) => {
      const at = await office(app);
      await setLicense(app, at.who.accountId, { offlineMinutes: 60 });
      const there = await officeOf({ call: callAt(beside.url) }, at.who);
      const { key: operator } = await app.admin();
      const scene = { operator, at, there, known: new Checker() };
      start += 86_400_000;
      let seconds = 0;
      for (const one of plan) {
        seconds += BEAT * ('sleep' in one ? one.sleep : 1);
        scene.known.now = start + seconds * 1_000;
        await advanceTo(app.db, new Date(scene.known.now).toISOString());
        await act(scene, one);
      }
      const mine = new Map(scene.known.history().map((one) => [one.id, one]));
      const rows = await at.history();
      for (const row of rows) expect(row['duration_seconds']).toBe(secondsOf(row));
      expect(rows.map(sessionOf)).toEqual(rows.map(({ session_id: id }) => mine.get(String(id))));
      expect(rows).toHaveLength(mine.size);
      const began = rows.map(({ started_at: from }) => String(from));
      expect(began).toEqual(began.toSorted().toReversed());
    }),
    // The seat that was kept alive is still held at the end, which a search on a busy machine may not come to.
    {
      numRuns: 12,
      within: 40_000,
      examples: [
        [
          [
            { take: [0], shows: 'none' },
            { beat: 0, stale: false },
          ],
        ],
      ],
    },
  );
}, 90_000);
