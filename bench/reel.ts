import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAISandbox } from '#sandbox/openai';
import { Pool } from 'undici';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';
import { measureCommits } from './commits.ts';
import { startProgram } from './process.ts';

const CALLERS = 32;
const WARM_UP_SECONDS = 3;
const SECONDS = 15;
/** Pro admits 120 an hour: a customer is used this often, then the next one is taken. */
const PER_CUSTOMER = 110;
const CUSTOMERS = 240;

/** Create to completed at 32 callers, provider at 0 ms: the whole governed call, on both engines. */
export async function benchReel(say: (line: string) => void): Promise<Figures> {
  return { callers: CALLERS, seconds: SECONDS, postgres: await onPostgres(say), pglite: await onPglite(say) };
}

async function onPostgres(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  try {
    const commits = await measureCommits({ engine: 'postgres', url: server.adminUrl }, CALLERS);
    return await measure(say, 'PostgreSQL', { DATABASE_URL: server.adminUrl, commits });
  } finally {
    await server.stop();
  }
}

async function onPglite(say: (line: string) => void): Promise<Figures> {
  const commits = await measureCommits({ engine: 'pglite' }, CALLERS);
  return measure(say, 'PGlite', { commits });
}

interface Setup {
  readonly DATABASE_URL?: string;
  readonly commits: number;
}

async function measure(
  say: (line: string) => void,
  name: string,
  { commits, ...database }: Setup,
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  const sandbox = await createOpenAISandbox();
  const upstream = {
    name: 'sandbox',
    base_url: sandbox.url,
    api_key: sandbox.apiKey,
    models: ['sandbox-small', 'sandbox-large'],
  };
  const settings = {
    ...database,
    NODE_ENV: 'test',
    DATA_DIR: folder,
    PORT: '0',
    AI_UPSTREAMS: JSON.stringify([upstream]),
    WORKER_CONCURRENCY: String(CALLERS),
  };
  try {
    const keys = await makeCustomers(settings, CUSTOMERS, 'reel.pro');
    const program = await startProgram('start', settings);
    const load = createLoad(program.url, keys);
    await load.run(WARM_UP_SECONDS);
    const cpuBefore = program.cpuSeconds();
    const times = await load.run(SECONDS);
    const cpu = program.cpuSeconds() - cpuBefore;
    await load.close();
    await program.stop();
    const figures = {
      creates_per_s: round(times.length / SECONDS),
      p50_ms: round(quantile(times, 0.5)),
      p99_ms: round(quantile(times, 0.99)),
      server_cpu_ms_per_create: round((cpu * 1_000) / times.length),
      server_core_busy: round(cpu / SECONDS),
      single_row_commits_per_s: round(commits),
      creates_vs_single_row_commits: round(times.length / SECONDS / commits),
    };
    say(`${name}: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function createLoad(url: string, keys: readonly string[]) {
  const pool = new Pool(url, { connections: CALLERS * 2 });
  const free = [...keys];
  let made = 0;

  async function call(key: string, route: string, body?: object): Promise<Record<string, unknown>> {
    made += 1;
    const [method = 'GET', path = '/'] = route.split(' ');
    const answer = await pool.request({
      method: method === 'POST' ? 'POST' : 'GET',
      path,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': `bench-${made}`,
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const read = (await answer.body.json()) as Record<string, unknown>;
    if (answer.statusCode >= 300)
      throw new Error(`${route} answered ${answer.statusCode}: ${JSON.stringify(read)}`);
    return read;
  }

  async function caller(until: number, times: number[]): Promise<void> {
    while (performance.now() < until) {
      const key = free.shift();
      if (key === undefined) throw new Error('there are no customers left whose hour is not used up');
      for (let n = 0; n < PER_CUSTOMER && performance.now() < until; n += 1) {
        const began = performance.now();
        const { status_url: path } = await call(key, 'POST /v1/create', {
          platform: 'x',
          topic: 'Why small teams ship faster',
        });
        const { status } = await call(key, `GET ${String(path)}?wait=20`);
        if (status !== 'completed') throw new Error(`a generation ended as ${String(status)}`);
        times.push(performance.now() - began);
      }
    }
  }

  return {
    /** Milliseconds from each create to its completion. */
    async run(seconds: number): Promise<number[]> {
      const times: number[] = [];
      const until = performance.now() + seconds * 1_000;
      await Promise.all(Array.from({ length: CALLERS }, () => caller(until, times)));
      return times;
    },
    close: () => pool.close(),
  };
}
