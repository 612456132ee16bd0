import { describe, expect, test, vi } from 'vitest';
import { statement } from '#platform/db';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const app = await testApp();
const admin = await app.admin();

interface ShownJob {
  readonly id: string;
  readonly status: string;
  readonly account_id?: string;
}

const dataOf = (body: Readonly<Record<string, unknown>>) => body['data'] as ShownJob[];

let asked = 0;
/** Asks for a post, and waits until its generation has ended. */
async function create(by: Customer): Promise<{ status: string; generation: string }> {
  const { body } = await app.call(by.key, 'POST /v1/create', {
    body: { platform: 'x', topic: 'jobs', variants: 1 },
    headers: { 'idempotency-key': `job-${(asked += 1)}` },
  });
  const generation = String(body['generation_id']);
  return { generation, status: await waitForEnd(by, generation) };
}

async function waitForEnd(by: Customer, generation: string): Promise<string> {
  return vi.waitUntil(
    async () => {
      const { body } = await app.call(by.key, `GET /v1/generations/${generation}`);
      const status = String(body['status']);
      return ['completed', 'failed'].includes(status) && status;
    },
    { timeout: 120_000, interval: 20 },
  );
}

describe('an account', () => {
  test('sees its jobs, how far they are and how they ended; nobody else does', async () => {
    const [customer, other] = [await app.customer('reel.basic'), await app.customer('reel.basic')];
    expect((await create(customer)).status).toBe('completed');
    const listed = await app.call(customer.key, 'GET /v1/jobs');
    expect(dataOf(listed.body)).toMatchObject([
      { kind: 'reel.generate', lane: 'interactive', status: 'done', attempt: 1, error: null },
    ]);
    const [job] = dataOf(listed.body);
    const read = await app.call(customer.key, `GET /v1/jobs/${job?.id}`);
    expect(read.body).toEqual(job);
    const counted = async (status: string) =>
      dataOf((await app.call(customer.key, `GET /v1/jobs?status=${status}`)).body).length;
    expect([await counted('done'), await counted('dead')]).toEqual([1, 0]);
    expect(Object.keys(read.body)).not.toContain('payload');
    expect((await app.call(other.key, `GET /v1/jobs/${job?.id}`)).status).toBe(404);
    expect(dataOf((await app.call(other.key, 'GET /v1/jobs')).body)).toEqual([]);
  });

  test('reads them page by page, newest first', async () => {
    const customer = await app.customer('reel.pro');
    for (let count = 0; count < 3; count += 1) await create(customer);
    const first = await app.call(customer.key, 'GET /v1/jobs?limit=2');
    const rest = await app.call(
      customer.key,
      `GET /v1/jobs?limit=2&cursor=${String(first.body['next_cursor'])}`,
    );
    const ids = [...dataOf(first.body), ...dataOf(rest.body)].map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(ids).toHaveLength(3);
    expect(rest.body['next_cursor']).toBeNull();
  });

  test('is no platform admin', async () => {
    const customer = await app.customer('reel.basic');
    expect((await app.call(customer.key, 'GET /v1/admin/jobs')).status).toBe(403);
  });
});

describe('a platform admin', () => {
  test('finds what was given up, and replays it: the post is written after all', async () => {
    const customer = await app.customer('reel.basic');
    app.sandbox.faults.next({ kind: 'status', status: 400 });
    const { status, generation } = await create(customer);
    expect(status).toBe('failed');
    const dead = await app.call(
      admin.key,
      `GET /v1/admin/jobs?status=dead&kind=reel.generate&account_id=${customer.accountId}`,
    );
    expect(dataOf(dead.body)).toMatchObject([
      {
        status: 'dead',
        error: 'provider_rejected',
        max_attempts: 3,
        account_id: customer.accountId,
        payload: { generation_id: generation },
      },
    ]);
    const id = dataOf(dead.body)[0]?.id;
    const replayed = await app.call(admin.key, `POST /v1/admin/jobs/${id}/replay`);
    // It may run, and even be done, before the answer is read.
    expect(replayed).toMatchObject({ status: 200, body: { id, error: null } });
    expect(['ready', 'running', 'done']).toContain((replayed.body as { status?: string }).status);
    expect(await waitForEnd(customer, generation)).toBe('completed');
    expect(await app.call(admin.key, `POST /v1/admin/jobs/${id}/replay`)).toMatchObject({
      status: 409,
      body: { error: { code: 'job_not_dead' } },
    });
    const job = await app.call(admin.key, `GET /v1/admin/jobs/${id}`);
    expect(job.body).toMatchObject({ status: 'done', attempt: 1 });
  });

  test('is told which limit of the account has no room for a replay', async () => {
    const customer = await app.customer('reel.basic');
    app.sandbox.faults.next({ kind: 'status', status: 400 });
    await create(customer);
    const dead = await app.call(admin.key, `GET /v1/admin/jobs?account_id=${customer.accountId}`);
    const [job] = dataOf(dead.body);
    await app.db.asMigrator(
      statement(
        `update limits.meters set used = array_fill(1000000, array[cardinality(used)]) where account_id = $1`,
        [customer.accountId],
      ),
    );
    const replayed = await app.call(admin.key, `POST /v1/admin/jobs/${job?.id}/replay`);
    expect(replayed).toMatchObject({ status: 429, body: { error: { code: 'limit_exceeded' } } });
    expect((await app.call(admin.key, `DELETE /v1/admin/jobs/${job?.id}`)).body).toEqual({ ok: true });
    expect((await app.call(admin.key, `GET /v1/admin/jobs/${job?.id}`)).status).toBe(404);
  });
});
