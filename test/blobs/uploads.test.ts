import { describe, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { storingRefusal } from '#platform/blobs';
import { openBlobs, outcomeOf, send, sha256 } from './fixture.ts';

const fixture = await openBlobs();
const { blobs, clock, files, storage } = fixture;
const TEXT = 'what a client wrote';
const KEPT = commitPoint('test.blobs.kept', 'what a file is for');
const HOUR = 3_600_000;

await fixture.db.script(`
  create table public.papers (account_id uuid not null, blob_id uuid not null);
  grant select, insert, delete on public.papers to plinth_tenant;`);

describe('an upload', () => {
  test('is sent to where it is told, completed, and read again', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    expect(await owner.used()).toBe(TEXT.length);
    expect(outcomeOf(await send(upload, TEXT))).toBe('204');
    const completed = await owner.call(`POST /v1/vault/files/${id}/complete`);
    expect(completed.json).toMatchObject({
      id,
      bytes: TEXT.length,
      sha256: sha256(TEXT),
      type: 'text/plain',
    });
    const { json } = await owner.call(`GET /v1/vault/files/${id}`);
    const got = await fetch(String(json['url']));
    expect(got.status).toBe(200);
    expect(await got.text()).toBe(TEXT);
  });

  test('of no bytes is one as well', async () => {
    const owner = await fixture.owner();
    const id = await owner.store('');
    const { json } = await owner.call(`GET /v1/vault/files/${id}`);
    expect(
      (await send({ method: 'GET', url: String(json['url']), headers: {}, expires_at: '' })).bytes.length,
    ).toBe(0);
  });

  test('reserves what it declares: beyond the plan it is refused with the plan that has room, and takes nothing', async () => {
    const owner = await fixture.owner('small');
    await owner.begin('a'.repeat(700));
    const refused = await owner.call('POST /v1/vault/uploads', {
      filename: 'b.txt',
      type: 'text/plain',
      bytes: 301,
      sha256: sha256('b'),
    });
    expect(outcomeOf(refused)).toBe('429 limit_exceeded');
    expect(refused.json.error?.details).toMatchObject({
      limit: 'storage',
      used: 700,
      max: 1_000,
      upgrade: 'vault.big',
    });
    expect(await owner.used()).toBe(700);
    await owner.begin('a'.repeat(300));
    expect(await owner.used()).toBe(1_000);
  });

  test('is not complete before it is sent, and may be completed after', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('409 upload_missing');
    await send(upload, TEXT);
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
  });

  test('is completed once, however many do so at once', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    await send(upload, TEXT);
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => owner.call(`POST /v1/vault/files/${id}/complete`)),
    );
    expect(replies.map(outcomeOf)).toEqual(Array(5).fill('200'));
    expect(new Set(replies.map(({ bytes }) => bytes.toString())).size).toBe(1);
    expect(await owner.used()).toBe(TEXT.length);
  });

  test('that nobody completes is swept after its time, and its storage given back', async () => {
    const owner = await fixture.owner();
    const begun = await owner.begin(TEXT);
    const sent = await owner.begin('something else');
    await send(sent.upload, 'something else');
    await storage.sweep();
    expect(await owner.used()).toBe(TEXT.length + 14);
    await clock.advance(2 * HOUR);
    await storage.sweep();
    expect(await owner.used()).toBe(0);
    expect(files()).not.toContain(sent.id);
    for (const { id, upload } of [begun, sent]) {
      expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('404 blob_not_found');
      expect(outcomeOf(await send(upload, TEXT))).toBe('410 signed_url_expired');
    }
  });

  test('is too late after its time also where nobody has swept it yet', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(TEXT);
    await send(upload, TEXT);
    await clock.advance(2 * HOUR);
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('410 upload_expired');
    await storage.sweep();
    expect(await owner.used()).toBe(0);
  });

  test.each([
    ['a length that is none', { bytes: -1 }, 'bytes'],
    ['half a byte', { bytes: 1.5 }, 'bytes'],
    ['more bytes than there are numbers', { bytes: 2 ** 60 }, 'bytes'],
    ['a type that is none', { type: 'text' }, 'type'],
    ['a type with a line of its own', { type: 'text/plain\r\nx-evil: 1' }, 'type'],
    ['a SHA-256 that is none', { sha256: 'abc' }, 'sha256'],
    ['a SHA-256 in capitals', { sha256: 'A'.repeat(64) }, 'sha256'],
    ['parts of a few bytes', { part_bytes: 10 }, 'part_bytes'],
    ['more parts than there may be', { bytes: 40_000_000_000, part_bytes: 1_048_576 }, 'part_bytes'],
  ])('with %s is refused by its field, and takes nothing', async (_what, wrong, field) => {
    const owner = await fixture.owner();
    const right = { filename: 'a.txt', type: 'text/plain', bytes: 1, sha256: sha256('a') };
    const refused = await owner.call('POST /v1/vault/uploads', { ...right, ...wrong });
    expect(outcomeOf(refused)).toBe('422 upload_invalid');
    expect(refused.json.error?.details).toEqual({ field });
    expect(await owner.used()).toBe(0);
  });
});

