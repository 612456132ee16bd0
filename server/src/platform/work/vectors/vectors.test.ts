import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { ids, makeMember, type Member } from '@plinth/testkit/factories';
import { clusteredVectors } from '@plinth/testkit/fixtures/clustered-vectors';
import { openLimits } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import { cosine, embeddingOf } from './embeddings.ts';
import { type Collection, createVectorStorage, type VectorItem } from './index.ts';

const ERASED = commitPoint('test.vectors.erased', 'rows of a person, gone');
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
  plans: {
    none: { storage: 0, uses: 1 },
    small: { storage: 100, uses: 1 },
    big: { storage: 50_000_000, uses: 1 },
  },
});
const storage = createVectorStorage({ db, ids, limits, upgradeFor: () => 'memory.big' });
const vectors = storage.of('memory');

const collectionOf = (owner: Pick<Member, 'accountId'> & Partial<Member>): Collection => ({
  ...owner,
  name: 'notes',
  gauge: 'storage',
});
const somebody = async () => collectionOf(await member('big'));
const blobOf = (text: string) => Buffer.from(text);
const textOf = (blob: Uint8Array = new Uint8Array()) => Buffer.from(blob).toString();
const item = (id: string, embedding?: readonly number[], blob = id): VectorItem => ({
  id,
  blob: blobOf(blob),
  embedding,
});
const idsOf = ({ results }: { readonly results: readonly { readonly id: string }[] }) =>
  results.map(({ id }) => id);
const used = async ({ accountId }: Collection) =>
  (await limits.usage(accountId)).find(({ limit }) => limit === 'storage')?.used ?? 0;
/** Bytes of an account's rows. */
async function stored({
  accountId,
}: Collection): Promise<{ readonly rows: number; readonly counted: number }> {
  const [row] = await db.asMigrator(
    statement<{ rows: number; counted: number }>(
      `select (select coalesce(sum(octet_length(blob) + coalesce(octet_length(embedding), 0)), 0)::int from vectors.items where account_id = $1) as rows,
         (select coalesce(sum(bytes), 0)::int from vectors.collections where account_id = $1) as counted`,
      [accountId],
    ),
  );
  return row ?? { rows: -1, counted: -1 };
}

async function assertCounted(collection: Collection): Promise<void> {
  const { rows, counted } = await stored(collection);
  expect([await used(collection), counted]).toEqual([rows, rows]);
}

const refusal = (code: string) => expect.objectContaining({ code });

describe('a search', () => {
  test('answers what is nearest, the nearest first, with its blob', async () => {
    const notes = await somebody();
    await vectors.upsert(notes, [item('east', [1, 0]), item('north', [0, 3]), item('west', [-2, 0.1])]);
    const found = await vectors.search(notes, [10, 1], 2);
    expect(found.mode).toBe('exact');
    expect(found.results.map(({ id, blob }) => [id, textOf(blob)])).toEqual([
      ['east', 'east'],
      ['north', 'north'],
    ]);
    expect(found.results[0]?.score).toBeCloseTo(10 / Math.sqrt(101), 4);
    expect((await vectors.search(notes, [1, 0], 1)).results[0]?.score).toBe(1);
  });

  test('by a blob answers the items that have the same, byte for byte', async () => {
    const notes = await somebody();
    await vectors.upsert(notes, [item('b', undefined, 'same'), item('a', [1, 2], 'same'), item('c', [1, 2])]);
    expect(await vectors.find(notes, blobOf('same'), 10)).toMatchObject({
      mode: 'exact',
      results: [
        { id: 'a', score: 1, blob: blobOf('same') },
        { id: 'b', score: 1, blob: blobOf('same') },
      ],
    });
    expect(idsOf(await vectors.find(notes, blobOf('same'), 1))).toEqual(['a']);
    expect(idsOf(await vectors.find(notes, blobOf('sam'), 10))).toEqual([]);
    expect(idsOf(await vectors.search(notes, [1, 2], 10))).toEqual(['a', 'c']);
  });

  test('finds nothing of another account, of another user of the account, of another collection or product', async () => {
    const owner = await member('big');
    const notes = collectionOf(owner);
    await vectors.upsert(notes, [item('ours', [1, 0])]);
    const others: Collection[] = [
      await somebody(),
      collectionOf(await makeMember(db, owner.accountId)),
      { ...notes, userId: undefined },
      { ...notes, name: 'other' },
    ];
    for (const other of others) {
      await vectors.delete(other, ['ours']);
      expect(idsOf(await vectors.search(other, [1, 0], 10))).toEqual([]);
      expect(await vectors.read(other, ['ours'])).toEqual([]);
      expect(idsOf(await vectors.find(other, blobOf('ours'), 10))).toEqual([]);
    }
    expect(idsOf(await storage.of('demo').search(notes, [1, 0], 10))).toEqual([]);
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['ours']);
  });
});

