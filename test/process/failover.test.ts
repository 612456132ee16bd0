import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile } from '#test/closing';
import { engine, temporaryFolder } from '#test/services';
import { npmBinaries } from '../services/binaries.ts';
import { asAdmin, createDatabase, prepareCluster } from '../services/cluster.ts';
import { startProxy } from '../services/proxy.ts';
import { startReplicatedPostgres } from '../services/replica.ts';
import { endAll, startProgram } from './program.ts';

const CALLERS = 4;
/** Calls that are answered before the primary is killed, and after the replica has taken its place. */
const SOME = 40;

afterAll(endAll);

interface Answer {
  readonly key: string;
  readonly status: number;
  readonly requestId: string | null;
}

/** Callers who repeat what was refused or not answered under the same key, as the client does, until it is over. */
function createCallers(url: string, token: string) {
  const answers: Answer[] = [];
  let made = 0;
  const state = { isOver: false };

  async function ask(key: string): Promise<Answer> {
    const response = await fetch(`${url}/v1/ai/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ model: 'sandbox-small', messages: [{ role: 'user', content: `call ${key}` }] }),
    });
    await response.text();
    return { key, status: response.status, requestId: response.headers.get('x-request-id') };
  }

  async function run(): Promise<void> {
    while (!state.isOver) {
      made += 1;
      const key = `failover-${made}`;
      let answer = await ask(key);
      while (answer.status >= 500 || answer.status === 409) answer = await ask(key);
      answers.push(answer);
    }
  }
  const running = Promise.all(Array.from({ length: CALLERS }, run));
  return {
    answers,
    /** Waits for more answers. */
    async heard(): Promise<void> {
      const before = answers.length;
      const more = expect.poll(() => answers.length - before, { interval: 20 }).toBeGreaterThan(SOME);
      await Promise.race([running, more]);
    },
    async end(): Promise<void> {
      state.isOver = true;
      await running;
    },
  };
}

describe.runIf(engine === 'postgres')('a primary that dies under load', () => {
  test('is followed by its synchronous replica: all that was answered is there, and nothing twice', async () => {
    const binaries = await npmBinaries();
    if (binaries === undefined)
      throw new Error('there is no PostgreSQL for this system in the packages of npm');
    const servers = await startReplicatedPostgres(binaries);
    atEndOfFile(() => servers.stop());
    const database = new URL(await createDatabase(await prepareCluster(servers.adminUrl, true), 'failover'));
    const proxy = await startProxy(servers.port);
    atEndOfFile(() => proxy.close());
    const sandbox = await createOpenAISandbox();
    atEndOfFile(() => sandbox.close());
    database.port = String(proxy.port);
    const folder = temporaryFolder();
    const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
    const program = startProgram(['start'], {
      cwd: folder,
      environment: {
        DATABASE_URL: database.href,
        NODE_ENV: 'test',
        DATA_DIR: folder,
        PORT: '0',
        AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
      },
    });
    const url = await program.url();
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { api_key: string };
    const callers = createCallers(url, owner.api_key);
    await callers.heard();

    const port = await servers.failOver();
    // What a virtual address or a cloud's endpoint does.
    proxy.target = port;
    proxy.cut();
    await callers.heard();
    await callers.end();

    expect(callers.answers.filter(({ status }) => status !== 200)).toEqual([]);
    database.port = String(port);
    const ledger = `select count(*)::int as calls, count(*) filter (where state <> 'posted')::int as open,
      count(distinct permit_id)::int as permits from limits.usage_events where state <> 'voided'`;
    const booked = async () => (await asAdmin(database.href, [ledger]))[0]?.[0];
    const billed = sandbox.bill().length;
    await expect.poll(booked).toEqual({ calls: billed, open: 0, permits: billed });
    const known = await asAdmin(database.href, [
      `select request_id from limits.usage_events where state = 'posted'`,
    ]);
    const ids = new Set(known[0]?.map((row) => row['request_id']));
    expect(callers.answers.filter(({ requestId }) => !ids.has(requestId))).toEqual([]);
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });
});
