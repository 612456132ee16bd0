import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ABSENT, type OctetsReply, openStorage, outcomeOf, sha256 } from './fixture.ts';

const storage = await openStorage();
const by = await storage.keeper();
const RECORDS = '/v1/storage/records';
const rowsIn = ({ bytes }: Pick<OctetsReply, 'bytes'>) =>
  JSON.parse(bytes.toString()) as Record<string, unknown>[];
const HELLO = Buffer.from('hello, octets');
const idOf = ({ json }: { readonly json: Readonly<Record<string, unknown>> }) => String(json['id']);
const octets = { 'x-checksum': sha256(HELLO) };

describe('a record', () => {
  test('is the same, whether it came as octets or in base64', async () => {
    const asJson = await by.call(`POST ${RECORDS}`, {
      table: 'notes',
      blob: HELLO.toString('base64'),
      checksum: sha256(HELLO).toUpperCase(),
    });
    const asOctets = await by.put(undefined, HELLO);
    expect([asJson.status, asOctets.status]).toEqual([201, 201]);
    expect(Object.keys(asJson.json).toSorted()).toEqual(['created_at', 'id']);
    expect(Number(asJson.json['created_at'])).toBeGreaterThan(1.7e12);
    for (const made of [asJson, asOctets]) {
      const read = await by.call(`GET ${RECORDS}/${idOf(made)}`);
      expect([read.status, read.bytes.toString(), read.headers.get('x-checksum')]).toEqual([
        200,
        HELLO.toString(),
        sha256(HELLO),
      ]);
      expect(read.headers.get('etag')).toBe(made.headers.get('etag'));
    }
    const [first, second] = rowsIn(await by.call(`GET ${RECORDS}?table=notes`));
    expect({ ...first, id: 0, created_at: 0, updated_at: 0, version: 0 }).toEqual({
      ...second,
      id: 0,
      created_at: 0,
      updated_at: 0,
      version: 0,
    });
    expect(first).toMatchObject({ table: 'notes', checksum: sha256(HELLO), size: HELLO.length });
  });

  test('is read in ranges, and not sent to a client that has it', async () => {
    const made = await by.put(undefined, HELLO);
    const path = `GET ${RECORDS}/${idOf(made)}`;
    const read = (headers: Record<string, string>) => by.call(path, undefined, headers);
    const part = await read({ range: 'bytes=7-8' });
    expect([part.status, part.bytes.toString(), part.headers.get('content-range')]).toEqual([
      206,
      'oc',
      `bytes 7-8/${HELLO.length}`,
    ]);
    const etag = made.headers.get('etag') ?? '';
    const { headers } = await read({});
    const modified = headers.get('last-modified') ?? '';
    const earlier = new Date(Date.parse(modified) - 1_000).toUTCString();
    const statuses = [
      await read({ 'if-none-match': `W/${etag}, "other"` }),
      await read({ 'if-none-match': '"other"', 'if-modified-since': modified }),
      await read({ 'if-modified-since': modified }),
      await read({ 'if-modified-since': earlier }),
      await read({ range: 'bytes=0-1', 'if-range': '"other"' }),
      await read({ range: 'bytes=0-1', 'if-range': modified }),
      await read({ range: 'bytes=99-' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([304, 200, 304, 200, 200, 200, 416]);
    expect((await by.call(path.replace('GET', 'HEAD'))).headers.get('content-length')).toBe('13');
  });

  test('is created under an id of the client’s once, replaced by a client that knows its version, and gone with its bytes', async () => {
    const id = randomUUID();
    expect(outcomeOf(await by.put(id, 'one'))).toBe('404 record_not_found');
    const made = await by.put(id, 'one', ABSENT);
    expect([made.status, made.json['ok']]).toEqual([201, true]);
    expect(outcomeOf(await by.put(id, 'other', ABSENT))).toBe('412 precondition_failed');
    const etag = made.headers.get('etag') ?? '';
    const next = await by.put(id, 'two', { 'if-match': etag });
    expect([next.status, `"${String(next.json['version'])}"`]).toEqual([200, next.headers.get('etag')]);
    expect(outcomeOf(await by.put(id, 'three', { 'if-match': etag }))).toBe('412 precondition_failed');
    const remove = (headers = {}) => by.call(`DELETE ${RECORDS}/${id}`, undefined, headers);
    expect(outcomeOf(await remove({ 'if-match': etag }))).toBe('412 precondition_failed');
    expect((await by.call(`GET ${RECORDS}/${id}`)).bytes.toString()).toBe('two');
    expect((await remove()).json).toEqual({ ok: true });
    expect(outcomeOf(await remove())).toBe('404 record_not_found');
    expect(outcomeOf(await by.call(`GET ${RECORDS}/${id}`))).toBe('404 record_not_found');
    // A device's knowledge of the former one is of no use with the one that has its id now.
    const again = await by.put(id, 'one', ABSENT);
    expect(Number(again.json['version'])).toBeGreaterThan(Number(next.json['version']));
    expect(outcomeOf(await by.put(id, 'x', { 'if-match': etag }))).toBe('412 precondition_failed');
  });

  test('is listed by its table as a bare array, page by page: by number, or by the Link of the page before', async () => {
    const own = await storage.keeper();
    const table = { ...octets };
    for (const name of ['a', 'b', 'a', '_keys', 'a'])
      await own.call(`POST ${RECORDS}?table=${name}`, HELLO, table);
    const all = rowsIn(await own.call(`GET ${RECORDS}?table=a`));
    expect(all).toHaveLength(3);
    const first = await own.call(`GET ${RECORDS}?table=a&limit=2`);
    const [, next = ''] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    await own.call(`POST ${RECORDS}?table=a`, HELLO, table);
    const second = await own.call(`GET ${next}`);
    expect([...rowsIn(first), ...rowsIn(second)]).toEqual(all);
    expect(second.headers.get('link')).toBeNull();
    expect(rowsIn(await own.call(`GET ${RECORDS}?table=a&page=2&limit=2`))).toEqual(all.slice(1));
    const cursor = new URLSearchParams(next.split('?')[1]).get('cursor') ?? '';
    expect(outcomeOf(await own.call(`GET ${RECORDS}?table=b&cursor=${cursor}`))).toBe(
      '400 validation_failed',
    );
  });

  test('is its member’s alone, also in their team', async () => {
    const { json } = await by.put(undefined, 'mine');
    const other = await storage.colleagueOf(by);
    const path = `${RECORDS}/${String(json['id'])}`;
    expect(outcomeOf(await other.call(`GET ${path}`))).toBe('404 record_not_found');
    expect(outcomeOf(await other.call(`DELETE ${path}`))).toBe('404 record_not_found');
    expect(outcomeOf(await other.put(String(json['id']), 'x'))).toBe('404 record_not_found');
    expect(rowsIn(await other.call(`GET ${RECORDS}`))).toEqual([]);
    expect((await other.call('GET /v1/storage/changes')).json['changes']).toEqual([]);
    // Nor do they learn that the id is taken.
    expect((await other.put(String(json['id']), 'theirs', ABSENT)).status).toBe(201);
    expect((await by.call(`GET ${path}`)).bytes.toString()).toBe('mine');
  });
});

describe('a record that is refused', () => {
  const json = { table: 'notes', blob: HELLO.toString('base64'), checksum: sha256(HELLO) };
  const post = `POST ${RECORDS}`;
  test.each([
    [
      'other bytes',
      '400 checksum_mismatch',
      () => by.put(undefined, HELLO, { 'x-checksum': sha256('other') }),
    ],
    [
      'other bytes in base64',
      '400 checksum_mismatch',
      () => by.call(post, { ...json, checksum: sha256('other') }),
    ],
    ['no checksum', '400 validation_failed', () => by.call(`${post}?table=a`, HELLO)],
    [
      'half a checksum',
      '400 validation_failed',
      () => by.call(`${post}?table=a`, HELLO, { 'x-checksum': 'ab12' }),
    ],
    ['no table', '400 validation_failed', () => by.call(post, HELLO, octets)],
    [
      'a table of another shape',
      '400 validation_failed',
      () => by.call(`${post}?table=a%20b`, HELLO, octets),
    ],
    ['bad base64', '400 validation_failed', () => by.call(post, { ...json, blob: 'aGVsbG8' })],
    ['line ends in base64', '400 validation_failed', () => by.call(post, { ...json, blob: 'aGVs\nbG8=' })],
    [
      'too much base64',
      '413 payload_too_large',
      () => by.call(post, { ...json, blob: 'A'.repeat(12_000_000) }),
    ],
    [
      '8 MB and one byte',
      '413 payload_too_large',
      () => by.call(post, { ...json, blob: Buffer.alloc(8_000_001).toString('base64') }),
    ],
    [
      'another type',
      '415 unsupported_media_type',
      () => by.call(`${post}?table=a`, HELLO, { ...octets, 'content-type': 'text/plain' }),
    ],
    [
      'an encoding',
      '415 unsupported_media_type',
      () => by.call(`${post}?table=a`, HELLO, { ...octets, 'content-encoding': 'gzip' }),
    ],
    [
      'both conditions',
      '400 validation_failed',
      () => by.put(randomUUID(), HELLO, { ...ABSENT, 'if-match': '"1"' }),
    ],
  ])('for %s: %s, nothing stored, nothing charged', async (_what, outcome, send) => {
    const before = [await storage.sums(by), await by.used()];
    const files = storage.onDisk();
    expect(outcomeOf(await send())).toBe(outcome);
    expect([await storage.sums(by), await by.used()]).toEqual(before);
    expect(storage.madeSince(files)).toEqual([]);
  });

  test('without a length: 411', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(HELLO);
        controller.close();
      },
    });
    const headers = {
      ...octets,
      authorization: `Bearer ${by.key}`,
      'content-type': 'application/octet-stream',
    };
    const response = await fetch(`${storage.url}${RECORDS}?table=a`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect([response.status, await response.json()]).toMatchObject([
      411,
      { error: { code: 'length_required' } },
    ]);
  });

  test('says which form takes more', async () => {
    const { json: refused } = await by.call(post, { ...json, blob: 'A'.repeat(12_000_000) });
    expect(JSON.stringify(refused)).toContain('application/octet-stream');
  });

  test('of another table than it is of', async () => {
    const { json: made } = await by.put(undefined, HELLO);
    const moved = await by.call(`PUT ${RECORDS}/${String(made['id'])}?table=other`, HELLO, octets);
    expect(outcomeOf(moved)).toBe('409 record_table_fixed');
  });

  test('on a plan without storage: 402 with the plan that has some, for an empty one too', async () => {
    const free = await storage.keeper('adiuva.free');
    for (const bytes of ['some', '']) {
      const refused = await free.put(undefined, bytes);
      expect(refused.status).toBe(402);
      expect(refused.json['error']).toMatchObject({
        code: 'plan_required',
        details: { upgrade: 'adiuva.pro' },
      });
    }
    expect((await free.call(`GET ${RECORDS}`)).status).toBe(200);
  });
});
