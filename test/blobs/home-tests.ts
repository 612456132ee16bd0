import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobHome, PartRequest } from '#platform/blobs';
import { keyOf } from '#platform/blobs';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { describe, expect, test } from 'vitest';

/** A home, and how its parts get there. */
export interface OpenHome {
  readonly home: BlobHome;
  sendPart(part: PartRequest, body: Uint8Array): Promise<void>;
}

const ids = createIds({ clock: systemClock, random: systemRandom });
const newKey = () => keyOf(ids.next());
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const factsOf = (bytes: Uint8Array) => ({
  type: 'text/plain',
  bytes: bytes.length,
  sha256: sha256(bytes),
});

export async function bytesOf(stream: Readable | Promise<Readable>): Promise<Buffer> {
  return Buffer.concat((await (await stream).toArray()) as Uint8Array[]);
}

/** What every home promises (`BlobHome`). */
export function homeTests(open: () => Promise<OpenHome>): void {
  const opened = open();
  const homeOf = async () => (await opened).home;

  describe('an object', () => {
    const hello = Buffer.from('hello, reader');

    test('is read as it was written, whole and in ranges, and its home knows its length', async () => {
      const [home, key] = [await homeOf(), newKey()];
      await home.write(key, hello, factsOf(hello));
      expect((await home.head(key))?.bytes).toBe(13);
      expect([undefined, sha256(hello)]).toContain((await home.head(key))?.sha256);
      expect(await bytesOf(home.read(key))).toEqual(hello);
      expect(String(await bytesOf(home.read(key, { start: 7, end: 12 })))).toBe('reader');
      expect(String(await bytesOf(home.read(key, { start: 0, end: 0 })))).toBe('h');
    });

    test('may be empty, and may be large', async () => {
      const [home, empty, large] = [await homeOf(), newKey(), newKey()];
      await home.write(empty, new Uint8Array(), factsOf(new Uint8Array()));
      expect([await home.head(empty), await bytesOf(home.read(empty))]).toEqual([
        expect.objectContaining({ bytes: 0 }),
        Buffer.alloc(0),
      ]);
      const bytes = Buffer.alloc(3_000_000, 'large ');
      await home.write(large, Readable.from(chunksOf(bytes)), factsOf(bytes));
      expect(sha256(await bytesOf(home.read(large)))).toBe(sha256(bytes));
    });

    test('takes the place of what was there', async () => {
      const [home, key] = [await homeOf(), newKey()];
      await home.write(key, Buffer.from('before'), factsOf(Buffer.from('before')));
      for (let time = 0; time < 2; time++) await home.write(key, hello, factsOf(hello));
      expect(await bytesOf(home.read(key))).toEqual(hello);
    });

    test.each([
      ['shorter', Buffer.from('hello'), 'bytes'],
      ['longer', Buffer.from('hello, reader!'), 'bytes'],
      ['another', Buffer.from('HELLO, READER'), 'sha256'],
    ])('that is %s than it should be is refused, and leaves what was there', async (_, other, field) => {
      const [home, key] = [await homeOf(), newKey()];
      await home.write(key, hello, factsOf(hello));
      const refused = { code: 'upload_mismatch', details: { field } };
      await expect(home.write(key, other, factsOf(hello))).rejects.toMatchObject(refused);
      const stream = Readable.from(chunksOf(other));
      await expect(home.write(key, stream, factsOf(hello))).rejects.toMatchObject(refused);
      expect(await bytesOf(home.read(key))).toEqual(hello);
    });

    test('whose source fails in its middle is not there', async () => {
      const [home, key] = [await homeOf(), newKey()];
      const failing = Readable.from(
        (async function* () {
          yield hello.subarray(0, 5);
          throw new Error('the sender went away');
        })(),
      );
      await expect(home.write(key, failing, factsOf(hello))).rejects.toThrow('the sender went away');
      expect(await home.head(key)).toBeUndefined();
    });

    test('that is deleted is gone, and can be deleted again', async () => {
      const [home, key, other] = [await homeOf(), newKey(), newKey()];
      await home.write(key, hello, factsOf(hello));
      for (let time = 0; time < 2; time++) await home.delete([key, other]);
      expect(await home.head(key)).toBeUndefined();
      await expect(home.read(key)).rejects.toMatchObject({ code: 'blob_gone' });
    });

    test('need not be read to its end, or at all', async () => {
      const [home, key] = [await homeOf(), newKey()];
      const bytes = Buffer.alloc(1_000_000);
      await home.write(key, bytes, factsOf(bytes));
      for (let time = 0; time < 60; time++) (await home.read(key)).destroy();
      const half = await home.read(key);
      for await (const chunk of half) if ((chunk as Buffer).length > 0) break;
      expect((await bytesOf(home.read(key))).length).toBe(1_000_000);
    });
  });

  test('keys are listed in the order of their bytes, after one, and by what they begin with', async () => {
    const home = await homeOf();
    const keys = ['fa/00/1', 'fa/01/2', 'fb/00/3'].map((start) => start.slice(0, 6) + ids.next());
    for (const key of keys.toReversed()) await home.write(key, new Uint8Array(), factsOf(new Uint8Array()));
    const ownKeys = (page: { readonly keys: readonly string[] }) =>
      page.keys.filter((key) => keys.includes(key));
    expect(ownKeys(await home.list(''))).toEqual(keys);
    expect(ownKeys(await home.list('fa/'))).toEqual(keys.slice(0, 2));
    expect(ownKeys(await home.list('', keys[0]))).toEqual(keys.slice(1));
    expect(ownKeys(await home.list('', keys[2]))).toEqual([]);
    expect(await home.list('fb/00/', keys[2])).toEqual({ keys: [], next: undefined });
  });

  partsTests(opened);

  test('it says in a line that it can be used, and leaves nothing behind', async () => {
    const home = await homeOf();
    const before = await home.list('');
    expect(await home.check()).toMatch(/^\S.{10,}$/);
    expect(await home.list('')).toEqual(before);
  });
}

