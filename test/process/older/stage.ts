import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { pathBinaries } from '@plinth/testkit/services/binaries';
import { asAdmin, createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { type Program, startProgram } from '@plinth/testkit/program';
import { aheadBy, ask, type Asking, askStripe, type Kept } from './kept.ts';

type Settings = Readonly<Record<string, string>>;

/** A checkout of an older version, with a PostgreSQL and a data folder on which its programs run, one after the other. */
export async function openStage(root: string) {
  const binaries = await pathBinaries();
  if (binaries === undefined) throw new Error('there is no postgres on PATH');
  const server = await startPostgres({ binaries });
  const database = await createDatabase(await prepareCluster(server.adminUrl, true), 'older');
  const own = Object.assign(new URL(server.adminUrl), { pathname: '/older' }).href;
  const folder = mkdtempSync(join(tmpdir(), 'plinth-older-'));
  const dataDir = join(folder, 'data');
  const common: Settings = {
    DATABASE_URL: database,
    DATA_DIR: './data',
    // Below those that systems give away: Stripe's sandbox goes on telling this address, where no test's server is.
    PORT: '6199',
    EMAIL_VERIFICATION: 'off',
    WORKER_CONCURRENCY: '1',
  };
  let ahead = 0;
  let url = '';
  const sql = async (text: string) => (await asAdmin(own, [text]))[0] ?? [];
  const file = (name: string) => readFileSync(join(dataDir, name), 'utf8');
  const run = (words: readonly string[], settings: Settings = {}): Program =>
    startProgram(words, {
      root,
      cwd: folder,
      flags: aheadBy(ahead),
      environment: { ...common, ...settings },
    });
  await run(['migrate', 'up']).ended;

  return {
    sql,
    file,
    /** From now on it is that late, for the programs and the database. */
    async setClock(instant: number): Promise<void> {
      ahead = instant - Date.now();
      await sql(`update app.clock set ahead = '${ahead} milliseconds'`);
    },
    /** Answers how to kill it. */
    async start(verb: string, settings?: Settings): Promise<() => Promise<void>> {
      const program = run([verb], settings);
      url = await program.url();
      return async () => {
        program.kill('SIGKILL');
        await program.ended;
      };
    },
    async until(condition: string): Promise<void> {
      for await (const _ of setInterval(50)) if ((await sql(`select where ${condition}`)).length > 0) return;
    },
    /** Throws what is refused. */
    async told(call: string, asking: Asking = {}) {
      const { status, text } = await ask(url, call, asking);
      if (status >= 300) throw new Error(`${call}: ${text}`);
      return { status, text, body: JSON.parse(text) as Readonly<Record<string, string>> };
    },
    stripe: (call: string, form?: Settings) => askStripe(file('stripe-sandbox.json'), call, form),
    /** All that is kept, as it is. */
    async contents(): Promise<Pick<Kept, 'at' | 'files' | 'sql'>> {
      const [clock] = await sql('select extract(epoch from app.now())::float8 * 1000 as at');
      const dump = execFileSync('pg_dump', ['--inserts', '--rows-per-insert=100', own], {
        maxBuffer: 2 ** 30,
      });
      const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
      const files = names.filter((name) => statSync(join(dataDir, name)).isFile());
      return {
        at: Number(clock?.['at']),
        // The role that reads it in is the owner; a command of psql is no SQL.
        sql: dump.toString().replaceAll(/^(ALTER .* OWNER TO plinth;|\\(un)?restrict .*)\n/gm, ''),
        files: Object.fromEntries(files.map((name) => [name, file(name)])),
      };
    },
    async close(): Promise<void> {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
