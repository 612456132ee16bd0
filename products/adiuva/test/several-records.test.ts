import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Keeper, openStorage, outcomeOf, sha256 } from './fixture.ts';

let armed: { readonly at: string; skip: number } | undefined;
const storage = await openStorage({
  crashHook(point, phase) {
    if (armed === undefined || `${point}:${phase}` !== armed.at || (armed.skip -= 1) >= 0) return;
    armed = undefined;
    throw new Error(`killed at ${point}:${phase}`);
  },
});
const PRO = 5_000_000_000;
const WRITE = 'POST /v1/storage/records/write';
const READ = 'POST /v1/storage/records/read';

interface OneOf {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly version?: number;
}
interface Result {
  readonly id: string;
  readonly status: string;
  readonly version?: number;
  readonly error?: { readonly code: string };
}

interface ReadReply {
  readonly data: readonly { readonly id: string; readonly blob: string }[];
  readonly left: readonly string[];
}

const inJson = ({ id, bytes, version = 0 }: OneOf) => ({
  id,
  table: 'notes',
  blob: Buffer.from(bytes).toString('base64'),
  checksum: sha256(bytes),
  if_version: version,
});
const write = (by: Keeper, records: readonly OneOf[]) => by.call(WRITE, { records: records.map(inJson) });
const resultsIn = ({ json }: { readonly json: Readonly<Record<string, unknown>> }) =>
  json['data'] as Result[];
const outcomesIn = (reply: Parameters<typeof resultsIn>[0]) =>
  resultsIn(reply).map(({ status, error }) => error?.code ?? status);
const some = (count: number, bytes = 100): OneOf[] =>
  Array.from({ length: count }, () => ({ id: randomUUID(), bytes: randomBytes(bytes) }));
async function read(by: Keeper, ids: readonly string[]) {
  const { json } = await by.call(READ, { ids });
  const { data = [], left = [] } = json as Partial<ReadReply>;
  return { found: new Map(data.map((one) => [one.id, one])), left };
}
/** The stored records have these bytes, and the gauge and the files say the same. */
async function assertStored(by: Keeper, records: readonly OneOf[]): Promise<void> {
  const { found } = await read(
    by,
    records.map(({ id }) => id),
  );
  expect(records.map(({ id }) => found.get(id)?.blob)).toEqual(
    records.map(({ bytes }) => Buffer.from(bytes).toString('base64')),
  );
  const bytes = records.reduce((sum, one) => sum + one.bytes.length, 0);
  await expect.poll(() => storage.sums(by)).toEqual({ rows: bytes, files: bytes, reserved: 0 });
  expect(await by.used()).toBe(bytes);
}

