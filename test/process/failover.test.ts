import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine, temporaryFolder } from '@plinth/testkit/services';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { asAdmin, createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { startProxy } from '@plinth/testkit/services/proxy';
import { startReplicatedPostgres } from '@plinth/testkit/services/replica';
import { clientOf } from './client.ts';
import { endAll, startProgram } from '@plinth/testkit/program';

const CALLERS = 4;
/** Calls that are answered before the primary is killed, and after the replica has taken its place. */
const SOME = 40;
/** Calls that the account's limit has room for once the replica gets no more. */
const ROOM = 250;

const PATIENCE = 60_000;

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

/** Repeats what was refused or not answered under the same key, as the client does. */
async function persist(ask: Ask, key: string): Promise<Answer> {
  const answer = await ask(key);
  return answer.status >= 500 || answer.status === 409 ? persist(ask, key) : answer;
}

/** Callers who go on until it is over. */
function createCallers(ask: Ask, name = 'failover') {
  const answers: Answer[] = [];
  let made = 0;
  const state = { isOver: false };

  async function run(): Promise<void> {
    while (!state.isOver) {
      made += 1;
      answers.push(await persist(ask, `${name}-${made}`));
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
      const [sum] =
        await rows(`select count(*)::int as calls, count(*) filter (where state <> 'posted')::int as open,
        count(distinct permit_id)::int as permits from limits.usage_events where state <> 'voided'`);
      return sum;
    },
    /** Calls of the ledger by our ids, and by the provider's. */
    requests: () => ids(`select request_id as id from limits.usage_events where state = 'posted'`),
    providerRequests: () =>
      ids(`select provider_request_id as id from limits.usage_events where state = 'posted'`),
    /** Leaves the account room for so many calls this month. */
    async leave(room: number): Promise<void> {
      const client = clientOf(url, key);
      const { body } = await client.call('GET /v1/usage');
      const limits = body['data'] as { product: string; limit: string; used: number; max: number }[];
      const calls = limits.find(({ product, limit }) => product === 'gateway' && limit === 'calls');
      const [{ account_id } = {}] = await rows('select account_id from limits.usage_events limit 1');
      const units = (calls?.max ?? 0) - (calls?.used ?? 0) - room;
      const adjustment = { account_id, product: 'gateway', limit: 'calls', units, reason: 'used elsewhere' };
      const headers = { 'idempotency-key': 'leave' };
      const { status } = await client.call('POST /v1/admin/usage/adjustments', { body: adjustment, headers });
      expect(status).toBe(201);
    },
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

  test('is followed by an asynchronous replica: it lacks what it never got, and the provider’s bill names that', async () => {
    const opened = await openServers({ isSynchronous: false });
    const { servers, sandbox, folder, run, ask, failOver, booked, requests } = opened;
    const before = createCallers(ask, 'before');
    await before.heard();
    await before.end();
    await expect.poll(booked).toEqual(nothingOpen(sandbox.bill().length));
    await opened.leave(ROOM);
    await servers.cutOff();
    const callers = createCallers(ask, 'since');
    await callers.heard();
    const lostAtLeast = [...callers.answers];
    await failOver();
    await callers.heard();
    // A key that was lost is a new one, a key that was kept gets its answer.
    const isPaid = ({ requestId }: Answer) =>
      sandbox.bill().some(({ client_request_id: id }) => id === requestId);
    expect(isPaid(await persist(ask, 'since-1'))).toBe(true);
    expect(isPaid(await persist(ask, 'before-1'))).toBe(false);
    const isDenied = () => callers.answers.some(({ status }) => status === 429);
    await expect.poll(isDenied, { interval: 20, timeout: PATIENCE }).toBe(true);
    await callers.end();
    const open = `select id from limits.permits where state in ('queued', 'running')`;
    await expect.poll(() => opened.rows(open)).toEqual([]);

    const kept = await requests();
    const isLost = ({ requestId }: Answer) => !kept.has(String(requestId));
    const answered = callers.answers.filter(({ status }) => status === 200);
    expect(before.answers.filter(isLost)).toEqual([]);
    expect(lostAtLeast.filter((answer) => !isLost(answer))).toEqual([]);
    // The limit holds for what the ledger has: it was passed by what was lost.
    expect(kept.size - before.answers.length).toBe(ROOM);
    expect(answered).toHaveLength(ROOM - 1 + answered.filter(isLost).length);

    const bill = sandbox.bill();
    writeFileSync(join(folder, 'bill.jsonl'), bill.map((call) => `${JSON.stringify(call)}\n`).join(''));
    const verify = run('usage', 'verify', 'provider=sandbox', 'bill=bill.jsonl');
    expect([(await verify.ended).code, verify.said()]).toEqual([1, expect.stringMatching(/^The sums equal/)]);
    const named = [...verify.said().matchAll(/ (\S+): bill .*; ledger lacks it$/gm)].map(([, id]) => id);
    const inLedger = await opened.providerRequests();
    expect(named).toEqual(bill.map(({ request_id: id }) => id).filter((id) => !inLedger.has(id)));
    // Beside those, what was under way when the primary died, and was repeated.
    const lostCalls = new Set(answered.filter(isLost).map(({ requestId }) => requestId));
    const lostOfBill = bill.filter(({ client_request_id: id }) => lostCalls.has(id));
    expect(named).toEqual(expect.arrayContaining(lostOfBill.map(({ request_id: id }) => id)));
    expect(lostOfBill).toHaveLength(lostCalls.size);
    expect(named.length - lostOfBill.length).toBeLessThanOrEqual(CALLERS);
    await opened.stop();
  });
});
