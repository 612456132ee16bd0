import { describe, expect, test, vi } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { engine } from '@plinth/testkit/services';
import { numbersOf, outcomesOf, type PromisedJob, qstashFixture, stateOf } from './fixture.ts';

const fixture = await qstashFixture();
const { qstash, sandbox, db } = fixture;
/** Longer than the slow poll takes. */
const SOON = { timeout: 120_000, interval: 20 };

describe('a create, delivered by QStash', () => {
  test('runs where it is delivered, and nowhere before', async () => {
    const by = await fixture.customer('reel.pro');
    qstash.hold();
    const post = await fixture.create(by);
    await vi.waitFor(() => expect(numbersOf(fixture, post)).toEqual(['0-1']), SOON);
    expect(await stateOf(fixture, post)).toBe('ready');
    qstash.release();
    expect(await post.ended()).toBe('completed');
    await qstash.idle();
    expect(outcomesOf(fixture, post)).toEqual(['done']);
  });

  test('carries ids alone', async () => {
    const by = await fixture.customer('reel.pro');
    const post = await fixture.create(by);
    await post.ended();
    const message = qstash.messages().find(({ deduplicationId }) => deduplicationId?.startsWith(post.jobId));
    expect(JSON.parse(String(message?.body))).toEqual({ account_id: by.accountId, job_id: post.jobId });
    expect(Object.keys(message?.headers ?? {})).toEqual(['content-type']);
  });

  test('completes once and is billed once, though it is delivered six times at once to two processes, and again later', async () => {
    // On the embedded database there is one.
    const other = engine === 'postgres' ? await fixture.another() : undefined;
    await unscheduled();
    const by = await fixture.customer('reel.pro');
    const billed = sandbox.bill().length;
    qstash.faults.next({ kind: 'double', times: 6 });
    const post = await fixture.create(by);
    expect(await post.ended()).toBe('completed');
    await qstash.idle();
    expect(timesOf(outcomesOf(fixture, post))).toEqual({ done: 1, absent: 5 });
    await qstash.redeliver(qstash.messages().at(-1)?.id ?? '');
    expect(outcomesOf(fixture, post).at(-1)).toBe('absent');
    expect(sandbox.bill().length - billed).toBe(1);
    const permits = statement('select from limits.permits where account_id = $1', [by.accountId]);
    expect(await db.asMigrator(permits)).toHaveLength(1);
    fixture.deliverTo(fixture);
    await other?.close();
  });

  test('completes in any order of messages', async () => {
    const by = await fixture.customer('reel.pro');
    qstash.hold();
    const posts = [await fixture.create(by), await fixture.create(by), await fixture.create(by)];
    await vi.waitFor(() => expect(posts.flatMap((post) => numbersOf(fixture, post))).toHaveLength(3), SOON);
    qstash.faults.next({ kind: 'late', ms: 60_000 });
    qstash.release('reversed');
    await qstash.idle();
    qstash.elapse(60_000);
    expect(await Promise.all(posts.map(({ ended }) => ended()))).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
  });
});

