import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { commitPoint, statement } from '#platform/db';
import { createPineconeSandbox } from '#sandbox/pinecone';
import { createQdrantSandbox } from '#sandbox/qdrant';
import { atEndOfFile } from '@plinth/testkit/closing';
import { advance, ids, makeMember, type Member } from '@plinth/testkit/factories';
import { clusteredVectors } from '@plinth/testkit/fixtures/clustered-vectors';
import { openLimits } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import {
  checkVectorHome,
  type Collection,
  createPineconeHome,
  createQdrantHome,
  createVectorStorage,
  type VectorHome,
  type VectorItem,
} from './index.ts';

const ERASED = commitPoint('test.vectors.account-erased', 'all collections of an account, gone');
let armed: string | undefined;
const { db } = await testDatabase({
  crashHook(point, phase) {
    if (`${point}:${phase}` !== armed) return;
    armed = undefined;
    throw new Error(`killed at ${point}:${phase}`);
  },
});
const { limits, member } = await openLimits(db, {
  product: 'memory',
  limits: {
    storage: { kind: 'gauge', by: 'account', unit: 'bytes' },
    uses: { kind: 'quota', per: 'day', by: 'account' },
  },
  features: { use: ['uses'] },
  plans: { small: { storage: 10, uses: 1 }, big: { storage: 50_000_000, uses: 1 } },
});
const parts = { db, ids, limits, upgradeFor: () => 'memory.big' };
const qdrant = await createQdrantSandbox();
const pinecone = await createPineconeSandbox({ dimension: 32 });
atEndOfFile(() => Promise.all([qdrant.close(), pinecone.close()]));
const ours = createVectorStorage(parts).of('memory');

const collectionOf = (owner: Pick<Member, 'accountId'> & Partial<Member>): Collection => ({
  ...owner,
  name: 'notes',
  gauge: 'storage',
});
const newCollection = async (plan = 'big') => collectionOf(await member(plan));
const item = (id: string, embedding?: readonly number[]): VectorItem => ({
  id,
  blob: Buffer.from(`sealed ${id}`),
  embedding,
});
const idsOf = ({ results }: { readonly results: readonly { readonly id: string }[] }) =>
  results.map(({ id }) => id);
const used = async ({ accountId }: Collection) =>
  (await limits.usage(accountId)).find(({ limit }) => limit === 'storage')?.used ?? 0;
const AWAY = expect.objectContaining({ code: 'vector_store_unavailable', status: 503 });
/** Ids of points that rows have, and of those that are to be deleted. */
const pointsIn = async (table: 'points' | 'stray_points', store: string) =>
  (
    await db.asMigrator(
      statement<{ point: string }>(`select point from vectors.${table} where store = $1 order by point`, [
        store,
      ]),
    )
  ).map(({ point }) => point);
const arm = (point: string) => {
  armed = point;
  onTestFinished(() => void (armed = undefined));
};
const LATER = '11 minutes';

const shapeSchema = z.record(z.string(), z.any());
const publishedSchema = z.object({
  calls: z.record(z.string(), z.object({ request: shapeSchema.optional(), reply: shapeSchema })),
});
/** Differences between the vendor's published schema and the calls as they were sent and answered. */
function differences(vendor: string, calls: typeof qdrant.calls): string[] {
  const file = new URL(`../../../../../sandboxes/src/${vendor}/testing/published.json`, import.meta.url);
  const { calls: schemas } = publishedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const published = Object.entries(schemas).map(
    ([name, { request = {}, reply }]) =>
      [name, { request: z.fromJSONSchema(request), reply: z.fromJSONSchema(reply) }] as const,
  );
  const missing = published
    .filter(([name]) => !calls.some((call) => matches(name, call)))
    .map(([name]) => name);
  const wrong = calls
    .filter(({ status }) => status === 200)
    .flatMap((call) => {
      const [, schema] = published.find(([name]) => matches(name, call)) ?? [];
      if (schema === undefined) return [`${call.method} ${call.path} is not published`];
      const results = [schema.request.safeParse(call.body ?? {}), schema.reply.safeParse(call.answer)];
      return results.flatMap(({ error }) =>
        error === undefined ? [] : [`${call.method} ${call.path}: ${error.message}`],
      );
    });
  return [...missing, ...wrong];
}
const matches = (name: string, { method, path }: { readonly method: string; readonly path: string }) =>
  new RegExp(`^${name.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${path}`);

