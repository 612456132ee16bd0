import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { AppError, type JobId } from '#platform/kernel';
import { ids, makeAccount, type Member, revokeKey, makeKey, suspendAccount } from '@plinth/testkit/factories';
import {
  figures,
  permitOf,
  ledgerLines,
  permits,
  plannedCall,
  type AdmissionInput,
  windows,
} from '@plinth/testkit/fixtures/limits';
import { engine, testDatabase } from '@plinth/testkit/services';
import { jobRow, openJobs, type Task, traces } from '@plinth/testkit/fixtures/jobs';
import type { RunningJob } from './index.ts';

const { db } = await testDatabase();
const fixture = await openJobs(db);
const wanted = { reserve: 100 };
const operator = await fixture.openProcess();
const { deadLetters } = operator.jobs;
const admin = await makeAccount(db);
const by = {
  caller: { ...admin, platformRole: 'admin', scopes: ['*'] },
  origin: {
    requestId: 'replay',
    ip: '127.0.0.1',
    userAgent: 'test',
    traceparent: undefined,
    signal: new AbortController().signal,
  },
} as const;
const failing: Task = () => Promise.reject(new AppError('conflict'));

/** A job that was given up; `then` is what it does when it is run again. */
async function deadJob(
  member: Member,
  then: Task = async () => {},
  more: AdmissionInput | 'no permit' = wanted,
) {
  const worker = await fixture.work();
  let fails = true;
  const job = await fixture.enqueue(
    member,
    async (attempt) => {
      if (!fails) return then(attempt);
      fails = false;
      await failing(attempt);
    },
    more === 'no permit' ? {} : { wanted: more },
  );
  await worker.process.waitForCount(1);
  await worker.stop(0);
  expect(await jobRow(db, job.id)).toMatchObject({ state: 'dead', error: 'conflict' });
  return job;
}

/** Runs what is ready. */
async function runNext(): Promise<void> {
  const worker = await fixture.work();
  await worker.process.waitForCount(1);
  await worker.stop(0);
}

const readAudit = (id: JobId) =>
  db.asMigrator(
    statement<{ action: string; user_id: string; account_id: string; request_id: string }>(
      'select action, user_id, account_id, request_id from audit.events where target_id = $1 order by created_at',
      [id],
    ),
  );

