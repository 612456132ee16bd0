import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';

const diffs = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.diff'));

test('there are at most 150 mutants: a change that Stryker makes too needs none', () => {
  expect(diffs.length).toBeLessThanOrEqual(150);
});

test.each(diffs)('%s fits the code, and names a test file that is there', (name) => {
  const path = join(import.meta.dirname, name);
  const [, file = ''] = /^Noticed by: (\S+) :: ./.exec(readFileSync(path, 'utf8')) ?? [];
  expect(existsSync(join(ROOT, file)), file).toBe(true);
  execFileSync('git', ['apply', '--check', path], { cwd: ROOT, stdio: 'pipe' });
});
