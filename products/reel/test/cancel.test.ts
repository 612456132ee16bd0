import { afterEach, describe, expect, it } from 'vitest';
import { statement } from '#platform/db';
import { sha256 } from '#platform/kernel';
import { refusalOf, waitFor } from '@plinth/testkit/fixtures/calls';
import { ledgerObjections } from '@plinth/testkit/crash/promises';
import type { Reply, TestApp } from '@plinth/testkit/services/app';
import { type Creator, reelFixture } from './fixture.ts';

const token = 'metrics-token-of-the-cancel-test-0123456789';
const { creator, db, sandbox, url } = await reelFixture({ settings: { METRICS_TOKEN: token } });

/** How many pieces the provider streams for three variants, so that it can be stopped between them. */
async function piecesOfThree(): Promise<number> {
  const by = await creator('reel.pro');
  await by.ended(await by.asked({ variants: 3 }));
  return sandbox.bill().at(-1)?.completion_tokens ?? 0;
}
const inTheMiddle = Math.floor((await piecesOfThree()) / 2);

// A cancel may come before its call has met the fault that was meant for it.
afterEach(() => sandbox.faults.clear());

/** The state of an account's only permit. */
async function permitOf({ by }: Creator): Promise<string | undefined> {
  const [permit, ...more] = await db.asMigrator(
    statement<{ state: string }>('select state from limits.permits where account_id = $1', [by.accountId]),
  );
  expect(more).toEqual([]);
  return permit?.state;
}

/** How many provider calls their callers have broken off: the rest of those is read for a while. */
async function brokenOff(): Promise<number> {
  const metrics = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  const counts = metrics.matchAll(
    /^plinth_provider_call_duration_seconds_count\{[^}]*outcome="hung_up"[^}]*\} (\d+)/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('a generation that is cancelled', () => {
  it('while it waits never runs, and gives back what it held', async () => {
    const idle = await reelFixture({ work: false });
    const by = await idle.creator('reel.basic');
    const id = await by.asked();
    const { status, body } = await by.cancel(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      generation_id: id,
      status: 'cancelled',
      status_url: `/v1/generations/${id}`,
    });
    expect(await by.used()).toMatchObject({ generations: 0, hourly: 1, concurrent: 0, daily_cost: 0 });
    expect(await idle.count(by.by, 'limits.permits', `state = 'voided'`)).toBe(1);
    const next = await by.asked();
    const worker = idle.work();
    await by.ended(next);
    await worker.stop(0);
    expect(await by.read(id)).toMatchObject({
      status: 'cancelled',
      variants: [],
      progress: { done: 0, total: 1 },
    });
    expect(await idle.count(by.by, 'jobs.jobs', `state = 'cancelled'`)).toBe(1);
    expect(idle.sandbox.bill()).toHaveLength(1);
  });

  it('before anything is written frees its place at once and gives its quota back, and its call is broken off', async () => {
    const by = await creator('reel.basic');
    const before = sandbox.bill().length;
    sandbox.faults.next({ kind: 'hang', billed: true });
    const brokenOffBefore = await brokenOff();
    const id = await by.asked();
    await waitFor(() => sandbox.bill().length > before);
    expect((await by.cancel(id)).status).toBe(200);
    expect(await by.used()).toMatchObject({ generations: 0, concurrent: 0 });
    expect(await permitOf(by)).toBe('voided');
    await waitFor(async () => (await brokenOff()) > brokenOffBefore);
    expect(await by.ended(await by.asked())).toMatchObject({ status: 'completed' });
  });

  it('after a part of it was written keeps that part, and its quota', async () => {
    const by = await creator('reel.pro');
    sandbox.faults.next({ kind: 'hang_midstream', after: inTheMiddle });
    const id = await by.asked({ variants: 3 });
    await waitFor(async () => (await by.read(id)).progress.done > 0);
    await by.cancel(id);
    const cancelled = await by.read(id);
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.progress.done).toBeGreaterThan(0);
    expect(cancelled.variants).toHaveLength(cancelled.progress.done);
    expect(await by.used()).toMatchObject({ generations: 1, concurrent: 0 });
    expect(await permitOf(by)).toBe('settled');
  });

  it('once more stays so, is answered alike, and gives nothing back twice', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.next({ kind: 'hang' });
    const id = await by.asked();
    const first = await by.cancel(id);
    const again = await by.cancel(id);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await by.used()).toMatchObject({ generations: 0, hourly: 1, concurrent: 0 });
  });

  it('under an Idempotency-Key is answered from it', async () => {
    const by = await creator('reel.basic');
    sandbox.faults.next({ kind: 'hang' });
    const id = await by.asked();
    const key = { 'idempotency-key': 'cancel-1' };
    const first = await by.cancel(id, key);
    const again = await by.cancel(id, key);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
  });
});