describe('a dead job that is replayed', () => {
  test('runs as if it were new, with a permit of its own that is charged like the first', async () => {
    const member = await fixture.member();
    const runs: RunningJob[] = [];
    const { id, permit } = await deadJob(
      member,
      async (job) => {
        runs.push(job);
        await job.permit?.send(plannedCall(100));
        job.permit?.served(figures(30));
      },
      { reserve: 100, units: 3, subject: 'a draft' },
    );
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 0, 'demo cost': 0 });
    const replayed = await deadLetters.replay(id, by);
    expect(replayed).toMatchObject({ state: 'ready', attempt: 0, error: null, attempts: 3 });
    expect(await traces(db, member.accountId)).toBe(1);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 3, 'demo cost': 100 });
    await runNext();
    expect(await jobRow(db, id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(runs[0]?.permit).toMatchObject({
      units: 3,
      subject: 'a draft',
      userId: member.userId,
      feature: 'use',
    });
    expect(await permits(db, member.accountId)).toMatchObject([
      { id: permit?.id, state: 'voided' },
      { state: 'settled', job_id: id },
    ]);
    expect(await ledgerLines(db, member.accountId)).toEqual(['voided', 'posted 30']);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 3, 'demo cost': 30 });
    expect(await readAudit(id)).toEqual([
      { action: 'job.replayed', user_id: admin.userId, account_id: member.accountId, request_id: 'replay' },
    ]);
  });

  test('by two admins at once runs once, and is charged once, burst included', async () => {
    const member = await fixture.member();
    const { id } = await deadJob(member);
    const before = await windows(db, member.accountId);
    const elsewhere = (await fixture.openProcess()).jobs.deadLetters;
    const answers = await Promise.allSettled(
      [deadLetters, deadLetters, elsewhere].map((letters) => letters.replay(id, by)),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'job_not_dead' });
    }
    expect(await windows(db, member.accountId)).toMatchObject({
      'demo monthly': 1,
      'demo hourly': (before['demo hourly'] ?? 0) + 1,
      'demo cost': 100,
    });
    expect(await readAudit(id)).toHaveLength(1);
    await runNext();
    expect(await traces(db, member.accountId)).toBe(1);
  });

  test('and fails again can be replayed again', async () => {
    const member = await fixture.member();
    const { id } = await deadJob(member, failing);
    await deadLetters.replay(id, by);
    await runNext();
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', attempt: 1 });
    await deadLetters.replay(id, by);
    await runNext();
    expect((await permits(db, member.accountId)).map(({ state }) => state)).toEqual([
      'voided',
      'voided',
      'voided',
    ]);
    expect(await windows(db, member.accountId)).toMatchObject({ 'demo monthly': 0, 'demo hourly': 3 });
  });

  test('stays dead where a limit of its account has no room, and nothing is charged', async () => {
    const member = await fixture.member();
    const { id } = await deadJob(member);
    const others = permitOf(await fixture.admit(member, { units: 500 - 1, feature: 'use' }));
    await expect(deadLetters.replay(id, by)).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'hourly' },
    });
    expect(await jobRow(db, id)).toMatchObject({ state: 'dead', error: 'conflict' });
    expect(await traces(db, member.accountId)).toBe(0);
    await others.release('test');
    expect(await readAudit(id)).toEqual([]);
  });

  test('stays dead where its account or key may no longer spend', async () => {
    const [suspended, keyed] = [await fixture.member(), await fixture.member()];
    const { id } = await deadJob(suspended);
    await suspendAccount(db, suspended.accountId);
    const keyId = await makeKey(db, keyed);
    const other = await deadJob(keyed, failing, { reserve: 1, keyId });
    await revokeKey(db, keyId);
    for (const dead of [id, other.id]) {
      await expect(deadLetters.replay(dead, by)).rejects.toMatchObject({
        code: 'job_not_replayable',
        status: 409,
      });
      expect(await jobRow(db, dead)).toMatchObject({ state: 'dead' });
    }
  });

  test('needs a handler that puts back what it was about, if it had a permit; without one it needs none', async () => {
    const member = await fixture.member();
    const paid = await deadJob(member);
    const free = await deadJob(member, undefined, 'no permit');
    const plain = await fixture.openProcess();
    plain.jobs.handle({ kind: 'plain', attempts: 3, run: async () => {}, giveUp: async () => {} });
    await db.asMigrator(
      statement(`update jobs.jobs set kind = 'plain' where id in ($1, $2)`, [paid.id, free.id]),
    );
    await expect(plain.jobs.deadLetters.replay(paid.id, by)).rejects.toMatchObject({
      code: 'job_not_replayable',
    });
    await plain.jobs.deadLetters.replay(free.id, by);
    const worker = plain.jobs.work();
    await plain.waitForCount(1);
    await worker.stop(0);
    expect(await jobRow(db, free.id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(await jobRow(db, paid.id)).toMatchObject({ state: 'dead' });
  });

  test('is refused when it is not dead, or not there', async () => {
    const { id } = await fixture.enqueue(await fixture.member(), async () => {}, { wanted, quiet: true });
    await expect(deadLetters.replay(id, by)).rejects.toMatchObject({ code: 'job_not_dead' });
    await expect(deadLetters.discard(id, by)).rejects.toMatchObject({ code: 'job_not_dead' });
    await expect(deadLetters.replay(ids.next(), by)).rejects.toMatchObject({ code: 'not_found' });
    await expect(deadLetters.discard(ids.next(), by)).rejects.toMatchObject({ code: 'not_found' });
    await expect(deadLetters.read(ids.next())).rejects.toMatchObject({ code: 'not_found' });
    await runNext();
  });
});