describe('what is no vector of the collection', () => {
  test('is refused, and nothing of its request is stored', async () => {
    const notes = await somebody();
    await vectors.upsert(notes, [item('first', [1, 0])]);
    const other = [item('fine', [0, 1]), item('other', [1, 0, 0])];
    await expect(vectors.upsert(notes, other)).rejects.toEqual(refusal('vector_dimensions'));
    await expect(vectors.search(notes, [1, 0, 0], 1)).rejects.toEqual(refusal('vector_dimensions'));
    for (const wrong of [
      [item('twice', [1, 0]), item('twice', [0, 1])],
      [item('zero', [0, 0])],
      [item('', [1, 0])],
      [item('with space', [1, 0])],
      [item('x'.repeat(201), [1, 0])],
      [item('large', [1, 0], 'x'.repeat(65_537))],
    ])
      await expect(vectors.upsert(notes, wrong)).rejects.toEqual(refusal('vector_invalid'));
    expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(['first']);
    await assertCounted(notes);
  });

  test('is welcome once all embeddings of other dimensions are replaced or deleted', async () => {
    const notes = await somebody();
    await vectors.upsert(notes, [item('a', [1, 0]), item('b', [0, 1])]);
    await vectors.upsert(notes, [item('a', [1, 0, 0]), item('b', [0, 1, 0])]);
    expect(idsOf(await vectors.search(notes, [1, 0.1, 0], 10))).toEqual(['a', 'b']);
    await vectors.delete(notes, ['a', 'b']);
    await vectors.upsert(notes, [item('c', [1, 0, 0, 0])]);
    expect(idsOf(await vectors.search(notes, [1, 0, 0, 0], 10))).toEqual(['c']);
    await assertCounted(notes);
  });
});

describe('the gauge', () => {
  test('a plan without room is refused, one that is full too, and neither stores anything', async () => {
    const [none, small] = [collectionOf(await member('none')), collectionOf(await member('small'))];
    await expect(vectors.upsert(none, [item('a', [1, 0])])).rejects.toMatchObject({
      code: 'plan_required',
      details: { grant: 'storage', upgrade: 'memory.big' },
    });
    await vectors.upsert(small, [item('a', [1, 0], 'x'.repeat(96))]);
    await expect(vectors.upsert(small, [item('b', undefined, 'x')])).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'storage', used: 100, max: 100, upgrade: 'memory.big' },
    });
    // In the place of what is there, as much has room, and less gives back.
    await vectors.upsert(small, [item('a', [0, 1], 'y'.repeat(96))]);
    await vectors.upsert(small, [item('a', undefined, 'y')]);
    expect([await used(none), await used(small)]).toEqual([0, 1]);
    await assertCounted(small);
  });

  test('goes back with what is deleted, and with the person whose own it was', async () => {
    const owner = await member('big');
    const [ours, theirs] = [collectionOf(owner), collectionOf(await makeMember(db, owner.accountId))];
    await vectors.upsert(ours, [item('a', [1, 0]), item('b', [1, 0])]);
    await vectors.upsert(theirs, [item('a', [1, 0]), item('b', undefined, 'theirs')]);
    await vectors.delete(ours, ['b', 'unknown']);
    await assertCounted(ours);
    await db.system('erasure.run', ERASED, [
      statement('delete from vectors.collections where user_id = $1', [theirs.userId]),
    ]);
    expect(await stored(ours)).toEqual({ rows: 5, counted: 5 });
    await assertCounted(ours);
  });

  test('of ten upserts of one id at once is what the last of them takes', async () => {
    const notes = await somebody();
    const blobs = Array.from({ length: 10 }, (_, n) => 'x'.repeat(n + 1));
    await Promise.all(blobs.map((blob) => vectors.upsert(notes, [item('same', [1, 0], blob)])));
    const { results } = await vectors.search(notes, [1, 0], 10);
    expect(results).toHaveLength(1);
    expect(blobs).toContain(textOf(results[0]?.blob));
    await assertCounted(notes);
  });
});

