import { afterAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { openCrashFixture } from '@plinth/testkit/crash/fixture';
import { keyOf, type RunningProgram } from '@plinth/testkit/crash/installation';
import { makeInstallations } from '../../../../test/crash/installation.ts';
import { endAll } from '@plinth/testkit/program';
import { callAt, type Reply } from '@plinth/testkit/services/app';
import { type KeptSession, keptOf, machine, officeOf } from './office.ts';

const installations = await makeInstallations();
afterAll(async () => {
  endAll();
  await installations.remove();
});

/** Seats of the plan that the owner of a first start has. */
const MAX = 50;
/** Machines that have their seat, and beat without a pause, when the others come at once. */
const BEFORE = 24;
const key = keyOf(installations.owned);
/** The owner's licence, at whichever process listens there. */
const officeAt = (url: string) => officeOf({ call: callAt(url) }, { key });
type Desk = Awaited<ReturnType<typeof officeAt>>;
const ignore = (): undefined => undefined;

/** Machines that beat without a pause, until no answer comes, or as often as one may in a minute. */
function startBeating(at: Desk, kept: readonly KeptSession[]) {
  /** The latest time of the server's that each session was answered. */
  const answered = new Map<string, number>();
  const rounds = Promise.withResolvers<void>();
  const beats = kept.map(async (one) => {
    for (let n = 0; n < 18; n += 1) {
      const reply = await at.beat(one).catch(ignore);
      if (reply?.status !== 200) return;
      answered.set(one.session_id, Date.parse(String(reply.body['server_time'])));
      if (answered.size === kept.length && n > 2) rounds.resolve();
    }
  });
  const ended = Promise.all(beats);
  return {
    answered,
    ended,
    /** Each has been answered, and goes on. */
    isOn: Promise.race([rounds.promise, ended]),
  };
}

/** That what was answered is there, in whichever batch it was. */
async function expectKept({ db }: RunningProgram, answered: ReadonlyMap<string, number>): Promise<void> {
  const rows = await db.asMigrator(
    statement<{ id: string; renewed_at: Date }>(
      'select id, renewed_at from limits.seats where id = any($1::uuid[])',
      [[...answered.keys()]],
    ),
  );
  expect(rows).toHaveLength(BEFORE);
  for (const { id, renewed_at: renewed } of rows)
    expect(renewed.getTime()).toBeGreaterThanOrEqual(answered.get(id) ?? Infinity);
}

test.each(['before', 'after'])(
  'the only process is killed %s the commit of seats for many of 100 machines: the next one has exactly as many as there are, those who were answered keep theirs, and each heartbeat that was answered is there',
  async (side) => {
    const fixture = await openCrashFixture(installations.owned);
    // One commit each for those who came before; then one for the first of the crowd, and one for those who came meanwhile.
    const program = fixture.start(`coditect.session-acquired:${side}:${BEFORE + 2}`);
    const at = await officeAt(await program.url());
    const names = Array.from({ length: 100 }, (_, n) => `crowd-${n}`);
    const replies: (Reply | undefined)[] = [];
    for (const name of names.slice(0, BEFORE)) replies.push(await at.acquire(name));
    const kept = replies.flatMap((reply) => (reply === undefined ? [] : [keptOf(reply)]));
    const beats = startBeating(at, kept);
    await beats.isOn;
    const crowd = names.slice(BEFORE).map((name) => at.acquire(name).catch(ignore));
    replies.push(...(await Promise.all(crowd)));
    await beats.ended;
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
    const running = await fixture.takeOver({ work: false });
    await expectKept(running, beats.answered);
    const next = await officeAt(running.url);
    const answered = replies.filter((reply) => reply?.status === 201);
    expect(answered.length).toBeGreaterThanOrEqual(BEFORE);
    expect(answered.length).toBeLessThan(MAX);
    for (const reply of answered)
      if (reply !== undefined) expect((await next.beat(keptOf(reply))).status).toBe(200);
    const again = await Promise.all(names.map(async (name, n) => replies[n] ?? next.acquire(name)));
    const seated = names.filter((_, n) => again[n]?.status === 201);
    expect(seated).toHaveLength(MAX);
    expect(again.filter(({ status }) => status === 429)).toHaveLength(100 - MAX);
    const holders = (await next.seats()).map(({ hardware_id: id }) => id);
    expect(holders).toHaveLength(MAX);
    expect(new Set(holders)).toEqual(new Set(seated.map(machine)));
    await running.stop();
    await fixture.close();
  },
);
