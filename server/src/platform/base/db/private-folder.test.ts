import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { ensurePrivate } from './index.ts';

/** Another user, whom root alone can give a file to. */
const OTHER = 65_533;
const asRoot = test.runIf(process.geteuid?.() === 0);

/** A folder with files as PGlite leaves them. */
function dataFolder(files: Readonly<Record<string, number>> = {}): string {
  const folder = join(temporaryFolder(), 'data');
  mkdirSync(join(folder, 'database/base'), { recursive: true });
  for (const [name, mode] of Object.entries({ 'database/base/1259': 0o666, 'owner.json': 0o600, ...files })) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), mode);
  }
  for (const name of ['', 'database', 'database/base']) chmodSync(join(folder, name), 0o755);
  return folder;
}

const modes = (folder: string) =>
  ['', ...readdirSync(folder, { recursive: true }).map(String)].map((name) => {
    const stats = lstatSync(join(folder, name));
    return `${name} ${(stats.mode & 0o777).toString(8)}`;
  });

describe('a data folder that others could come by', () => {
  test('is its owner’s alone afterwards, at any depth, and it is told how much was wider', () => {
    const folder = dataFolder({ 'database/script': 0o777 });
    expect(ensurePrivate(folder)).toBe(5);
    expect(modes(folder).toSorted()).toEqual([
      ' 700',
      'database 700',
      'database/base 700',
      'database/base/1259 600',
      'database/script 700',
      'owner.json 600',
    ]);
    expect(ensurePrivate(folder)).toBe(0);
  });

  test('is mended below where the folder itself is closed', () => {
    const folder = dataFolder();
    chmodSync(folder, 0o700);
    expect(ensurePrivate(folder)).toBe(3);
  });

  test('has no effect outside: what a link leads to stays as it is', () => {
    const [folder, outside] = [dataFolder(), join(temporaryFolder(), 'outside')];
    writeFileSync(outside, '');
    chmodSync(outside, 0o644);
    symlinkSync(outside, join(folder, 'link'));
    ensurePrivate(folder);
    expect(statSync(outside).mode & 0o777).toBe(0o644);
  });

  test('is mended where it is new and empty, as a volume is', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'lost+found'));
    chmodSync(folder, 0o755);
    expect(ensurePrivate(folder)).toBe(1);
  });

  const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0;
  test.runIf(mayMount)('is let be where it is empty and can not be written, as in a read-only image', () => {
    const url = pathToFileURL(join(import.meta.dirname, 'private-folder.ts')).href;
    const code = `console.log((await import('${url}')).ensurePrivate(process.argv[1]))`;
    const mounted = 'mount -t tmpfs -o ro,mode=755 none "$0" && exec "$@" "$0"';
    const words = ['-m', 'sh', '-c', mounted, temporaryFolder()];
    const node = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      code,
    ];
    const { stdout, stderr } = spawnSync('unshare', [...words, ...node], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['0\n', '']);
  });

  test('is none yet where there is no folder, and a file is nobody’s folder', () => {
    expect(ensurePrivate(join(temporaryFolder(), 'none'))).toBe(0);
    expect(ensurePrivate(import.meta.filename)).toBe(0);
  });
});

function refused(folder: string): void {
  const before = modes(folder);
  expect(() => ensurePrivate(folder)).toThrow(expect.objectContaining({ code: 'data_folder_foreign' }));
  expect(modes(folder)).toEqual(before);
}

describe('a data folder that is not this program’s alone is refused in a sentence, and stays as it is:', () => {
  test('one of other programs', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package.json'), '{}');
    chmodSync(folder, 0o755);
    refused(folder);
  });

  test('one that all users share', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o1777);
    refused(folder);
  });

  asRoot('one of another user', () => {
    const folder = dataFolder();
    chownSync(folder, OTHER, OTHER);
    refused(folder);
    expect(() => ensurePrivate(folder)).toThrow(`belongs to another user (${OTHER}, this is 0)`);
  });

  asRoot('one in which another user has written', () => {
    const folder = dataFolder();
    ensurePrivate(folder);
    chownSync(join(folder, 'owner.json'), OTHER, OTHER);
    refused(folder);
  });
});
