#!/usr/bin/env node
// Writes the repository of a team: `create-plinth my-app`. Plain JavaScript that Node 20 runs, without a package of anybody's.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';

const HERE = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const TEMPLATE = join(HERE, 'template');
const VENDOR = join(HERE, 'vendor');
/** A folder for each product that may be taken and each package beside them, as it will lie in the repository; its package.json says what it needs. */
const PRODUCTS = join(HERE, 'products');
const NEEDED = 24;
const isOld = Number.parseInt(process.versions.node, 10) < NEEDED;
const packed = existsSync(PRODUCTS) ? readdirSync(PRODUCTS) : [];
const offered = packed.filter((name) => manifestOf(name).isProduct);
const USAGE = `Usage: create-plinth <folder> [--with <products>] [--plinth <tarball>] [--sdk <tarball>]

Writes a repository with one paid AI product, its test, and what it takes to run it. The packages of Plinth are in no registry: their
tarballs go into <folder>/vendor, those that came with this program if no others are named.

--with reel,gateway copies the sources of products of Plinth, each to serve, to change or to read; without it a terminal is asked,
and nothing else takes any. There are:
${offered.map((name) => `  ${name.padEnd(12)}${manifestOf(name).description}\n`).join('')}`;
/** npm leaves such files out of a package, or takes them for its own; a test of others is no file of a package. */
const RENAMED = {
  'products/tales/tales.test.txt': 'products/tales/tales.test.ts',
  gitignore: '.gitignore',
  github: '.github',
  'package.template.json': 'package.json',
};

class Refused extends Error {}

