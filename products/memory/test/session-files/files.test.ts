import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { openFiles } from './fixture.ts';

const files = await openFiles();
const { db } = files;

const codeOf = (reply: Parameters<typeof refusalOf>[0]) => `${reply.status} ${refusalOf(reply).code}`;
/** Bytes of a file of so many: sealed, and with its row. */
const taken = (bytes: number): number => bytes + 29 + 400;

test('a file is read as it was sent, to be saved and never shown, and lies nowhere as it was', async () => {
  const ada = await files.rememberer();
  const session = await ada.session('s');
  const [text, name] = ['<script>the ibis</script>', 'Grüße 的 "x".html'];
  const stored = await files.send(ada, session, text, { name, type: 'Text/HTML; charset=utf-8' });
  expect(stored).toMatchObject({
    status: 201,
    body: { session_id: session, client_id: 'f-1', name, type: 'text/html', bytes: text.length },
  });
  expect(await files.listed(ada, session)).toEqual([stored.body]);
  const read = await files.read(ada, session, String(stored.body['id']));
  expect(read.text).toBe(text);
  expect(Object.fromEntries(read.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining('sandbox'),
    'content-disposition': expect.stringMatching(/^attachment; filename="[ -~]*"; filename\*=UTF-8''Gr%C3/),
  });
  expect(files.lying()).toHaveLength(1);
  expect(files.bytesLying().includes('ibis')).toBe(false);
  expect(await files.used(ada)).toEqual({ memory_bytes: taken(text.length), memory_sessions: 1 });
});

test('a file of 20 MB comes back as it was, and one byte more is refused', async () => {
  const ada = await files.rememberer();
  const session = await ada.session('s');
  const bytes = new Uint8Array(randomBytes(20_000_001));
  expect(codeOf(await files.send(ada, session, bytes))).toBe('413 payload_too_large');
  const id = await files.store(ada, session, bytes.subarray(1));
  const response = await fetch(`${files.url}/v1/sessions/${session}/files/${id}`, {
    headers: { authorization: `Bearer ${ada.key}` },
  });
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(1))).toBe(true);
});

test('sent again, and by two at once, it is the same file, and another one under its id is refused', async () => {
  const ada = await files.rememberer();
  const session = await ada.session('s');
  const both = await Promise.all([1, 2].map(() => files.send(ada, session, 'the ibis')));
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 201]);
  expect(both[0]?.body).toEqual(both[1]?.body);
  for (const [bytes, more] of [
    ['another', {}],
    ['the ibis', { name: 'other.txt' }],
    ['the ibis', { type: 'text/csv' }],
  ] as const)
    expect(codeOf(await files.send(ada, session, bytes, more))).toBe('409 memory_file_conflict');
  expect(await files.listed(ada, session)).toHaveLength(1);
  await files.sweep();
  expect(await files.used(ada)).toEqual({ memory_bytes: taken(8), memory_sessions: 1 });
});

test('what a session has twice is kept once, until the last file that has it is deleted', async () => {
  const ada = await files.rememberer();
  const session = await ada.session('s');
  const ids = await Promise.all(
    ['a', 'b', 'c'].map((id) => files.store(ada, session, 'the ibis', { id, name: `${id}.txt` })),
  );
  const before = files.lying().length;
  await files.sweep();
  expect(await files.used(ada)).toMatchObject({ memory_bytes: taken(8) + 2 * 400 });
  for (const id of ids.slice(0, 2)) {
    expect((await ada.call(`DELETE /v1/sessions/${session}/files/${id}`)).status).toBe(200);
    expect((await files.read(ada, session, id)).status).toBe(404);
  }
  expect((await files.read(ada, session, String(ids[2]))).text).toBe('the ibis');
  await ada.call(`DELETE /v1/sessions/${session}/files/${String(ids[2])}`);
  await files.sweep();
  expect(files.lying().length).toBeLessThan(before);
  expect(await files.used(ada)).toEqual({ memory_bytes: 0, memory_sessions: 1 });
  expect(codeOf(await ada.call(`DELETE /v1/sessions/${session}/files/${String(ids[2])}`))).toBe(
    '404 memory_file_not_found',
  );
});

test('a spent plan is 429, nothing of the file stays, and it may be sent again', async () => {
  const ada = await files.rememberer('coditect.free');
  const session = await ada.session('s');
  const before = files.lying();
  for (const room of [taken(8) - 401, taken(8) - 1]) {
    await files.leaveRoom(ada, { memory_bytes: room });
    const over = await files.send(ada, session, 'the ibis');
    expect(over.status).toBe(429);
    expect(over.body['error']).toMatchObject({ code: 'limit_exceeded', details: { limit: 'memory_bytes' } });
    await files.sweep();
    expect([files.lying(), await files.listed(ada, session)]).toEqual([before, []]);
  }
  await files.leaveRoom(ada, { memory_bytes: taken(8) });
  expect((await files.send(ada, session, 'the ibis')).status).toBe(201);
});

