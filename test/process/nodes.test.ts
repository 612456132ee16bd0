import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Database, statement } from '#platform/db';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { atEndOfFile } from '@plinth/testkit/closing';
import { type Client, clientOf } from './client.ts';
import { VARIANTS } from '../../products/reel/testing/crashes.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 120_000;
/** Longer than a worker takes to find what a dead one left: it looks every two seconds. */
const FOUND = { timeout: 120_000, interval: 50 };

afterAll(endAll);

/** Processes that share a database and a provider, each started by its own verb. */
interface Nodes {
  readonly db: Database;
  readonly sandbox: OpenAISandbox;
  run(verb: 'start' | 'serve' | 'worker'): Promise<Program>;
  /** A customer of a process that answers. */
  client(node: Program): Promise<Client>;
}

async function nodes(): Promise<Nodes> {
  const { db, settings } = await testDatabase();
  const sandbox = await createOpenAISandbox();
  const folder = temporaryFolder();
  atEndOfFile(() => sandbox.close());
  const { url: base_url, apiKey: api_key } = sandbox;
  const upstream = { name: 'sandbox', base_url, api_key, models: ['sandbox-small', 'sandbox-large'] };
  const environment = {
    ...settings,
    DATA_DIR: folder,
    PORT: '0',
    AI_UPSTREAMS: JSON.stringify([upstream]),
  };
  const run = async (verb: string) => {
    const program = startProgram([verb], { cwd: folder, environment });
    await program.url();
    return program;
  };
  // The first start makes the owner, whose key the customer has.
  const first = await run('start');
  first.kill('SIGTERM');
  await first.ended;
  return {
    db,
    sandbox,
    run,
    async client(node) {
      const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { api_key: string };
      return clientOf(await node.url(), owner.api_key);
    },
  };
}

async function rows<Row>(db: Database, sql: string): Promise<Row[]> {
  return db.asMigrator(statement<Row>(sql));
}

/** The time of the process that runs the job is up; that of the others is not, though they run schedules. */
async function leaseRunsOut(db: Database): Promise<void> {
  await db.script(
    `update limits.holders set expires_at = app.now() where id in (select holder from jobs.jobs where state = 'running' and kind = 'reel.generate')`,
  );
}

/** A fault that was met has left the list: its call has reached the provider. */
async function faultsLeft(sandbox: OpenAISandbox): Promise<number> {
  const response = await fetch(new URL('/sandbox/faults', sandbox.url), { method: 'POST', body: '{}' });
  return ((await response.json()) as { next: unknown[] }).next.length;
}

async function stopAll(...programs: readonly Program[]): Promise<void> {
  for (const program of programs) program.kill('SIGTERM');
  for (const program of programs) expect(await program.ended).toEqual({ code: 0, signal: null });
}

describe.runIf(engine === 'postgres')('several processes on one PostgreSQL', () => {
  test('what one accepts another runs; when no signal arrives it does so too, and signals come back', {
    timeout: TIMEOUT,
  }, async () => {
    const { db, run, client } = await nodes();
    const [api, worker] = await Promise.all([run('serve'), run('worker')]);
    const customer = await client(api);
    expect(await customer.create('signalled')).toMatchObject({ status: 'completed' });

    const listeners = `from pg_stat_activity where application_name = 'plinth-listen' and datname = current_database()`;
    await rows(db, `select pg_terminate_backend(pid) ${listeners}`);
    expect(await customer.create('unsignalled')).toMatchObject({ status: 'completed' });
    await vi.waitFor(
      async () => expect(await rows(db, `select count(*)::int as n ${listeners}`)).toEqual([{ n: 2 }]),
      FOUND,
    );
    expect(await customer.create('signalled-again')).toMatchObject({ status: 'completed' });
    await stopAll(api, worker);
  });

  test('a worker that is killed in a call leaves it to another, which finishes it once', {
    timeout: TIMEOUT,
  }, async () => {
    const { db, sandbox, run, client } = await nodes();
    const [api, doomed] = await Promise.all([run('serve'), run('worker')]);
    const customer = await client(api);
    sandbox.faults.next({ kind: 'hang', billed: true });
    const path = await customer.ask('survives');
    await vi.waitFor(() => expect(sandbox.bill()).toHaveLength(1), FOUND);
    const heir = await run('worker');
    doomed.kill('SIGKILL');
    await doomed.ended;
    await leaseRunsOut(db);

    expect(await customer.read(path)).toMatchObject({ status: 'completed' });
    expect(sandbox.bill(), 'the call that was lost, and the one that was not').toHaveLength(2);
    expect(
      await rows(db, 'select attempt, state, estimated from limits.usage_events order by attempt'),
    ).toEqual([
      { attempt: 1, state: 'posted', estimated: true },
      { attempt: 2, state: 'posted', estimated: false },
    ]);
    expect(await rows(db, 'select count(*)::int as n from reel.variants')).toEqual([{ n: VARIANTS }]);
    await stopAll(api, heir);
  });

  test('a worker that was paused past its lease changes nothing any more, tells what its call cost, and ends', {
    timeout: TIMEOUT,
  }, async () => {
    const { db, sandbox, run, client } = await nodes();
    const [api, paused] = await Promise.all([run('serve'), run('worker')]);
    const customer = await client(api);
    sandbox.faults.next({ kind: 'latency', ms: 2_000 });
    const path = await customer.ask('paused');
    await vi.waitFor(async () => expect(await faultsLeft(sandbox)).toBe(0), FOUND);
    paused.kill('SIGSTOP');
    const heir = await run('worker');
    await leaseRunsOut(db);
    const before = await customer.read(path);
    expect(before).toMatchObject({ status: 'completed' });
    await vi.waitFor(() => expect(sandbox.bill()).toHaveLength(2), FOUND);

    paused.kill('SIGCONT');
    expect(await paused.ended).toEqual({ code: 1, signal: null });
    // By its own clock, or by the database's answer, whichever it hears first.
    expect(paused.said()).toMatch(
      /the lease (of this process has run out|could not be renewed in time): this process ends\./,
    );
    expect(await customer.read(path)).toEqual(before);
    const events = await rows<{ prompt: number; completion: number; corrects: boolean; estimated: boolean }>(
      db,
      `select prompt_tokens as prompt, completion_tokens as completion, corrects is not null as corrects, estimated
       from limits.usage_events order by attempt, created_at`,
    );
    const [first, second] = sandbox.bill();
    expect(events).toEqual([
      { prompt: 0, completion: 0, corrects: false, estimated: true },
      {
        prompt: first?.prompt_tokens,
        completion: first?.completion_tokens,
        corrects: true,
        estimated: false,
      },
      {
        prompt: second?.prompt_tokens,
        completion: second?.completion_tokens,
        corrects: false,
        estimated: false,
      },
    ]);
    await stopAll(api, heir);
  });
});
