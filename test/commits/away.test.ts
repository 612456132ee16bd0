import { expect, describe, test, vi } from 'vitest';
import { engine } from '#test/services';
import { commitsStand } from './stand.ts';

const SOON = { timeout: 30_000, interval: 20 };

describe.runIf(engine === 'postgres')('a database that is away', async () => {
  const stand = await commitsStand();
  const { cutter, sandbox } = stand;

  test('is 503 unavailable with Retry-After, whatever is asked for', async () => {
    const customer = await stand.customer();
    cutter.refuse();
    const answers = await Promise.all([
      stand.chat(customer.key),
      stand.create(customer.key),
      stand.call(customer.key, 'GET /v1/usage'),
      stand.call(customer.key, 'GET /v1/me'),
      stand.call(undefined, 'POST /v1/auth/login', {
        body: { email: customer.email, password: 'long enough, 1' },
      }),
    ]);
    cutter.resume();
    for (const { status, body, headers } of answers) {
      expect([status, body['error']]).toMatchObject([503, { code: 'unavailable' }]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await stand.call(customer.key, 'GET /v1/me')).status).toBe(200);
  });

  test('that ends its connections in the middle of calls answers none of them with 500', async () => {
    const customer = await stand.customer('gateway.scale');
    sandbox.faults.always({ kind: 'latency', ms: 30 });
    const calls = Array.from({ length: 12 }, () => stand.chat(customer.key));
    for (let nth = 0; nth < 5; nth += 1)
      await stand
        .rows(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'plinth' and pid <> pg_backend_pid()`,
        )
        .catch(() => {});
    const statuses = new Set((await Promise.all(calls)).map(({ status }) => status));
    sandbox.faults.clear();
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await stand.told();
  });

  test('while a provider answers is told the figures when it is back: of a call, and of a job', async () => {
    const customer = await stand.customer('gateway.scale', 'reel.pro');
    const before = await stand.books();
    sandbox.faults.next({ kind: 'latency', ms: 300 });
    const billed = sandbox.bill().length;
    const call = stand.chat(customer.key);
    await vi.waitFor(async () => expect(await open(stand, customer.accountId)).toBe(1), SOON);
    cutter.refuse();
    expect((await call).status).toBe(200);
    expect(sandbox.bill()).toHaveLength(billed + 1);
    cutter.resume();
    await stand.told();
    expect(await open(stand, customer.accountId)).toBe(0);

    sandbox.faults.next({ kind: 'latency', ms: 300 });
    expect((await stand.create(customer.key)).status).toBe(202);
    await vi.waitFor(async () => expect(await running(stand)).toBe(1), SOON);
    cutter.refuse();
    await vi.waitFor(() => expect(stand.app.modules.limits.untold.size).toBe(1), SOON);
    cutter.resume();
    await stand.told();
    await vi.waitFor(async () => expect(await open(stand, customer.accountId)).toBe(0), SOON);
    const after = await stand.books();
    expect(after.posted - before.posted).toBe(after.billed - before.billed);
    expect(after.estimates).toBe(before.estimates);
  });

  async function open({ rows }: typeof stand, accountId: string): Promise<number> {
    const [row] = await rows<{ n: number }>(
      `select count(*)::int as n from limits.permits where account_id = $1 and state in ('queued', 'running')`,
      accountId,
    );
    return row?.n ?? 0;
  }

  async function running({ rows }: typeof stand): Promise<number> {
    const [row] = await rows<{ n: number }>(
      `select count(*)::int as n from jobs.jobs where state = 'running' and kind = 'reel.generate'`,
    );
    return row?.n ?? 0;
  }
});
