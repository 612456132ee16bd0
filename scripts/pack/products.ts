import { cpSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Catalogue } from '#platform/entitlements';
import { products } from '#products';
import { ROOT } from '../../server/src/main/build-files.ts';
import { TYPES_OF_PAGES } from '../../server/src/main/new-product.ts';
import { readManifest } from './manifest.ts';

/** What only a checkout can run or read. */
const OF_CHECKOUTS = /^(node_modules|test|testing)\/|\.test\.tsx?$|^(package|console\/tsconfig)\.json$/;

/** Writes the products that a team may take, as they will lie in its repository: `create-plinth` copies them from there. */
export function packProducts(folder: string, version: string): void {
  for (const { key, catalogue } of products) {
    const from = join(ROOT, 'products', key);
    const to = join(folder, key);
    for (const path of globSync('**/*', { cwd: from })) {
      if (OF_CHECKOUTS.test(path) || !statSync(join(from, path)).isFile()) continue;
      mkdirSync(dirname(join(to, path)), { recursive: true });
      if (/\.tsx?$/.test(path)) writeFileSync(join(to, path), ofTeam(readFileSync(join(from, path), 'utf8')));
      else cpSync(join(from, path), join(to, path));
    }
    if (globSync('console/index.ts', { cwd: to }).length > 0)
      writeFileSync(join(to, 'console/tsconfig.json'), TYPES_OF_PAGES);
    writeFileSync(join(to, 'README.md'), readmeOf(key, version));
    // npm takes a test for no file of a package.
    writeFileSync(join(to, `${key}.test.txt`), testOf(catalogue));
    const { description, dependencies, optionalDependencies } = readManifest(`products/${key}/package.json`);
    const { zod: _zod, ...needed } = dependencies ?? {};
    writeFileSync(
      join(to, 'package.json'),
      JSON.stringify({ description, dependencies: needed, optionalDependencies }),
    );
  }
}

/** The one zod of a repository is the server's: schemas of another have no names in the API's document. */
const ofTeam = (text: string): string =>
  text.replaceAll(/^(import (?:type )?\{ z \} from) 'zod';$/gm, "$1 'plinth/product';");

/** What it is and where what lies is said as in a checkout; commands are a team's. */
function readmeOf(name: string, version: string): string {
  const [about = ''] = readFileSync(join(ROOT, 'products', name, 'README.md'), 'utf8').split('```sh\n');
  return `${about.replaceAll('](../../docs/', '](../../node_modules/plinth/docs/')}\`\`\`sh
npx vitest run products/${name}        # its test
npx plinth generate                 # after a change of a route: the API's document and the client's types
npx plinth start                    # the server with all products of plinth.config.ts
\`\`\`

Copied from Plinth ${version}: it is the team's own, and a newer Plinth changes nothing here. [products.md](../../node_modules/plinth/docs/products.md) explains
each kind of file.
`;
}

/** It names the plans: a test that imports the product would have it beside the server's, which Vitest doesn't load. */
const testOf = ({
  product,
  name,
  plans,
  holds,
}: Catalogue): string => `import { testApp } from 'plinth/testing';
import { afterAll, expect, test } from 'vitest';

const { call, close, ${holds === 'organization' ? 'customer' : 'person'} } = await testApp();
afterAll(close);

test.each(['${Object.keys(plans).join("', '")}'])('${name} is sold as %s, and its limits are shown', async (plan) => {
  const { key } = await ${holds === 'organization' ? 'customer' : 'person'}(\`${product}.\${plan}\`);
  const { status, body } = await call(key, 'GET /v1/usage');
  expect(status).toBe(200);
  expect(body['data']).toContainEqual(expect.objectContaining({ product: '${product}' }));
});
`;
