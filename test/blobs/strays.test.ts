import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyOf } from '#platform/blobs';
import { statement } from '#platform/db';
import { createIds, systemRandom } from '#platform/kernel';
import { openBlobs, send } from './fixture.ts';

const HOUR = 3_600_000;
const fixture = await openBlobs();
const { clock, files, folder, storage } = fixture;
const ids = createIds({ clock, random: systemRandom });
const owner = await fixture.owner();

function leave(key: string): string {
  const path = join(folder, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'left');
  return key.split('/').at(-1) ?? '';
}

describe('bytes that are no file’s', () => {
  test('are deleted after a day, and those of files are not', async () => {
    const stored = await owner.store('stored');
    const begun = await owner.begin('begun');
    await send(begun.upload, 'begun');
    const stray = leave(keyOf(ids.next()));
    expect(await storage.reconcile()).toEqual({ orphans: 0, missing: 0 });
    expect(files()).toEqual([stored, begun.id, stray].sort());
    await clock.advance(26 * HOUR);
    expect(await storage.reconcile()).toEqual({ orphans: 1, missing: 0 });
    expect(files()).toEqual([stored, begun.id].sort());
    await storage.sweep();
    expect(files()).toEqual([stored]);
  });

  test('are let be where this program has not made their names', async () => {
    const names = ['ab/cd/notes.txt', 'ab/cd/01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f06', 'readme'].map(leave);
    await clock.advance(26 * HOUR);
    expect((await storage.reconcile()).orphans).toBe(0);
    for (const name of names) expect(files()).toContain(name);
  });

  test('of a request that came in after its file was forgotten go with the second sweep', async () => {
    const { id } = await owner.begin('late');
    await fixture.forget(owner.accountId, fixture.blobs.forgetting(owner.accountId, id));
    await storage.sweep();
    leave(keyOf(id));
    await storage.sweep();
    expect(files()).toContain(id);
    await clock.advance(3 * HOUR);
    await storage.sweep();
    expect(files()).not.toContain(id);
    expect((await fixture.rows()).map((row) => row.id)).not.toContain(id);
  });

  test('that uploads have left half-way go after a day', async () => {
    const name = `${clock.now()}-0011223344556677`;
    leave(`.unfinished/${name}`);
    await clock.advance(20 * HOUR);
    await storage.reconcile();
    expect(files()).toContain(name);
    await clock.advance(6 * HOUR);
    await storage.reconcile();
    expect(files()).not.toContain(name);
  });
});

describe('files without their bytes', () => {
  test('are found, told and counted, and stay', async () => {
    const id = await owner.store('to be lost');
    await fixture.home.delete([keyOf(id)]);
    expect(await storage.reconcile()).toMatchObject({ missing: 1 });
    expect(await fixture.telemetry.prometheus()).toContain('plinth_blob_problems{kind="missing"} 1');
    expect((await fixture.rows()).map((row) => row.id)).toContain(id);
  });
});

describe('a folder of another installation', () => {
  test('takes no file, and nothing in it is deleted', async () => {
    const other = await openBlobs();
    const marker = join(other.folder, 'plinth', 'installation');
    await (await other.owner()).store('the first file claims the folder');
    const [row] = await other.db.asMigrator(statement<{ id: string }>('select id from app.installation'));
    expect(readFileSync(marker, 'utf8')).toBe(row?.id);
    writeFileSync(marker, '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f06');
    const stray = keyOf(ids.next());
    mkdirSync(join(other.folder, dirname(stray)), { recursive: true });
    writeFileSync(join(other.folder, stray), 'theirs');
    await other.clock.advance(26 * HOUR);
    // Another process looks anew whose it is.
    const beside = other.another();
    const { accountId } = await other.owner();
    const put = { accountId, filename: 'a', type: 'text/plain', purpose: 'a', bytes: Buffer.from('a') };
    for (const asked of [() => beside.of('vault').put(put), () => beside.reconcile()])
      await expect(asked()).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(other.files()).toHaveLength(2);
  });
});
