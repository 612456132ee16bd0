import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/promises.md'), 'utf8');
const named = [...page.matchAll(/^- `(\S+\.test\.ts) :: (.+)`$/gm)].map(([, file = '', name = '']) => ({
  file,
  name,
}));

describe('docs/promises.md', () => {
  it('names tests for each of the eight promises', () => {
    expect([...page.matchAll(/^## (\d)\. /gm)].map(([, number]) => Number(number))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    for (const part of page.split(/^## /m).slice(1)) expect(part).toMatch(/^- `\S+\.test\.ts :: /m);
    expect(page.match(/^- /gm)).toHaveLength(named.length);
  });

  it.each(named)('$file still has the test: $name', ({ file, name }) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(name);
  });
});
