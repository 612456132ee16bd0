import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createBatcher, Traffic } from './batcher.ts';

/** A flush that a test lets go by hand. */
function gate() {
  const flights: {
    items: readonly string[];
    wait: boolean;
    land: (answers: (string | undefined)[]) => void;
    crash: (error: Error) => void;
  }[] = [];
  const flush = (items: readonly string[], wait: boolean) =>
    new Promise<(string | undefined)[]>((land, crash) => flights.push({ items, wait, land, crash }));
  return { flights, flush };
}

const turn = () => new Promise((done) => setImmediate(done));
const echo = (items: readonly string[]) => items.map((item) => `${item}!`);
const refused = (code: string) => Object.assign(new Error(`refused ${code}`), { code });

test('callers who arrive together share a batch, and who comes while it flies shares the next', async () => {
  const { flights, flush } = gate();
  const batcher = createBatcher<string, string>({ flush, maxBatch: 100, flights: 1 });
  const first = ['a', 'b', 'c'].map((item) => batcher.add(item));
  await turn();
  const second = ['d', 'e'].map((item) => batcher.add(item));
  await turn();
  expect(flights.map(({ items }) => items)).toEqual([['a', 'b', 'c']]);
  flights[0]?.land(echo(['a', 'b', 'c']));
  expect(await Promise.all(first)).toEqual(['a!', 'b!', 'c!']);
  await turn();
  expect(flights.map(({ items }) => items)).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
  flights[1]?.land(echo(['d', 'e']));
  expect(await Promise.all(second)).toEqual(['d!', 'e!']);
});

