import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isPackage, readConfig, teamConfig } from '#platform/config';
import { type Database, openStore } from '#platform/db';
import { systemRandom } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import { openSecrets } from '../../server/src/app.ts';
import { advanceWithout } from '../factories.ts';
import { type Program, startProgram } from '../program.ts';
import { type Installation, keyOf, openHere, type RunningProgram } from './installation.ts';
import type { Vendor } from './walk.ts';

/** A lease, and a little more. */
const LEASE_OVER = '31 seconds';

/** An installation with a provider, on which one process follows the other. */
export interface CrashFixture {
  readonly sandbox: OpenAISandbox;
  readonly vendor: Vendor | undefined;
  /** Starts the program as a process of its own. */
  start(crashAt?: string): Program;
  /** Starts it in this process, on what was left behind; leases of those who died have run out. */
  takeOver(options: { readonly work: boolean }): Promise<RunningProgram>;
  /** The owner's key. */
  key(): string;
  /** Does something to the database while no process has it. */
  between(work: (db: Database, secrets: () => Promise<Secrets>) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Opens one on a copy of an installation. */
export async function openCrashFixture(
  original: Installation,
  through?: () => Promise<Vendor>,
): Promise<CrashFixture> {
  const installation = await original.copy();
  const sandbox = await createOpenAISandbox();
  const vendor = await through?.();
  const { url: base_url, apiKey: api_key } = sandbox;
  const upstream = { name: 'sandbox', base_url, api_key, models: ['sandbox-small', 'sandbox-large'] };
  const settings = {
    ...installation.settings,
    ...vendor?.settings,
    SHOW_MODEL_COST: 'true',
    AI_UPSTREAMS: JSON.stringify([upstream]),
  };
  const folder = installation.settings['DATA_DIR'] ?? '';
  serveTeamIn(folder);
  return {
    sandbox,
    vendor,
    start(crashAt = '') {
      const program = startProgram(['start'], {
        environment: { ...settings, NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error', CRASH_AT: crashAt },
        cwd: folder,
      });
      // One that dies at its start is never reached.
      program.url().then(
        (url) => vendor?.listen?.(url),
        () => {},
      );
      return program;
    },
    async takeOver({ work }) {
      const running = await openHere({ ...installation, settings }, { work, before: leasesRunOut });
      vendor?.listen?.(running.url);
      return running;
    },
    key: () => keyOf(installation),
    async between(work) {
      const config = readConfig(settings);
      const store = await openStore(config);
      try {
        await work(store.db, () => openSecrets(config, { db: store.db, random: systemRandom }));
      } finally {
        await store.close();
      }
    },
    async close() {
      await sandbox.close();
      await vendor?.close();
      await installation.remove();
    },
  };
}

/**
 * A package serves the products of its working folder. In the team's own folder it would read the team's `.env` too, whose database is
 * none to kill a server on.
 */
function serveTeamIn(folder: string): void {
  const config = isPackage ? teamConfig() : undefined;
  if (config === undefined) return;
  const text = `export { default } from ${JSON.stringify(pathToFileURL(config).href)};\n`;
  writeFileSync(join(folder, 'plinth.config.js'), text);
}

/** A process that died is taken for alive until its lease runs out; on the embedded database until the next start. */
export async function leasesRunOut(db: Database): Promise<void> {
  if (db.engine === 'postgres') await advanceWithout(db, LEASE_OVER);
}
