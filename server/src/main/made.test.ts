import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { CALLS, isMade, keepMade, readSources } from './made.ts';

const TEXTS = { 'docs/generated/openapi.json': '{}', 'docs/generated/access.md': 'a' } as const;
const texts = {
  ...TEXTS,
  'docs/generated/calls.md': 'd',
  'docs/generated/commit-points.md': 'b',
  'sdk/src/routes.generated.ts': 'c',
} as const;

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A tree whose files were made of its sources. */
function madeTree(): string {
  const root = temporaryFolder();
  for (const path of [
    'plinth.config.ts',
    'server/package.json',
    'server/src/a.ts',
    'server/src/platform/b.ts',
    'products/p/index.ts',
    'safety/src/c.ts',
  ])
    write(root, path, path);
  expect(isMade(root)).toBe(false);
  keepMade(texts, readSources(root), root);
  expect(isMade(root)).toBe(true);
  return root;
}

test.each([
  ['a source says something else', (root: string) => write(root, 'server/src/platform/b.ts', 'else')],
  ['a source is new', (root: string) => write(root, 'server/src/platform/d.ts', '')],
  ['a source is gone', (root: string) => rmSync(join(root, 'server/src/a.ts'))],
  ['the version is another one', (root: string) => write(root, 'server/package.json', '{}')],
  ...Object.values(CALLS).flatMap((path): [string, (root: string) => void][] => [
    [`${path} is missing`, (root) => rmSync(join(root, path))],
    [`${path} is of another process, which made it of other sources`, (root) => write(root, path, 'else')],
  ]),
])('what is made counts as missing where %s', (_what, change) => {
  const root = madeTree();
  change(root);
  expect(isMade(root)).toBe(false);
});

test('a test is no source of what is made, and a source that is edited while it is made is noticed', () => {
  const root = madeTree();
  write(root, 'server/src/a.test.ts', '');
  write(root, 'products/p/test/a.ts', '');
  expect(isMade(root)).toBe(true);
  const sources = readSources(root);
  write(root, 'server/src/a.ts', 'edited');
  keepMade(texts, sources, root);
  expect(isMade(root)).toBe(false);
});
