import { expect } from 'vitest';
import { advance } from '#test/factories';
import { aliveHolders } from './promises.ts';
import { expectPromises, leasesRunOut, openScene, type Scene } from './scene.ts';
import type { Sites } from './site.ts';
import type { Walk } from './walks.ts';

/** Longer than any point takes to be reached on a machine that stalls: the first renewal of the lease comes after ten seconds. */
const REACHED = 90_000;

/** Kills a process at a crash point of a walk, starts another on what it left behind, and checks what is promised. */
export async function crashAndRecover(sites: Sites, at: string, walk: Walk): Promise<void> {
  const scene = await openScene(sites[walk.on ?? 'owned'], walk.through);
  try {
    await prepare(scene, walk);
    await crash(scene, at, walk);
    await recover(scene, walk);
  } finally {
    await scene.close();
  }
}

/** Brings about what the process finds that is to be killed. */
async function prepare(scene: Scene, { earlier, found, provider }: Walk): Promise<void> {
  const { stripe } = scene;
  if (stripe !== undefined) await scene.between((db) => stripe.sell(db));
  if (earlier?.crashAt !== undefined) {
    await crash(scene, earlier.crashAt, earlier);
    await scene.between(leasesRunOut);
  } else if (earlier !== undefined) {
    const running = await scene.takeOver({ work: false });
    await earlier.client(scene.client(running.url), stripe);
    await running.stop();
  }
  if (found !== undefined) await scene.between(found);
  provider?.(scene.sandbox);
}

/** Starts the program as a process of its own, lets the customer go to work, and waits until it has died. */
async function crash(scene: Scene, at: string, act: Pick<Walk, 'client' | 'stops'>): Promise<void> {
  const program = scene.start(at);
  let missed = false;
  const tooLate = setTimeout(() => {
    missed = true;
    program.kill('SIGKILL');
  }, REACHED);
  const acting = program
    .url()
    .then((url) => act.client?.(scene.client(url), scene.stripe))
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
async function recover(scene: Scene, walk: Walk): Promise<void> {
  const running = await scene.takeOver({ work: true });
  try {
    const client = scene.client(running.url);
    if (walk.later !== undefined) await advance(running.db, walk.later);
    if (walk.client !== undefined && walk.leaves === undefined) {
      expect(walk.ends).toContain(await walk.client(client, scene.stripe));
    }
    // The one call of each process that was under way.
    const hidden = (walk.earlier?.crashAt === undefined ? 1 : 2) + (walk.hides ?? 0);
    await expectPromises(running, { ...scene, hidden });
    scene.sandbox.faults.clear();
    const next = await client.create('another');
    expect(next.status, 'there is room for a new create').toBe('completed');
    await expectPromises(running, { ...scene, hidden });
  } finally {
    await running.stop(async (db) => expect(await aliveHolders(db)).toBe(0));
  }
}