describe('nothing is left to cancel', () => {
  it.each([
    ['completed', undefined],
    ['failed', { kind: 'status' as const, status: 400 }],
  ])('of one that %s: 409, and nothing changes', async (status, fault) => {
    const by = await creator('reel.basic');
    if (fault !== undefined) sandbox.faults.next(fault);
    const id = await by.asked();
    const before = await by.ended(id);
    expect(before.status).toBe(status);
    const used = await by.used();
    expect(refusalOf(await by.cancel(id))).toMatchObject({ status: 409, code: 'generation_ended' });
    expect(await by.read(id)).toEqual(before);
    expect(await by.used()).toEqual(used);
  });

  it('of another account’s: 404', async () => {
    const [mine, theirs] = [await creator('reel.basic'), await creator('reel.basic')];
    sandbox.faults.next({ kind: 'hang' });
    const id = await mine.asked();
    expect((await theirs.cancel(id)).status).toBe(404);
    expect((await mine.cancel(id)).status).toBe(200);
  });
});

/** Milliseconds between 0 and `most`, the same for the same words. */
function instantOf(words: string, most: number): number {
  return (Number.parseInt(sha256(words).slice(0, 8), 16) / 2 ** 32) * most;
}

const seed = process.env['SEED'] ?? String(process.pid);

/** Asks for a post, cancels it at some instant, and sees how both ended. */
async function race(by: Creator, words: string) {
  const id = await by.asked({ variants: 3 });
  const cancelled = new Promise<Reply>((resolve) => {
    setTimeout(() => resolve(by.cancel(id)), instantOf(`${seed} ${words}`, 160));
  });
  const ended = await by.ended(id);
  return { status: (await cancelled).status, ended };
}

/** Cost that the ledger has posted of an account, in micro-dollars. */
async function postedCost(at: TestApp, { by }: Creator): Promise<number | undefined> {
  const [row] = await at.db.asMigrator(
    statement<{ cost: number }>(
      `select coalesce(sum(cost), 0)::int as cost from limits.usage_events where account_id = $1 and state = 'posted'`,
      [by.accountId],
    ),
  );
  return row?.cost;
}

describe('cancels that race with the work', () => {
  it(`end each generation once, and charge what was made (SEED=${seed})`, async () => {
    const here = await reelFixture({ settings: { WORKER_CONCURRENCY: '10' } });
    const creators = await Promise.all(Array.from({ length: 8 }, () => here.creator('reel.pro')));
    here.sandbox.setLatency(40);
    const endings = await Promise.all(
      creators.flatMap((by, n) => [1, 2, 3].map((m) => race(by, `${n} ${m}`))),
    );
    for (const { status, ended } of endings) {
      expect([status, ended.status]).toEqual(status === 200 ? [200, 'cancelled'] : [409, 'completed']);
      expect(ended.variants.length).toBe(ended.progress.done);
      if (ended.status === 'completed') expect(ended.progress.done).toBe(3);
    }
    const open = `select count(*)::int as n from limits.permits where state in ('queued', 'running')`;
    await waitFor(async () => (await here.db.asMigrator(statement<{ n: number }>(open)))[0]?.n === 0);
    for (const by of creators) {
      const made = await here.count(
        by.by,
        'reel.generations g',
        `exists (select from reel.variants v where v.account_id = g.account_id and v.generation_id = g.id)`,
      );
      expect(await here.count(by.by, 'limits.permits', `state = 'settled'`)).toBe(made);
      expect(await by.used()).toMatchObject({ generations: made, concurrent: 0 });
      // Use of a call that was broken off is learnt after its permit's end, and corrects the estimate.
      await waitFor(async () => (await by.used())['daily_cost'] === (await postedCost(here, by)));
    }
    const hidden = endings.filter(({ ended }) => ended.status === 'cancelled').length;
    expect(hidden).toBeGreaterThan(0);
    expect(await ledgerObjections(here.db, { bill: here.sandbox.bill(), hidden })).toEqual([]);
  });
});