const VENDORS = [
  {
    vendor: 'qdrant',
    sandbox: qdrant,
    open: () => createQdrantHome({ vendor: 'qdrant', url: qdrant.url, apiKey: qdrant.apiKey }),
  },
  {
    vendor: 'pinecone',
    sandbox: pinecone,
    open: () =>
      createPineconeHome({
        vendor: 'pinecone',
        url: pinecone.url,
        apiKey: pinecone.apiKey,
        index: pinecone.index,
      }),
  },
] as const;

describe.each(VENDORS)('at $vendor', ({ vendor, sandbox, open }) => {
  const vectorHome: VectorHome = open();
  const storage = createVectorStorage({ ...parts, vectorHome });
  const vectors = storage.of('memory');
  const asked = () => sandbox.calls.filter(({ path }) => path.endsWith('/query')).length;
  /** All points at the store are rows', once what is due has gone. */
  async function assertSwept(): Promise<void> {
    await advance(db, LATER);
    await storage.tendPoints();
    expect([...sandbox.points().keys()].toSorted()).toEqual(await pointsIn('points', vectorHome.name));
    expect(await pointsIn('stray_points', vectorHome.name)).toEqual([]);
  }
  const goAway = () => {
    sandbox.isAway = true;
    onTestFinished(() => void (sandbox.isAway = false));
  };

  test('a search finds what one in the database finds, and the store has seen neither ids nor blobs', async () => {
    const [here, there] = [await newCollection(), await newCollection()];
    const next = clusteredVectors({ seed: 51, dimensions: 24, topics: 10, common: 1 });
    const all = Array.from({ length: 300 }, (_, n) => item(`one-of-mine-${n}`, next()));
    const from = sandbox.calls.length;
    await ours.upsert(here, all);
    await vectors.upsert(there, all);
    for (const query of Array.from({ length: 10 }, () => next())) {
      const [expected, found] = [await ours.search(here, query, 10), await vectors.search(there, query, 10)];
      expect([found.results, found.mode]).toEqual([expected.results, 'approximate']);
    }
    const seen = JSON.stringify(sandbox.calls.slice(from).map(({ path, body }) => [path, body]));
    expect(seen).not.toMatch(/one-of-mine|sealed/);
    expect(seen).not.toContain(there.accountId);
    expect(await used(there)).toBe(await used(here));
  });

  test('no other account, user, collection or product finds an item, although the store answers with all that it has', async () => {
    const owner = await member('big');
    const [notes, stranger] = [collectionOf(owner), await newCollection()];
    const others = [
      stranger,
      collectionOf(await makeMember(db, owner.accountId)),
      { ...notes, name: 'other' },
    ];
    await vectors.upsert(notes, [item('mine', [1, 0])]);
    for (const other of others) await vectors.upsert(other, [item('theirs', [0, 1])]);
    if (vendor === 'pinecone') sandbox.lies.push('no-uuid');
    sandbox.lies.push(ids.next(), ...sandbox.points().keys());
    onTestFinished(() => void sandbox.lies.splice(0));
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['mine']);
    for (const other of others) {
      const found = await vectors.search(other, [1, 0], 10);
      expect(found.results.map(({ id, score }) => [id, score])).toEqual([['theirs', 0]]);
    }
    expect(idsOf(await storage.of('demo').search(notes, [1, 0], 10))).toEqual([]);
  });

  test('what is replaced, deleted or erased is gone at the store', async () => {
    const owner = await member('big');
    const notes = collectionOf(owner);
    await vectors.upsert(notes, [item('a', [1, 0]), item('b', [0, 1]), item('c', [1, 1])]);
    const space = [...sandbox.points().values()].at(-1);
    const kept = () => [...sandbox.points().values()].filter((one) => one === space).length;
    await vectors.upsert(notes, [item('a', [0, 1]), item('b')]);
    expect(kept()).toBe(2);
    expect(idsOf(await vectors.search(notes, [0, 1], 10))).toEqual(['a', 'c']);
    await vectors.delete(notes, ['c']);
    expect(kept()).toBe(1);
    await db.tenant(owner.accountId, ERASED, [
      statement('delete from vectors.collections where account_id = $1', [owner.accountId]),
    ]);
    await assertSwept();
    expect(kept()).toBe(0);
  });

  test('while it is away nothing is stored or lost, and what needs no search works', async () => {
    const notes = await newCollection();
    await vectors.upsert(notes, [item('a', [1, 0]), item('b', [0, 1])]);
    const before = await used(notes);
    goAway();
    await expect(vectors.upsert(notes, [item('a', [1, 1]), item('new', [1, 0])])).rejects.toEqual(AWAY);
    await expect(vectors.search(notes, [1, 0], 1)).rejects.toEqual(AWAY);
    expect(await used(notes)).toBe(before);
    expect((await vectors.read(notes, ['a', 'new'])).map(({ id, revision }) => [id, revision])).toEqual([
      ['a', 2],
    ]);
    expect(idsOf(await vectors.find(notes, Buffer.from('sealed a'), 1))).toEqual(['a']);
    await vectors.delete(notes, ['b']);
    sandbox.isAway = false;
    for (const fault of ['reset', { status: 429 }, { status: 401 }] as const) {
      sandbox.faults.push(fault);
      await expect(vectors.search(notes, [1, 0], 1)).rejects.toEqual(AWAY);
    }
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['a']);
    await assertSwept();
  });

  test.each(['vectors.expected', 'vectors.upserted'])(
    'a process that is killed at %s, or a refusal, has stored all of it or nothing',
    async (point) => {
      const notes = await newCollection();
      await vectors.upsert(notes, [item('a', [1, 0])]);
      for (const phase of ['before', 'after']) {
        arm(`${point}:${phase}`);
        await expect(vectors.upsert(notes, [item('b', [1, 0]), item('a', [0, 1])])).rejects.toThrow('killed');
        const isDone = `${point}:${phase}` === 'vectors.upserted:after';
        expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(isDone ? ['b', 'a'] : ['a']);
        await assertSwept();
      }
      const poor = await newCollection('small');
      await expect(vectors.upsert(poor, [item('a', [1, 0])])).rejects.toThrow();
      await assertSwept();
    },
  );

  test('an upsert that takes longer than its points wait is not stored', async () => {
    const notes = await newCollection();
    const slow: VectorHome = {
      ...vectorHome,
      async upsert(space, points) {
        await vectorHome.upsert(space, points);
        await advance(db, LATER);
        await storage.tendPoints();
      },
    };
    const late = createVectorStorage({ ...parts, vectorHome: slow }).of('memory');
    await expect(late.upsert(notes, [item('a', [1, 0])])).rejects.toThrow();
    expect([await vectors.read(notes, ['a']), await used(notes)]).toEqual([[], 0]);
  });

  test('what was stored before the store was set comes there, and is found meanwhile', async () => {
    const notes = await newCollection();
    await ours.upsert(notes, [item('a', [1, 0]), item('b', [0, 1]), item('c')]);
    const before = asked();
    await vectors.upsert(notes, [item('d', [-1, 0])]);
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['a', 'b', 'd']);
    arm('vectors.moved:before');
    await expect(storage.tendPoints()).rejects.toThrow('killed');
    expect(asked()).toBe(before);
    await storage.tendPoints();
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['a', 'b', 'd']);
    expect(asked()).toBe(before + 1);
    // Without the store it is searched here again, and an item that is stored meanwhile is not lost when it comes back.
    await ours.upsert(notes, [item('e', [1, 0.1])]);
    expect(idsOf(await vectors.search(notes, [1, 0], 1))).toEqual(['a']);
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toContain('e');
    await storage.tendPoints();
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['a', 'e', 'b', 'd']);
    await assertSwept();
  });

  test('embeddings of two lengths in one request are refused before the store is asked', async () => {
    const notes = await newCollection();
    const before = sandbox.calls.length;
    await expect(vectors.upsert(notes, [item('a', [1, 0]), item('b', [1, 0, 0])])).rejects.toEqual(
      expect.objectContaining({ code: 'vector_dimensions' }),
    );
    expect(sandbox.calls.length).toBe(before);
  });

  test('calls and answers are as the vendor publishes them; doctor says what it takes', async () => {
    expect(await checkVectorHome(open(), () => ids.next())).toMatch(
      vendor === 'qdrant' ? /^qdrant 127.*2048 dimensions$/ : /^pinecone sandbox: .*32 dimensions$/,
    );
    expect(differences(vendor, sandbox.calls)).toEqual([]);
  });
});

test('embeddings of more dimensions than an index has are searched here', async () => {
  const { open } = VENDORS[1];
  const vectors = createVectorStorage({ ...parts, vectorHome: open() });
  const notes = await newCollection();
  const long = Array.from({ length: 33 }, (_, n) => n + 1);
  const before = pinecone.points().size;
  await vectors.of('memory').upsert(notes, [item('a', long)]);
  await vectors.tendPoints();
  expect(idsOf(await vectors.of('memory').search(notes, long, 1))).toEqual(['a']);
  expect(pinecone.points().size).toBe(before);
});