const builtOn = (id: string, ifRevision: number | undefined, blob = id): VectorItem => ({
  ...item(id, [1, 0], blob),
  ifRevision,
});
const textsIn = async (notes: Collection) =>
  Object.fromEntries((await vectors.read(notes, ['a', 'b', 'c'])).map(({ id, blob }) => [id, textOf(blob)]));
const conflict = (...conflicts: readonly object[]) =>
  expect.objectContaining({ code: 'precondition_failed', details: { conflicts } });

describe('the revision of an item', () => {
  test('keeps a writer that has read another one from writing over it: nothing of its call is stored', async () => {
    const notes = await somebody();
    const first = await vectors.upsert(notes, [builtOn('a', 0), builtOn('b', 0)]);
    const second = await vectors.upsert(notes, [builtOn('a', first, 'second')]);
    await expect(vectors.upsert(notes, [builtOn('a', first, 'lost'), builtOn('c', 0)])).rejects.toEqual(
      conflict({ id: 'a', revision: second }),
    );
    await expect(vectors.upsert(notes, [builtOn('b', 0, 'lost'), builtOn('c', 7)])).rejects.toEqual(
      conflict({ id: 'b', revision: first }, { id: 'c', revision: 0 }),
    );
    expect(await textsIn(notes)).toEqual({ a: 'second', b: 'b' });
    await assertCounted(notes);
    // Without one it writes over any, and other writers notice.
    await vectors.upsert(notes, [builtOn('a', undefined, 'third')]);
    await expect(vectors.upsert(notes, [builtOn('a', second)])).rejects.toEqual(
      refusal('precondition_failed'),
    );
  });

  test('keeps a deletion that has read another one from all of its items, and one that is gone is deleted', async () => {
    const notes = await somebody();
    const first = await vectors.upsert(notes, [builtOn('a', 0), builtOn('b', 0)]);
    const second = await vectors.upsert(notes, [builtOn('a', first, 'second')]);
    await expect(vectors.delete(notes, ['a', 'b'], new Map([['a', first]]))).rejects.toEqual(
      conflict({ id: 'a', revision: second }),
    );
    expect(await textsIn(notes)).toEqual({ a: 'second', b: 'b' });
    for (let time = 0; time < 2; time += 1) await vectors.delete(notes, ['a'], new Map([['a', second]]));
    expect(await textsIn(notes)).toEqual({ b: 'b' });
    await assertCounted(notes);
  });

  test('lets one of ten writers through that have read the same one', async () => {
    const notes = await somebody();
    for (const before of [0, await vectors.upsert(notes, [builtOn('b', 0)])]) {
      const id = before === 0 ? 'a' : 'b';
      const writers = Array.from({ length: 10 }, (_, n) =>
        vectors.upsert(notes, [builtOn(id, before, `${n}`)]),
      );
      const ends = await Promise.allSettled(writers);
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await textsIn(notes))[id]).toBe(`${ends.findIndex(({ status }) => status === 'fulfilled')}`);
    }
  });

  test('is never given again, also where an item was deleted and made anew', async () => {
    const notes = await somebody();
    const first = await vectors.upsert(notes, [builtOn('a', 0)]);
    await vectors.delete(notes, ['a']);
    await vectors.upsert(notes, [builtOn('a', 0, 'anew')]);
    await expect(vectors.upsert(notes, [builtOn('a', first)])).rejects.toEqual(
      refusal('precondition_failed'),
    );
    const [found] = (await vectors.search(notes, [1, 0], 1)).results;
    const [same] = (await vectors.find(notes, blobOf('anew'), 1)).results;
    expect([found?.revision, same?.revision]).toEqual([first + 1, first + 1]);
  });
});

describe('a process that is killed', () => {
  test.each(['vectors.upserted', 'vectors.deleted'])('at %s has done all of it or nothing', async (point) => {
    const notes = await somebody();
    await vectors.upsert(notes, [item('a', [1, 0]), item('b', [0, 1])]);
    for (const phase of ['before', 'after']) {
      armed = `${point}:${phase}`;
      const work =
        point === 'vectors.deleted'
          ? vectors.delete(notes, ['a'])
          : vectors.upsert(notes, [item('b', [1, 1], 'longer'), item('c', [1, 0])]);
      await expect(work).rejects.toThrow('killed');
      const done = point === 'vectors.deleted' ? ['b'] : ['a', 'c', 'b'];
      expect(idsOf(await vectors.search(notes, [1, 0], 10))).toEqual(phase === 'before' ? ['a', 'b'] : done);
      await assertCounted(notes);
    }
  });
});

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const DIRECTIONS = [[1, 0], [0, 1], [-1, 0], [3, 1], [1, -2], undefined] as const;
const changes = fc.array(
  fc.oneof(
    fc.record({
      put: fc.uniqueArray(fc.record({ id: fc.constantFrom(...IDS), of: fc.constantFrom(...DIRECTIONS) }), {
        selector: ({ id }) => id,
        minLength: 1,
      }),
      blob: fc.constantFrom('', 'one', 'another'),
    }),
    fc.record({ gone: fc.subarray(IDS, { minLength: 1 }) }),
  ),
  { maxLength: 12 },
);

