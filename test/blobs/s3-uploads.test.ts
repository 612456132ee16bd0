import { describe, expect, test } from 'vitest';
import { openBlobs, outcomeOf, sha256 } from './fixture.ts';
import { openS3, sendSigned } from './s3-fixture.ts';

// The whole way of a file: its bytes go to the bucket and never through this server.

/** A product whose files lie in a bucket. */
async function openProduct(options: Parameters<typeof openS3>[0] = {}) {
  const s3 = await openS3(options);
  const fixture = await openBlobs({ over: () => s3.home });
  return { ...fixture, ...s3, owner: await fixture.owner() };
}

describe('a file in a bucket', () => {
  test('is declared, sent there, completed, and downloaded from there', async () => {
    const { owner, sandbox } = await openProduct();
    const { id, upload } = await owner.begin('hello');
    expect(await owner.used()).toBe(5);
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('409 upload_missing');
    expect(await sendSigned({ ...upload, method: 'PUT' }, 'hello')).toBe('200');
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
    const { json } = await owner.call(`GET /v1/vault/files/${id}`);
    const response = await fetch(String(json['url']));
    expect([await response.text(), response.headers.get('content-disposition')]).toEqual([
      'hello',
      `attachment; filename="a file.txt"; filename*=UTF-8''a%20file.txt`,
    ]);
    expect(sandbox.calls.filter((call) => call.startsWith('GetObject') && call.endsWith(id))).toHaveLength(1);
  });

  test('comes in parts, and the server reads the whole once to check it', async () => {
    const { owner, home } = await openProduct();
    const bytes = Buffer.alloc(home.parts.leastBytes + 10, 'abc');
    const { id, upload } = await owner.begin(bytes, { part_bytes: home.parts.leastBytes });
    let first = 0;
    for (const part of upload.parts) {
      expect(await sendSigned({ ...part, method: 'PUT' }, bytes.subarray(first, first + part.bytes))).toBe(
        '200',
      );
      first += part.bytes;
    }
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
    expect(outcomeOf(await owner.call(`POST /v1/vault/files/${id}/complete`))).toBe('200');
  });

  test('that is another than declared is found at a store that checks nothing; its storage is given back', async () => {
    const { owner } = await openProduct({ sandbox: { older: 'ignores' } });
    const { id, upload } = await owner.begin('hello');
    expect(await sendSigned({ ...upload, method: 'PUT' }, 'HELLO')).toBe('200');
    const refused = await owner.call(`POST /v1/vault/files/${id}/complete`);
    expect([outcomeOf(refused), refused.json.error?.details]).toEqual([
      '422 upload_mismatch',
      { field: 'sha256' },
    ]);
    expect(await owner.used()).toBe(0);
  });

  test.each([
    ['overlooks checksums', { sandbox: { older: 'ignores' } }],
    ['refuses them', { sandbox: { older: 501 }, settings: { checksums: 'when_required' } }],
  ] as const)(
    'stays as it was completed, though it can be sent again, at a store that %s',
    async (_, options) => {
      const { owner, home, storage, clock, blobs, forget } = await openProduct(options);
      const { id, upload } = await owner.begin('hello');
      const send = (text: string) => sendSigned({ ...upload, method: 'PUT' }, text);
      const read = async () => {
        const { json } = await owner.call(`GET /v1/vault/files/${id}`);
        return (await fetch(String(json['url']))).text();
      };
      expect(await send('hello')).toBe('200');
      const complete = () => owner.call(`POST /v1/vault/files/${id}/complete`);
      expect([outcomeOf(await complete()), outcomeOf(await complete())]).toEqual(['200', '200']);
      expect(await send('HELLO')).toBe('200');
      expect(await read()).toBe('hello');
      await storage.sweep();
      expect(await send('HELLO')).toBe('200');
      await clock.advance(2 * 86_400_000);
      await storage.sweep();
      expect([await read(), await owner.used()]).toEqual(['hello', 5]);
      const files = async () => (await home.list('')).keys.filter((key) => key.split('/').length === 3);
      expect(await files()).toHaveLength(1);
      await forget(owner.accountId, blobs.forgetting(owner.accountId, id));
      await storage.sweep();
      expect(await files()).toEqual([]);
    },
  );

  test('of six who complete it at once is stored once, and what the others made of it is swept', async () => {
    const { owner, home, storage, clock } = await openProduct({ sandbox: { older: 'ignores' } });
    const { id, upload } = await owner.begin('hello');
    await sendSigned({ ...upload, method: 'PUT' }, 'hello');
    const path = `POST /v1/vault/files/${id}/complete`;
    const replies = await Promise.all(Array.from({ length: 6 }, () => owner.call(path)));
    expect(new Set(replies.map(outcomeOf))).toEqual(new Set(['200']));
    await clock.advance(3 * 86_400_000);
    await storage.sweep();
    await storage.reconcile();
    expect((await home.list('')).keys.filter((key) => key.split('/').length === 3)).toHaveLength(1);
    const { json } = await owner.call(`GET /v1/vault/files/${id}`);
    expect(await (await fetch(String(json['url']))).text()).toBe('hello');
  });

  test('whose upload nobody completes is swept with its parts, and its storage given back', async () => {
    const { owner, sandbox, storage, clock, home } = await openProduct();
    await owner.begin('hello');
    const bytes = Buffer.alloc(home.parts.leastBytes, 'a');
    const { upload } = await owner.begin(bytes, { part_bytes: home.parts.leastBytes, sha256: sha256(bytes) });
    const [part] = upload.parts;
    if (part === undefined) throw new Error('there are no parts');
    expect(await sendSigned({ ...part, method: 'PUT' }, bytes)).toBe('200');
    expect(sandbox.uploads('sandbox')).toHaveLength(1);
    await clock.advance(2 * 86_400_000);
    await storage.sweep();
    expect([await owner.used(), sandbox.uploads('sandbox')]).toEqual([0, []]);
  });

  test('that can not be reserved at the store takes no storage', async () => {
    const { owner, sandbox, home } = await openProduct();
    sandbox.faults.always({ kind: 'refuse', code: 'AccessDenied', of: 'CreateMultipartUpload' });
    const begin = owner.begin(Buffer.alloc(10), { part_bytes: home.parts.leastBytes });
    await expect(begin).rejects.toThrow('storage_unavailable');
    expect(await owner.used()).toBe(0);
  });
});
