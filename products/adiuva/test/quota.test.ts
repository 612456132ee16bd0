import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isThorough } from '@plinth/testkit/thorough';
import { ABSENT, cutOff, type Keeper, openStorage, outcomeOf, sha256 } from './fixture.ts';

const storage = await openStorage();
const PRO = 5_000_000_000;
const ABORTS = isThorough ? 1_000 : 40;

/** The bytes of all records are those of all files, and of the gauge; nothing is reserved any more. */
async function assertBalanced(by: Keeper, before = 0): Promise<void> {
  // The server may hear of a cut connection later than the client that cut it.
  await expect
    .poll(async () => {
      const { rows, files, reserved } = await storage.sums(by);
      return [reserved, files - rows, (await by.used()) - before - rows];
    })
    .toEqual([0, 0, 0]);
}

const tally = (outcomes: readonly string[]) =>
  Object.fromEntries(
    [...new Set(outcomes)].toSorted().map((one) => [one, outcomes.filter((it) => it === one).length]),
  );

describe('the storage of a plan', () => {
  test('is full at its last byte, also where ten uploads come at once', async () => {
    const by = await storage.keeper('adiuva.pro');
    await storage.leaveRoom(by, 'storage', PRO - 1_000);
    const sent = Array.from({ length: 10 }, () => by.put(undefined, randomBytes(300)));
    expect(tally((await Promise.all(sent)).map(outcomeOf))).toEqual({ '201': 3, '429 limit_exceeded': 7 });
    await assertBalanced(by, PRO - 1_000);
    expect(outcomeOf(await by.put(undefined, randomBytes(101)))).toBe('429 limit_exceeded');
    expect(outcomeOf(await by.put(undefined, randomBytes(100)))).toBe('201');
    const refused = await by.put(undefined, 'x');
    expect(refused.json['error']).toMatchObject({ details: { limit: 'storage', upgrade: 'adiuva.power' } });
    await assertBalanced(by, PRO - 1_000);
  });

  test('that is full has room for what takes the place of as much, and for no byte more', async () => {
    const by = await storage.keeper('adiuva.pro');
    const id = randomUUID();
    await storage.leaveRoom(by, 'storage', PRO - 100);
    expect(outcomeOf(await by.put(id, randomBytes(100), ABSENT))).toBe('201');
    expect(outcomeOf(await by.put(id, randomBytes(101)))).toBe('429 limit_exceeded');
    expect(outcomeOf(await by.put(id, randomBytes(100)))).toBe('200');
    expect(outcomeOf(await by.put(id, randomBytes(40)))).toBe('200');
    // Two in the place of the same: the later one takes the place of the first.
    const both = await Promise.all([by.put(id, randomBytes(40)), by.put(id, randomBytes(30))]);
    expect(tally(both.map(outcomeOf))).toEqual({ '200': 2 });
    await assertBalanced(by, PRO - 100);
    expect((await by.call(`DELETE /v1/storage/records/${id}`)).status).toBe(200);
    expect(await by.used()).toBe(PRO - 100);
  });

  test('is never passed by those who replace records of other sizes at once', async () => {
    const by = await storage.keeper('adiuva.pro');
    const ids = Array.from({ length: 4 }, () => randomUUID());
    await storage.leaveRoom(by, 'storage', PRO - 400);
    for (const id of ids) await by.put(id, randomBytes(50), ABSENT);
    const sent = Array.from({ length: 24 }, (_, at) => by.put(ids[at % 4], randomBytes(randomInt(1, 200))));
    for (const { status } of await Promise.all(sent)) expect([200, 429]).toContain(status);
    expect(await by.used()).toBeLessThanOrEqual(PRO);
    await assertBalanced(by, PRO - 400);
  });
});

const head = (by: Keeper, bytes: Uint8Array) =>
  [
    `PUT /v1/storage/records/${randomUUID()}?table=notes HTTP/1.1`,
    'host: localhost',
    `authorization: Bearer ${by.key}`,
    'content-type: application/octet-stream',
    'if-none-match: *',
    `x-checksum: ${sha256(bytes)}`,
    `content-length: ${bytes.length}`,
    '\r\n',
  ].join('\r\n');

describe('an upload that comes to nothing', () => {
  test('cut at each of its bytes stores nothing and charges nothing', async () => {
    const by = await storage.keeper();
    const bytes = randomBytes(24);
    const files = storage.onDisk();
    // An upload that has not begun when the test looks would reserve its storage after that. One look for all: the first cut lowers the sum.
    const allBegun = async () =>
      expect.poll(async () => (await storage.sums(by)).reserved).toBe(bytes.length);
    let looking: Promise<void> | undefined;
    const begun = () => (looking ??= allBegun());
    const all = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(0, at));
    await Promise.all(all.map((part) => cutOff(storage.url, head(by, bytes), part, begun)));
    await assertBalanced(by);
    expect([await by.used(), storage.madeSince(files)]).toEqual([0, []]);
  });

  test(`leaves the gauge at the sum of what is stored, ${ABORTS} times`, async () => {
    const by = await storage.keeper();
    const id = randomUUID();
    await by.put(id, randomBytes(1_000), ABSENT);
    const files = storage.onDisk();
    const bytes = randomBytes(200_000);
    const ways: readonly (() => Promise<unknown>)[] = [
      () => cutOff(storage.url, head(by, bytes), bytes.subarray(0, randomInt(bytes.length))),
      () => by.put(undefined, bytes, { 'x-checksum': sha256('other') }),
      () => by.put(id, bytes, { 'x-checksum': sha256('other') }),
      () => by.put(id, randomBytes(10), { 'x-checksum': sha256('other') }),
    ];
    const work = Array.from({ length: ABORTS }, (_, at) => ways[at % ways.length]);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let one = work.pop(); one !== undefined; one = work.pop()) await one();
      }),
    );
    await assertBalanced(by);
    await expect.poll(async () => [await by.used(), storage.madeSince(files)]).toEqual([1_000, []]);
  });
});
