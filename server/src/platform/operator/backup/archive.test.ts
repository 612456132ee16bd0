import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { systemRandom } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { temporaryFolder } from '@plinth/testkit/services';
import { packFolder, readBackup } from './archive.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';

const secrets = createSecrets({ keys: [newMasterKey(systemRandom, 'one')] });
const FACTS = {
  version: '1.2.3',
  installation: '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01',
  at: '2026-11-20T08:00:00.000Z',
  postgres: '18.4',
  master_key: 'one',
  revocations: { entries: 0, digest: '' },
};
const LONG = `blobs/${'ab/'.repeat(2)}${'0'.repeat(96)}`;
const FILES = {
  'database/base/1/1_fsm': Buffer.alloc(3_000, 7),
  'database/PG_VERSION': 'x',
  [LONG]: '',
  'settings.json': '{}',
};

async function packed(): Promise<Buffer> {
  const folder = temporaryFolder();
  for (const below of ['database/pg_twophase', 'database/base/1', 'blobs/ab/ab'])
    mkdirSync(join(folder, below), { recursive: true });
  for (const [path, bytes] of Object.entries(FILES)) writeFileSync(join(folder, path), bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of packFolder(folder, FACTS, secrets)) chunks.push(Uint8Array.from(chunk));
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}
const whole = await packed();

/** Reads bytes as a backup; answers the code of its refusal, or its files. */
async function read(bytes: Uint8Array, keys = secrets): Promise<string | string[]> {
  const folder = temporaryFolder();
  const file = join(folder, 'a.tar.gz');
  const into = join(folder, 'into');
  writeFileSync(file, bytes);
  mkdirSync(into);
  try {
    await readBackup(file, { into, secrets: keys });
    return readdirSync(into, { recursive: true }).map(String).toSorted();
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  } finally {
    expect(readdirSync(folder).toSorted()).toEqual(['a.tar.gz', 'into']);
  }
}

/** An archive with these entries, and a manifest that fits them. */
function forged(entries: Readonly<Record<string, string>>, manifest: object = {}): Buffer {
  const list = createHash('sha256');
  const blocks = Object.entries(entries).flatMap(([path, text]) => {
    list.update(`${createHash('sha256').update(text).digest('hex')}  ${path}\n`);
    return [tarHeader({ path, size: text.length }), Buffer.from(text), tarPadding(text.length)];
  });
  const bytes = Object.values(entries).join('').length;
  const unsigned = {
    ...FACTS,
    format: 1,
    files: Object.keys(entries).length,
    bytes,
    digest: list.digest('hex'),
    ...manifest,
  };
  const text = JSON.stringify(
    'signature' in unsigned ? unsigned : { ...unsigned, signature: signatureOf(unsigned) },
  );
  return gzipSync(
    Buffer.concat([
      ...blocks,
      tarHeader({ path: 'manifest.json', size: text.length }),
      Buffer.from(text),
      tarPadding(text.length),
      TAR_END,
    ]),
  );
}
const signatureOf = (unsigned: object) =>
  secrets.derived(
    JSON.stringify(Object.entries(unsigned).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    'backup manifest',
  )[0];

test('what was packed is unpacked, with empty folders and long names', async () => {
  const names = await read(whole);
  expect(names).toEqual(expect.arrayContaining([...Object.keys(FILES), 'database/pg_twophase']));
});

function isSame(other: Buffer): boolean {
  try {
    return gunzipSync(other).equals(gunzipSync(whole));
  } catch {
    return false;
  }
}

test('a backup that is cut anywhere, or of which any byte is another, is refused', async () => {
  for (let at = 0; at < whole.length; at += 7) {
    expect(await read(whole.subarray(0, at)), `cut at ${at}`).toBe('backup_damaged');
    const other = Buffer.from(whole);
    other[at] = (other[at] ?? 0) ^ 0x10;
    // A time in its head says nothing, nor does a code of its compression that nothing is written with.
    if (isSame(other)) continue;
    expect(await read(other), `byte ${at}`).toBe('backup_damaged');
  }
  const open = gunzipSync(whole);
  for (const at of [0, 100, 156, 600, open.indexOf('"files"') + 9, open.length - 1_200]) {
    const other = Buffer.from(open);
    other[at] = (other[at] ?? 0) ^ 0x01;
    expect(await read(gzipSync(other)), `byte ${at} inside`).toBe('backup_damaged');
  }
});

test.each([
  '../out',
  'database/../../out',
  'database/..',
  '/etc/passwd',
  'blobs//a',
  'owner/a',
  'database/.hidden',
  'database/a\nb',
])('a backup with the name %j is refused, and nothing is written there', async (name) => {
  expect(await read(forged({ [name]: 'x' }))).toBe('backup_damaged');
});

test('a link in a backup is refused', async () => {
  const header = tarHeader({ path: 'database/link', size: 0 });
  header.write('2', 156);
  header.write('/etc/passwd', 157);
  const sum = [...header].reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0`, 148);
  expect(await read(gzipSync(Buffer.concat([header, TAR_END])))).toBe('backup_damaged');
});

test('only a manifest that was signed here is believed, and one of a later format or under a key that is gone is named', async () => {
  const files = { 'database/a': 'x' };
  expect(await read(forged(files))).toEqual(['database', 'database/a']);
  expect(await read(forged(files, { signature: signatureOf({}) }))).toBe('backup_damaged');
  expect(await read(forged(files, { files: 2 }))).toBe('backup_damaged');
  expect(await read(forged(files, { format: 2 }))).toBe('backup_newer');
  const others = createSecrets({ keys: [newMasterKey(systemRandom, 'two')] });
  expect(await read(whole, others)).toBe('master_key_missing');
  const sameName = createSecrets({ keys: [newMasterKey(systemRandom, 'one')] });
  expect(await read(whole, sameName)).toBe('backup_damaged');
});
