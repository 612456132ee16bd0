import { describe, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import { advance, advanceTo } from '@plinth/testkit/factories';
import { openNode } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { openJobs, type JobProcessOptions } from '@plinth/testkit/fixtures/jobs';
import { type Jobs, PLATFORM_ACCOUNT, type RunningJob } from './index.ts';

/** Waits for what a worker's next look at the clock brings about. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 120_000 });

/** Workers that keep schedules of kind `tick`, on a database of their own, at noon. */
async function openClockwork() {
  const { db, url, engine } = await testDatabase();
  const fixture = await openJobs(db);
  await advanceTo(db, '2027-03-01T12:00:10Z');
  const ticks: RunningJob[] = [];
  const count = statement<{ n: number }>(`select count(*)::integer as n from jobs.jobs where kind = 'tick'`);
  return {
    db,
    ticks,
    another: async () => (engine === 'pglite' ? db : await openDatabase({ engine: 'postgres', url })),
    async openProcess(crons: Readonly<Record<string, string>>, options: JobProcessOptions = {}) {
      const jobProcess = await fixture.openProcess({ polls: { schedules: 50 }, ...options });
      jobProcess.jobs.handle({
        kind: 'tick',
        attempts: 1,
        run: async (job) => void ticks.push(job),
        giveUp: async () => {},
      });
      for (const [name, cron] of Object.entries(crons))
        jobProcess.jobs.schedule({ name, cron, kind: 'tick' });
      return jobProcess;
    },
    node: (own: typeof db) => openNode(own, [fixture.catalogue]),
    enqueued: async () => (await db.asMigrator(count))[0]?.n,
    begun: () =>
      db.asMigrator(
        statement<{ name: string; cron: string; next_at: Date; last_at: Date | null }>(
          'select name, cron, next_at, last_at from jobs.schedules order by name, cron',
        ),
      ),
  };
}

describe('a schedule', () => {
  test('runs its job at each instant of its expression, in UTC and for nobody’s account', async () => {
    const clockwork = await openClockwork();
    const { jobs, scheduled } = await clockwork.openProcess({ hourly: '0 * * * *' });
    const worker = jobs.work();
    await soon(clockwork.begun).toMatchObject([
      { name: 'hourly', next_at: new Date('2027-03-01T13:00:00Z'), last_at: null },
    ]);
    await advanceTo(clockwork.db, '2027-03-01T12:59:50Z');
    expect(await clockwork.enqueued()).toBe(0);
    await advance(clockwork.db, '15 seconds');
    await soon(() => clockwork.ticks).toHaveLength(1);
    await advance(clockwork.db, '1 hour');
    await soon(() => clockwork.ticks).toHaveLength(2);
    await worker.stop(0);
    expect(clockwork.ticks[0]).toMatchObject({
      accountId: PLATFORM_ACCOUNT,
      lane: 'batch',
      payload: { schedule: 'hourly' },
    });
    expect(scheduled).toEqual(['hourly', 'hourly']);
    expect(await clockwork.begun()).toMatchObject([
      { next_at: new Date('2027-03-01T15:00:00Z'), last_at: new Date('2027-03-01T14:00:00Z') },
    ]);
  });

  test('of which several workers see the instant enqueues one job', async () => {
    const clockwork = await openClockwork();
    const crons = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`every-${index}`, '* * * * *']),
    );
    const other = await clockwork.another();
    const processes = await Promise.all([
      clockwork.openProcess(crons),
      clockwork.openProcess(crons, { node: await clockwork.node(other) }),
    ]);
    const workers = processes.map(({ jobs }) => jobs.work());
    await soon(async () => (await clockwork.begun()).length).toBe(20);
    await advance(clockwork.db, '1 minute');
    await soon(() => clockwork.ticks.length).toBe(20);
    await Promise.all(workers.map((worker) => worker.stop(0)));
    expect(await clockwork.enqueued()).toBe(20);
    expect(processes.flatMap(({ scheduled }) => scheduled)).toHaveLength(20);
    if (other !== clockwork.db) await other.close();
  });

  test('catches up with one run on all instants that nobody was there for', async () => {
    const clockwork = await openClockwork();
    const first = (await clockwork.openProcess({ hourly: '0 * * * *' })).jobs.work();
    await soon(clockwork.begun).toHaveLength(1);
    await first.stop(0);
    await advanceTo(clockwork.db, '2027-03-03T07:30:00Z');
    const next = (await clockwork.openProcess({ hourly: '0 * * * *' })).jobs.work();
    await soon(() => clockwork.ticks).toHaveLength(1);
    expect(await clockwork.begun()).toMatchObject([{ next_at: new Date('2027-03-03T08:00:00Z') }]);
    await advance(clockwork.db, '31 minutes');
    await soon(() => clockwork.ticks).toHaveLength(2);
    await next.stop(0);
    expect(await clockwork.enqueued()).toBe(2);
  });

  test('that was advanced while the clock was a year ahead is due again at its next instant after a start', async () => {
    const clockwork = await openClockwork();
    const first = (await clockwork.openProcess({ hourly: '0 * * * *' })).jobs.work();
    await soon(clockwork.begun).toHaveLength(1);
    await advanceTo(clockwork.db, '2028-03-01T12:00:10Z');
    await soon(() => clockwork.ticks).toHaveLength(1);
    await first.stop(0);
    await advanceTo(clockwork.db, '2027-03-01T12:30:00Z');
    const next = (await clockwork.openProcess({ hourly: '0 * * * *' })).jobs.work();
    await soon(clockwork.begun).toMatchObject([{ next_at: new Date('2027-03-01T13:00:00Z') }]);
    await next.stop(0);
  });

  test('with another expression keeps to it from the next start on; one that is gone runs no more', async () => {
    const clockwork = await openClockwork();
    const first = (await clockwork.openProcess({ moved: '0 * * * *', gone: '30 * * * *' })).jobs.work();
    await soon(clockwork.begun).toHaveLength(2);
    await first.stop(0);
    const next = (await clockwork.openProcess({ moved: '45 * * * *' })).jobs.work();
    await soon(clockwork.begun).toHaveLength(3);
    await advanceTo(clockwork.db, '2027-03-01T12:44:00Z');
    expect(await clockwork.enqueued()).toBe(0);
    await advanceTo(clockwork.db, '2027-03-01T13:15:00Z');
    await soon(() => clockwork.ticks).toHaveLength(1);
    await next.stop(0);
    expect(clockwork.ticks[0]?.payload).toEqual({ schedule: 'moved' });
    expect(await clockwork.enqueued()).toBe(1);
  });

  test('needs a handler, a right expression, and a name of its own', async () => {
    const clockwork = await openClockwork();
    const { jobs } = await clockwork.openProcess({ hourly: '0 * * * *' });
    const declare = (schedule: Partial<Parameters<Jobs['schedule']>[0]>) => () =>
      jobs.schedule({ name: 'new', cron: '0 * * * *', kind: 'tick', ...schedule });
    expect(declare({ kind: 'dance' })).toThrow('no handler');
    expect(declare({ name: 'hourly' })).toThrow('two schedules');
    expect(declare({ cron: '61 * * * *' })).toThrow();
    expect(declare({ cron: 'now and then' })).toThrow();
    expect(declare({ cron: '0 0 30 2 *' })).toThrow('no next instant');
  });
});
