import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Keeper, openStorage, outcomeOf, sha256 } from './fixture.ts';

const storage = await openStorage();
const PRO = 5_000_000_000;

interface Backup {
  readonly id: string;
  readonly size_bytes: number;
  readonly timestamp: number;
}
const historyOf = async (by: Keeper) =>
  JSON.parse((await by.call('GET /v1/backup/history')).bytes.toString()) as Backup[];
const at = (timestamp: number) => ({ 'x-backup-timestamp': String(timestamp) });

describe('a backup', () => {
  test('comes back as it was sent, with what was said of it', async () => {
    const by = await storage.keeper();
    expect(outcomeOf(await by.call('GET /v1/backup'))).toBe('404 backup_not_found');
    const bytes = randomBytes(100_000);
    const said = { 'x-backup-version': '7', 'x-backup-chunk-count': '4', ...at(1_795_000_000_123) };
    const sent = await by.backup(bytes, said);
    expect([sent.status, sent.json['ok']]).toEqual([200, true]);
    const id = String(sent.json['id']);
    for (const path of ['/v1/backup', `/v1/backup/${id}`]) {
      const read = await by.call(`GET ${path}`);
      expect(read.bytes.equals(bytes)).toBe(true);
      expect(Object.fromEntries(read.headers)).toMatchObject({
        ...said,
        'x-backup-checksum': sha256(bytes),
        etag: `"${id}"`,
      });
      const since = { 'if-modified-since': read.headers.get('last-modified') ?? '' };
      expect((await by.call(`GET ${path}`, undefined, since)).status).toBe(304);
      const part = await by.call(`GET ${path}`, undefined, { range: 'bytes=-10' });
      expect([part.status, part.bytes.equals(bytes.subarray(-10))]).toEqual([206, true]);
    }
    expect(await historyOf(by)).toEqual([
      {
        id,
        version: 7,
        timestamp: 1_795_000_000_123,
        checksum: sha256(bytes),
        chunk_count: 4,
        size_bytes: 100_000,
      },
    ]);
    expect((await by.call(`DELETE /v1/backup/${id}`)).json).toEqual({ ok: true });
    expect(outcomeOf(await by.call(`DELETE /v1/backup/${id}`))).toBe('404 backup_not_found');
    expect(await by.used('backup')).toBe(0);
  });

  test('that was sent before with the same words is the same one, also at once; others are others', async () => {
    const by = await storage.keeper();
    const bytes = randomBytes(1_000);
    const twice = await Promise.all([by.backup(bytes), by.backup(bytes)]);
    const again = await by.backup(bytes);
    expect(new Set([...twice, again].map(({ json }) => json['id'])).size).toBe(1);
    expect(await by.used('backup')).toBe(1_000);
    await Promise.all([by.backup(bytes, at(2)), by.backup(bytes, at(3))]);
    expect(await historyOf(by)).toHaveLength(3);
    expect(await by.used('backup')).toBe(3_000);
  });

  test('is the newest when it came last, whatever its client’s clock says', async () => {
    const by = await storage.keeper();
    await by.backup('of a clock in the future', at(4_000_000_000_000));
    await by.backup('of a clock in the past', at(1));
    expect((await by.call('GET /v1/backup')).bytes.toString()).toBe('of a clock in the past');
    expect((await historyOf(by)).map(({ timestamp }) => timestamp)).toEqual([1, 4_000_000_000_000]);
  });

  test.each([
    ['other bytes', '400 checksum_mismatch', { 'x-backup-checksum': sha256('other') }],
    ['no version', '400 validation_failed', { 'x-backup-version': '' }],
    ['a time that is none', '400 validation_failed', { 'x-backup-timestamp': '2026-11-24' }],
    ['no chunks', '400 validation_failed', { 'x-backup-chunk-count': '0' }],
    ['another type', '415 unsupported_media_type', { 'content-type': 'application/json' }],
  ])('of %s is %s, and nothing is kept', async (_what, outcome, headers) => {
    const by = await storage.keeper();
    const files = storage.onDisk();
    expect(outcomeOf(await by.backup('bytes', headers))).toBe(outcome);
    expect([await historyOf(by), await by.used('backup'), storage.madeSince(files)]).toEqual([[], 0, []]);
  });

  test('is 402 on a plan without any', async () => {
    const free = await storage.keeper('adiuva.free');
    const refused = await free.backup('bytes');
    expect(refused.json['error']).toMatchObject({
      code: 'plan_required',
      details: { upgrade: 'adiuva.pro' },
    });
    expect(await historyOf(free)).toEqual([]);
  });
});

describe('of the backups of a plan', () => {
  test('the newest stay, of each member, and the others give their storage to the one that comes', async () => {
    const by = await storage.keeper('adiuva.pro');
    const colleague = await storage.colleagueOf(by);
    await colleague.backup('theirs');
    for (let one = 1; one <= 10; one += 1) await by.backup(randomBytes(10), at(one));
    await storage.leaveRoom(by, 'backup', PRO - 5);
    // It is full: what is new has the room of what goes, and five bytes.
    expect(outcomeOf(await by.backup(randomBytes(16), at(11)))).toBe('429 limit_exceeded');
    expect(outcomeOf(await by.backup(randomBytes(15), at(12)))).toBe('200');
    expect(await by.used('backup')).toBe(PRO);
    expect((await historyOf(by)).map(({ timestamp }) => timestamp)).toEqual([12, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    expect(await historyOf(colleague)).toHaveLength(1);
  });

  test('none goes with a smaller plan, until the next one comes', async () => {
    const by = await storage.keeper('adiuva.power');
    for (let one = 1; one <= 12; one += 1) await by.backup(randomBytes(10), at(one));
    await storage.changePlan(by, 'pro');
    expect(await historyOf(by)).toHaveLength(12);
    await by.backup(randomBytes(10), at(13));
    expect((await historyOf(by)).map(({ timestamp }) => timestamp)).toEqual([
      13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
    ]);
    expect(await by.used('backup')).toBe(100);
    await storage.changePlan(by, 'free');
    expect(outcomeOf(await by.backup('one more', at(14)))).toBe('402 plan_required');
    expect((await by.call('GET /v1/backup')).status).toBe(200);
  });
});
