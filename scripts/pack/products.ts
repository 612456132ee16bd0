import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { Catalogue } from '#platform/entitlements';
import { products } from '#products';
import { ROOT } from '../../server/src/main/build-files.ts';
import { TYPES_OF_PAGES } from '../../server/src/main/new-product.ts';
import { readManifest } from './manifest.ts';

/** Files that only a checkout can run or read. A team kills its own servers by the walks of a copy. */
const OF_CHECKOUTS =
  /^(node_modules\/|test\/|testing\/(?!crashes\.ts$))|\.test\.tsx?$|^(package|house|console\/tsconfig)\.json$/;
const OURS = '@plinth/';
const folders = readdirSync(join(ROOT, 'products'));

/**
 * Writes the products that a team may take, and the packages that they are made of, as they will lie in its repository: `create-plinth`
 * copies them from there.
 */
export function packProducts(folder: string, version: string): void {
  for (const name of folders) {
    const from = join(ROOT, 'products', name);
    const to = join(folder, name);
    for (const path of globSync('**/*', { cwd: from })) {
      if (OF_CHECKOUTS.test(path) || !statSync(join(from, path)).isFile()) continue;
      mkdirSync(dirname(join(to, path)), { recursive: true });
      if (/\.tsx?$/.test(path))
        writeFileSync(join(to, path), ofTeam(readFileSync(join(from, path), 'utf8'), path));
      else cpSync(join(from, path), join(to, path));
    }
    if (existsSync(join(to, 'console/index.ts')))
      writeFileSync(join(to, 'console/tsconfig.json'), TYPES_OF_PAGES);
    const product = products.find(({ key }) => key === name);
    const isProduct = product !== undefined;
    writeFileSync(join(to, 'README.md'), readmeOf(name, { version, isProduct }));
    // npm takes a test for no file of a package.
    if (isProduct) writeFileSync(join(to, `${name}.test.txt`), testOf(product.catalogue));
    writeFileSync(join(to, 'package.json'), JSON.stringify(neededBy(name, isProduct)));
  }
}

/** The facts of a package that `create-plinth` asks for: whether it is a product, the packages beside it, and npm packages. */
function neededBy(name: string, isProduct: boolean): object {
  const manifest = readManifest(`products/${name}/package.json`);
  const { zod: _zod, ...dependencies } = manifest.dependencies ?? {};
  const [beside, npm] = [true, false].map((is) =>
    Object.entries(dependencies).filter(([one]) => one.startsWith(OURS) === is),
  );
  return {
    description: manifest.description,
    isProduct,
    beside: (beside ?? []).map(([one]) => one.slice(OURS.length)),
    dependencies: Object.fromEntries(npm ?? []),
    optionalDependencies: manifest.optionalDependencies,
  };
}

/**
 * A source as it is in a team's repository. The one zod there is the server's: schemas of another have no names in the API's document. A
 * package of this repository is the folder beside it.
 */
const ofTeam = (text: string, path: string): string =>
  text
    .replaceAll(/^(import (?:type )?\{ z \} from) 'zod';$/gm, "$1 'plinth/product';")
    .replaceAll(
      /(?<=\bfrom |\bimport\()'@plinth\/([\w-]+)(\/\w+)?'/g,
      (whole, name: string, part = '/index') =>
        folders.includes(name) ? `'${posix.relative(posix.dirname(path), `../${name}${part}.ts`)}'` : whole,
    );

/** Says of a package what a checkout's page says, up to the commands; these are a team's. A product alone has a test there. */
function readmeOf(
  name: string,
  { version, isProduct }: { readonly version: string; readonly isProduct: boolean },
): string {
  const [about = ''] = readFileSync(join(ROOT, 'products', name, 'README.md'), 'utf8').split(
    `\`\`\`sh\nnpm test -w products/${name}`,
  );
  const test = isProduct ? `npx vitest run products/${name}        # its test\n` : '';
  return `${about.replaceAll('](../../docs/', '](../../node_modules/plinth/docs/')}\`\`\`sh
${test}npx plinth generate                 # after a change of a route: the API's document and the client's types
npx plinth start                    # the server with all products of plinth.config.ts
\`\`\`

Copied from Plinth ${version}: it is the team's own, and a newer Plinth changes nothing here. [products.md](../../node_modules/plinth/docs/products.md) explains
each kind of file.
`;
}

/** A test that names the plans: one that imported the product would have it beside the server's, which Vitest doesn't load. */
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
