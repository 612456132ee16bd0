import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { inject } from 'vitest';
import { readConfig } from '#platform/config';
import { type Database, openDatabase, openStore } from '#platform/db';
import { advanceTo } from '@plinth/testkit/factories';
import { type App, openApp } from '../../server/src/app.ts';
import { createDatabase, dropDatabase } from '@plinth/testkit/services/cluster';
import { makeRunFolder, MEMORY } from '@plinth/testkit/services/folders';
import { QUICK } from '@plinth/testkit/services/programs';

/** What a program stands on: a data folder, and on PostgreSQL a database beside it. */
export interface Installation {
  /** The settings that put a program there. */
  readonly settings: Readonly<Record<string, string>>;
  /** Another one in the same state. No program may be running on this one. */
  copy(): Promise<Installation>;
  remove(): Promise<void>;
}

/** The states in which a program may find its installation. */
export interface Installations {
  /** The schema, and nothing in it. */
  readonly empty: Installation;
  /** After a first start: an owner with the best plans and a key. */
  readonly owned: Installation;
  remove(): Promise<void>;
}

/** The middle of a month, a day and an hour: no window of a limit ends while a test runs. */
const NOON = '2031-01-15T12:10:00Z';

/** Makes both states once. To copy one takes some 20 ms on PostgreSQL, some 60 on PGlite. */
export async function makeInstallations(): Promise<Installations> {
  setFlagsFromString(QUICK);
  const services = inject('services');
  const root = await makeRunFolder(MEMORY).catch(() => makeRunFolder(tmpdir()));
  const empty =
    services.engine === 'pglite'
      ? await embeddedInstallation(root, services.template)
      : await clonedInstallation(root, services.template);
  const owned = await empty.copy();
  const running = await openHere(owned, { work: false });
  await advanceTo(running.db, NOON);
  await running.stop();
  return {
    empty,
    owned,
    async remove() {
      await Promise.all([empty.remove(), owned.remove()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function embeddedInstallation(root: string, template: string): Promise<Installation> {
  const installationIn = (folder: string): Installation => ({
    settings: { DATA_DIR: folder },
    async copy() {
      const other = mkdtempSync(join(root, 'installation '));
      cpSync(folder, other, { recursive: true });
      return installationIn(other);
    },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  });
  const folder = mkdtempSync(join(root, 'installation '));
  const dataDir = join(folder, 'database');
  const db = await openDatabase({
    engine: 'pglite',
    dataDir,
    template: new Uint8Array(await readFile(template)),
  });
  await db.close();
  return installationIn(folder);
}

async function clonedInstallation(root: string, template: string): Promise<Installation> {
  const services = inject('services');
  if (services.engine === 'pglite') throw new Error('a database is cloned on PostgreSQL alone');
  const createInstallation = async (from: string, folder?: string): Promise<Installation> => {
    const name = `crash_${process.pid}_${randomBytes(6).toString('hex')}`;
    const url = await createDatabase(services, name, from);
    const own = mkdtempSync(join(root, 'installation '));
    if (folder !== undefined) cpSync(folder, own, { recursive: true });
    return {
      settings: { DATA_DIR: own, DATABASE_URL: url },
      copy: () => createInstallation(name, own),
      async remove() {
        await dropDatabase(services, name);
        rmSync(own, { recursive: true, force: true });
      },
    };
  };
  return createInstallation(template);
}

/** A program that runs in this process, with its database at hand. */
export interface RunningProgram {
  readonly app: App;
  readonly db: Database;
  readonly url: string;
  /** Stops it in good order; the database stays open for `look`, which is then closed too. */
  stop(look?: (db: Database) => Promise<void>): Promise<void>;
}

export interface RunningOptions {
  readonly work: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** Something to do with the database before the program begins. */
  readonly before?: (db: Database) => Promise<void>;
}

/** Starts the program here, as `plinth start` does, on what another process may have left behind. */
export async function openHere(installation: Installation, options: RunningOptions): Promise<RunningProgram> {
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    ...installation.settings,
    ...options.settings,
  });
  const store = await openStore(config);
  await options.before?.(store.db);
  const app = await openApp({
    config,
    version: 'test',
    serve: true,
    work: options.work,
    migrate: true,
    owner: true,
    store: Promise.resolve({ db: store.db, narrowed: 0, onIdleError: () => {}, close: async () => {} }),
    onLost: (reason) => {
      throw new Error(reason);
    },
  });
  const { url } = await app.server.listen();
  return {
    app,
    db: store.db,
    url,
    async stop(look) {
      await app.stop();
      await look?.(store.db);
      await store.close();
    },
  };
}

/** The key that the first start wrote down for its owner. */
export function keyOf(installation: Installation): string {
  const path = join(installation.settings['DATA_DIR'] ?? '', 'owner.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { api_key: string }).api_key;
}
