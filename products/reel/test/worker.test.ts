import { describe, expect, it } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import type { JobId } from '#platform/kernel';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { suspendAccount } from '@plinth/testkit/factories';
import { type Creator, reelFixture } from './fixture.ts';

const CANCEL = commitPoint('test.reel.cancel', 'a cancel of which no worker is told');
const app = await reelFixture();
const { count, creator, db, sandbox } = app;

const post = (hook: string, body = 'A body.') => ({ hook, body, cta: 'A call.', hashtags: ['#Tag'] });
const says = (content: object) => ({ kind: 'content' as const, text: JSON.stringify(content) });
const long = 'word '.repeat(80).trim();

/** How many pieces the provider streams for three variants, so that it can be stopped between them. */
async function piecesOfThree(): Promise<number> {
  const by = await creator('reel.pro');
  await by.ended(await by.asked({ variants: 3 }));
  return sandbox.bill().at(-1)?.completion_tokens ?? 0;
}
const pieces = await piecesOfThree();
const inTheMiddle = Math.floor(pieces / 2);

interface Event {
  readonly state: string;
  readonly estimated: boolean;
}

/** The ledger rows of a creator's calls. */
function events({ by }: Creator): Promise<Event[]> {
  return db.asMigrator(
    statement<Event>(
      `select state, estimated from limits.usage_events where account_id = $1 order by created_at`,
      [by.accountId],
    ),
  );
}

/** Cost of a creator's calls, by the ledger. */
async function costOf({ by }: Creator): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ cost: number }>(
      `select sum(cost)::int as cost from limits.usage_events where account_id = $1 and state = 'posted'`,
      [by.accountId],
    ),
  );
  return row?.cost ?? 0;
}

async function jobOf(generationId: string): Promise<JobId> {
  const [row] = await db.asMigrator(
    statement<{ job_id: JobId }>('select job_id from reel.generations where id = $1', [generationId]),
  );
  if (row === undefined) throw new Error('there is no such generation');
  return row.job_id;
}

async function positions({ by }: Creator): Promise<number[]> {
  const rows = await db.asMigrator(
    statement<{ position: number }>(
      'select position from reel.variants where account_id = $1 order by position',
      [by.accountId],
    ),
  );
  return rows.map(({ position }) => position);
}

describe('variants', () => {
  it('are there as soon as each is written, while the model writes on', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next({ kind: 'hang_midstream', after: inTheMiddle });
    const id = await by.asked({ variants: 3 });
    await waitFor(async () => (await by.read(id)).variants.length > 0);
    const half = await by.read(id);
    expect(half.status).toBe('running');
    expect(half.progress).toEqual({ done: half.variants.length, total: 3 });
    expect(half.variants.length).toBeLessThan(3);
    await by.cancel(id);
  });

  it('that are stored when the stream breaks stay, and only the rest is asked for, with other hooks', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next({ kind: 'cut_stream', after: inTheMiddle, abrupt: true });
    const before = sandbox.bill().length;
    const made = await by.ended(await by.asked({ variants: 3 }));
    expect(made).toMatchObject({ status: 'completed', progress: { done: 3, total: 3 } });
    expect(await positions(by)).toEqual([1, 2, 3]);
    expect(new Set(made.variants.map(({ hook }) => hook)).size).toBe(3);
    const [first, second, ...more] = sandbox.bill().slice(before);
    expect(more).toEqual([]);
    expect(second?.completion_tokens).toBeLessThan(first?.completion_tokens ?? 0);
    expect((await events(by)).map(({ state }) => state)).toEqual(['posted', 'posted']);
    expect(await by.used()).toMatchObject({ generations: 1, concurrent: 0 });
  });

  it('that are stored when nothing more comes of it are what the creator gets, and count', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next(
      { kind: 'cut_stream', after: inTheMiddle, abrupt: true },
      { kind: 'status', status: 400 },
    );
    const made = await by.ended(await by.asked({ variants: 3 }));
    expect(made.status).toBe('completed');
    expect(made).not.toHaveProperty('error');
    expect(made.progress.done).toBeGreaterThan(0);
    expect(made.progress.done).toBeLessThan(3);
    expect(await by.used()).toMatchObject({ generations: 1, concurrent: 0 });
    expect(await count(by.by, 'jobs.jobs', `state = 'done'`)).toBe(1);
  });

  it('that are all there when the stream breaks at its very end cost no further call', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next({ kind: 'cut_stream', after: pieces, abrupt: true });
    const before = sandbox.bill().length;
    const made = await by.ended(await by.asked({ variants: 3 }));
    expect(made).toMatchObject({ status: 'completed', progress: { done: 3, total: 3 } });
    expect(sandbox.bill().length - before).toBe(1);
  });
});

