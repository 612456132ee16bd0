import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createQStashSandbox, type QStashSandbox } from '#sandbox/qstash';
import { advance, type Member } from '@plinth/testkit/factories';
import { kill, type Node } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { type EnqueuedJob, type More, openJobs } from '@plinth/testkit/fixtures/jobs';
import { startAnnouncing, announceTo } from './announcer.ts';
import { announceAnew } from './store.ts';

const { db } = await testDatabase();
const fixture = await openJobs(db);
/** Seconds of a clock that is moved by hand. */
let seconds = 0;
let qstash: QStashSandbox;
let member: Member;

beforeEach(async () => {
  await db.script('delete from jobs.jobs');
  qstash = await createQStashSandbox({ driven: true });
  qstash.hold();
  member = await fixture.member('only');
});
afterEach(() => qstash.close());

/** A process that announces: so many may run at once. */
function announcer(node: Node, parallelism = 4, onPublished = async () => {}) {
  const { url, token } = qstash;
  const clock = { now: () => seconds * 1_000, monotonic: () => seconds * 1_000 };
  const logged: string[] = [];
  const note = (_facts: object, message: string) => logged.push(message);
  const handlers = new Map([
    ['work', { kind: 'work', attempts: 3, run: async () => {}, giveUp: async () => {} }],
  ]);
  const to = announceTo({ url, token, target: 'https://plinth.test', parallelism, clock });
  const publish: typeof to.publish = async (jobs) => {
    const taken = await to.publish(jobs);
    await onPublished();
    return taken;
  };
  const log = { info: note, warn: note, error: note };
  const announce = startAnnouncing({ ...node, handlers, log }, { ...to, publish });
  return { announce, logged };
}

const enqueueQuietly = (more: More = {}) => fixture.enqueue(member, async () => {}, { quiet: true, ...more });
async function waitingJobs(count: number, more: More = {}): Promise<EnqueuedJob[]> {
  const made = [];
  for (let n = 0; n < count; n += 1) made.push(await enqueueQuietly(more));
  return made;
}
const announcedIds = () => qstash.messages().map(({ deduplicationId }) => deduplicationId);
const firstOf = (jobs: readonly EnqueuedJob[]) => jobs.map(({ id }) => `${id}-0-1`);

describe('an announcer', () => {
  test('announces what is due in the queue’s order: interactive ones before batch, accounts in turn', async () => {
    const batch = await enqueueQuietly({ lane: 'batch' });
    const mine = await waitingJobs(2);
    await enqueueQuietly({ delay: 60_000 });
    const theirs = await fixture.enqueue(await fixture.member('only'), async () => {}, { quiet: true });
    await announcer(await fixture.another()).announce();
    expect(announcedIds()).toEqual(firstOf([...mine.slice(0, 1), theirs, ...mine.slice(1), batch]));
  });

  test('lets as many wait at QStash as may run, of the batch lane no more than half may be on their way', async () => {
    const interactive = await waitingJobs(9);
    const { announce } = announcer(await fixture.another(), 4);
    await announce();
    expect(announcedIds()).toEqual(firstOf(interactive.slice(0, 8)));
    await announce();
    expect(announcedIds()).toHaveLength(8);

    await db.script('delete from jobs.jobs');
    const batch = await waitingJobs(3, { lane: 'batch' });
    await announce();
    expect(announcedIds().slice(8)).toEqual(firstOf(batch.slice(0, 2)));
  });

  test('counts what runs already', async () => {
    const jobs = await waitingJobs(3);
    await db.script(`update jobs.jobs set state = 'running', fence = 1 where id = '${jobs[0]?.id}'`);
    await announcer(await fixture.another(), 1).announce();
    expect(announcedIds()).toEqual(firstOf(jobs.slice(1, 2)));
  });

  test('announces batch jobs past interactive ones when one of them has waited for 30 seconds', async () => {
    const batch = await enqueueQuietly({ lane: 'batch' });
    await waitingJobs(9);
    const { announce } = announcer(await fixture.another(), 4);
    await announce();
    expect(announcedIds()).not.toContain(`${batch.id}-0-1`);
    await advance(db, '30 seconds');
    await announce();
    expect(announcedIds()).toContain(`${batch.id}-0-1`);
  });

  test('two of them at once announce each job once', async () => {
    const jobs = await waitingJobs(8);
    const both = [announcer(await fixture.another()), announcer(await fixture.another())];
    await Promise.all(both.map(({ announce }) => announce()));
    expect(new Set(announcedIds())).toEqual(new Set(firstOf(jobs)));
    expect(announcedIds()).toHaveLength(jobs.length);
  });

  test('takes over from one that died, under the same number: its messages may have gone out', async () => {
    const [job] = await waitingJobs(1);
    const dying = await fixture.another();
    qstash.faults.next({ kind: 'reset', taken: true });
    await announcer(dying).announce();
    const next = announcer(await fixture.another());
    await next.announce();
    expect(qstash.messages()).toHaveLength(1);
    await kill(dying);
    qstash.faults.next({ kind: 'reset' });
    await next.announce();
    expect(next.logged).toEqual(['jobs could not be announced to QStash']);
    seconds += 60;
    await next.announce();
    expect(announcedIds()).toEqual([`${job?.id}-0-1`]);
    expect(next.logged).toHaveLength(1);
  });

  test('announces anew what QStash gave up before it was written down that QStash had it', async () => {
    const [job] = await waitingJobs(1);
    if (job === undefined) throw new Error('no job was made');
    let giveUp = async () => announceAnew(db, member.accountId, job.id);
    const { announce } = announcer(await fixture.another(), 4, async () => {
      await giveUp();
      giveUp = async () => {};
    });
    await announce();
    await announce();
    await announce();
    expect(announcedIds()).toEqual([`${job?.id}-0-1`, `${job?.id}-0-2`]);
  });

  test('that is dead itself announces nothing', async () => {
    await waitingJobs(1);
    const node = await fixture.another();
    await kill(node);
    await expect(announcer(node).announce()).rejects.toMatchObject({ code: 'PL012' });
    expect(announcedIds()).toEqual([]);
  });

  test('announces the others when QStash refuses one', async () => {
    const jobs = await waitingJobs(3);
    const { announce } = announcer(await fixture.another());
    qstash.faults.next({ kind: 'refuse' });
    await announce();
    expect(announcedIds()).toHaveLength(2);
    seconds += 60;
    await announce();
    expect(new Set(announcedIds())).toEqual(new Set(firstOf(jobs)));
    expect(announcedIds()).toHaveLength(jobs.length);
  });
});

test('while QStash is away it is asked again after half a second, then after twice as long each time', async () => {
  const [job] = await waitingJobs(1);
  const { announce, logged } = announcer(await fixture.another());
  qstash.faults.always({ kind: 'status', status: 503 });
  for (const wait of [0.5, 1, 2, 4]) {
    const before = logged.length;
    await announce();
    expect(logged).toHaveLength(before + 1);
    seconds += wait - 0.1;
    expect(await announce()).toMatchObject({ isFull: false });
    expect(logged).toHaveLength(before + 1);
    seconds += 0.2;
  }
  qstash.faults.clear();
  await announce();
  expect(announcedIds()).toEqual([`${job?.id}-0-1`]);
});
