import { setTimeout as pause } from 'node:timers/promises';
import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { Customer } from '../scripts/demo/customer.ts';
import type { App } from '../server/src/app.ts';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';
import { onDatabaseWithModels, withApp } from './server.ts';

const ENQUEUE = commitPoint('bench.enqueue', 'the jobs of a bench');
/** One account's batch, and what each of its jobs takes. */
const BATCH = 1_000;
const JOB_MS = 20;
const CREATES = 50;
const POST = { platform: 'x', topic: 'Why small teams ship faster' };

/**
 * One account has a thousand batch jobs queued. Meanwhile another one creates a post again and again: how long from
 * its 202 until its stream says `running`, and how long when no other account has jobs; and how many of the thousand were
 * begun before a third account's own first batch job, which was enqueued after them.
 */
export async function benchJobs(say: (line: string) => void): Promise<Figures> {
  return onDatabaseWithModels(async (settings) => {
    const [key = ''] = await makeCustomers(settings, 1, 'reel.pro');
    return withApp(settings, { work: false, migrate: false }, (app) => measure(app, key, say));
  });
}

async function measure(app: App, key: string, say: (line: string) => void): Promise<Figures> {
  const { db, jobs } = app.modules;
  const ids = createIds({ clock: systemClock, random: systemRandom });
  const [first, other] = [ids.next<AccountId>(), ids.next<AccountId>()];
  const begun: AccountId[] = [];
  jobs.handle({
    kind: 'bench.batch',
    attempts: 1,
    async run({ accountId }) {
      begun.push(accountId);
      await pause(JOB_MS);
    },
    giveUp: () => Promise.resolve(),
  });
  const { url } = await app.server.listen();
  const customer = new Customer(url, key);
  const worker = jobs.work();
  try {
    const alone = await startsOf(customer);
    await enqueue(app, first, BATCH);
    await enqueue(app, other, 1);
    jobs.wake();
    const beside = await startsOf(customer);
    const waiting = await countUnfinished(db);
    while ((await countUnfinished(db)) > 0) await pause(50);
    const figures = {
      batch_jobs: BATCH,
      creates: CREATES,
      /** Milliseconds from 202 to `running` on the stream. */
      alone_p50_ms: round(quantile(alone, 0.5)),
      alone_p99_ms: round(quantile(alone, 0.99)),
      beside_p50_ms: round(quantile(beside, 0.5)),
      beside_p99_ms: round(quantile(beside, 0.99)),
      batch_left_after_creates: waiting,
      begun_before_the_others_first: begun.indexOf(other),
      batch_ended: begun.length,
    };
    say(JSON.stringify(figures));
    return figures;
  } finally {
    await worker.stop(5_000);
  }
}

async function enqueue(app: App, account: AccountId, count: number): Promise<void> {
  const { db, jobs } = app.modules;
  const job = { kind: 'bench.batch', lane: 'batch', payload: {}, requestId: 'bench' } as const;
  const statements = Array.from({ length: count }, () => jobs.enqueueing(account, job)).flat();
  await db.tenant(account, ENQUEUE, statements);
}

async function countUnfinished(db: Database): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ n: number }>(
      `select count(*)::int as n from jobs.jobs where kind = 'bench.batch' and state in ('ready', 'running')`,
    ),
  );
  return row?.n ?? 0;
}

/** Milliseconds until each of a row of creates runs, one after the other. */
async function startsOf(customer: Customer): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < CREATES; n += 1) {
    const { status, body } = await customer.call('POST /v1/create', { body: POST });
    const began = performance.now();
    if (status !== 202) throw new Error(`a create answered ${status}: ${JSON.stringify(body)}`);
    let started: number | undefined;
    for await (const { data } of customer.events(`GET ${String(body['status_url'])}`)) {
      if (data['status'] !== 'queued') started ??= performance.now() - began;
    }
    times.push(started ?? Number.NaN);
  }
  return times;
}
