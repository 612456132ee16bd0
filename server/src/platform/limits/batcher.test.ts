import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createBatcher, BusyRows } from './batcher.ts';

/** A flush whose batches the test answers by hand. */
function manualFlush() {
  const batches: {
    items: readonly string[];
    wait: boolean;
    answer: (answers: (string | undefined)[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const flush = (items: readonly string[], wait: boolean) =>
    new Promise<(string | undefined)[]>((answer, fail) => batches.push({ items, wait, answer, fail }));
  return { batches, flush };
}

const turn = () => new Promise((done) => setImmediate(done));
const echo = (items: readonly string[]) => items.map((item) => `${item}!`);
const databaseError = (code: string) => Object.assign(new Error(`refused ${code}`), { code });

test('callers who arrive together share a batch, and callers who arrive while it is in flight share the next', async () => {
  const { batches, flush } = manualFlush();
  const batcher = createBatcher<string, string>({ flush, maxBatch: 100, maxInFlight: 1 });
  const first = ['a', 'b', 'c'].map((item) => batcher.add(item));
  await turn();
  const second = ['d', 'e'].map((item) => batcher.add(item));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([['a', 'b', 'c']]);
  batches[0]?.answer(echo(['a', 'b', 'c']));
  expect(await Promise.all(first)).toEqual(['a!', 'b!', 'c!']);
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
  batches[1]?.answer(echo(['d', 'e']));
  expect(await Promise.all(second)).toEqual(['d!', 'e!']);
});

test('a batch has a maximal size, and at most maxInFlight batches are in flight', async () => {
  const { batches, flush } = manualFlush();
  const batcher = createBatcher<string, string>({ flush, maxBatch: 2, maxInFlight: 2 });
  const all = ['a', 'b', 'c', 'd', 'e'].map((item) => batcher.add(item));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  for (const { items, answer } of batches) answer(echo(items));
  await turn();
  batches[2]?.answer(echo(['e']));
  expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
});

test('another batch is dispatched beside one in flight once enough items are queued', async () => {
  const { batches, flush } = manualFlush();
  const batcher = createBatcher<string, string>({
    flush,
    maxBatch: 100,
    maxInFlight: 2,
    minQueuedBeside: 2,
  });
  const all = [batcher.add('a')];
  await turn();
  all.push(batcher.add('b'));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([['a']]);
  all.push(batcher.add('c'));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
  all.push(batcher.add('d'));
  batches[0]?.answer(['a!']);
  await turn();
  // One batch is still in flight.
  expect(batches).toHaveLength(2);
  batches[1]?.answer(echo(['b', 'c']));
  await turn();
  batches[2]?.answer(['d!']);
  expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!', 'd!']);
});

test('another batch is dispatched beside late ones for any number of queued items, as long as connections are left', async () => {
  const { batches, flush } = manualFlush();
  const batcher = createBatcher<string, string>({
    flush,
    maxBatch: 100,
    maxInFlight: 2,
    minQueuedBeside: 50,
    lateAfter: 100,
    rowOf: (item) => item,
    busyRows: new BusyRows(),
  });
  const all: Promise<string>[] = [];
  const underWay = () => batches.map(({ items }) => items);
  for (const item of ['a', 'b', 'c', 'd']) {
    all.push(batcher.add(item));
    await expect.poll(underWay, { interval: 1 }).toContainEqual([item]);
  }
  all.push(batcher.add('e'));
  await delay(150);
  expect(underWay()).toEqual([['a'], ['b'], ['c'], ['d']]);
  batches[2]?.answer(['c!']);
  await expect.poll(underWay).toContainEqual(['e']);
  for (const { items, answer } of batches) answer(echo(items));
  expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
});

test('an item that is deferred three times waits for its row, and no other item waits with it', async () => {
  const { batches, flush } = manualFlush();
  const batcher = createBatcher<string, string>({ flush, maxBatch: 100, maxInFlight: 1 });
  const busy = batcher.add('busy');
  for (let index = 0; index < 3; index += 1) {
    await turn();
    expect(batches[index]).toMatchObject({ items: ['busy'], wait: false });
    batches[index]?.answer([undefined]);
  }
  await turn();
  expect(batches[3]).toMatchObject({ items: ['busy'], wait: true });
  const other = batcher.add('other');
  await turn();
  expect(batches[4]).toMatchObject({ items: ['other'], wait: false });
  batches[4]?.answer(['other!']);
  expect(await other).toBe('other!');
  batches[3]?.answer(['busy!']);
  expect(await busy).toBe('busy!');
});

const firstLetter = (item: string) => item.charAt(0);
const oneForAll = () => 'row';

test('items of one row have one batch in flight and one that waits for it, beside batches of other rows', async () => {
  const { batches, flush } = manualFlush();
  const busyRows = new BusyRows();
  const batcher = createBatcher<string, string>({
    flush,
    maxBatch: 2,
    maxInFlight: 2,
    rowOf: firstLetter,
    busyRows,
  });
  const all = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1'].map((item) => batcher.add(item));
  await turn();
  expect(batches.map(({ items, wait }) => [items, wait])).toEqual([
    [['a1', 'a2'], false],
    [['b1'], false],
    [['a3', 'a4'], true],
  ]);
  batches[0]?.answer(echo(['a1', 'a2']));
  await turn();
  // The third batch has the row now: the next one waits for it.
  expect(batches[3]).toMatchObject({ items: ['a5'], wait: true });
  batches[2]?.answer(echo(['a3', 'a4']));
  batches[3]?.answer(echo(['a5']));
  batches[1]?.answer(echo(['b1']));
  expect(await Promise.all(all)).toEqual(['a1!', 'a2!', 'a3!', 'a4!', 'a5!', 'b1!']);
  expect(busyRows.countOn('a')).toBe(0);
});

test('of two batchers that lock the same row, the second waits in the database', async () => {
  const busyRows = new BusyRows();
  const [admission, settlement] = [manualFlush(), manualFlush()];
  const first = createBatcher<string, string>({
    flush: admission.flush,
    maxBatch: 9,
    maxInFlight: 1,
    rowOf: oneForAll,
    busyRows,
  });
  const second = createBatcher<string, string>({
    flush: settlement.flush,
    maxBatch: 9,
    maxInFlight: 1,
    rowOf: oneForAll,
    busyRows,
  });
  const admitted = first.add('admit');
  await turn();
  const settled = second.add('settle');
  await turn();
  expect(admission.batches[0]).toMatchObject({ items: ['admit'], wait: false });
  expect(settlement.batches[0]).toMatchObject({ items: ['settle'], wait: true });
  admission.batches[0]?.answer(['admitted']);
  settlement.batches[0]?.answer(['settled']);
  expect(await Promise.all([admitted, settled])).toEqual(['admitted', 'settled']);
});

test('an item whose row another batcher has twice is dispatched when that one completes, without a new item', async () => {
  const busyRows = new BusyRows();
  const [admission, settlement] = [manualFlush(), manualFlush()];
  const same = { maxBatch: 1, maxInFlight: 2, rowOf: oneForAll, busyRows };
  const first = createBatcher<string, string>({ flush: admission.flush, ...same });
  const second = createBatcher<string, string>({ flush: settlement.flush, ...same });
  const admitted = ['one', 'two'].map((item) => first.add(item));
  await turn();
  expect(admission.batches).toHaveLength(2);
  const settled = second.add('settle');
  await turn();
  expect(settlement.batches).toEqual([]);
  admission.batches[0]?.answer(['one!']);
  admission.batches[1]?.answer(['two!']);
  expect(await Promise.all(admitted)).toEqual(['one!', 'two!']);
  await turn();
  expect(settlement.batches).toMatchObject([{ items: ['settle'] }]);
  settlement.batches[0]?.answer(['settled']);
  expect(await settled).toBe('settled');
});

test('a batch that the database refuses is halved until the one that it refuses is alone', async () => {
  const sizes: number[] = [];
  const batcher = createBatcher<string, string>({
    flush: async (items) => {
      sizes.push(items.length);
      if (items.includes('bad')) throw databaseError('22P02');
      return echo(items);
    },
    maxBatch: 100,
    maxInFlight: 1,
  });
  const answers = await Promise.allSettled(
    ['a', 'b', 'bad', 'c', 'd', 'e', 'f', 'g'].map((item) => batcher.add(item)),
  );
  expect(answers.map(({ status }) => status === 'rejected')).toEqual([
    false,
    false,
    true,
    ...Array<boolean>(5).fill(false),
  ]);
  expect(sizes).toEqual([8, 4, 2, 2, 1, 1, 4]);
});

test.each(['ECONNRESET', 'EPIPE', '57P01', '08006'])(
  'after %s a commit is uncertain, and nothing is tried again',
  async (code) => {
    let flushes = 0;
    const batcher = createBatcher<string, string>({
      flush: () => {
        flushes += 1;
        return Promise.reject(databaseError(code));
      },
      maxBatch: 100,
      maxInFlight: 1,
    });
    const answers = await Promise.allSettled(['a', 'b'].map((item) => batcher.add(item)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(flushes).toBe(1);
  },
);
