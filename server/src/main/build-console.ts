import { createHash } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RolldownOutput } from 'rolldown';
import { brotliCompressSync, constants } from 'node:zlib';
import { CONSOLE, CONSOLE_MANIFEST, type ConsoleManifest, readConsole, teamConsole } from '#server';
import { rememberSources, ROOT, writeManifest } from './build-files.ts';
import { digestOf } from './built.js';
import { OperatorError } from './operator-error.ts';

/** The sources that a console is built of, and where it is put. */
interface ConsolePlace {
  /** A folder with `console/` and `sdk/src` as in a checkout. */
  readonly root: string;
  /** The folder of `products/`, whose pages it has. */
  readonly pages?: string;
  readonly out: string;
}

const OF_CHECKOUT: ConsolePlace = { root: ROOT, pages: ROOT, out: CONSOLE };
const PAGES = 'products/*/console/index.ts';

/** The console of a team's repository; undefined: none of its products has pages. Throws where the package is not there that it is built from. */
export function consoleOfTeam(): ConsolePlace | undefined {
  if (globSync(PAGES).length === 0) return undefined;
  try {
    const found = createRequire(resolve('package.json')).resolve('@plinth/console/package.json');
    return { root: dirname(found), pages: process.cwd(), out: teamConsole() };
  } catch {
    throw new OperatorError(
      'console_missing: products/*/console has pages. They are built from the package @plinth/console: npm install -D ./vendor/plinth-console-….tgz (docs/package.md).',
    );
  }
}

/** Styles of the components that the pages use, in the library's own order; `default-css-variables` and `global` come first. */
const COMPONENTS = [
  'default-css-variables',
  'baseline',
  'global',
  'UnstyledButton',
  'Loader',
  'Input',
  'InlineInput',
  'CheckboxIndicator',
  'Checkbox',
  'PasswordInput',
  'Button',
  'ActionIcon',
  'CloseButton',
  'Anchor',
  'Badge',
  'Code',
  'Alert',
  'Progress',
  'Skeleton',
  'Overlay',
  'Paper',
  'Popover',
  'ModalBase',
  'Modal',
  'Combobox',
  'Text',
] as const;
/** Scripts whose letters the two languages of the console use; others fall back to the system's type. */
const FONTS = ['latin', 'latin-ext'] as const;

/** The module that the console asks for its products' pages. */
const PRODUCTS_MODULE = 'plinth:products';

/** Sources that every first page loads. */
const EVERY_PAGE =
  /node_modules\/(react|react-dom|scheduler|use-sync-external-store|clsx|@tanstack|@mantine\/core\/esm\/core)\/(?!.*([iI]nfinite|[mM]utation|close-on-escape|shadow-dom|z-index|ref-prop|single-element|is-element))|sdk\/src\/(ai|calls|errors|events|retries|routes|sessions|time|wire)\b|console\/src\/(text\/(?!de)|session|account|parts\/(live|state|state-badge|when|copy)\.)/;

const CHOICES = ['console/package.json', 'server/src/main/build-console.ts', PRODUCTS_MODULE] as const;

/** Writes the console into files that are named by what is in them, unless they are there. What names them is written last. */
export async function buildConsole(place = OF_CHECKOUT): Promise<void> {
  if (isBuilt(place)) return;
  const { out } = place;
  // Files that choose packages and styles are sources, too: another version of a package is another build.
  const sources = new Map<string, string>(CHOICES.map((path) => [path, readSource(place, path)]));
  const output = await bundle(place, sources);
  mkdirSync(out, { recursive: true });
  chmodSync(out, 0o755);
  const files: Record<string, number> = {};
  const write = (name: string, bytes: Buffer | string) => {
    files[name] = Buffer.byteLength(bytes);
    writeShared(join(out, name), bytes);
    if (!name.endsWith('.woff2')) writeShared(join(out, `${name}.br`), brotli(bytes));
  };
  let [script, imports]: [string, readonly string[]] = ['', []];
  for (const file of output) {
    if (file.type !== 'chunk') continue;
    write(file.fileName, file.code);
    if (file.isEntry) [script, imports] = [file.fileName, file.imports];
  }
  const style = stylesheet(join(place.root, 'console'), sources, write);
  removeOthers(out, files);
  const names = [...sources.keys()].sort();
  const digest = digestOf(names, (path) => sources.get(path) ?? '');
  const manifest: ConsoleManifest = { script, style, imports, files, sources: names, digest };
  writeManifest(join(out, CONSOLE_MANIFEST), manifest);
}

