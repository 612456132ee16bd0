import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGenerated, ROOT } from '@plinth/testkit/house/source';

const rows = readFileSync(join(ROOT, 'docs/plans.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '));
/** The codes of the second column, which says where a demand is met. */
const named = rows.flatMap((row) => {
  const [, , place = ''] = row.split(/(?<!\\)\|/);
  return [...place.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
});

const calls = new Set(
  readGenerated('api.txt')
    .split('\n')
    .map((line) => line.split('  ')[0]),
);
const settings = readGenerated('config.md');

test.each([
  {
    what: 'file',
    pattern:
      /^(?:\.github|console|deploy|docs|products|sdk|server|test)\/|^(?:Dockerfile|\.env\.example|\w+\.config\.ts)$/,
    isThere: (path: string) => existsSync(join(ROOT, path)),
  },
  {
    what: 'call',
    pattern: /^(?:GET|POST|PUT|PATCH|DELETE) \/v1\//,
    isThere: (call: string) => calls.has(call.replace(/(?<=\S \S+)[ ?].*$/, '')),
  },
  {
    what: 'setting',
    pattern: /^[A-Z][A-Z\d]*_[A-Z\d_]+(?:=.*)?$/,
    isThere: (setting: string) => settings.includes(`\`${setting.replace(/=.*/, '')}\``),
  },
])('the page of plan documents names no $what that is not there', ({ pattern, isThere }) => {
  const found = named.filter((code) => pattern.test(code));
  expect(found.filter((code) => !isThere(code))).toEqual([]);
  expect(found).not.toEqual([]);
});
