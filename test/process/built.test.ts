import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { linkPackages } from '@plinth/testkit/services/packages';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, startProgram } from '@plinth/testkit/program';

afterEach(endAll);

/** An installation of its own, but for the packages. */
function installation(): string {
  const root = join(temporaryFolder(), 'first place');
  for (const path of [
    'server',
    'products',
    'plinth.config.ts',
    'safety/src',
    'safety/package.json',
    'sandboxes/src',
    'sandboxes/package.json',
    'console/src',
    'console/package.json',
    'sdk/src',
    'docs',
    'site/dist',
    'package.json',
  ])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  linkPackages(root);
  return root;
}

async function prepareIn(root: string): Promise<string[]> {
  const prepare = startProgram(['prepare'], { root, cwd: root, environment: {} });
  expect(await prepare.ended, prepare.said()).toEqual({ code: 0, signal: null });
  return readdirSync(join(root, 'dist')).sort();
}

async function help(root: string): Promise<string> {
  const program = startProgram(['help'], { root, cwd: root, environment: {} });
  await program.ended;
  return program.said();
}

/** Has the first file of the build say what it is. */
function markFirst(root: string): void {
  const path = join(root, 'dist/built.json');
  const manifest = readManifest(path);
  const first = join(root, 'dist', manifest.entry);
  writeFileSync(first, `console.log('this is the build');\n${readFileSync(first, 'utf8')}`);
  const files = { ...manifest.files, [manifest.entry]: statSync(first).size };
  writeFileSync(path, JSON.stringify({ ...manifest, files }));
}

interface Manifest {
  readonly entry: string;
  readonly files: Readonly<Record<string, number>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

test('a build serves from wherever its installation is moved to, and not once a source has changed', async () => {
  const root = installation();
  const files = await prepareIn(root);
  // The readers of the sources may read it, under any umask of the installer.
  for (const name of files) expect(statSync(join(root, 'dist', name)).mode & 0o777, name).toBe(0o644);
  for (const name of readdirSync(join(root, 'console/dist')))
    expect(statSync(join(root, 'console/dist', name)).mode & 0o777, name).toBe(0o644);
  expect(await prepareIn(root), 'built once').toEqual(files);
  markFirst(root);

  const moved = join(root, '../second place');
  renameSync(root, moved);
  const program = startProgram(['start'], { root: moved, cwd: moved, environment: { PORT: '0' } });
  const url = await program.url();
  expect(program.said()).toContain('this is the build');
  // What lies beside a source is found: a guide, a page's script, a product's prices.
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${url}/docs/guides/limits`)).text()).toContain('admission');
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });

  const main = join(moved, 'server/src/main.ts');
  writeFileSync(main, readFileSync(main, 'utf8').replace('Usage: plinth <verb>', 'Usage, changed:'));
  expect(await help(moved)).toMatch(/^Usage, changed:/);
  mkdirSync(join(moved, 'dist/left by somebody'));
  const anew = await prepareIn(moved);
  expect(anew).not.toContain('left by somebody');
  expect(anew).not.toEqual(files);
  // All files of the build before are still there: a server may still run from them.
  expect(anew).toEqual(expect.arrayContaining(files));
  expect(await help(moved)).toMatch(/^Usage, changed:/);
});

test('a source that is edited while it is built is what runs', async () => {
  const root = installation();
  await prepareIn(root);
  const dist = join(root, 'dist');
  const { entry, files } = readManifest(join(dist, 'built.json'));
  for (const name of Object.keys(files)) rmSync(join(dist, name));
  // The writer, which runs last, waits until the file is read.
  const last = join(dist, `${entry}.map`);
  execFileSync('mkfifo', [last]);

  const prepare = startProgram(['prepare'], { root, cwd: root, environment: {} });
  await expect.poll(() => existsSync(join(dist, entry)), { timeout: 60_000 }).toBe(true);
  const main = join(root, 'server/src/main.ts');
  writeFileSync(main, readFileSync(main, 'utf8').replace('Usage: plinth <verb>', 'Usage, changed:'));
  readFileSync(last);
  expect(await prepare.ended, prepare.said()).toEqual({ code: 0, signal: null });
  expect(await help(root)).toMatch(/^Usage, changed:/);
});

test('where none can be written the sources run, and the installer is told', async () => {
  const root = installation();
  writeFileSync(join(root, 'dist'), '');
  const prepare = startProgram(['prepare'], { root, cwd: root, environment: {} });
  expect(await prepare.ended).toEqual({ code: 1, signal: null });
  expect(prepare.said()).toMatch(/^The program could not be built: it runs from its sources/);
  expect(await help(root)).toMatch(/^Usage: /);
});