function partsTests(opened: Promise<OpenHome>): void {
  const type = 'application/octet-stream';

  async function begun() {
    const { home, sendPart } = await opened;
    const key = newKey();
    const uploadId = await home.startParts({ key, type });
    const large = Buffer.alloc(home.parts.leastBytes, 'a');
    const bodies = [large, Buffer.from('tail')];
    const send = (part: number) => {
      const body = bodies[part - 1] ?? Buffer.alloc(0);
      return sendPart({ key, uploadId, part, bytes: body.length, expiresIn: 60 }, body);
    };
    return { home, upload: { key, uploadId, parts: 2 }, send, whole: Buffer.concat(bodies) };
  }

  describe('an upload in parts', () => {
    test('is one object once it is completed, in any order and with repeated parts', async () => {
      const { home, upload, send, whole } = await begun();
      for (const part of [2, 1, 1]) await send(part);
      expect(await home.head(upload.key)).toBeUndefined();
      for (let time = 0; time < 2; time++) await home.completeParts(upload);
      expect((await home.head(upload.key))?.bytes).toBe(whole.length);
      expect(sha256(await bytesOf(home.read(upload.key)))).toBe(sha256(whole));
    });

    test('is completed once by two at once', async () => {
      const { home, upload, send, whole } = await begun();
      for (const part of [1, 2]) await send(part);
      await Promise.all([home.completeParts(upload), home.completeParts(upload)]);
      expect((await home.head(upload.key))?.bytes).toBe(whole.length);
    });

    test('lacks a part until that was sent', async () => {
      const { home, upload, send } = await begun();
      await send(2);
      await expect(home.completeParts(upload)).rejects.toMatchObject({ code: 'upload_missing' });
      await send(1);
      await home.completeParts(upload);
    });

    test('that was aborted is over, and can be aborted again', async () => {
      const { home, upload, send } = await begun();
      for (const part of [1, 2]) await send(part);
      for (let time = 0; time < 2; time++) await home.abortParts(upload);
      await expect(home.completeParts(upload)).rejects.toMatchObject({ code: 'upload_missing' });
      expect(await home.head(upload.key)).toBeUndefined();
    });

    test('that nobody completes is swept when it is old, and nothing else is', async () => {
      const { home, upload, send } = await begun();
      await send(1);
      const stored = newKey();
      await home.write(stored, Buffer.from('x'), factsOf(Buffer.from('x')));
      expect(await home.sweepUnfinished(new Date(systemClock.now() - 3_600_000))).toBe(0);
      expect(await home.sweepUnfinished(new Date(systemClock.now() + 3_600_000))).toBeGreaterThan(0);
      await expect(home.completeParts(upload)).rejects.toMatchObject({ code: 'upload_missing' });
      expect((await home.head(stored))?.bytes).toBe(1);
    });
  });
}

/** Chunks of a size that no chunk of a connection has. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  const size = Math.max(4, Math.floor(bytes.length / 7));
  for (let first = 0; first < bytes.length; first += size) yield bytes.subarray(first, first + size);
}
