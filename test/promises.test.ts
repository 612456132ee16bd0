import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const testsOf = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, file = '', name = '']) => ({ file, name }));
const page = read('docs/promises.md');
const named = testsOf(page, /^- `(\S+\.ts) :: (.+)`$/gm);
const security = read('docs/security.md');

describe('docs/promises.md', () => {
  it('names tests for each of the eight promises', () => {
    expect([...page.matchAll(/^## (\d)\. /gm)].map(([, number]) => Number(number))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    for (const part of page.split(/^## /m).slice(1)) expect(part).toMatch(/^- `\S+\.ts :: /m);
    expect(page.match(/^- /gm)).toHaveLength(named.length);
  });

  it.each(named)('$file still has the test: $name', ({ file, name }) => {
    expect(read(file)).toContain(name);
  });
});

describe('docs/security.md', () => {
  it.each(testsOf(security, /`(\S+\.test\.ts) :: ([^`]+)`/g))(
    '$file still has the test: $name',
    ({ file, name }) => {
      expect(read(file)).toContain(name);
    },
  );

  it('says of each line either a test, where it can be seen, or why there is none', () => {
    const lines = security.split('\n').filter((line) => /^\| \d/.test(line));
    expect(lines.length).toBeGreaterThan(45);
    for (const line of lines) expect(line).toMatch(/\.test\.ts :: |by design|none here/);
  });
});
