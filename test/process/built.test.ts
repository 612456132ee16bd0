import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '#test/services';
import { ROOT } from '../house/source.ts';
import { endAll, startProgram } from './program.ts';

afterEach(endAll);

/** An installation of its own, but for the packages. */
function installation(): string {
  const root = join(temporaryFolder(), 'first place');
  for (const path of ['bin', 'src', 'sandboxes/src', 'sandboxes/package.json', 'docs', 'package.json'])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

async function prepared(root: string): Promise<string[]> {
  const prepare = startProgram(['prepare'], { root, cwd: root, environment: {} });
  expect(await prepare.ended, prepare.said()).toEqual({ code: 0, signal: null });
  return readdirSync(join(root, 'dist')).sort();
}

async function help(root: string): Promise<string> {
  const program = startProgram(['help'], { root, cwd: root, environment: {} });
  await program.ended;
  return program.said();
}

test('a build serves from wherever its installation is moved to, and not once a source has changed', async () => {
  const root = installation();
  const files = await prepared(root);
  // Whoever may read the sources may read it, whatever they may who installed it.
  for (const name of files) expect(statSync(join(root, 'dist', name)).mode & 0o777, name).toBe(0o644);
  expect(await prepared(root), 'built once').toEqual(files);
  const { entry } = JSON.parse(readFileSync(join(root, 'dist/built.json'), 'utf8')) as { entry: string };
  const first = join(root, 'dist', entry);
  writeFileSync(first, `console.log('this is the build');\n${readFileSync(first, 'utf8')}`);

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

  const main = join(moved, 'src/main.ts');
  writeFileSync(main, readFileSync(main, 'utf8').replace('Usage: plinth <verb>', 'Usage, changed:'));
  expect(await help(moved)).toMatch(/^Usage, changed:/);
  mkdirSync(join(moved, 'dist/left by somebody'));
  const anew = await prepared(moved);
  expect(anew).not.toContain('left by somebody');
  expect(anew).not.toEqual(files);
  expect(await help(moved)).toMatch(/^Usage, changed:/);
});