describe('an upload in parts', () => {
  const PART = 1_048_576;
  const large = Buffer.alloc(2 * PART + 5, 'large ');

  test('takes them in any order and again, and is one file when it is completed', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(large, { part_bytes: PART });
    expect(upload.parts.map(({ bytes }) => bytes)).toEqual([PART, PART, 5]);
    for (const at of [2, 0, 2]) {
      const part = upload.parts[at];
      if (part === undefined) throw new Error('there is no such part');
      expect(outcomeOf(await send(part, large.subarray(at * PART, (at + 1) * PART)))).toBe('204');
    }
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('409 upload_missing');
    const [, second] = upload.parts;
    if (second !== undefined) await send(second, large.subarray(PART, 2 * PART));
    const both = [1, 2].map(() => owner.call(`POST /v1/vault/files/${id}/complete`));
    expect((await Promise.all(both)).map(outcomeOf)).toEqual(['200', '200']);
    const chunks = await (await blobs.open(owner.accountId, id)).toArray();
    expect(Buffer.concat(chunks as Uint8Array[]).equals(large)).toBe(true);
    expect(files().filter((name) => name === id)).toHaveLength(1);
  });

  test('of other bytes than were declared is refused, and its storage given back', async () => {
    const owner = await fixture.owner();
    const { id, upload } = await owner.begin(large, { part_bytes: PART });
    for (const part of upload.parts) await send(part, Buffer.alloc(part.bytes, 'other'));
    const refused = await owner.call(`POST /v1/vault/files/${id}/complete`);
    expect(outcomeOf(refused)).toBe('422 upload_mismatch');
    expect(refused.json.error?.details).toEqual({ field: 'sha256' });
    expect(await owner.used()).toBe(0);
    await storage.sweep();
    expect(files()).not.toContain(id);
  });

  test('that is given up leaves no part', async () => {
    const owner = await fixture.owner();
    const before = files();
    const { upload } = await owner.begin(large, { part_bytes: PART });
    for (const part of upload.parts.slice(1)) await send(part, Buffer.alloc(part.bytes));
    expect(files().length).toBeGreaterThan(before.length);
    await clock.advance(2 * HOUR);
    await storage.sweep();
    expect(files()).toEqual(before);
    expect(await owner.used()).toBe(0);
  });
});