test('a batch has a largest size, and so many fly at once as may', async () => {
  const { flights, flush } = gate();
  const batcher = createBatcher<string, string>({ flush, maxBatch: 2, flights: 2 });
  const all = ['a', 'b', 'c', 'd', 'e'].map((item) => batcher.add(item));
  await turn();
  expect(flights.map(({ items }) => items)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  for (const { items, land } of flights) land(echo(items));
  await turn();
  flights[2]?.land(echo(['e']));
  expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
});

test('another takes off beside one that is under way when enough wait for it, and not before', async () => {
  const { flights, flush } = gate();
  const batcher = createBatcher<string, string>({
    flush,
    maxBatch: 100,
    flights: 2,
    enoughForAnother: 2,
  });
  const all = [batcher.add('a')];
  await turn();
  all.push(batcher.add('b'));
  await turn();
  expect(flights.map(({ items }) => items)).toEqual([['a']]);
  all.push(batcher.add('c'));
  await turn();
  expect(flights.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
  all.push(batcher.add('d'));
  flights[0]?.land(['a!']);
  await turn();
  // One is under way still.
  expect(flights).toHaveLength(2);
  flights[1]?.land(echo(['b', 'c']));
  await turn();
  flights[2]?.land(['d!']);
  expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!', 'd!']);
});

test('another takes off beside those that are late, however few wait for it, but for so many connections', async () => {
  const { flights, flush } = gate();
  const batcher = createBatcher<string, string>({
    flush,
    maxBatch: 100,
    flights: 2,
    enoughForAnother: 50,
    lateAfter: 100,
    rowOf: (item) => item,
    traffic: new Traffic(),
  });
  const all: Promise<string>[] = [];
  const underWay = () => flights.map(({ items }) => items);
  for (const item of ['a', 'b', 'c', 'd']) {
    all.push(batcher.add(item));
    await expect.poll(underWay, { interval: 1 }).toContainEqual([item]);
  }
  all.push(batcher.add('e'));
  await delay(150);
  expect(underWay()).toEqual([['a'], ['b'], ['c'], ['d']]);
  flights[2]?.land(['c!']);
  await expect.poll(underWay).toContainEqual(['e']);
  for (const { items, land } of flights) land(echo(items));
  expect(await Promise.all(all)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
});

test('who is carried three times waits for the row, and nobody else waits with them', async () => {
  const { flights, flush } = gate();
  const batcher = createBatcher<string, string>({ flush, maxBatch: 100, flights: 1 });
  const busy = batcher.add('busy');
  for (let flight = 0; flight < 3; flight += 1) {
    await turn();
    expect(flights[flight]).toMatchObject({ items: ['busy'], wait: false });
    flights[flight]?.land([undefined]);
  }
  await turn();
  expect(flights[3]).toMatchObject({ items: ['busy'], wait: true });
  const other = batcher.add('other');
  await turn();
  expect(flights[4]).toMatchObject({ items: ['other'], wait: false });
  flights[4]?.land(['other!']);
  expect(await other).toBe('other!');
  flights[3]?.land(['busy!']);
  expect(await busy).toBe('busy!');
});

const firstLetter = (item: string) => item.charAt(0);
const oneForAll = () => 'row';

test('a crowd on one row has one flight under way and one that waits for it, whatever else may fly', async () => {
  const { flights, flush } = gate();
  const traffic = new Traffic();
  const batcher = createBatcher<string, string>({
    flush,
    maxBatch: 2,
    flights: 2,
    rowOf: firstLetter,
    traffic,
  });
  const all = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1'].map((item) => batcher.add(item));
  await turn();
  expect(flights.map(({ items, wait }) => [items, wait])).toEqual([
    [['a1', 'a2'], false],
    [['b1'], false],
    [['a3', 'a4'], true],
  ]);
  flights[0]?.land(echo(['a1', 'a2']));
  await turn();
  // The third flight has the row now: the next one waits behind it.
  expect(flights[3]).toMatchObject({ items: ['a5'], wait: true });
  flights[2]?.land(echo(['a3', 'a4']));
  flights[3]?.land(echo(['a5']));
  flights[1]?.land(echo(['b1']));
  expect(await Promise.all(all)).toEqual(['a1!', 'a2!', 'a3!', 'a4!', 'a5!', 'b1!']);
  expect(traffic.on('a')).toBe(0);
});

test('two batchers that lock the same rows don’t meet at them: the second waits in the database', async () => {
  const traffic = new Traffic();
  const [admission, settlement] = [gate(), gate()];
  const first = createBatcher<string, string>({
    flush: admission.flush,
    maxBatch: 9,
    flights: 1,
    rowOf: oneForAll,
    traffic,
  });
  const second = createBatcher<string, string>({
    flush: settlement.flush,
    maxBatch: 9,
    flights: 1,
    rowOf: oneForAll,
    traffic,
  });
  const admitted = first.add('admit');
  await turn();
  const settled = second.add('settle');
  await turn();
  expect(admission.flights[0]).toMatchObject({ items: ['admit'], wait: false });
  expect(settlement.flights[0]).toMatchObject({ items: ['settle'], wait: true });
  admission.flights[0]?.land(['admitted']);
  settlement.flights[0]?.land(['settled']);
  expect(await Promise.all([admitted, settled])).toEqual(['admitted', 'settled']);
});

test('what waits for a row that another batcher has twice flies when that lands, though nothing else comes', async () => {
  const traffic = new Traffic();
  const [admission, settlement] = [gate(), gate()];
  const same = { maxBatch: 1, flights: 2, rowOf: oneForAll, traffic };
  const first = createBatcher<string, string>({ flush: admission.flush, ...same });
  const second = createBatcher<string, string>({ flush: settlement.flush, ...same });
  const admitted = ['one', 'two'].map((item) => first.add(item));
  await turn();
  expect(admission.flights).toHaveLength(2);
  const settled = second.add('settle');
  await turn();
  expect(settlement.flights).toEqual([]);
  admission.flights[0]?.land(['one!']);
  admission.flights[1]?.land(['two!']);
  expect(await Promise.all(admitted)).toEqual(['one!', 'two!']);
  await turn();
  expect(settlement.flights).toMatchObject([{ items: ['settle'] }]);
  settlement.flights[0]?.land(['settled']);
  expect(await settled).toBe('settled');
});

test('a batch that the database refuses is halved until the one that it refuses is alone', async () => {
  const sizes: number[] = [];
  const batcher = createBatcher<string, string>({
    flush: async (items) => {
      sizes.push(items.length);
      if (items.includes('bad')) throw refused('22P02');
      return echo(items);
    },
    maxBatch: 100,
    flights: 1,
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
  'after %s nobody knows what was committed: nothing is tried again',
  async (code) => {
    let flushes = 0;
    const batcher = createBatcher<string, string>({
      flush: () => {
        flushes += 1;
        return Promise.reject(refused(code));
      },
      maxBatch: 100,
      flights: 1,
    });
    const answers = await Promise.allSettled(['a', 'b'].map((item) => batcher.add(item)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(flushes).toBe(1);
  },
);
