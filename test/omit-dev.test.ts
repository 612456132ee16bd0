import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFiles, ROOT } from './house/source.ts';

const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

test('the server needs no package that "npm ci --omit=dev" leaves out', () => {
  const served = projectFiles().filter(
    ({ path }) => /^(src|bin)\//.test(path) && !/\/testing\/|\.test(-d)?\.ts$|\.sql$/.test(path),
  );
  const named = served.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => /^[@a-z]/.test(specifier) && !/^(node|data|https?):/.test(specifier))
      .map(({ specifier }) => ({ path, name: /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '' })),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name }) => !Object.hasOwn(dependencies, name))).toEqual([]);
});
