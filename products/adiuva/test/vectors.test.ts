import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { sha256 } from '#platform/kernel';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const { call, count, customer, db, url } = await testApp();

const item = (id: string, blob: string | Uint8Array, embedding?: readonly number[]) => ({
  id,
  blob: Buffer.from(blob).toString('base64'),
  checksum: sha256(blob),
  ...(embedding === undefined ? {} : { embedding }),
});
const upsert = (by: Customer, ...vectors: readonly object[]) =>
  call(by.key, 'POST /v1/storage/vectors/upsert', { body: { vectors } });
const search = (by: Customer, body: object) => call(by.key, 'POST /v1/storage/vectors/search', { body });
const remove = (by: Customer, ...ids: readonly string[]) =>
  call(by.key, 'DELETE /v1/storage/vectors', { body: { ids } });
const codeOf = ({ status, body }: { readonly status: number; readonly body: Record<string, unknown> }) =>
  [status, (body['error'] as { code: string } | undefined)?.code] as const;
async function used({ accountId }: Customer): Promise<number> {
  const [row] = await db.asMigrator(
    statement<{ used: number }>(
      `select coalesce(sum(used), 0)::int as used from limits.gauges where account_id = $1 and name = 'storage'`,
      [accountId],
    ),
  );
  return row?.used ?? -1;
}

