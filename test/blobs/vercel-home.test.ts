import { inspect } from 'node:util';
import { Readable } from 'node:stream';
import { createVercelHome } from '#platform/blobs';
import { systemClock, systemRandom } from '#platform/kernel';
import { createSecrets } from '#platform/secrets';
import { MASTER_KEY } from '@plinth/testkit/people';
import { del, head, list, put } from '@vercel/blob';
import { describe, expect, test, vi } from 'vitest';
import { bytesOf, factsOf, homeTests, type OpenHome } from './home-tests.ts';
import { openVercelStandIn, TOKEN } from './vercel-stand-in.ts';

const KEY = '5f/0a/01939c2e-8f4b-7c3a-9d21-5b6c7d8e0a5f';
const BODY = Buffer.from('a file of sixteen');

async function openVercel(token = TOKEN) {
  const store = await openVercelStandIn();
  const home = createVercelHome({
    token,
    addresses: store.addresses,
    baseUrl: () => 'https://plinth.example.com',
    secrets: createSecrets({ keys: [MASTER_KEY] }),
    clock: systemClock,
    random: systemRandom,
  });
  const sendPart: OpenHome['sendPart'] = async (part, body) => home.writePart?.(part, Readable.from([body]));
  return { ...store, home, sendPart };
}

describe('a home in Vercel Blob', () => homeTests(openVercel));

test('the stand-in is what Vercel’s own package takes for a store', async () => {
  const { addresses, files } = await openVercel();
  vi.stubEnv('VERCEL_BLOB_API_URL', addresses.api);
  vi.stubEnv('VERCEL_BLOB_RETRIES', '0');
  const options = { token: TOKEN, access: 'private', addRandomSuffix: false, allowOverwrite: true } as const;
  for (const name of ['b', 'a', 'c/1', 'c/2', 'd']) await put(name, Readable.from([BODY]), options);
  expect((await put('a', BODY, { ...options, contentType: 'text/plain' })).pathname).toBe('a');
  expect(await head('a', { token: TOKEN })).toMatchObject({ size: BODY.length, contentType: 'text/plain' });
  await expect(head('x', { token: TOKEN })).rejects.toThrow('does not exist');
  await expect(put('a', BODY, { ...options, allowOverwrite: false })).rejects.toThrow();
  await expect(head('a', { token: `${TOKEN}2` })).rejects.toThrow('Access denied');
  const first = await list({ token: TOKEN });
  const rest = await list({ token: TOKEN, ...(first.cursor === undefined ? {} : { cursor: first.cursor }) });
  const names = [...first.blobs, ...rest.blobs].map(({ pathname }) => pathname);
  expect([first.hasMore, rest.hasMore, names.sort()]).toEqual([true, false, ['a', 'b', 'c/1', 'c/2', 'd']]);
  expect(await list({ token: TOKEN, mode: 'folded', prefix: 'c' })).toMatchObject({ folders: ['c/'] });
  await del(['a', 'b', 'gone'], { token: TOKEN });
  expect([...files.keys()].sort()).toEqual(['c/1', 'c/2', 'd']);
  vi.unstubAllEnvs();
});

test('files are private, and each signed request leads to this server: nothing is read without it', async () => {
  const { home, addresses, files } = await openVercel();
  await home.write(KEY, BODY, factsOf(BODY));
  expect(files.has(KEY)).toBe(true);
  expect((await fetch(`${addresses.filesOf()}/${KEY}`)).status).toBe(403);
  const { url } = await home.presignGet({ key: KEY, filename: 'a.txt', type: 'text/plain', expiresIn: 60 });
  expect(url).toMatch(/^https:\/\/plinth\.example\.com\/v1\/blobs\/[0-9a-f-]{36}\/content\?expires=/);
});

test('a store that passes is asked again, one that stays away is told without its token', async () => {
  const { home, faults, calls } = await openVercel();
  faults.push(503, 0, 429);
  await home.write(KEY, BODY, factsOf(BODY));
  expect(calls).toHaveLength(4);
  faults.push(500, 500, 500, 500);
  const failed: unknown = await home.read(KEY).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'storage_unavailable', details: { reason: 'store' } });
  expect(inspect(failed, { depth: 9 })).not.toContain('Secret1');
  expect(await bytesOf(home.read(KEY))).toEqual(BODY);
  const denied = await openVercel('vercel_blob_rw_Store1_Other');
  await expect(denied.home.check()).rejects.toMatchObject({ code: 'storage_unavailable' });
});
