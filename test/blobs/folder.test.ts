import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createFolderHome, keyOf } from '#platform/blobs';
import { createIds, sha256, systemClock, systemRandom } from '#platform/kernel';
import { temporaryFolder } from '@plinth/testkit/services';
import { diskFailure } from '../../server/src/platform/work/blobs/checked-bytes.ts';

const parts = {
  baseUrl: () => 'http://127.0.0.1',
  secrets: { derived: () => ['signature'] },
  clock: systemClock,
  random: systemRandom,
};
const ids = createIds({ clock: systemClock, random: systemRandom });
const folder = join(temporaryFolder(), 'blobs');
const home = createFolderHome({ ...parts, folder });
const facts = (text: string) => ({ type: 'text/plain', bytes: text.length, sha256: sha256(text) });

/** A sender who hangs up. */
async function* failAfterTwoBytes(): AsyncGenerator<Buffer> {
  yield Buffer.from('as');
  throw new Error('the sender is gone');
}

describe('a folder of files', () => {
  test.each(['../secret', '/etc/passwd', 'a/../b', 'a\\b', 'a//b', '', '.unfinished/a', 'a\u0000b'])(
    'is not left by the key "%s"',
    async (key) => {
      await expect(home.write(key, Buffer.from('a'), facts('a'))).rejects.toThrow('not the key of a blob');
      await expect(home.head(key)).rejects.toThrow('not the key of a blob');
      await expect(home.delete([key])).rejects.toThrow('not the key of a blob');
    },
  );

  test('has all of a file or none: one that ends too early, too late or as another is not there', async () => {
    const key = keyOf(ids.next());
    for (const body of ['shorter', 'longer than said', 'another1'])
      await expect(
        home.write(key, Readable.from([Buffer.from(body)]), facts('as said.')),
      ).rejects.toMatchObject({
        code: 'upload_mismatch',
      });
    await expect(home.write(key, Readable.from(failAfterTwoBytes()), facts('as said.'))).rejects.toThrow(
      'gone',
    );
    expect(await home.head(key)).toBeUndefined();
    await expect(home.read(key)).rejects.toMatchObject({ code: 'blob_gone' });
    expect(await home.sweepUnfinished(new Date(systemClock.now() + 1_000))).toBe(0);
  });

  test('knows the hash of what this process has written, and of no file that was changed since', async () => {
    const key = keyOf(ids.next());
    await home.write(key, Buffer.from('text'), facts('text'));
    expect(await home.head(key)).toEqual({ bytes: 4, sha256: sha256('text') });
    expect(await createFolderHome({ ...parts, folder }).head(key)).toEqual({ bytes: 4, sha256: undefined });
    writeFileSync(join(folder, key), 'changed');
    expect(await home.head(key)).toEqual({ bytes: 7, sha256: undefined });
  });

  test('lists all keys in order, by pages that miss none and repeat none', async () => {
    const one = createFolderHome({ ...parts, folder: join(temporaryFolder(), 'blobs') });
    const keys = Array.from({ length: 30 }, () => keyOf(ids.next())).sort();
    for (const key of keys) await one.write(key, Buffer.from('a'), facts('a'));
    expect(await one.list('')).toEqual({ keys, next: undefined });
    expect((await one.list('', keys[9])).keys).toEqual(keys.slice(10));
    const prefix = keys[3]?.slice(0, 3) ?? '';
    expect((await one.list(prefix)).keys).toEqual(keys.filter((key) => key.startsWith(prefix)));
  });

  test('that can not be used says so, as what it is, and is found by doctor', async () => {
    const at = join(temporaryFolder(), 'file');
    writeFileSync(at, 'no folder');
    const broken = createFolderHome({ ...parts, folder: at });
    const failure = { code: 'storage_unavailable', status: 503, details: { reason: 'unusable' } };
    await expect(broken.write(keyOf(ids.next()), Buffer.from('a'), facts('a'))).rejects.toMatchObject(
      failure,
    );
    await expect(broken.check()).rejects.toMatchObject({
      code: 'data_folder_unusable',
      message: expect.stringContaining(at),
    });
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC', errno: -28 });
    expect(diskFailure(full)).toMatchObject({ code: 'storage_unavailable', details: { reason: 'full' } });
    mkdirSync(folder, { recursive: true });
    expect(await home.check()).toContain('GiB free');
  });
});