describe('vectors of a member', () => {
  test('are stored, found by embedding and by blob, and deleted', async () => {
    const by = await customer('adiuva.pro');
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const stored = await upsert(by, item('a', bytes, [1, 0]), item('b', 'other', [0, 1]), item('c', bytes));
    expect([stored.status, stored.body]).toEqual([200, { upserted: 3, revision: 2 }]);
    expect(await used(by)).toBe(2 * 256 + 5 + 2 * 4);
    const blob = Buffer.from(bytes).toString('base64');
    const near = await search(by, { embedding: [5, 0], top_k: 1 });
    expect([near.status, near.body]).toEqual([
      200,
      { results: [{ id: 'a', score: 1, revision: 2, blob }], mode: 'exact' },
    ]);
    expect((await search(by, { query_blob: blob })).body).toEqual({
      results: [
        { id: 'a', score: 1, revision: 2, blob },
        { id: 'c', score: 1, revision: 2, blob },
      ],
      mode: 'exact',
    });
    expect(await remove(by, 'a', 'b', 'c', 'unknown')).toMatchObject({ status: 200, body: { ok: true } });
    expect((await search(by, { embedding: [1, 0] })).body).toEqual({ results: [], mode: 'exact' });
    expect(await used(by)).toBe(0);
  });

  test('are not written over by who has read another revision, and are read by their ids', async () => {
    const by = await customer('adiuva.pro');
    const read = async () =>
      (await call(by.key, 'POST /v1/storage/vectors/read', { body: { ids: ['a', 'z'] } })).body;
    expect((await upsert(by, { ...item('a', 'first'), if_revision: 0 })).body).toMatchObject({ revision: 2 });
    expect(await read()).toEqual({ vectors: [{ id: 'a', revision: 2, blob: item('a', 'first').blob }] });
    expect((await upsert(by, { ...item('a', 'second'), if_revision: 2 })).body).toMatchObject({
      revision: 3,
    });
    const late = await upsert(by, { ...item('a', 'late'), if_revision: 2 }, item('b', 'beside'));
    expect(codeOf(late)).toEqual([412, 'precondition_failed']);
    expect(late.body).toMatchObject({ error: { details: { conflicts: [{ id: 'a', revision: 3 }] } } });
    expect([await read(), await count(by, 'vectors.items')]).toEqual([
      { vectors: [{ id: 'a', revision: 3, blob: item('a', 'second').blob }] },
      1,
    ]);
  });

  test('are answered at the addresses of the plan document too', async () => {
    const by = await customer('adiuva.pro');
    const reply = await fetch(`${url}/api/v1/storage/vectors/upsert`, {
      method: 'POST',
      headers: { authorization: `Bearer ${by.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ vectors: [item('a', 'x')] }),
    });
    expect([reply.status, await reply.json()]).toEqual([200, { upserted: 1, revision: 2 }]);
  });
});

describe('what is refused', () => {
  test('a blob that is not what its checksum says: 400, and nothing of the request is stored', async () => {
    const by = await customer('adiuva.pro');
    const wrong = { ...item('b', 'one thing', [1, 0]), checksum: sha256('another') };
    expect(codeOf(await upsert(by, item('a', 'fine', [1, 0]), wrong))).toEqual([400, 'checksum_mismatch']);
    expect([await count(by, 'vectors.items'), await used(by)]).toEqual([0, 0]);
  });

  test('a plan without storage: 402 with the plan that has some; its searches find nothing', async () => {
    const by = await customer();
    const refused = await upsert(by, item('a', 'x', [1, 0]));
    expect(codeOf(refused)).toEqual([402, 'plan_required']);
    expect(refused.body).toMatchObject({
      error: { details: { grant: 'storage', plan: 'adiuva.free', upgrade: 'adiuva.pro' } },
    });
    expect((await search(by, { embedding: [1, 0] })).body).toEqual({ results: [], mode: 'exact' });
  });

  test('an embedding of other dimensions than those before: 409', async () => {
    const by = await customer('adiuva.pro');
    await upsert(by, item('a', 'x', [1, 0]));
    const other = await upsert(by, item('b', 'x', [1, 0, 0]));
    expect(codeOf(other)).toEqual([409, 'vector_dimensions']);
    expect(other.body).toMatchObject({ error: { details: { dimensions: 2, sent: 3 } } });
    expect(codeOf(await search(by, { embedding: [1, 0, 0] }))).toEqual([409, 'vector_dimensions']);
  });

  const fine = item('a', 'x', [1, 0]);
  test.each([
    ['no items', { vectors: [] }],
    ['501 items', { vectors: Array.from({ length: 501 }, (_, n) => item(`${n}`, 'x')) }],
    ['one id twice', { vectors: [fine, fine] }],
    ['an id with a space', { vectors: [{ ...fine, id: 'a b' }] }],
    ['a blob of more than 64 KiB', { vectors: [item('a', 'x'.repeat(65_537))] }],
    ['a blob that is no base64', { vectors: [{ ...fine, blob: 'äöü' }] }],
    ['a revision below zero', { vectors: [{ ...fine, if_revision: -1 }] }],
    ['a checksum that is none', { vectors: [{ ...fine, checksum: 'x' }] }],
    ['one dimension', { vectors: [{ ...fine, embedding: [1] }] }],
    ['zeros', { vectors: [{ ...fine, embedding: [0, 0] }] }],
    ['2,049 dimensions', { vectors: [{ ...fine, embedding: Array.from({ length: 2_049 }, () => 1) }] }],
    ['a dimension that is no number', { vectors: [{ ...fine, embedding: [1, null] }] }],
  ])('an upsert of %s', async (_, body) => {
    const by = await customer('adiuva.pro');
    const [status] = codeOf(await call(by.key, 'POST /v1/storage/vectors/upsert', { body }));
    expect([400, 422]).toContain(status);
    expect(await count(by, 'vectors.items')).toBe(0);
  });

  test.each([
    ['neither query', {}],
    ['two queries', { embedding: [1, 0], query_blob: 'eA==' }],
    ['101 results', { embedding: [1, 0], top_k: 101 }],
    ['a number in quotes', { embedding: [1, 0], top_k: '1' }],
    ['bits behind the last byte', { query_blob: '3q2+7x==' }],
    ['no results', { embedding: [1, 0], top_k: 0 }],
  ])('a search for %s', async (_, body) => {
    const by = await customer('adiuva.pro');
    expect([400, 422]).toContain((await search(by, body)).status);
  });
});
