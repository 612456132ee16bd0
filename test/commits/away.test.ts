import { expect, describe, test, vi } from 'vitest';
import { engine } from '@plinth/testkit/services';
import { commitsFixture } from './fixture.ts';

const SOON = { timeout: 120_000, interval: 20 };

describe.runIf(engine === 'postgres')('a database that is away', async () => {
  const fixture = await commitsFixture();
  const { cutter, sandbox } = fixture;

  test('is 503 unavailable with Retry-After, for every call', async () => {
    const customer = await fixture.customer();
    cutter.refuse();
    const answers = await Promise.all([
      fixture.chat(customer.key),
      fixture.create(customer.key),
      fixture.call(customer.key, 'GET /v1/usage'),
      fixture.call(customer.key, 'GET /v1/me'),
      fixture.call(undefined, 'POST /v1/auth/login', {
        body: { email: customer.email, password: 'long enough, 1' },
      }),
    ]);
    cutter.resume();
    for (const { status, body, headers } of answers) {
      expect([status, body['error']]).toMatchObject([503, { code: 'unavailable' }]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await fixture.call(customer.key, 'GET /v1/me')).status).toBe(200);
  });

  test('that ends its connections in the middle of calls answers none of them with 500', async () => {
    const customer = await fixture.customer('gateway.scale');
    sandbox.faults.always({ kind: 'latency', ms: 30 });
    const calls = Array.from({ length: 12 }, () => fixture.chat(customer.key));
    for (let nth = 0; nth < 5; nth += 1)
      await fixture
        .rows(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'plinth' and pid <> pg_backend_pid()`,
        )
        .catch(() => {});
    const statuses = new Set((await Promise.all(calls)).map(({ status }) => status));
    sandbox.faults.clear();
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await fixture.told();
  });

  test('while a provider answers is told the figures when it is back: of a call, and of a job', async () => {
    const customer = await fixture.customer('gateway.scale', 'reel.pro');
    const before = await fixture.books();
    sandbox.faults.next({ kind: 'latency', ms: 2_000 });
    const billed = sandbox.bill().length;
    const call = fixture.chat(customer.key);
    await vi.waitFor(async () => expect(await open(fixture, customer.accountId)).toBe(1), SOON);
    cutter.refuse();
    expect((await call).status).toBe(200);
    expect(sandbox.bill()).toHaveLength(billed + 1);
    cutter.resume();
    await fixture.told();
    expect(await open(fixture, customer.accountId)).toBe(0);

    sandbox.faults.next({ kind: 'latency', ms: 2_000 });
    expect((await fixture.create(customer.key)).status).toBe(202);
    await vi.waitFor(async () => expect(await countRunning(fixture)).toBe(1), SOON);
    cutter.refuse();
    await vi.waitFor(() => expect(fixture.app.modules.limits.retries.size).toBe(1), SOON);
    cutter.resume();
    await fixture.told();
    await vi.waitFor(async () => expect(await open(fixture, customer.accountId)).toBe(0), SOON);
    const after = await fixture.books();
    expect(after.posted - before.posted).toBe(after.billed - before.billed);
    expect(after.estimates).toBe(before.estimates);
  });

  async function open({ rows }: typeof fixture, accountId: string): Promise<number> {
    const [row] = await rows<{ n: number }>(
      `select count(*)::int as n from limits.permits where account_id = $1 and state in ('queued', 'running')`,
      accountId,
    );
    return row?.n ?? 0;
  }

  async function countRunning({ rows }: typeof fixture): Promise<number> {
    const [row] = await rows<{ n: number }>(
      `select count(*)::int as n from jobs.jobs where state = 'running' and kind = 'reel.generate'`,
    );
    return row?.n ?? 0;
  }
});
