import { afterAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { openCrashFixture } from '../../crash/fixture.ts';
import { keyOf, makeInstallations } from '../../crash/installation.ts';
import { endAll } from '../../process/program.ts';
import { callAt, type Reply } from '../../services/app.ts';
import { type Kept, keptOf, machine, officeOf } from './office.ts';

const installations = await makeInstallations();
afterAll(async () => {
  endAll();
  await installations.remove();
});

/** Of the plan that the owner of a first start has. */
const MAX = 50;
/** Machines that have their seat when the others come at once. */
const BEFORE = 5;
const key = keyOf(installations.owned);
/** The owner's licence, at whichever process listens there. */
const officeAt = (url: string) => officeOf({ call: callAt(url) }, { key });
const unheard = (): undefined => undefined;

test.each(['before', 'after'])(
  'the only process is killed %s the commit of seats for many of 100 machines: the next one has exactly as many as there are, and those who were answered keep theirs',
  async (side) => {
    const fixture = await openCrashFixture(installations.owned);
    // One commit each for those who came before; then one for the first of the crowd, and one for those who came meanwhile.
    const program = fixture.start(`coditect.session-acquired:${side}:${BEFORE + 2}`);
    const at = await officeAt(await program.url());
    const names = Array.from({ length: 100 }, (_, n) => `crowd-${n}`);
    const replies: (Reply | undefined)[] = [];
    for (const name of names.slice(0, BEFORE)) replies.push(await at.acquire(name));
    const crowd = names.slice(BEFORE).map((name) => at.acquire(name).catch(unheard));
    replies.push(...(await Promise.all(crowd)));
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
    const running = await fixture.takeOver({ work: false });
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

test('a heartbeat that was answered is there after its server was killed, in whichever batch it was', async () => {
  const fixture = await openCrashFixture(installations.owned);
  const program = fixture.start();
  const at = await officeAt(await program.url());
  const kept: Kept[] = [];
  for (let n = 0; n < 24; n += 1) kept.push(await at.seat(`${n}`));
  const answered = new Map<string, number>();
  // Each machine beats without a pause, until nobody answers.
  await Promise.all(
    kept.map(async (one) => {
      for (let n = 0; n < 18; n += 1) {
        const reply = await at.beat(one).catch(unheard);
        if (reply?.status !== 200) return;
        answered.set(one.session_id, Date.parse(String(reply.body['server_time'])));
        if (answered.size === kept.length && n > 2) program.kill('SIGKILL');
      }
    }),
  );
  expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(answered.size).toBe(kept.length);
  const running = await fixture.takeOver({ work: false });
  const rows = await running.db.asMigrator(
    statement<{ id: string; renewed_at: Date }>(
      'select id, renewed_at from limits.seats where id = any($1::uuid[])',
      [[...answered.keys()]],
    ),
  );
  expect(rows).toHaveLength(kept.length);
  for (const { id, renewed_at: renewed } of rows)
    expect(renewed.getTime()).toBeGreaterThanOrEqual(answered.get(id) ?? Infinity);
  const next = await officeAt(running.url);
  for (const one of kept) expect((await next.beat(one)).status).toBe(200);
  await running.stop();
  await fixture.close();
});
