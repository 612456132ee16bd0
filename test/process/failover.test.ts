import { readFileSync, writeFileSync } from 'node:fs';
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

type Ask = (key: string) => Promise<Answer>;

/** A call under a key, as one of the local owner. */
function askOf(url: string, token: string): Ask {
  return async (key) => {
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
  };
}

/** Callers who repeat what was refused or not answered under the same key, as the client does, until it is over. */
function createCallers(ask: Ask, name = 'failover') {
  const answers: Answer[] = [];
  let made = 0;
  const state = { isOver: false };

  async function run(): Promise<void> {
    while (!state.isOver) {
      made += 1;
      const key = `${name}-${made}`;
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

/** The program on a primary that has a replica, and a provider. */
async function openServers({ isSynchronous }: { readonly isSynchronous: boolean }) {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const servers = await startReplicatedPostgres(binaries, { isSynchronous });
  atEndOfFile(() => servers.stop());
  const database = new URL(await createDatabase(await prepareCluster(servers.adminUrl, true), 'failover'));
  const proxy = await startProxy(servers.port);
  atEndOfFile(() => proxy.close());
  const sandbox = await createOpenAISandbox();
  atEndOfFile(() => sandbox.close());
  database.port = String(proxy.port);
  const folder = temporaryFolder();
  const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
  const run = (...words: string[]) =>
    startProgram(words, {
      cwd: folder,
      environment: {
        DATABASE_URL: database.href,
        NODE_ENV: 'test',
        DATA_DIR: folder,
        PORT: '0',
        AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
      },
    });
  const program = run('start');
  const url = await program.url();
  const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Record<string, string>;
  const { api_key: key = '' } = owner;
  const rows = async (sql: string) => (await asAdmin(database.href, [sql]))[0] ?? [];
  const ids = async (sql: string) => new Set((await rows(sql)).map(({ id }) => String(id)));
  return {
    servers,
    sandbox,
    folder,
    run,
    program,
    ask: askOf(url, key),
    rows,
    async failOver(): Promise<void> {
      // What a virtual address or a cloud's endpoint does.
      proxy.target = await servers.failOver();
      proxy.cut();
    },
    async booked() {
      const [sum] = await rows(`select count(*)::int as calls, count(*) filter (where state <> 'posted')::int as open,
        count(distinct permit_id)::int as permits from limits.usage_events where state <> 'voided'`);
      return sum;
    },
    /** What the ledger has by our ids, and by the provider's. */
    requests: () => ids(`select request_id as id from limits.usage_events where state = 'posted'`),
    providerRequests: () =>
      ids(`select provider_request_id as id from limits.usage_events where state = 'posted'`),
    async stop(): Promise<void> {
      program.kill('SIGTERM');
      expect(await program.ended).toEqual({ code: 0, signal: null });
    },
  };
}

const nothingOpen = (calls: number) => ({ calls, open: 0, permits: calls });

describe.runIf(engine === 'postgres')('a primary that dies under load', () => {
  test('is followed by its synchronous replica: all that was answered is there, and nothing twice', async () => {
    const { sandbox, ask, failOver, booked, requests, stop } = await openServers({ isSynchronous: true });
    const callers = createCallers(ask);
    await callers.heard();
    await failOver();
    await callers.heard();
    await callers.end();

    expect(callers.answers.filter(({ status }) => status !== 200)).toEqual([]);
    await expect.poll(booked).toEqual(nothingOpen(sandbox.bill().length));
    const known = await requests();
    expect(callers.answers.filter(({ requestId }) => !known.has(String(requestId)))).toEqual([]);
    await stop();
  });

  test('is followed by an asynchronous replica: what that never got is lost, and the provider’s bill names it', async () => {
    const opened = await openServers({ isSynchronous: false });
    const { servers, sandbox, folder, run, ask, failOver, booked, requests, stop } = opened;
    const before = createCallers(ask, 'kept');
    await before.heard();
    await before.end();
    await expect.poll(booked).toEqual(nothingOpen(sandbox.bill().length));
    await servers.cutOff();
    const callers = createCallers(ask, 'lost');
    await callers.heard();
    const answeredInVain = callers.answers.length;
    await failOver();
    await callers.heard();
    await callers.end();

    // Without an open permit nothing is booked any more.
    const open = `select 1 from limits.permits where state in ('queued', 'running')`;
    await expect.poll(() => opened.rows(open)).toEqual([]);
    const known = await requests();
    const isLost = ({ requestId }: Answer) => !known.has(String(requestId));
    const lost = callers.answers.filter(isLost);
    expect(before.answers.filter(isLost)).toEqual([]);
    expect(lost.length).toBeGreaterThanOrEqual(answeredInVain);

    writeFileSync(join(folder, 'bill.jsonl'), sandbox.bill().map((call) => `${JSON.stringify(call)}\n`).join(''));
    const verified = run('usage', 'verify', 'provider=sandbox', 'bill=bill.jsonl');
    expect(await verified.ended).toEqual({ code: 1, signal: null });
    console.log(verified.said(), lost.length, answeredInVain, callers.answers.length, sandbox.bill().length);
    const named = [...verified.said().matchAll(/ (\S+): bill \d+ \+ \d+ tokens; ledger lacks it/g)].map(([, id]) => id);
    const provider = await opened.providerRequests();
    const missing = sandbox.bill().filter(({ request_id: id }) => !provider.has(id));
    expect(named).toEqual(missing.map(({ request_id: id }) => id));
    const lostIds = new Set(lost.map(({ requestId }) => requestId));
    expect(missing.filter(({ client_request_id: id }) => lostIds.has(id))).toHaveLength(lost.length);
    await stop();
  });
});
