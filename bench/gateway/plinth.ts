import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { asAdmin, createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { type PostgresServer, startPostgres } from '@plinth/testkit/services/postgres';
import { makeCustomers } from '../customers.ts';
import { ALONE, startProgram } from '../process.ts';
import { type Kind, totalsOf } from './answers.ts';

/** Each has the plan Team: 1,500 calls a minute and 25 at once, far above what one of so many does here. */
const ACCOUNTS = 400;
const KINDS: readonly Kind[] = ['plain', 'stream', 'paced'];

export type Plinth = Awaited<ReturnType<typeof startPlinth>>;

/** Our gateway as production runs it: a process of its own, a durable PostgreSQL, its log at info; customers by the hundred. */
export async function startPlinth(upstreamPort: number) {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const url = await createDatabase(await prepareCluster(server.adminUrl, true), 'bench');
    const settings = { ...settingsOf(upstreamPort), DATABASE_URL: url, DATA_DIR: folder };
    const keys = await makeCustomers({ ...ALONE, ...settings }, ACCOUNTS, 'gateway.team');
    const program = await startProgram('start', settings);
    return {
      origin: program.url,
      pid: program.pid,
      databaseUrl: url,
      databasePid: await postmasterOf(server),
      version: server.version,
      keys,
      /** Another process on the same database and upstream, with further settings. */
      async beside(more: Readonly<Record<string, string>>) {
        const besides = await startProgram('serve', { ...settings, ...more });
        return { ...besides, origin: besides.url, keys };
      },
      checkLedger: (calls: Readonly<Record<Kind, number>>) => checkLedger(program.url, keys, totalsOf(calls)),
      async stop() {
        await program.stop();
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    await server.stop();
    remove();
    throw error;
  }
}

function settingsOf(upstreamPort: number) {
  const upstreams = KINDS.map((name) => ({
    name,
    base_url: `http://127.0.0.1:${upstreamPort}/${name}/v1`,
    api_key: 'bench',
    models: ['bench'],
  }));
  // So cheap that no budget is met, by a megabyte of text neither.
  const price = { input: 1_000, output: 1_000, source: 'the bench' };
  const prices = Object.fromEntries(KINDS.map((name) => [`${name}/bench`, price]));
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    EMAIL_VERIFICATION: 'off',
    AI_UPSTREAMS: JSON.stringify(upstreams),
    AI_CONFIG: JSON.stringify({ version: '2026-11-21', prices }),
  };
}

async function postmasterOf({ adminUrl }: PostgresServer): Promise<number> {
  const [rows] = await asAdmin(adminUrl, [`select pg_read_file('postmaster.pid') as file`]);
  return Number.parseInt(String(rows?.[0]?.['file']), 10);
}

type Totals = ReturnType<typeof totalsOf>;

/** What customers are told of their use, all of them together, must be what was answered: call by call and token by token. */
async function checkLedger(origin: string, keys: readonly string[], expected: Totals): Promise<Totals> {
  const until = performance.now() + 10_000;
  for (;;) {
    const booked = await totalsOfLedger(origin, keys);
    if (JSON.stringify(booked) === JSON.stringify(expected)) return booked;
    // Settlement may go on after the answer. An account may ask for 60 reports a minute.
    if (performance.now() > until)
      throw new Error(`the ledger has ${JSON.stringify(booked)}, made were ${JSON.stringify(expected)}`);
    await pause(1_000);
  }
}

async function totalsOfLedger(origin: string, keys: readonly string[]): Promise<Totals> {
  const totals = { calls: 0, prompt: 0, completion: 0 };
  for (const key of keys) {
    const response = await fetch(`${origin}/v1/usage/report?group=`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (response.status !== 200) throw new Error(`a report was answered ${response.status}`);
    const { data } = (await response.json()) as {
      data: readonly { calls: number; prompt_tokens: number; completion_tokens: number }[];
    };
    for (const row of data) {
      totals.calls += row.calls;
      totals.prompt += row.prompt_tokens;
      totals.completion += row.completion_tokens;
    }
  }
  return totals;
}