describe('what becomes of it when something fails', () => {
  test('an answer that QStash did not hear: it delivers again, and nothing runs again', async () => {
    const by = await fixture.customer('reel.pro');
    qstash.faults.next({ kind: 'answer_lost' });
    const post = await fixture.create(by);
    expect(await post.ended()).toBe('completed');
    await qstash.idle();
    qstash.elapse(2_000);
    await qstash.idle();
    expect(outcomesOf(fixture, post)).toEqual(['done', 'absent']);
  });

  test('a message that is lost: after five minutes the job is announced under another number', async () => {
    const by = await fixture.customer('reel.pro');
    qstash.faults.next({ kind: 'lose' });
    const post = await fixture.create(by);
    await vi.waitFor(() => expect(numbersOf(fixture, post)).toEqual(['0-1']), SOON);
    await vi.waitFor(async () => expect(await countPublished([post])).toBe(1), SOON);
    await advance(db, '240 seconds');
    await fixture.create(await fixture.customer('reel.pro')).then(({ ended }) => ended());
    expect(numbersOf(fixture, post)).toEqual(['0-1']);
    await advance(db, '61 seconds');
    expect(await post.ended()).toBe('completed');
    expect(numbersOf(fixture, post)).toEqual(['0-1', '0-2']);
  });

  test('a publisher that never hears that its messages were taken publishes them again, to no effect', async () => {
    const by = await fixture.customer('reel.pro');
    const billed = sandbox.bill().length;
    qstash.hold();
    qstash.faults.next({ kind: 'reset', taken: true });
    const post = await fixture.create(by);
    await vi.waitFor(async () => expect(await countPublished([post])).toBe(1), SOON);
    expect(numbersOf(fixture, post)).toEqual(['0-1']);
    qstash.release();
    expect(await post.ended()).toBe('completed');
    await qstash.idle();
    expect(outcomesOf(fixture, post)).toEqual(['done']);
    expect(sandbox.bill().length - billed).toBe(1);
  });

  test('QStash away for a while: jobs wait, and all complete once it is back', async () => {
    const [one, other] = [await fixture.customer('reel.pro'), await fixture.customer('reel.pro')];
    qstash.faults.always({ kind: 'status', status: 503 });
    const posts = [await fixture.create(one), await fixture.create(one), await fixture.create(other)];
    await vi.waitFor(async () => expect(await countClaimed(posts)).toBe(3), SOON);
    expect(await Promise.all(posts.map((post) => stateOf(fixture, post)))).toEqual([
      'ready',
      'ready',
      'ready',
    ]);
    qstash.faults.clear();
    expect(await Promise.all(posts.map(({ ended }) => ended()))).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
    expect(posts.flatMap((post) => numbersOf(fixture, post))).toEqual(['0-1', '0-1', '0-1']);
  });

  test.runIf(engine === 'postgres')(
    'a provider without room: we say when the job goes on, wherever that is; QStash does not try again',
    async () => {
      const by = await fixture.customer('reel.pro');
      sandbox.faults.next({ kind: 'status', status: 429, retry_after: 130 });
      const post = await fixture.create(by);
      await vi.waitFor(() => expect(outcomesOf(fixture, post)).toEqual(['retry']), SOON);
      expect(await stateOf(fixture, post)).toBe('delayed');
      qstash.elapse(600_000);
      await qstash.idle();
      expect(outcomesOf(fixture, post)).toEqual(['retry']);
      // The first process remembers that the provider has no room.
      fixture.deliverTo(await fixture.another());
      await advance(db, '200 seconds');
      expect(await post.ended()).toBe('completed');
      await qstash.idle();
      expect(outcomesOf(fixture, post)).toEqual(['retry', 'done']);
      expect(numbersOf(fixture, post)).toEqual(['0-1', '1-1']);
    },
  );
});

/** How many of these are published and, as far as anybody has looked, not taken up. */
const countPublished = (posts: readonly PromisedJob[]) => announcements(posts, 'published_at is not null');
/** How many of these are about to be published. */
const countClaimed = (posts: readonly PromisedJob[]) => announcements(posts, 'published_at is null');

async function announcements(posts: readonly PromisedJob[], which: string): Promise<number> {
  const ids = `{${posts.map(({ jobId }) => jobId).join()}}`;
  const sql = `select from jobs.deliveries where job_id = any ($1::uuid[]) and ${which}`;
  return (await db.asMigrator(statement(sql, [ids]))).length;
}

/** Ends all schedules: while their jobs fill the lane for batches, a process can't tell that a job is taken, and answers 503. */
async function unscheduled(): Promise<void> {
  await db.asMigrator(statement(`update jobs.schedules set next_at = 'infinity'`));
  const left = statement(`select from jobs.jobs where lane = 'batch' and state in ('ready', 'running')`);
  await vi.waitFor(async () => expect(await db.asMigrator(left)).toEqual([]), SOON);
}

/** How often each outcome was. */
function timesOf(outcomes: readonly unknown[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const outcome of outcomes) times[String(outcome)] = (times[String(outcome)] ?? 0) + 1;
  return times;
}
