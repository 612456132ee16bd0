import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFiles, ROOT } from '@plinth/testkit/house/source';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

/** What is installed of a folder's package, and what its files may therefore name. */
function installedOf(folder: string): Manifest['dependencies'] {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
  return { ...manifest.dependencies, ...manifest.peerDependencies };
}

test.each([
  ['the server', 'server', /^server\//],
  ['a product', 'products/orbit', /^products\/orbit\/(?!test\/)/],
  ['documents', 'products/documents', /^products\/documents\//],
  ['a part of a product', 'products/memory', /^products\/memory\/(?!test\/)/],
  ['a sandbox', 'sandboxes', /^sandboxes\//],
  ['safety', 'safety', /^safety\/src\//],
])('%s needs no package that "npm ci --omit=dev" leaves out', (_, folder, files) => {
  const served = projectFiles().filter(
    ({ path }) => files.test(path) && !/\/testing\/|\.test(-d)?\.ts$|\.sql$/.test(path),
  );
  const named = served.flatMap(({ path, imports }) =>
    imports
      .filter(
        ({ specifier }) => /^[@a-z]/.test(specifier) && !/^(node|data|https?):|^plinth\//.test(specifier),
      )
      .map(({ specifier }) => ({ path, name: /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '' })),
  );
  const installed = installedOf(folder);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ name }) => !Object.hasOwn(installed, name))).toEqual([]);
});