/** The scripts, in memory; what each source says is noted. */
async function bundle(place: ConsolePlace, sources: Map<string, string>): Promise<RolldownOutput['output']> {
  const { root, pages } = place;
  const here = join(root, 'console');
  const bundler = createRequire(join(here, 'package.json')).resolve('rolldown');
  const { rolldown } = (await import(pathToFileURL(bundler).href)) as typeof import('rolldown');
  const build = await rolldown({
    input: { console: join(here, 'src/main.tsx') },
    platform: 'browser',
    cwd: here,
    logLevel: 'warn',
    onLog: (level, log, tell) => {
      // Directives of frameworks that render on a server say nothing here.
      if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log);
    },
    // An installation has none, and nothing hangs on it.
    tsconfig: false,
    transform: { define: { 'process.env.NODE_ENV': '"production"' }, jsx: 'react-jsx' },
    resolve: {
      alias: {
        '@plinth/sdk': join(root, 'sdk/src'),
        '@plinth/console': join(here, 'src/kit.ts'),
        // React has the hook itself since 18.
        'use-sync-external-store/shim/with-selector': 'use-sync-external-store/with-selector',
      },
    },
    plugins: [
      rememberSources(sources, pages === undefined ? [root] : [root, pages]),
      {
        name: 'pages of products',
        resolveId: (id) => (id === PRODUCTS_MODULE ? id : undefined),
        load: (id) => (id === PRODUCTS_MODULE ? productsModule(place) : undefined),
      },
    ],
  });
  const { output } = await build.generate({
    format: 'esm',
    minify: true,
    // Modules that every page needs are packed as one: it takes less than in parts.
    codeSplitting: { groups: [{ name: 'shared', test: EVERY_PAGE }] },
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
  });
  return output;
}

/** Folders of the products that have pages, from the root. */
const productFolders = ({ root, pages }: ConsolePlace): string[] =>
  pages === undefined
    ? []
    : globSync(PAGES, { cwd: pages })
        .map((path) =>
          relative(root, dirname(join(pages, path)))
            .split(sep)
            .join('/'),
        )
        .sort();

function productsModule(place: ConsolePlace): string {
  const folders = productFolders(place);
  return [
    ...folders.map(
      (folder, n) =>
        `import { pages as p${n} } from ${JSON.stringify(join(place.root, folder, 'index.ts'))};`,
    ),
    `export const products = [${folders.map((_folder, n) => `p${n}`).join(', ')}];`,
  ].join('\n');
}

const readSource = (place: ConsolePlace, path: string): string =>
  path === PRODUCTS_MODULE ? productFolders(place).join(' ') : readFileSync(join(place.root, path), 'utf8');

/** Whether a whole build of exactly the sources that lie here is there. */
export function isBuilt(place: ConsolePlace): boolean {
  const manifest = readConsole(place.out);
  try {
    return (
      manifest !== undefined &&
      digestOf(manifest.sources, (path) => readSource(place, path)) === manifest.digest
    );
  } catch {
    return false;
  }
}

/** The library's, then ours, in one file; the type beside it. */
function stylesheet(
  here: string,
  sources: Map<string, string>,
  write: (name: string, bytes: Buffer | string) => void,
): string {
  const find = createRequire(join(here, 'package.json'));
  const parts = COMPONENTS.map((name) =>
    readFileSync(find.resolve(`@mantine/core/styles/${name}.css`), 'utf8'),
  );
  const faces = readFileSync(find.resolve('@fontsource-variable/inter/wght.css'), 'utf8');
  for (const set of FONTS) {
    const name = `inter-${set}-wght-normal.woff2`;
    const bytes = readFileSync(find.resolve(`@fontsource-variable/inter/files/${name}`));
    const named = `inter-${set}-${shortHash(bytes)}.woff2`;
    write(named, bytes);
    const face = new RegExp(String.raw`@font-face \{[^}]*${name}[^}]*\}`).exec(faces)?.[0] ?? '';
    parts.push(face.replace(`./files/${name}`, `./${named}`));
  }
  const own = readFileSync(join(here, 'src/styles.css'), 'utf8');
  sources.set('console/src/styles.css', own);
  const text = [...parts, own]
    .join('\n')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\n\s+/g, '\n');
  const name = `console-${shortHash(text)}.css`;
  write(name, text);
  return name;
}

/** The user who installs is not always the one who runs: the mode does not depend on the installer's umask. */
function writeShared(path: string, bytes: Buffer | string): void {
  writeFileSync(path, bytes);
  chmodSync(path, 0o644);
}

const shortHash = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('base64url').slice(0, 10);

const brotli = (bytes: Buffer | string): Buffer =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });

/** A page that is open asks for files of the build before this one: those of one build stay. */
function removeOthers(out: string, files: Readonly<Record<string, number>>): void {
  const before = new Set(Object.keys(readConsole(out)?.files ?? {}));
  for (const name of readdirSync(out)) {
    const plain = name.replace(/\.br$/, '');
    if (!(plain in files) && !before.has(plain) && name !== CONSOLE_MANIFEST)
      rmSync(join(out, name), { force: true });
  }
}
