import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { modules } from '#modules';

const TEMPLATE_NAME = 'sample';
/** Where calls are listed. */
const LIST_OF_CALLS = 'docs/generated/api.txt';

/** Where a product is written to, and what its name must not be. Paths but `template` are from `root`. */
export interface ProductPlace {
  readonly root: string;
  /** The folder that it is copied from: compiled, linted and formatted like all code, under a name of its own. */
  readonly template: string;
  /** The folder of products. */
  readonly folder: string;
  /** The file that lists them. */
  readonly list: string;
  /** Up to its last product, where it has any. */
  readonly listPattern: RegExp;
  /** Names of parts of the program, and what stands after /v1/ in the calls of others. */
  readonly parts: () => readonly string[];
  readonly segments: () => readonly string[];
  /** A file of the template as it is here: undefined for one that has no use. */
  readonly adapt: (path: string, text: string) => string | undefined;
}

/** Where products are, and the file that lists them, in a checkout and in a team's repository. */
const LISTED = {
  folder: 'products',
  list: 'plinth.config.ts',
  listPattern: /(products: \[)([^\]]*?),?\s*\]/,
} as const;

export function checkoutPlace(root: string): ProductPlace {
  return {
    ...LISTED,
    root,
    template: join(root, 'docs/examples/product'),
    parts: () => modules.map(({ name }) => name),
    segments: () => documentedSegments(root, LISTED.folder),
    adapt: (_path, text) => text,
  };
}

/** A file that only a checkout can run. */
const OF_CHECKOUTS = /^testing\/statements\.ts$/;
const OF_CONSOLE = /^console\//;
/** How the compiler reads pages in a team's repository. */
export const TYPES_OF_PAGES =
  '{ "extends": "@plinth/console/tsconfig.json", "include": [".", "../../../generated/routes.ts"] }\n';

/** Whether the console is built there, with pages of a team's own: where its package is not, `generate` refuses them. */
function buildsConsole(root: string): boolean {
  try {
    return createRequire(join(root, 'package.json')).resolve('@plinth/console/package.json') !== '';
  } catch {
    return false;
  }
}

/** In a team's repository; `program` is the folder of the package. */
export function teamPlace(
  root: string,
  program: string,
  of: Pick<ProductPlace, 'parts' | 'segments'>,
): ProductPlace {
  return {
    ...LISTED,
    ...of,
    root,
    template: join(program, 'docs/examples/product'),
    adapt(path, text) {
      if (OF_CHECKOUTS.test(path) || (OF_CONSOLE.test(path) && !buildsConsole(root))) return undefined;
      return path === 'console/tsconfig.json' ? TYPES_OF_PAGES : adaptToTeam(text);
    },
  };
}

/** Its tests have the package's server, which ends with them. */
const adaptToTeam = (text: string): string =>
  text
    .replace(/import \{ advance \} from '@plinth\/testkit\/factories';\n/, '')
    .replace("import { expect, test } from 'vitest';", "import { afterAll, expect, test } from 'vitest';")
    .replace(/import \{ crashProduct \} from 'plinth\/testing';\n/, '')
    .replace(
      "import { type Customer, testApp } from '@plinth/testkit/services/app'",
      "import { crashProduct, type Customer, testApp } from 'plinth/testing'",
    )
    .replace(/const \{ app, call, customer, db, sandbox \} = await testApp\(\);/, TEAM_APP)
    .replaceAll('advance(db, ', 'advance(');

const TEAM_APP = `const { advance, app, call, close, customer, sandbox } = await testApp();
afterAll(close);`;
/** Prefixes of schemas that are PostgreSQL’s own, and of its words for the present time. */
const SQL_PREFIXES = /^(pg|localtime)/;
const NAME = /^[a-z][a-z0-9]{1,29}$/;

/** Why there is no new product: a code that stays the same, and a sentence. Nothing was written. */
export class NewProductRefused extends Error {
  readonly code: 'not_a_checkout' | 'name_invalid' | 'name_reserved' | 'name_taken' | 'list_unreadable';

  constructor(code: NewProductRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Writes a product of this name into a checkout: its folder, its page of the docs, and its line in the list of products.
 * All of it, or nothing. Throws `NewProductRefused`. Answers the paths that were written.
 */
export function newProduct(place: ProductPlace, name: string): string[] {
  const { root } = place;
  if (!existsSync(place.template))
    throw new NewProductRefused('not_a_checkout', 'There is nothing to copy here: this is no checkout.');
  const template = templateOf(place);
  refuseName(place, name, template);
  const list = listWith(place, name);
  const folder = `${place.folder}/${name}`;
  const page = `docs/${name}.md`;
  const files = [...template].map(
    ([path, text]) =>
      [
        path === `${TEMPLATE_NAME}.md` ? page : join(folder, renameProduct(path, name)),
        renameProduct(text, name),
      ] as const,
  );
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { flag: 'wx' });
    }
    // A longer name moves line ends.
    format(root, [folder]);
    replace(join(root, place.list), list);
    format(root, [place.list]);
  } catch (error) {
    rmSync(join(root, folder), { recursive: true, force: true });
    rmSync(join(root, page), { force: true });
    throw error;
  }
  return [...files.map(([path]) => path), place.list];
}