test('bytes of another file are refused, of the same session, of another and of another account', async () => {
  const [ada, bob] = [await files.rememberer(), await files.rememberer()];
  const session = await ada.session('s');
  const id = await files.store(ada, session, 'the ibis');
  const others = [
    await files.store(ada, session, 'the otter', { id: 'f-2' }),
    await files.store(ada, await ada.session('t'), 'the ibis'),
  ];
  const theirs = await files.store(bob, await bob.session('s'), 'the ibis');
  const put = (blob: string) =>
    db.asMigrator(statement('update coditect.memory_files set blob_id = $2 where id = $1', [id, blob]));
  for (const other of others) {
    await put(await files.blobOf(other));
    const { status, text } = await files.read(ada, session, id);
    expect(status).toBe(500);
    expect(text).toContain('secret_unreadable');
  }
  // That of another account is not even found.
  await put(await files.blobOf(theirs));
  expect((await files.read(ada, session, id)).text).toContain('blob_not_found');
});

test('a session has 100 files, and lists page by page', async () => {
  const ada = await files.rememberer();
  const [session, other] = [await ada.session('s'), await ada.session('t')];
  const member = { accountId: ada.accountId, userId: ada.userId, id: session };
  const put = (n: number) =>
    files.coditect.sessionFiles.store(member, {
      clientId: `${n}`,
      name: `${n}.txt`,
      type: 'text/plain',
      body: Buffer.from('the same'),
    });
  for (let n = 0; n < 100; n += 1) await put(n);
  await expect(put(100)).rejects.toMatchObject({ code: 'memory_files_exhausted' });
  const seen: unknown[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const query = `limit=60${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body } = await ada.call(`GET /v1/sessions/${session}/files?${query}`);
    seen.push(...(body['data'] as { client_id: unknown }[]).map(({ client_id }) => client_id));
    const next = body['next_cursor'];
    cursor = typeof next === 'string' ? next : undefined;
    if (cursor !== undefined)
      expect((await ada.call(`GET /v1/sessions/${other}/files?limit=60&cursor=${cursor}`)).status).toBe(400);
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => String(99 - n)));
});

describe('a body that is no file is refused, and nothing is stored', async () => {
  const ada = await files.rememberer();
  const session = await ada.session('s');
  const send = (sent: Parameters<typeof files.send>[3], bytes = 'the ibis') =>
    files.send(ada, session, bytes, sent);
  type Refused = readonly [what: string, send: () => ReturnType<typeof files.send>, expected: string];
  test.each<Refused>([
    ['no bytes', () => send({}, ''), '422 memory_file_empty'],
    [
      'a form',
      () => send({ headers: { 'content-type': 'multipart/form-data; boundary=x' } }),
      '415 unsupported_media_type',
    ],
    [
      'an encoded body',
      () => send({ headers: { 'content-encoding': 'gzip' } }),
      '415 unsupported_media_type',
    ],
    ['no media type', () => send({ type: 'picture' }), '400 validation_failed'],
    ['an id of other signs', () => send({ id: ' ' }), '400 validation_failed'],

    ...['', '..', 'a/b.txt', '..\\b.txt', 'a\0.txt', 'a\r\nb.txt', 'a\u202egpj.exe', 'a'.repeat(256)].map(
      (name) =>
        [
          `the name ${JSON.stringify(name.slice(0, 20))}`,
          () => send({ name }),
          '400 validation_failed',
        ] as const,
    ),
  ])('%s', async (_what, sending, expected) => {
    expect(codeOf(await sending())).toBe(expected);
    expect(await files.count(ada, 'blobs.blobs')).toBe(0);
  });

  test.each([
    ['of no length', 'transfer-encoding: chunked', '8\r\nthe ibis\r\n0\r\n\r\n', '411 Length Required'],
    ['that is cut', 'content-length: 9', 'the ibis', ''],
  ])('a body %s', async (...[, header, body, expected]) => {
    const { hostname, port } = new URL(files.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    const head = [
      `POST /v1/sessions/${session}/files?client_id=cut&name=a HTTP/1.1`,
      'host: localhost',
      `authorization: Bearer ${ada.key}`,
      'content-type: application/octet-stream',
      header,
    ];
    socket.write(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
    if (expected === '') socket.end();
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    expect(said).toContain(expected);
    expect(said).not.toContain('201');
    expect(await files.count(ada, 'blobs.blobs')).toBe(0);
    expect(await files.count(ada, 'coditect.memory_files')).toBe(0);
  });
});
