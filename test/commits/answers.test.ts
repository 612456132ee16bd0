import { describe, expect, test, vi } from 'vitest';
import { holdMeters } from '@plinth/testkit/fixtures/limits';
import { engine } from '@plinth/testkit/services';
import { commitsFixture } from './fixture.ts';

const SOON = { timeout: 120_000, interval: 20 };

describe.runIf(engine === 'postgres')('the answer of a commit that is lost', async () => {
  const fixture = await commitsFixture();
  const { cutter, sandbox } = fixture;

  test('of an admission is 503 with Retry-After, charges nothing, and the same key is served and billed once', async () => {
    const customer = await fixture.customer();
    const headers = { 'idempotency-key': 'lost' };
    for (const lost of ['once', 'twice']) {
      void cutter.cutNextCommit(/limits\.admit\(/);
      const answer = await fixture.chat(customer.key, headers);
      expect([lost, answer.status, answer.body['error']]).toMatchObject([lost, 503, { code: 'unavailable' }]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      await fixture.told();
    }
    expect(sandbox.bill()).toHaveLength(0);
    // Both places are free, and the key is.
    const [kept, other] = await Promise.all([
      fixture.chat(customer.key, headers),
      fixture.chat(customer.key),
    ]);
    expect([kept.status, other.status]).toEqual([200, 200]);
    const again = await fixture.chat(customer.key, headers);
    expect([again.status, again.body]).toEqual([200, kept.body]);
    expect(sandbox.bill()).toHaveLength(2);
    // An answer without a key does not wait for its settlement.
    await fixture.told();
    expect(await states(customer.accountId)).toEqual(['settled', 'settled', 'voided', 'voided']);
  });

  test('of half an admission keeps nobody waiting: its rows are freed, it is given back, and the key is served', async () => {
    const customer = await fixture.customer();
    const headers = { 'idempotency-key': 'half' };
    const holding = cutter.holdNextCommit(/limits\.admit\(/);
    const half = await fixture.chat(customer.key, headers);
    expect([half.status, half.body['error']]).toMatchObject([503, { code: 'unavailable' }]);
    expect(Number(half.headers.get('retry-after'))).toBeGreaterThan(0);
    await holding;
    // The database has not heard that its client is gone, and holds the rows of this account.
    expect(await fixture.database.db.endAbandoned()).toBe(0);
    let isServed = false;
    const waits = fixture.chat(customer.key).finally(() => {
      isServed = true;
    });
    // Where the machine is slow, the server itself has looked for it meanwhile, and has ended it.
    await vi.waitFor(
      async () => expect((await fixture.database.db.endAbandoned(0)) === 1 || isServed).toBe(true),
      SOON,
    );
    expect((await waits).status).toBe(200);
    await fixture.told();
    expect((await fixture.chat(customer.key, headers)).status).toBe(200);
    await fixture.told();
    expect(await states(customer.accountId)).toEqual(['settled', 'settled', 'voided']);
  });

  test('of an admission that waited for a row in vain is none: 503 with Retry-After, nothing is charged, and the same key is served', async () => {
    const customer = await fixture.customer();
    const headers = { 'idempotency-key': 'in-vain' };
    const { db, url } = fixture.database;
    const limit = (of: string) =>
      db.script(`do $$ declare f regprocedure; begin
        for f in select oid from pg_proc where proname = 'admit' and pronamespace = 'limits'::regnamespace
        loop execute format('alter function %s set lock_timeout = %L', f, '${of}'); end loop; end $$`);
    expect((await fixture.chat(customer.key)).status).toBe(200);
    await fixture.told();
    const release = await holdMeters(url, customer.accountId);
    await limit('50ms');
    const inVain = await fixture.chat(customer.key, headers);
    await limit('10s');
    await release();
    expect([inVain.status, inVain.body['error']]).toMatchObject([503, { code: 'unavailable' }]);
    expect(Number(inVain.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await states(customer.accountId)).toEqual(['settled']);
    expect((await fixture.chat(customer.key, headers)).status).toBe(200);
  });

  test('of a settlement is told again: the figures are exact, once', async () => {
    const customer = await fixture.customer();
    const before = await fixture.books();
    const closing = cutter.cutNextCommit(/limits\.close_plain\(/);
    expect((await fixture.chat(customer.key)).status).toBe(200);
    await closing;
    const answering = cutter.cutNextCommit(/limits\.answer_here\(/);
    expect((await fixture.chat(customer.key, { 'idempotency-key': 'kept' })).status).toBe(200);
    expect(
      (await fixture.chat(customer.key, { 'idempotency-key': 'kept' })).headers.get('idempotent-replayed'),
    ).toBe('true');
    await answering;
    await fixture.told();
    const after = await fixture.books();
    expect([after.posted - before.posted, after.estimates]).toEqual([
      after.billed - before.billed,
      before.estimates,
    ]);
    expect(await states(customer.accountId)).toEqual(['settled', 'settled']);
  });

  test('of a job that was enqueued is no second one: the repeat is told of the first', async () => {
    const customer = await fixture.customer('reel.pro');
    const headers = { 'idempotency-key': 'a-post' };
    void cutter.cutNextCommit(/limits\.attach\(/);
    const lost = await fixture.create(customer.key, headers);
    expect([lost.status, lost.body['error']]).toMatchObject([503, { code: 'unavailable' }]);
    const again = await fixture.create(customer.key, headers);
    expect(again.status).toBe(202);
    await fixture.told();
    await waitForCompletion(customer.accountId);
    expect(await states(customer.accountId)).toEqual(['settled']);
    expect(await countGenerations(customer.accountId)).toBe(1);
  });

  test('of a job that was not enqueued after all: its place and its quota are free at once, and the repeat makes it', async () => {
    const customer = await fixture.customer('reel.pro');
    const headers = { 'idempotency-key': 'another-post' };
    void cutter.loseNextCommit(/limits\.attach\(/);
    expect((await fixture.create(customer.key, headers)).status).toBe(503);
    await fixture.told();
    expect(await states(customer.accountId)).toEqual(['voided']);
    expect((await fixture.create(customer.key, headers)).status).toBe(202);
    await waitForCompletion(customer.accountId);
    expect(await states(customer.accountId)).toEqual(['settled', 'voided']);
    expect(await countGenerations(customer.accountId)).toBe(1);
  });

  test.each(['jobs.take_up(', 'jobs.progress(', 'jobs.finish('])(
    'of a worker, at %s, is made good: one post, billed exactly',
    async (at) => {
      const customer = await fixture.customer('reel.pro');
      const before = await fixture.books();
      const cut = cutter.cutNextCommit(new RegExp(at.replaceAll(/[.(]/g, String.raw`\$&`)));
      expect((await fixture.create(customer.key)).status).toBe(202);
      await cut;
      await waitForCompletion(customer.accountId);
      await fixture.told();
      expect(await states(customer.accountId)).toEqual(['settled']);
      await vi.waitFor(async () => {
        const after = await fixture.books();
        expect([after.posted - before.posted, after.estimates]).toEqual([
          after.billed - before.billed,
          before.estimates,
        ]);
      }, SOON);
      expect(await countGenerations(customer.accountId)).toBe(1);
    },
  );

  async function states(accountId: string): Promise<string[]> {
    const rows = await fixture.rows<{ state: string }>(
      'select state from limits.permits where account_id = $1 order by 1',
      accountId,
    );
    return rows.map(({ state }) => state);
  }

  async function countGenerations(accountId: string): Promise<number> {
    const [row] = await fixture.rows<{ n: number }>(
      'select count(*)::int as n from reel.generations where account_id = $1',
      accountId,
    );
    return row?.n ?? 0;
  }

  async function waitForCompletion(accountId: string): Promise<void> {
    await vi.waitFor(
      async () =>
        expect(
          await fixture.rows('select status from reel.generations where account_id = $1', accountId),
        ).toEqual([{ status: 'completed' }]),
      SOON,
    );
  }
});