describe('a file of the server’s own', () => {
  const own = { gauge: 'storage', filename: 'export.pdf', type: 'application/pdf', purpose: 'export' };

  test('counts and is read; forgotten, its storage is back at once and its bytes go', async () => {
    const { accountId, used } = await fixture.owner('small');
    const { id } = await blobs.put({ ...own, accountId, bytes: Buffer.from('%PDF') });
    await blobs.put({ ...own, accountId, bytes: Buffer.alloc(10) });
    expect(await used()).toBe(14);
    expect(await blobs.head(accountId, id)).toMatchObject({
      filename: 'export.pdf',
      bytes: 4,
      purpose: 'export',
    });
    for (let times = 0; times < 2; times += 1) {
      await fixture.db.tenant(accountId, KEPT, blobs.forgetting(accountId, id));
      expect(await used()).toBe(10);
    }
    await expect(blobs.head(accountId, id)).rejects.toMatchObject({ code: 'blob_not_found' });
    await storage.sweep();
    expect(files()).not.toContain(id);
    expect((await fixture.rows()).map((row) => row.id)).not.toContain(id);
  });

  test('beyond the plan is refused, and no byte of it is written', async () => {
    const { accountId, used } = await fixture.owner('small');
    const before = files();
    const asked = blobs.put({ ...own, accountId, bytes: Buffer.alloc(1_001) });
    await expect(asked).rejects.toMatchObject({ code: 'limit_exceeded' });
    expect([await used(), files()]).toEqual([0, before]);
  });

  test('with a time of its own is gone after it', async () => {
    const { accountId, used } = await fixture.owner();
    const expiresAt = new Date(clock.now() + HOUR);
    const { id } = await blobs.put({ ...own, accountId, bytes: Buffer.from('%PDF'), expiresAt });
    await storage.sweep();
    expect(await blobs.head(accountId, id)).toMatchObject({ expiresAt });
    await clock.advance(HOUR + 1_000);
    await expect(blobs.open(accountId, id)).rejects.toMatchObject({ code: 'blob_not_found' });
    await storage.sweep();
    expect([await used(), files().includes(id)]).toEqual([0, false]);
  });

  test('is stored together with what it is for, or given up', async () => {
    const { accountId, used } = await fixture.owner();
    const paper = (id: string) => statement('insert into public.papers values ($1, $2)', [accountId, id]);
    const { blob, storing } = await blobs.putting({ ...own, accountId, bytes: Buffer.from('%PDF') });
    await expect(blobs.head(accountId, blob.id)).rejects.toMatchObject({ code: 'blob_not_found' });
    await fixture.db.tenant(accountId, KEPT, [paper(blob.id), ...storing]);
    expect(await blobs.head(accountId, blob.id)).toMatchObject({ id: blob.id });

    const lost = await blobs.putting({ ...own, accountId, bytes: Buffer.from('%PDF') });
    await advance(fixture.db, '1 hour');
    await storage.sweep();
    const late = fixture.db.tenant(accountId, KEPT, [paper(lost.blob.id), ...lost.storing]);
    const error = await late.catch(storingRefusal);
    expect(error).toMatchObject({ code: 'upload_expired' });
    const [[count]] = await fixture.db.tenant(accountId, [
      statement<{ n: number }>('select count(*)::int as n from public.papers where account_id = $1', [
        accountId,
      ]),
    ]);
    expect([count?.n, await used()]).toEqual([1, 4]);
  });

  test('of another account, or another product, is not there', async () => {
    const [one, two] = [await fixture.owner(), await fixture.owner()];
    const { id } = await blobs.put({ ...own, accountId: one.accountId, bytes: Buffer.from('%PDF') });
    const others = storage.of('other');
    const tries = [
      () => blobs.head(two.accountId, id),
      () => blobs.open(two.accountId, id),
      () => blobs.download(two.accountId, id),
      () => blobs.complete(two.accountId, id),
      () => others.head(one.accountId, id),
      () => others.complete(one.accountId, id),
    ];
    for (const asked of tries)
      await expect(asked()).rejects.toMatchObject({ code: 'blob_not_found', status: 404 });
    await fixture.db.tenant(two.accountId, KEPT, blobs.forgetting(two.accountId, id));
    expect(await blobs.head(one.accountId, id)).toMatchObject({ id });
    expect(outcomeOf(await two.call(`GET /v1/vault/files/${id}`))).toBe('404 blob_not_found');
  });
});