test('after any changes a search answers what comparing each item would', async () => {
  await assertWithin(
    fc.asyncProperty(changes, fc.constantFrom([1, 0.2], [-1, 3]), async (steps, query) => {
      const notes = await somebody();
      const model = new Map<string, VectorItem>();
      for (const step of steps) {
        if ('gone' in step) {
          await vectors.delete(notes, step.gone);
          for (const id of step.gone) model.delete(id);
        } else {
          const items = step.put.map(({ id, of }) => item(id, of, step.blob));
          await vectors.upsert(notes, items);
          for (const one of items) model.set(one.id, one);
        }
      }
      const near = Float32Array.from(embeddingOf(query));
      const expected = [...model.values()]
        .flatMap(({ id, embedding, blob }) =>
          embedding === undefined
            ? []
            : [{ id, score: cosine(near, embeddingOf(embedding)), blob: textOf(blob) }],
        )
        .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
      const { results } = await vectors.search(notes, query, 4);
      const shown = results.map(({ id, score, blob }) => ({ id, score, blob: textOf(blob) }));
      expect(shown).toEqual(expected.slice(0, 4));
      await assertCounted(notes);
    }),
    { numRuns: 20, within: 10_000 },
  );
});

const codings = async ({ accountId }: Collection) =>
  db.asMigrator(
    statement<{ coding: number; rows: number }>(
      'select coding, count(*)::int as rows from vectors.signs where account_id = $1 group by coding order by coding',
      [accountId],
    ),
  );

describe('a large collection', () => {
  const DIMENSIONS = 96;
  const SIZE = 3_000;
  const next = clusteredVectors({ seed: 32, dimensions: DIMENSIONS, topics: 40, common: 2 });
  const all = Array.from({ length: SIZE }, (_, n) => item(`v${n}`, next(), 'x'));
  const queries = Array.from({ length: 20 }, () => next());

  /** The share of the true neighbours that searches find. */
  async function recall(notes: Collection, items: readonly VectorItem[]): Promise<number> {
    let found = 0;
    for (const query of queries) {
      const near = Float32Array.from(embeddingOf(query));
      const score = ({ embedding = [] }: VectorItem) => cosine(near, embeddingOf(embedding));
      const nearest = items
        .map((one) => ({ id: one.id, score: score(one) }))
        .sort((a, b) => b.score - a.score)
        .slice(0, 10)
        .map(({ id }) => id);
      const { mode, results } = await vectors.search(notes, query, 10);
      expect(mode).toBe('approximate');
      found += results.filter(({ id }) => nearest.includes(id)).length / (10 * queries.length);
    }
    return found;
  }

  test('is searched by signs: 95 of 100 true neighbours are found once it has a centre, and fewer before and meanwhile', async () => {
    const notes = await somebody();
    for (let first = 0; first < SIZE; first += 500)
      await vectors.upsert(notes, all.slice(first, first + 500));
    const before = await recall(notes, all);
    expect(before).toBeGreaterThanOrEqual(0.9);
    // It dies when a batch is written: some signs have the new centre, and others the old one.
    armed = 'vectors.recoded:after';
    await expect(storage.centre()).rejects.toThrow('killed');
    expect(await codings(notes)).toEqual([
      { coding: 0, rows: SIZE - 500 },
      { coding: 1, rows: 500 },
    ]);
    await vectors.upsert(notes, all.slice(0, 10));
    expect(await recall(notes, all)).toBeGreaterThanOrEqual(0.9);
    expect(await storage.centre()).toBe(1);
    expect(await codings(notes)).toEqual([{ coding: 1, rows: SIZE }]);
    const after = await recall(notes, all);
    expect(after).toBeGreaterThanOrEqual(0.95);
    expect(after).toBeGreaterThan(before);
    // Until it has doubled, nothing is to do.
    expect(await storage.centre()).toBe(0);
    await assertCounted(notes);
  });
});
