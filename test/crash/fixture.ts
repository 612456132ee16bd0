import { expect, vi } from 'vitest';
import { readConfig } from '#platform/config';
import { type Database, openStore } from '#platform/db';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import { systemRandom } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { createQStashSandbox, type QStashSandbox } from '#sandbox/qstash';
import { advanceWithout } from '@plinth/testkit/factories';
import { openSecrets } from '../../server/src/app.ts';
import { type Client, clientOf } from '../process/client.ts';
import { type Program, startProgram } from '../process/program.ts';
import {
  aliveHolders,
  expectAlertsToldOnce,
  expectChargesToAgree,
  expectLedgerToAgree,
  expectWholeGenerations,
  NOTHING,
  countUnfinished,
} from './promises.ts';
import { keyOf, openHere, type RunningProgram, type Installation } from './installation.ts';
import { openStripe, type StripeFixture } from './stripe.ts';

/** Longer than the sweeper takes to look, and a job to be found when its time has come. */
const RESOLVED = { timeout: 120_000, interval: 50 };
/** A lease, and a little more. */
const LEASE_OVER = '31 seconds';

/** An installation with a provider, on which one process follows the other. */
export interface CrashFixture {
  readonly sandbox: OpenAISandbox;
  readonly stripe: StripeFixture | undefined;
  /** Starts the program as a process of its own. */
  start(crashAt?: string): Program;
  /** Starts it in this process, on what was left behind; leases of those who died have run out. */
  takeOver(options: { readonly work: boolean }): Promise<RunningProgram>;
  /** A customer of the process that listens there. */
  client(url: string): Client;
  /** Does something to the database while no process has it. */
  between(work: (db: Database, secrets: () => Promise<Secrets>) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** The name by which QStash reaches whichever process is alive. */
const TARGET = 'https://plinth.test';

function settingsFor({ url, token, keys }: QStashSandbox): Record<string, string> {
  return {
    JOBS_DELIVERY: 'qstash',
    QSTASH_URL: url,
    QSTASH_TOKEN: token,
    QSTASH_CURRENT_SIGNING_KEY: keys.current,
    QSTASH_NEXT_SIGNING_KEY: keys.next,
    PUBLIC_URL: TARGET,
  };
}

/** Opens one on a copy of an installation; jobs may go through a QStash, or purchases through a store, that outlives the processes. */
export async function openCrashFixture(
  original: Installation,
  through?: 'qstash' | 'stripe',
): Promise<CrashFixture> {
  const installation = await original.copy();
  const sandbox = await createOpenAISandbox();
  const qstash = through === 'qstash' ? await createQStashSandbox() : undefined;
  const stripe = through === 'stripe' ? await openStripe() : undefined;
  const { url: base_url, apiKey: api_key } = sandbox;
  const upstream = { name: 'sandbox', base_url, api_key, models: ['sandbox-small', 'sandbox-large'] };
  const settings = {
    ...installation.settings,
    ...(qstash === undefined ? {} : settingsFor(qstash)),
    ...stripe?.settings,
    AI_UPSTREAMS: JSON.stringify([upstream]),
  };
  return {
    sandbox,
    stripe,
    start(crashAt = '') {
      const program = startProgram(['start'], {
        environment: { ...settings, NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error', CRASH_AT: crashAt },
        cwd: installation.settings['DATA_DIR'] ?? '',
      });
      // One that dies at its start is never reached.
      program.url().then(
        (url) => qstash?.route(TARGET, url),
        () => {},
      );
      return program;
    },
    async takeOver({ work }) {
      const running = await openHere({ ...installation, settings }, { work, before: leasesRunOut });
      qstash?.route(TARGET, running.url);
      return running;
    },
    client: (url) => clientOf(url, keyOf(installation)),
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
      await qstash?.close();
      await stripe?.close();
      await installation.remove();
    },
  };
}

/** A process that died is taken for alive until its lease runs out; on the embedded database until the next start. */
export async function leasesRunOut(db: Database): Promise<void> {
  if (db.engine === 'postgres') await advanceWithout(db, LEASE_OVER);
}

/** Waits until nothing is open any more, and checks what is promised; `hidden`: calls whose figures crashes may have hidden. */
export async function expectPromises(
  { db, url }: RunningProgram,
  { sandbox, client, hidden }: CrashFixture & { readonly hidden: number },
): Promise<void> {
  await vi.waitFor(async () => expect(await countUnfinished(db)).toEqual(NOTHING), RESOLVED);
  await expectLedgerToAgree(db, { bill: sandbox.bill(), hidden });
  await expectWholeGenerations(db);
  await expectAlertsToldOnce(db);
  await expectChargesToAgree(db, client(url));
  expect(await aliveHolders(db)).toBe(1);
}
