import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '#platform/config';
import { type Database, openStore } from '#platform/db';
import { type App, openApp } from '../../server/src/app.ts';
import { preparedFile } from '../../server/src/main/prepared-file.ts';
import { advanceTo } from '../factories.ts';
import { type Cluster, createDatabase, dropDatabase } from '../services/cluster.ts';

/** A data folder, and on PostgreSQL a database beside it: all that a program stands on. */
export interface Installation {
  /** The settings that put a program there. */
  readonly settings: Readonly<Record<string, string>>;
  /** Another one in the same state. No program may be running on this one. */
  copy(): Promise<Installation>;
  remove(): Promise<void>;
}

/** The middle of a month, a day and an hour: no window of a limit ends while a test runs. */
export const NOON = '2031-01-15T12:10:00Z';

/** An installation on the embedded database of a data folder; copies lie in `root`. One takes some 60 ms. */
export function embeddedInstallation(root: string, folder: string): Installation {
  return {
    settings: { DATA_DIR: folder },
    async copy() {
      const other = mkdtempSync(join(root, 'installation '));
      cpSync(folder, other, { recursive: true });
      return embeddedInstallation(root, other);
    },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface InstallationSource {
  /** A database that is copied; an empty one is made when not said. */
  readonly database?: string;
  /** A data folder that is copied. */
  readonly folder?: string;
}

/** An installation on a database of its own. To copy one takes some 20 ms. */
export async function clonedInstallation(
  root: string,
  cluster: Cluster,
  from: InstallationSource = {},
): Promise<Installation> {
  const name = `crash_${process.pid}_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(cluster, name, from.database);
  const own = mkdtempSync(join(root, 'installation '));
  if (from.folder !== undefined) cpSync(from.folder, own, { recursive: true });
  return {
    settings: { DATA_DIR: own, DATABASE_URL: url },
    copy: () => clonedInstallation(root, cluster, { database: name, folder: own }),
    async remove() {
      await dropDatabase(cluster, name);
      rmSync(own, { recursive: true, force: true });
    },
  };
}

/** Starts the program once and stops it: there is an owner with the best plans and a key. */
export async function startOnce(installation: Installation): Promise<void> {
  const running = await openHere(installation, { work: false });
  await advanceTo(running.db, NOON);
  await running.stop();
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
  const store = await openStore(config, undefined, preparedFile(config));
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
