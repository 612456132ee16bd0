import { expect, vi } from 'vitest';
import { readConfig } from '#platform/config';
import { type Database, openStore } from '#platform/db';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import { advance, advanceWithout } from '#test/factories';
import { startProgram } from '../process/program.ts';
import { type Client, clientOf } from './client.ts';
import {
  aliveHolders,
  expectChargesToAgree,
  expectLedgerToAgree,
  expectWholeGenerations,
  NOTHING,
  unfinished,
} from './promises.ts';
import { keyOf, openHere, QUICK, type Running, type Site, type Sites } from './site.ts';
import type { Walk } from './walks.ts';

/** Longer than any point takes to be reached: the first renewal of the lease comes after ten seconds. */
const REACHED = 30_000;
/** Longer than the sweeper takes to look, and a job to be found when its time has come. */
const RESOLVED = { timeout: 20_000, interval: 50 };
/** A lease, and a little more. */
const LEASE_OVER = '31 seconds';

interface Scene {
  readonly walk: Walk;
  readonly site: Site;
  readonly sandbox: OpenAISandbox;
  /** All that a process of this scene is told. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Kills a process at a crash point of a walk, starts another on what it left behind, and checks what is promised. */
export async function crashAndRecover(sites: Sites, at: string, walk: Walk): Promise<void> {
  const site = await sites[walk.on ?? 'owned'].copy();
  const sandbox = await createOpenAISandbox();
  const { url: base_url, apiKey: api_key } = sandbox;
  const upstream = { name: 'sandbox', base_url, api_key, models: ['sandbox-small', 'sandbox-large'] };
  const settings = { ...site.settings, AI_UPSTREAMS: JSON.stringify([upstream]) };
  const scene: Scene = { walk, site, sandbox, settings };
  try {
    await prepare(scene);
    await crash(scene, at, walk.client);
    await recover(scene);
  } finally {
    await sandbox.close();
    await site.remove();
  }
}

/** Brings about what the process finds that is to be killed. */
async function prepare(scene: Scene): Promise<void> {
  const { walk, site, settings } = scene;
  if (walk.earlier?.crashAt !== undefined) {
    await crash(scene, walk.earlier.crashAt, walk.earlier.client);
    await withDatabase(settings, leasesRunOut);
  } else if (walk.earlier !== undefined) {
    const running = await openHere({ ...site, settings }, { work: false });
    await walk.earlier.client(clientOf(running.url, keyOf(site)));
    await running.stop();
  }
  if (walk.found !== undefined) await withDatabase(settings, walk.found);
  walk.provider?.(scene.sandbox);
}

/** Starts the program as a process of its own, lets the customer go to work, and waits until it has died. */
async function crash(scene: Scene, at: string, act: Walk['client']): Promise<void> {
  const { walk, site, settings } = scene;
  const program = startProgram(['start'], {
    environment: { ...settings, NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error', CRASH_AT: at },
    flags: [QUICK],
    cwd: site.settings['DATA_DIR'] ?? '',
  });
  let missed = false;
  const tooLate = setTimeout(() => {
    missed = true;
    program.kill('SIGKILL');
  }, REACHED);
  const acting = program
    .url()
    .then((url) => act?.(clientOf(url, keyOf(site))))
    .then((ending) => {
      if (ending !== undefined && walk.stops === true) program.kill('SIGTERM');
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
async function recover(scene: Scene): Promise<void> {
  const { walk, site, sandbox, settings } = scene;
  const running = await openHere({ ...site, settings }, { work: true, before: leasesRunOut });
  try {
    const { db } = running;
    const client = clientOf(running.url, keyOf(site));
    if (walk.later !== undefined) await advance(db, walk.later);
    if (walk.client !== undefined && walk.leaves === undefined) {
      expect(walk.ends).toContain(await walk.client(client));
    }
    await vi.waitFor(async () => expect(await unfinished(db)).toEqual(NOTHING), RESOLVED);
    await expectPromises(scene, running, client);
    sandbox.faults.clear();
    expect(await client.create('another'), 'there is room for a new create').toMatchObject({
      status: 'completed',
    });
    await expectPromises(scene, running, client);
  } finally {
    await running.stop(async (db) => expect(await aliveHolders(db)).toBe(0));
  }
}

async function expectPromises({ sandbox }: Scene, { db }: Running, client: Client): Promise<void> {
  await expectLedgerToAgree(db, sandbox.bill());
  await expectWholeGenerations(db);
  await expectChargesToAgree(db, client);
  expect(await aliveHolders(db)).toBe(1);
}

/** A process that died is taken for alive until its lease runs out; on the embedded database until the next start. */
async function leasesRunOut(db: Database): Promise<void> {
  if (db.engine === 'postgres') await advanceWithout(db, LEASE_OVER);
}

async function withDatabase(
  settings: Readonly<Record<string, string>>,
  work: (db: Database) => Promise<void>,
): Promise<void> {
  const store = await openStore(readConfig(settings));
  try {
    await work(store.db);
  } finally {
    await store.close();
  }
}
