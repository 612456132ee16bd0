import type { CrashTests } from '../../server/src/main/doors/testing/crashes.ts';
import { advance } from '../factories.ts';
import { walkClient } from './client.ts';
import { type CrashFixture, leasesRunOut, openCrashFixture } from './fixture.ts';
import type { Installation } from './installation.ts';
import { aliveHolders, brokenPromises } from './promises.ts';
import type { Walk } from './walk.ts';

/** Longer than any point takes to be reached on a machine that stalls: the first renewal of the lease comes after ten seconds. */
const REACHED = 90_000;

export interface Crash {
  readonly original: Installation;
  /** The point, and the side of it. */
  readonly at: string;
  readonly walk: Walk;
  /** The declarations of all products that the program has. */
  readonly declared: readonly CrashTests[];
  /** A customer's work that succeeds at last. */
  readonly next?: CrashTests['next'];
}

/** Kills a process at a crash point of a walk, starts another on what it left behind, and answers which promises are broken. */
export async function crashAndRecover(crash: Crash): Promise<string[]> {
  const fixture = await openCrashFixture(crash.original, crash.walk.through);
  try {
    await prepare(fixture, crash.walk);
    await killAt(fixture, crash.at, crash.walk);
    return await recover(fixture, crash);
  } finally {
    await fixture.close();
  }
}

/** Brings about what the process finds that is to be killed. */
async function prepare(fixture: CrashFixture, { earlier, found, provider }: Walk): Promise<void> {
  const { vendor } = fixture;
  if (vendor?.begin !== undefined) await fixture.between((db) => vendor.begin?.(db) ?? Promise.resolve());
  if (earlier?.crashAt !== undefined) {
    await killAt(fixture, earlier.crashAt, earlier);
    await fixture.between(leasesRunOut);
  } else if (earlier !== undefined) {
    const running = await fixture.takeOver({ work: false });
    await earlier.customer(walkClient(running.url, fixture.key()), 'first', vendor);
    await running.stop();
  }
  if (found !== undefined) await fixture.between(found);
  provider?.(fixture.sandbox);
}

/** Starts the program as a process of its own, lets the customer go to work, and waits until it has died. */
async function killAt(
  fixture: CrashFixture,
  at: string,
  { customer, stops }: Pick<Walk, 'customer' | 'stops'>,
): Promise<void> {
  const program = fixture.start(at);
  let missed = false;
  const tooLate = setTimeout(() => {
    missed = true;
    program.kill('SIGKILL');
  }, REACHED);
  const acting = program
    .url()
    .then((url) => customer?.(walkClient(url, fixture.key()), 'first', fixture.vendor))
    .then(() => {
      if (stops === true) program.kill('SIGTERM');
    })
    // The server dies under the customer's hands: that is what we are here for.
    .catch(() => {});
  const { signal } = await program.ended;
  clearTimeout(tooLate);
  await acting;
  if (missed || signal !== 'SIGKILL') throw new Error(`it was not killed at ${at}: ${program.said()}`);
}

/** Another process takes over, the customer comes back with the same key, and then all promises hold. */
async function recover(fixture: CrashFixture, { walk, declared, next }: Crash): Promise<string[]> {
  const running = await fixture.takeOver({ work: true });
  const broken: string[] = [];
  try {
    const client = walkClient(running.url, fixture.key());
    if (walk.later !== undefined) await advance(running.db, walk.later);
    if (walk.customer !== undefined && walk.leaves === undefined)
      broken.push(...endingObjections(await walk.customer(client, 'first', fixture.vendor), walk.ends));
    // The one call of each process that was under way.
    const hidden = (walk.earlier?.crashAt === undefined ? 1 : 2) + (walk.hides ?? 0);
    broken.push(...(await brokenPromises(running, { fixture, hidden, declared })));
    fixture.sandbox.faults.clear();
    if (next !== undefined) {
      broken.push(
        ...endingObjections(await next.customer(client, 'another'), next.ends).map(
          (says) => `another time: ${says}`,
        ),
      );
      broken.push(...(await brokenPromises(running, { fixture, hidden, declared })));
    }
  } finally {
    await running.stop(async (db) => {
      const alive = await aliveHolders(db);
      if (alive !== 0) broken.push(`${alive} processes are taken to be alive after an orderly stop`);
    });
  }
  return broken;
}

function endingObjections(ending: string, ends: readonly string[] = []): string[] {
  return ends.includes(ending) ? [] : [`the customer sees "${ending}", not ${ends.join(' or ')}`];
}