test('a dead job that is discarded is gone, and the audit says who did it', async () => {
  const member = await fixture.member();
  const { id } = await deadJob(member);
  await deadLetters.discard(id, by);
  await expect(deadLetters.read(id)).rejects.toMatchObject({ code: 'not_found' });
  expect(await readAudit(id)).toMatchObject([{ action: 'job.discarded', user_id: admin.userId }]);
  expect(await permits(db, member.accountId)).toMatchObject([{ state: 'voided' }]);
});

test('a job that is discarded and replayed at once is one of both', async () => {
  const member = await fixture.member();
  const { id } = await deadJob(member);
  const [replayed, discarded] = await Promise.allSettled([
    deadLetters.replay(id, by),
    deadLetters.discard(id, by),
  ]);
  expect([replayed.status, discarded.status].toSorted()).toEqual(['fulfilled', 'rejected']);
  if (replayed.status === 'fulfilled') await runNext();
  expect((await permits(db, member.accountId)).filter(({ state }) => state === 'queued')).toEqual([]);
  expect(await readAudit(id)).toHaveLength(1);
});

test('the list tells jobs of all accounts by state, kind, lane and account, page by page', async () => {
  const { db: own } = await testDatabase();
  const small = await openJobs(own);
  const letters = (await small.openProcess()).jobs.deadLetters;
  const [one, two] = [await makeAccount(own), await makeAccount(own)];
  const worker = await small.work();
  for (const [index, member] of [one, two, one, two, one].entries()) {
    await small.enqueue(member, failing, { lane: index < 2 ? 'batch' : 'interactive' });
    await worker.process.waitForCount(index + 1);
  }
  await worker.stop(0);
  await small.enqueue(one, async () => {}, { quiet: true });
  const all = await letters.list({ state: 'dead' }, { limit: 10 });
  expect(all.map(({ account_id }) => account_id)).toEqual(
    [one, two, one, two, one].map(({ accountId }) => accountId),
  );
  const count = async (filter: Partial<Parameters<typeof letters.list>[0]>) =>
    (await letters.list({ state: 'dead', ...filter }, { limit: 10 })).length;
  expect(await count({ accountId: two.accountId })).toBe(2);
  expect(await count({ lane: 'batch' })).toBe(2);
  expect(await count({ kind: 'work', lane: 'interactive', accountId: one.accountId })).toBe(2);
  expect(await count({ kind: 'dance' })).toBe(0);
  expect(await count({ state: 'ready' })).toBe(1);
  const first = await letters.list({ state: 'dead' }, { limit: 2 });
  const rest = await letters.list({ state: 'dead' }, { limit: 10, before: first.at(-1)?.id });
  expect([...first, ...rest]).toEqual(all);
});

test.runIf(engine === 'postgres')('the list is read from an index, and so is one job by its id', async () => {
  const { db: own } = await testDatabase();
  await own.asMigrator(
    statement(
      `insert into jobs.jobs (account_id, id, kind, lane, payload, state, turn, attempts, request_id)
       select gen_random_uuid(), gen_random_uuid(), 'work', 'batch', '{}', case when n % 100 = 0 then 'dead' else 'done' end, n, 3, 'r'
       from generate_series(1, 20000) n`,
    ),
  );
  await own.script('analyze jobs.jobs');
  const plan = async (sql: string) => {
    const [rows] = await own.system('jobs.queue', [statement<{ 'QUERY PLAN': string }>(`explain ${sql}`)]);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  const id = ids.next();
  expect(
    await plan(`select * from jobs.jobs where state = 'dead' and id < '${id}' order by id desc limit 20`),
  ).toMatch(/Index Scan Backward using jobs_of_state/);
  expect(
    await plan(`select * from jobs.jobs where state = any('{ready,dead,done}') and id = '${id}'`),
  ).toMatch(/Index Scan using jobs_of_state/);
});
