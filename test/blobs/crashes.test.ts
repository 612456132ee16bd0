import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { keyOf } from '#platform/blobs';
import { crashPoints } from '#platform/db';
import { AppError } from '#platform/kernel';
import { openBlobs, type Owner, outcomeOf, send, sha256 } from './fixture.ts';

const TEXT = 'what a client wrote';
const HOUR = 3_600_000;
const fixture = await openBlobs();
const { blobs, clock, files, storage } = fixture;

/** After a day nothing is charged and no byte is left, wherever the process died. */
async function assertNothingLeft(owner: Owner): Promise<void> {
  await clock.advance(26 * HOUR);
  await storage.sweep();
  await storage.reconcile();
  await storage.sweep();
  expect(await owner.used()).toBe(0);
  expect(files()).toEqual([]);
  expect(await fixture.rows()).toEqual([]);
}

const exportFile = (owner: Owner) => ({
  accountId: owner.accountId,
  gauge: 'storage',
  filename: 'export.pdf',
  type: 'application/pdf',
  purpose: 'export',
  bytes: Buffer.from('%PDF'),
});
const PARTS = { part_bytes: 1_048_576 };

/** What a client and a product do with a file, from its beginning to its end. */
const LIVES: Readonly<Record<string, (owner: Owner) => Promise<void>>> = {
  'an upload': async (owner) => {
    const { id, upload } = await owner.begin(TEXT);
    await send(upload, TEXT);
    await blobs.complete(owner.accountId, id);
    await fixture.forget(owner.accountId, blobs.forgetting(owner.accountId, id));
    await storage.sweep();
  },
  'an upload in parts': async (owner) => {
    const { id, upload } = await owner.begin(TEXT, PARTS);
    for (const part of upload.parts) await send(part, TEXT);
    await blobs.complete(owner.accountId, id);
    await fixture.forget(owner.accountId, blobs.forgetting(owner.accountId, id));
    await storage.sweep();
  },
  'an upload that is given up': async (owner) => {
    const { upload } = await owner.begin(TEXT);
    await send(upload, TEXT);
    await clock.advance(3 * HOUR);
    await storage.sweep();
  },
  'an upload of other bytes': async (owner) => {
    const { id } = await owner.begin(TEXT);
    const other = TEXT.toUpperCase();
    await fixture.home.write(keyOf(id), Readable.from([Buffer.from(other)]), {
      type: 'text/plain',
      bytes: other.length,
      sha256: sha256(other),
    });
    await blobs.complete(owner.accountId, id);
  },
  'a file of the server’s own': async (owner) => {
    const { id } = await blobs.put({ ...exportFile(owner), expiresAt: new Date(clock.now() + HOUR) });
    await blobs.head(owner.accountId, id);
    await clock.advance(2 * HOUR);
    await storage.sweep();
  },
  'a file that takes the place of another, and is replaced by one that is refused': async (owner) => {
    const { accountId } = owner;
    const come = (text: string, replaces: readonly string[], hash = sha256(text)) =>
      blobs.receiving({ ...exportFile(owner), body: Buffer.from(text), sha256: hash, replaces });
    const first = await come(TEXT, []);
    await fixture.forget(accountId, first.storing);
    const second = await come(`${TEXT} and more`, [first.blob.id]);
    await fixture.forget(accountId, second.replacing([first.blob.id]));
    await come(TEXT, [second.blob.id], sha256('other')).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
    });
    await (await come(`${TEXT} in vain`, [])).drop();
    await fixture.forget(accountId, blobs.forgetting(accountId, second.blob.id));
    await storage.sweep();
  },
};

const POINTS = [...crashPoints().keys()].filter((name) => name.startsWith('blobs.'));
const deaths = POINTS.flatMap((point) => ['before', 'after'].map((phase) => `${point}:${phase}`));

describe.each(Object.keys(LIVES))('%s', (life) => {
  test.each(deaths)('whose process is killed at %s leaves nothing charged and no bytes', async (at) => {
    const owner = await fixture.owner();
    fixture.kill(at);
    // A call over HTTP hears 500, a call of the product the death itself; of other bytes it is refused.
    await LIVES[life]?.(owner).catch((error: unknown) => {
      expect(String(error)).toMatch(
        /killed|500 internal|not the one that was declared|no such file|not sent yet/,
      );
    });
    fixture.kill('nowhere');
    if (life !== 'an upload that is given up' && life !== 'an upload of other bytes') await forgetAll(owner);
    await assertNothingLeft(owner);
  });
});

/** What the product would do with a file that it was told of: its user deletes it. */
async function forgetAll(owner: Owner): Promise<void> {
  for (const { id } of await fixture.rows())
    await fixture.forget(owner.accountId, blobs.forgetting(owner.accountId, id));
}

describe('a process that dies between steps', () => {
  test('of an upload has it completed by the next try, which is charged once', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    await send(upload, TEXT);
    for (const phase of ['before', 'after']) {
      fixture.kill(`blobs.stored:${phase}`);
      await expect(blobs.complete(owner.accountId, id)).rejects.toThrow('killed');
    }
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
    expect(await owner.used()).toBe(TEXT.length);
    await forgetAll(owner);
    await assertNothingLeft(owner);
  });

  test('of a sweep has its work done by the next sweep, also by two at once', async () => {
    const owner = await fixture.owner();
    for (let count = 0; count < 5; count += 1) await owner.begin(`${TEXT} ${count}`);
    await clock.advance(3 * HOUR);
    fixture.kill('blobs.given-up:after');
    await expect(storage.sweep()).rejects.toThrow('killed');
    expect(await owner.used()).toBe(4 * (TEXT.length + 2));
    const both = await Promise.all([storage.sweep(), fixture.another().sweep()]);
    expect(both.reduce((sum, { forgotten }) => sum + forgotten, 0)).toBe(4);
    expect(await owner.used()).toBe(0);
    await assertNothingLeft(owner);
  });
});
