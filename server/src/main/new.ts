import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isPackage, teamConfig } from '#platform/config';
import { ROOT } from './build-files.ts';
import { checkoutPlace, newProduct, NewProductRefused, type ProductPlace, teamPlace } from './new-product.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth new product <name>

Writes a product that compiles, runs and is tested, into products/<name>; its page docs/<name>.md; and its line in plinth.config.ts.
A name has 2 to 30 lower-case letters and digits. See docs/products.md.
`;

/** `new product <name>`: a folder to begin with. It ends with 2, and has written nothing, where the name is refused. */
export const newThing: Verb = async ({ words: [what, name, ...more] }) => {
  if (what !== 'product' || name === undefined || more.length > 0)
    return printUsage(what === 'product' ? more[0] : what, USAGE);
  try {
    const isTeam = isPackage || teamConfig() !== undefined;
    const written = newProduct(isTeam ? await placeOfTeam() : checkoutPlace(ROOT), name);
    process.stdout.write(`${written.map((path) => `wrote ${path}\n`).join('')}
Next:
${(isTeam ? TEAM_STEPS : STEPS).map(([step = '', does = '']) => `  ${step.replace('NAME', name).padEnd(43)}${does.replace('NAME', name)}`).join('\n')}

docs/products.md explains each part${isPackage ? ': /docs/guides of the server, and node_modules/plinth/docs' : ''}.
`);
    return 0;
  } catch (error) {
    if (!(error instanceof NewProductRefused)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 2;
  }
};

const STEPS = [
  ['npm run generate', "docs and the client's types"],
  ['npm test -- products/NAME', 'its tests'],
  ['npm start', 'the server; docs/NAME.md has calls to paste in another terminal'],
];
const TEAM_STEPS = [
  ['npx plinth generate', "the API's document and the client's types"],
  ['npx vitest run products/NAME', 'its tests'],
  ['npx plinth start', 'the server; docs/NAME.md has calls to paste in another terminal'],
];

async function placeOfTeam(): Promise<ProductPlace> {
  const [{ allRoutes }, { modules }] = await Promise.all([import('#app'), import('#modules')]);
  return teamPlace(process.cwd(), ROOT, {
    parts: () => modules.map(({ name }) => name),
    segments: () =>
      allRoutes()
        .map(({ path }) => path.split('/')[2] ?? '')
        .filter((segment) => !existsSync(join('products', segment))),
  });
}