describe('several records in one call', () => {
  test('are each written once or refused by itself: a conflict loses none of the others', async () => {
    const by = await storage.keeper();
    const [first, second] = [some(3), some(2)];
    const made = await write(by, first);
    expect([made.status, outcomesIn(made)]).toEqual([200, ['written', 'written', 'written']]);
    const versions = resultsIn(made).map(({ version }) => version);
    const next = first.map(({ id }, at) => ({ id, bytes: randomBytes(50), version: versions[at] ?? 0 }));
    const [changed, stale, absent] = [next[0], next[1], first[2]];
    if (changed === undefined || stale === undefined || absent === undefined) throw new Error('too few');
    const other = inJson({ ...next[2], id: randomUUID(), bytes: randomBytes(1), version: 7 });
    const wrong = { ...inJson({ id: randomUUID(), bytes: randomBytes(9) }), checksum: sha256('else') };
    const moved = { ...inJson(next[2] ?? absent), table: 'tasks' };
    await write(by, [{ ...stale, bytes: randomBytes(1) }]);
    const reply = await by.call(WRITE, {
      records: [...[changed, stale].map(inJson), other, wrong, moved, ...second.map(inJson)],
    });
    expect(outcomesIn(reply)).toEqual([
      'written',
      'precondition_failed',
      'record_not_found',
      'checksum_mismatch',
      'record_table_fixed',
      'written',
      'written',
    ]);
    const { found } = await read(by, [stale.id]);
    const kept = { id: stale.id, bytes: Buffer.from(found.get(stale.id)?.blob ?? '', 'base64') };
    expect(kept.bytes).toHaveLength(1);
    await assertStored(by, [changed, kept, absent, ...second]);
    const changes = await by.call('GET /v1/storage/changes');
    const listed = (changes.json['changes'] as Result[]).find(({ id }) => id === changed.id);
    expect(listed?.version).toBe(resultsIn(reply)[0]?.version);
  });

  test('are written once, however often the call comes, and if it comes twice at once', async () => {
    const by = await storage.keeper();
    const records = some(20);
    const both = await Promise.all([write(by, records), write(by, records)]);
    const [one = [], other = []] = both.map(outcomesIn);
    const each = new Set(['precondition_failed', 'written']);
    expect(one.map((outcome, at) => new Set([outcome, other[at]]))).toEqual(records.map(() => each));
    expect(new Set(outcomesIn(await write(by, records)))).toEqual(new Set(['precondition_failed']));
    await assertStored(by, records);
  });

  test.each(['adiuva.record-write:before', 'adiuva.record-write:after', 'blobs.reserved:before'])(
    'that is killed half-way at %s has written some whole and the others not at all, and a repeat writes the rest',
    async (at) => {
      const by = await storage.keeper();
      const records = some(12);
      armed = { at, skip: 5 };
      expect((await write(by, records)).status).toBe(500);
      const { found } = await read(
        by,
        records.map(({ id }) => id),
      );
      const again = outcomesIn(await write(by, records));
      expect(again).toEqual(records.map(({ id }) => (found.has(id) ? 'precondition_failed' : 'written')));
      expect(found.size).toBeGreaterThan(0);
      expect(found.size).toBeLessThan(12);
      await assertStored(by, records);
    },
  );

  test('fill the storage of a plan to its last byte, and no byte more', async () => {
    const by = await storage.keeper('adiuva.pro');
    await storage.leaveRoom(by, 'storage', PRO - 1_000);
    const outcomes = outcomesIn(await write(by, [...some(10, 300), ...some(1, 100)]));
    expect(outcomes.slice(0, 10).toSorted()).toEqual([
      ...Array.from({ length: 7 }, () => 'limit_exceeded'),
      ...Array.from({ length: 3 }, () => 'written'),
    ]);
    expect(outcomes.at(-1)).toBe('written');
    expect(await by.used()).toBe(PRO);
  });

  test('of another member, or another account, are not read, and not replaced', async () => {
    const by = await storage.keeper();
    const records = some(2);
    const versions = resultsIn(await write(by, records)).map(({ version }) => version ?? 0);
    for (const other of [await storage.colleagueOf(by), await storage.keeper()]) {
      expect(
        await read(
          other,
          records.map(({ id }) => id),
        ),
      ).toEqual({ found: new Map(), left: [] });
      const theirs = records.map(({ id }, at) => ({ id, bytes: randomBytes(3), version: versions[at] ?? 0 }));
      expect(outcomesIn(await write(other, theirs))).toEqual(['record_not_found', 'record_not_found']);
    }
    await assertStored(by, records);
  });

  test('are read up to a megabyte together; the others are named', async () => {
    const by = await storage.keeper();
    const records = some(3, 400_000);
    for (const one of records) await write(by, [one]);
    const ids = records.map(({ id }) => id);
    const first = await read(by, [...ids, randomUUID()]);
    expect([first.found.size, first.left.length]).toEqual([2, 1]);
    const second = await read(by, first.left);
    expect([...first.found.keys(), ...second.found.keys()].toSorted()).toEqual(ids.toSorted());
  });
});

describe('a call that is refused as a whole, and stores nothing:', () => {
  const [one = { id: '', bytes: new Uint8Array() }] = some(1);
  test.each([
    ['no record', '400 validation_failed', { records: [] }],
    ['101 records', '400 validation_failed', { records: some(101, 1).map(inJson) }],
    ['one id twice', '400 validation_failed', { records: [one, one].map(inJson) }],
    [
      'one id twice, in capitals',
      '400 validation_failed',
      { records: [one, { ...one, id: one.id.toUpperCase() }].map(inJson) },
    ],
    ['no base64', '400 validation_failed', { records: [{ ...inJson(one), blob: 'äöü' }] }],
    ['no version', '400 validation_failed', { records: [{ ...inJson(one), if_version: undefined }] }],
    ['a version below zero', '400 validation_failed', { records: [{ ...inJson(one), if_version: -1 }] }],
    [
      'one record that is too large, beside a small one',
      '413 payload_too_large',
      { records: [one, ...some(1, 1_500_000)].map(inJson) },
    ],
    ['10 MB of nonsense', '413 payload_too_large', { records: [{ nonsense: 'x'.repeat(10_000_000) }] }],
  ])('%s', async (_, refusal, body) => {
    const by = await storage.keeper();
    expect(outcomeOf(await by.call(WRITE, body))).toBe(refusal);
    expect([await storage.sums(by), await by.used()]).toEqual([{ rows: 0, files: 0, reserved: 0 }, 0]);
  });

  test('on a plan without storage: 402, and reading finds nothing', async () => {
    const free = await storage.keeper('adiuva.free');
    expect(outcomeOf(await write(free, [one]))).toBe('402 plan_required');
    expect(outcomeOf(await free.call(READ, { ids: [one.id] }))).toBe('404 record_not_found');
  });

  test.each([
    ['no id', []],
    ['101 ids', some(101, 1).map(({ id }) => id)],
    ['an id that is none', ['x']],
  ])('a reading of %s', async (_, ids) => {
    const by = await storage.keeper();
    expect(outcomeOf(await by.call(READ, { ids }))).toBe('400 validation_failed');
  });
});