/** The files of the template by their paths in it. */
function templateOf({ template: folder, adapt }: ProductPlace): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  return new Map(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .toSorted()
      .flatMap((path) => {
        const text = adapt(path, readFileSync(join(folder, path), 'utf8'));
        return text === undefined ? [] : [[path, text]];
      }),
  );
}

function renameProduct(text: string, name: string): string {
  return text
    .replaceAll(TEMPLATE_NAME, name)
    .replaceAll(capital(TEMPLATE_NAME), capital(name))
    .replace(/\.spec\.ts(\.txt)?$/, '.test.ts');
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function refuseName(place: ProductPlace, name: string, template: ReadonlyMap<string, string>): void {
  if (!NAME.test(name)) {
    throw new NewProductRefused(
      'name_invalid',
      'A product’s name has 2 to 30 lower-case letters and digits, a letter first: it names a folder, a database schema and paths.',
    );
  }
  const why = reasonOf(place, name, template);
  if (why !== undefined)
    throw new NewProductRefused(
      'name_reserved',
      `"${name}" can't be a product: ${why}. Choose another name.`,
    );
  const there = [`${place.folder}/${name}`, `docs/${name}.md`].find((path) =>
    existsSync(join(place.root, path)),
  );
  if (there !== undefined)
    throw new NewProductRefused(
      'name_taken',
      `${there} is there already. Choose another name, or remove it.`,
    );
}

/** Why nothing new may have this name. */
function reasonOf(
  place: ProductPlace,
  name: string,
  template: ReadonlyMap<string, string>,
): string | undefined {
  if (JAVASCRIPT_WORDS.has(name)) return 'it is a word of JavaScript';
  if (SQL_WORDS.has(name) || SQL_PREFIXES.test(name)) return 'it is a word of PostgreSQL';
  const parts = [...place.parts(), 'app', 'plinth', 'test', TEMPLATE_NAME];
  if (parts.includes(name)) return 'a part of the program has it';
  if (place.segments().includes(name)) return `calls under /v1/${name} are there already`;
  const code = [...template].filter(([path]) => path.endsWith('.ts')).map(([, text]) => text);
  const word = new RegExp(String.raw`\b(${name}|${capital(name)})\b`);
  return code.some((text) => word.test(text)) ? 'the code of a new product uses the word itself' : undefined;
}

/** The words after /v1/ of all calls; those of another product of the name are `name_taken`. */
function documentedSegments(root: string, folder: string): string[] {
  const calls = readFileSync(join(root, LIST_OF_CALLS), 'utf8');
  const products = readdirSync(join(root, folder));
  const segments = [...calls.matchAll(/^[A-Z]+ \/v1\/([^/\s]+)/gm)].map(([, segment = '']) => segment);
  return segments.filter((segment) => !products.includes(segment));
}

/** The list of products with one more. */
function listWith({ root, list: file, listPattern, folder }: ProductPlace, name: string): string {
  const text = readFileSync(join(root, file), 'utf8');
  const lastImport = [...text.matchAll(/^import .*;\n/gm)].at(-1);
  const list = listPattern.exec(text);
  if (lastImport === undefined || list === null)
    throw new NewProductRefused('list_unreadable', `${file} is not as it was: add the product by hand.`);
  const end = lastImport.index + lastImport[0].length;
  return `${text.slice(0, end)}import { ${name} } from './${folder}/${name}/index.ts';\n${text.slice(end)}`.replace(
    list[0],
    `${list[1]}${list[2] === '' ? '' : `${list[2]}, `}${name}]${list[0].endsWith(';') ? ';' : ''}`,
  );
}

/** At once: no reader sees half of it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** With the formatter of the checkout, where it is installed. */
function format(root: string, paths: readonly string[]): void {
  const biome = join(root, 'node_modules/.bin/biome');
  if (existsSync(biome)) spawnSync(biome, ['format', '--write', ...paths], { cwd: root, stdio: 'ignore' });
}

/** Words that no variable may have (ECMAScript 2025, 12.7.2), and names that every program has. */
const JAVASCRIPT_WORDS: ReadonlySet<string> = new Set(
  `arguments as async await boolean break case catch class const constructor continue debugger default delete do else enum eval export
  extends false finally for from function get if implements import in instanceof interface let new null number object of
  package private protected public return set static string super switch symbol this throw true try type typeof undefined var
  void while with yield any never unknown readonly satisfies`.split(/\s+/),
);

/** Words that no schema may have without quotation marks, and schemas of PostgreSQL itself (17, appendix C). */
const SQL_WORDS: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate collation column
  concurrently constraint create cross current default deferrable desc distinct do else end except false fetch for foreign
  freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
  natural not notnull null offset on only or order outer overlaps placing primary public references
  returning right select similar some symmetric system table tablesample then to trailing true union unique user using variadic
  verbose when where window with`.split(/\s+/),
);
