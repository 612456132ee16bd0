import { spawnSync } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { ROOT } from '@plinth/testkit/house/source';

/** Without the variables by which Git tells a hook its repository. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
};

const OURS = ['biome.json', 'package.json', 'tsconfig.json', '.oxlintrc.json'];
const HOOK = ['scripts/hooks', 'scripts/pre-commit.ts'];

function run(
  folder: string,
  ...words: readonly [string, ...string[]]
): { status: number | null; said: string } {
  const [program, ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, { cwd: folder, env, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

function commit(folder: string): { status: number | null; said: string } {
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  return run(folder, 'git', ...author, 'commit', '--quiet', '--message', 'change');
}

/** A clone of a small repository that has this one's settings and hook; the packages are those of this one. */
function clone(): string {
  const [origin, folder] = [temporaryFolder(), temporaryFolder()];
  for (const path of [...OURS, ...HOOK]) cpSync(join(ROOT, path), join(origin, path), { recursive: true });
  run(origin, 'git', 'init', '--quiet');
  run(origin, 'git', 'add', '--all');
  commit(origin);
  expect(run(folder, 'git', 'clone', '--quiet', origin, '.').status).toBe(0);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function stage(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  run(folder, 'git', 'add', ...Object.keys(files));
}

test('after npm run hooks a clone commits what is right and refuses what is not', {
  timeout: 120_000,
}, () => {
  const folder = clone();
  expect(run(folder, 'npm', 'run', 'hooks').status).toBe(0);

  stage(folder, { 'scripts/one.ts': 'export const one=1\n' });
  expect(commit(folder)).toMatchObject({ status: 1, said: expect.stringContaining('format') });

  stage(folder, { 'scripts/one.ts': "export const one: number = 'one';\n" });
  expect(commit(folder)).toMatchObject({ status: 1, said: expect.stringContaining('TS2322') });

  stage(folder, { 'scripts/one.ts': 'export const one = [1][0]!;\n' });
  expect(commit(folder)).toMatchObject({ status: 1, said: expect.stringContaining('no-non-null-assertion') });

  const uses = "import { one } from './one.ts';\n\nexport const two = one + one;\n";
  stage(folder, { 'scripts/one.ts': 'export const one = 1;\n', 'scripts/two.ts': uses });
  expect(commit(folder)).toEqual({ status: 0, said: '' });

  run(folder, 'git', 'rm', '--quiet', 'scripts/one.ts');
  expect(commit(folder)).toMatchObject({ status: 1, said: expect.stringContaining('scripts/two.ts') });
});
