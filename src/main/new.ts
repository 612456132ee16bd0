import { join } from 'node:path';
import { newProduct, NewProductRefused } from './new-product.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth new product <name>

Writes a product that compiles, runs and is tested into src/products/<name>, its page docs/<name>.md, and its line in
src/products/own.ts (in a checkout). A name has 2 to 30 lower-case letters and digits. See docs/products.md.
`;

/** `new product <name>`: a folder to begin with. It ends with 2, and has written nothing, where the name is refused. */
export const newThing: Verb = async ({ words: [what, name, ...more] }) => {
  if (what !== 'product' || name === undefined || more.length > 0)
    return printUsage(what === 'product' ? more[0] : what, USAGE);
  try {
    const written = newProduct(join(import.meta.dirname, '../..'), name);
    process.stdout.write(`${written.map((path) => `wrote ${path}\n`).join('')}
Next:
  npm run generate                           docs and the client's types
  npm test -- src/products/${name}${' '.repeat(Math.max(1, 18 - name.length))}its tests
  npm start                                  the server; docs/${name}.md has calls to paste in another terminal

docs/products.md explains each part.
`);
    return 0;
  } catch (error) {
    if (!(error instanceof NewProductRefused)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 2;
  }
};