describe('variants that are too long', () => {
  it('wait for one repair of them all, and come after those that fit', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next(
      says({ variants: [post('One', long), post('Two'), post('Three', long)] }),
      says({ posts: [post('One', 'Short.'), post('Three', 'Short.')] }),
    );
    const before = sandbox.bill().length;
    const made = await by.ended(await by.asked({ platform: 'x', variants: 3 }));
    expect(made.variants.map(({ hook, over_length }) => [hook, over_length])).toEqual([
      ['Two', false],
      ['One', false],
      ['Three', false],
    ]);
    expect(sandbox.bill().length - before).toBe(2);
    expect((await events(by)).map(({ estimated }) => estimated)).toEqual([false, false]);
  });

  it('are marked when the repair leaves them too long, and are not repaired again', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next(
      says({ variants: [post('One', long)] }),
      says({ posts: [post('One', `${long} more`)] }),
    );
    const before = sandbox.bill().length;
    const made = await by.ended(await by.asked({ platform: 'x' }));
    expect(made.variants).toMatchObject([{ hook: 'One', body: long, over_length: true }]);
    expect(sandbox.bill().length - before).toBe(2);
  });

  it('are marked, and not lost, when the repair fails', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next(says({ variants: [post('One', long)] }), { kind: 'status', status: 400 });
    const made = await by.ended(await by.asked({ platform: 'x' }));
    expect(made).toMatchObject({ status: 'completed', variants: [{ over_length: true }] });
    expect(await by.used()).toMatchObject({ generations: 1 });
  });
});

describe('a generation', () => {
  it('whose provider has no room waits for it, and loses no try', async () => {
    const by = await creator('reel.basic');
    const full = { kind: 'status' as const, status: 429, retry_after: 0.01 };
    sandbox.faults.next(full, full, full, full, full);
    expect(await by.ended(await by.asked())).toMatchObject({ status: 'completed' });
    expect(await count(by.by, 'limits.usage_events', `state = 'posted'`)).toBe(1);
  });

  it('is tried three times when its provider fails, and then says so', async () => {
    const by = await creator('reel.basic');
    const failure = { kind: 'status' as const, status: 500 };
    sandbox.faults.next(failure, failure, failure);
    const failed = await by.ended(await by.asked());
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'provider_unavailable' } });
    expect((await events(by)).map(({ state }) => state)).toEqual(['voided', 'voided', 'voided']);
    expect(await by.used()).toMatchObject({ generations: 0, concurrent: 0, daily_cost: 0 });
  });

  it('that is delivered twice is written once', async () => {
    const by = await creator('reel.basic');
    const before = sandbox.bill().length;
    const id = await by.asked();
    const job = await jobOf(id);
    const deliver = () => app.app.modules.jobs.deliver(by.by.accountId, job);
    await Promise.all([deliver(), deliver()]);
    await by.ended(id);
    expect(await deliver()).toBe('absent');
    expect(await positions(by)).toEqual([1]);
    expect(sandbox.bill().length - before).toBe(1);
  });

  it('that was cancelled behind its worker’s back gets nothing more; what its call cost is known in the end', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next({ kind: 'latency', ms: 1_500, before: 'first_token' });
    const before = sandbox.bill().length;
    const id = await by.asked({ variants: 3 });
    await waitFor(() => sandbox.bill().length > before);
    // The signal that tells the worker is lost.
    await db.tenant(by.by.accountId, CANCEL, [
      statement(`update reel.generations set status = 'cancelled' where id = $1`, [id]),
      app.app.modules.jobs.cancelling(by.by.accountId, await jobOf(id), { keep: false }),
    ]);
    await waitFor(async () => (await count(by.by, 'limits.usage_events', 'corrects is not null')) === 1);
    expect(await by.read(id)).toMatchObject({ status: 'cancelled', variants: [] });
    expect(await by.used()).toMatchObject({ generations: 0, daily_cost: await costOf(by) });
  });

  it('that failed runs once more when an admin replays its job, and is charged as it was at first', async () => {
    const [by, admin] = [await creator('reel.basic'), await app.admin()];
    sandbox.faults.next({ kind: 'status', status: 400 });
    const id = await by.asked();
    expect(await by.ended(id)).toMatchObject({ status: 'failed', error: { code: 'provider_rejected' } });
    const replayed = await app.call(admin.key, `POST /v1/admin/jobs/${await jobOf(id)}/replay`);
    expect(replayed.status).toBe(200);
    await waitFor(async () => (await by.read(id)).status === 'completed');
    expect(await by.read(id)).not.toHaveProperty('error');
    expect(await by.used()).toMatchObject({ generations: 1, hourly: 2, concurrent: 0 });
  });
});

describe('of an account that was suspended while it waited', () => {
  it('a generation does not run, and gives back what it held', async () => {
    const idle = await reelFixture({ work: false });
    const by = await idle.creator('reel.basic');
    const id = await by.asked();
    await suspendAccount(idle.db, by.by.accountId);
    const worker = idle.work();
    await waitFor(async () => (await idle.count(by.by, 'reel.generations', `status = 'failed'`)) === 1);
    await worker.stop(0);
    expect(await idle.count(by.by, 'reel.generations', `error_code = 'forbidden' and id = '${id}'`)).toBe(1);
    expect(await idle.count(by.by, 'limits.permits', `state = 'voided'`)).toBe(1);
    expect(idle.sandbox.bill()).toEqual([]);
  });
});
