import { expect } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { aliveHolders } from './promises.ts';
import { expectPromises, leasesRunOut, openCrashFixture, type CrashFixture } from './fixture.ts';
import type { Installations } from './installation.ts';
import type { Walk } from './walks.ts';

/** Longer than any point takes to be reached on a machine that stalls: the first renewal of the lease comes after ten seconds. */
const REACHED = 90_000;

/** Kills a process at a crash point of a walk, starts another on what it left behind, and checks what is promised. */
export async function crashAndRecover(installations: Installations, at: string, walk: Walk): Promise<void> {
  const fixture = await openCrashFixture(installations[walk.on ?? 'owned'], walk.through);
  try {
    await prepare(fixture, walk);
    await crash(fixture, at, walk);
    await recover(fixture, walk);
  } finally {
    await fixture.close();
  }
}

/** Brings about what the process finds that is to be killed. */
async function prepare(fixture: CrashFixture, { earlier, found, provider }: Walk): Promise<void> {
  const { stripe } = fixture;
  if (stripe !== undefined) await fixture.between((db) => stripe.sell(db));
  if (earlier?.crashAt !== undefined) {
    await crash(fixture, earlier.crashAt, earlier);
    await fixture.between(leasesRunOut);
  } else if (earlier !== undefined) {
    const running = await fixture.takeOver({ work: false });
    await earlier.client(fixture.client(running.url), stripe);
    await running.stop();
  }
  if (found !== undefined) await fixture.between(found);
  provider?.(fixture.sandbox);
}

/** Starts the program as a process of its own, lets the customer go to work, and waits until it has died. */
async function crash(fixture: CrashFixture, at: string, act: Pick<Walk, 'client' | 'stops'>): Promise<void> {
  const program = fixture.start(at);
  let missed = false;
  const tooLate = setTimeout(() => {
    missed = true;
    program.kill('SIGKILL');
  }, REACHED);
  const acting = program
    .url()
    .then((url) => act.client?.(fixture.client(url), fixture.stripe))
    .then(() => {
      if (act.stops === true) program.kill('SIGTERM');
    })
    // The server dies under the customer's hands: that is what we are here for.
    .catch(() => {});
  const { signal } = await program.ended;
  clearTimeout(tooLate);
  await acting;
  expect({ missed, signal }, `it was not killed at ${at}: ${program.said()}`).toEqual({
    missed: false,
    signal: 'SIGKILL',
  });
}

/** Another process takes over, the customer comes back with the same key, and then all promises hold. */
async function recover(fixture: CrashFixture, walk: Walk): Promise<void> {
  const running = await fixture.takeOver({ work: true });
  try {
    const client = fixture.client(running.url);
    if (walk.later !== undefined) await advance(running.db, walk.later);
    if (walk.client !== undefined && walk.leaves === undefined) {
      expect(walk.ends).toContain(await walk.client(client, fixture.stripe));
    }
    // The one call of each process that was under way.
    const hidden = (walk.earlier?.crashAt === undefined ? 1 : 2) + (walk.hides ?? 0);
    await expectPromises(running, { ...fixture, hidden });
    fixture.sandbox.faults.clear();
    const next = await client.create('another');
    expect(next.status, 'there is room for a new create').toBe('completed');
    await expectPromises(running, { ...fixture, hidden });
  } finally {
    await running.stop(async (db) => expect(await aliveHolders(db)).toBe(0));
  }
}