try {
  const { values, positionals } = parseArgs({
    options: {
      with: { type: 'string' },
      plinth: { type: 'string' },
      sdk: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  if (values.help || positionals.length !== 1) {
    process.stdout.write(USAGE);
    process.exit(values.help ? 0 : 2);
  }
  await create(resolve(positionals[0]), values);
} catch (error) {
  if (!(error instanceof Refused) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}

async function create(folder, { with: wanted, plinth, sdk }) {
  const name = basename(folder);
  if (!/^[a-z][a-z0-9-]{0,60}$/.test(name))
    throw new Refused(
      'name_invalid: a folder’s name has lower-case letters, digits and hyphens, a letter first: it names the package, too.',
    );
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Refused(`folder_taken: there is something in ${folder} already. Choose another name.`);
  const tarballs = { plinth: tarball(plinth, 'plinth-'), '@plinth/sdk': tarball(sdk, 'plinth-sdk-') };
  const taken = namesIn(wanted ?? (await asked()));
  const isNew = !existsSync(folder);
  try {
    write(folder, name, tarballs);
    take(folder, taken);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (!isNew) mkdirSync(folder);
    throw error;
  }
  process.stdout.write(`wrote ${[name, ...taken.map((one) => `products/${one}`)].join(', ')}
${isOld ? `This is Node ${process.versions.node}, and Plinth needs Node ${NEEDED} or newer: npm install brings one, which npx and npm's scripts use.\n` : ''}
Next:
  cd ${relative(process.cwd(), folder) || '.'}
  npm install
  npm test          its test, on an embedded database and a sandbox of the models
  npm start         the server; README.md has calls to paste
`);
}

/** The answer of a person at a terminal. */
async function asked() {
  if (offered.length === 0 || !process.stdin.isTTY || !process.stdout.isTTY) return 'none';
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const names = offered.map((name) => `  ${name.padEnd(12)}${manifestOf(name).description}\n`).join('');
  const answer = await terminal.question(
    `Products of Plinth, each to serve, to change or to read:\n${names}Which? (names with commas; none) `,
  );
  terminal.close();
  return answer;
}

/** The products that an answer names: `reel, gateway`. */
function namesIn(answer) {
  const names = answer.split(/[\s,]+/).filter((name) => name !== '' && name !== 'none');
  const unknown = names.find((name) => !offered.includes(name));
  if (unknown !== undefined)
    throw new Refused(`product_unknown: there is no product ${unknown}, but ${offered.join(', ')}, or none.`);
  return [...new Set(names)];
}

function manifestOf(product) {
  return JSON.parse(readFileSync(join(PRODUCTS, product, 'package.json'), 'utf8'));
}

/** The file of a tarball, given or brought along; `plinth-` is `plinth-0.1.0.tgz`, and no `plinth-sdk-0.1.0.tgz`. */
function tarball(given, prefix) {
  if (given !== undefined && !existsSync(given))
    throw new Refused(`tarball_missing: there is no file ${given}.`);
  if (given !== undefined) return resolve(given);
  const brought = existsSync(VENDOR) ? readdirSync(VENDOR) : [];
  const found = brought.find((file) => file.startsWith(prefix) && /\d/.test(file.charAt(prefix.length)));
  if (found === undefined)
    throw new Refused(`tarball_missing: this program brings no ${prefix}….tgz. Name one, see --help.`);
  return join(VENDOR, found);
}

function write(folder, name, tarballs) {
  mkdirSync(join(folder, 'vendor'), { recursive: true });
  cpSync(TEMPLATE, folder, { recursive: true });
  for (const [from, to] of Object.entries(RENAMED)) renameSync(join(folder, from), join(folder, to));
  for (const file of ['README.md', 'compose.yaml', 'package.json']) {
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('my-app', name));
  }
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  for (const [dependency, file] of Object.entries(tarballs)) {
    copyFileSync(file, join(folder, 'vendor', basename(file)));
    manifest.dependencies[dependency] = `file:vendor/${basename(file)}`;
  }
  // For those alone whose products have pages: they install it from there.
  for (const file of existsSync(VENDOR) ? readdirSync(VENDOR) : [])
    if (file.startsWith('plinth-console-')) copyFileSync(join(VENDOR, file), join(folder, 'vendor', file));
  const system = process.platform === 'win32' ? 'win' : process.platform;
  // 189 MB, for those alone who have no newer one: a Node out of node_modules is of the folder that this runs in, and stays there.
  const isBorrowed = process.execPath.split(sep).includes('node_modules');
  if (isBorrowed || isOld)
    manifest.optionalDependencies = { [`node-${system}-${process.arch}`]: `^${NEEDED}.0.0` };
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The products, and the packages that they are made of. */
function withBeside(names) {
  const all = new Set(names);
  for (const name of all) for (const beside of manifestOf(name).beside) all.add(beside);
  return [...all];
}

/** Copies products into the repository, has them served, and installs what they need. */
function take(folder, names) {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  for (const name of withBeside(names)) {
    const to = join(folder, 'products', name);
    cpSync(join(PRODUCTS, name), to, { recursive: true });
    rmSync(join(to, 'package.json'));
    const needed = manifestOf(name);
    if (needed.isProduct) renameSync(join(to, `${name}.test.txt`), join(to, `${name}.test.ts`));
    Object.assign(manifest.dependencies, needed.dependencies);
    if (needed.optionalDependencies !== undefined)
      manifest.optionalDependencies = { ...manifest.optionalDependencies, ...needed.optionalDependencies };
    if (!existsSync(join(to, 'console'))) continue;
    const built = readdirSync(join(folder, 'vendor')).find((file) => file.startsWith('plinth-console-'));
    manifest.devDependencies['@plinth/console'] = `file:vendor/${built}`;
    manifest.scripts.check += ` && tsc -p products/${name}/console`;
  }
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
  const list = join(folder, 'plinth.config.ts');
  const imports = names.map((name) => `import { ${name} } from './products/${name}/index.ts';\n`);
  writeFileSync(
    list,
    readFileSync(list, 'utf8')
      .replace(/^(?=import \{ tales)/m, imports.join(''))
      .replace('[tales]', `[${[...names, 'tales'].join(', ')}]`),
  );
}
