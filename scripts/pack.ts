/**
 * `npm run pack`: writes the packages that a team installs into `dist-package/`: plinth, @plinth/sdk, @plinth/react, @plinth/console and create-plinth, as
 * folders and as tarballs of `npm pack` (docs/package.md). `npm run pack -- <folder>` writes them there.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildConsole } from '../server/src/main/build-console.ts';
import { ROOT } from '../server/src/main/build-files.ts';
import { declareDoors } from './pack/declarations.ts';
import { buildSite } from '../site/build.ts';
import { bringMade } from './made.ts';
import { manifestOf, readManifest as read } from './pack/manifest.ts';
import { packProducts } from './pack/products.ts';
import { buildReact } from './pack/react.ts';
import { buildDoors } from './pack/program.ts';

const out = resolve(process.argv[2] ?? join(ROOT, 'dist-package'));

/** All that the program reads beside its sources, from the project's root. */
const DATA = [
  'server/src/**/*',
  'safety/src/**/*.json',
  'docs/*.md',
  'docs/generated/{errors,config}.md',
  'docs/examples/{backend,product}/**/*',
  'clients/python/{README.md,pyproject.toml,plinth/*.{py,typed}}',
];
const NO_DATA = /\.(ts|tsx)$|(^|\/)testing\/|\.test\./;
const WHOLE = ['server/bin', 'server/src/main/built.js', '.env.example', 'LICENSE'];

if (!bringMade()) process.exit(1);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { version } = read('server/package.json');
const sdk = await packSdk();
packReact();
const plinth = await packPlinth();
packCreate([plinth, sdk, packConsole()]);

async function packPlinth(): Promise<string> {
  const folder = join(out, 'plinth');
  const names = await buildDoors(join(folder, 'dist'));
  writeManifestOf(join(folder, 'dist'), names);
  declareDoors(join(folder, 'dist/types'));
  await buildConsole({ root: ROOT, out: join(folder, 'console/dist') });
  await buildSite();
  cpSync(join(ROOT, 'site/dist'), join(folder, 'site/dist'), { recursive: true });
  copyData(folder);
  cpSync(join(ROOT, 'docs/package.md'), join(folder, 'README.md'));
  write(join(folder, 'package.json'), manifestOf());
  prepareDatabase(folder);
  return tarballOf(folder);
}

/** What a start compares with what it finds: a file that is cut or gone is named. */
function writeManifestOf(dist: string, names: readonly string[]): void {
  const files = Object.fromEntries(names.map((name) => [name, statSync(join(dist, name)).size]));
  write(join(dist, 'built.json'), { entry: 'main.js', files });
}

function copyData(folder: string): void {
  const paths = [
    ...DATA.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).filter(
      (path) =>
        statSync(join(ROOT, path)).isFile() && (path.startsWith('docs/examples') || !NO_DATA.test(path)),
    ),
    ...WHOLE,
  ];
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    // What is copied for others is no test of this package.
    const to = path.replace(/\.spec\.ts$/, '.spec.ts.txt');
    cpSync(join(ROOT, path), join(folder, to), { recursive: true });
  }
}

/** The empty database that a first start copies: of the platform alone, made by the package itself in a folder that lists no product. */
function prepareDatabase(folder: string): void {
  const team = mkdtempSync(join(tmpdir(), 'plinth-pack-'));
  try {
    writeFileSync(join(team, 'plinth.config.js'), 'export default { products: [] };\n');
    // The packages are those of the checkout, which is not above every folder.
    const linked = join(ROOT, 'node_modules/.cache/plinth-pack');
    rmSync(linked, { recursive: true, force: true });
    cpSync(folder, linked, { recursive: true });
    execFileSync(process.execPath, [join(linked, 'server/bin/plinth.js'), 'prepare'], {
      cwd: team,
      stdio: 'inherit',
    });
    cpSync(join(linked, 'prepared'), join(folder, 'prepared'), { recursive: true });
    rmSync(linked, { recursive: true });
  } finally {
    rmSync(team, { recursive: true });
  }
}

async function packSdk(): Promise<string> {
  const folder = join(out, 'sdk');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  for (const project of ['sdk', 'sdk/src/licenses'])
    execFileSync(process.execPath, [tsc, '-p', join(ROOT, project), '--outDir', join(folder, 'dist')], {
      stdio: 'inherit',
    });
  cpSync(join(ROOT, 'sdk/README.md'), join(folder, 'README.md'));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const { private: _private, scripts: _scripts, ...manifest } = read('sdk/package.json');
  write(join(folder, 'package.json'), manifest);
  return tarballOf(folder);
}

function packReact(): void {
  const folder = join(out, 'react');
  buildReact(folder);
  tarballOf(folder);
}

/** What the console is built from, for teams whose products have pages: its sources where they lie in a checkout, and the bundler. */
function packConsole(): string {
  const folder = join(out, 'console');
  const paths = ['console/{src/**/*,package.json}', 'sdk/src/**/*.ts'];
  for (const path of [...globSync(paths, { cwd: ROOT }), 'server/src/main/build-console.ts', 'LICENSE'])
    if (!path.includes('.test.') && statSync(join(ROOT, path)).isFile())
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  const { dependencies, devDependencies, private: _private, ...manifest } = read('console/package.json');
  write(join(folder, 'package.json'), {
    ...manifest,
    version,
    exports: {
      '.': './console/src/kit.ts',
      './package.json': './package.json',
      './tsconfig.json': './tsconfig.json',
    },
    dependencies: {
      ...dependencies,
      ...(devDependencies as object),
      ...read('sdk/package.json').dependencies,
      rolldown: read('server/package.json').dependencies?.['rolldown'],
    },
  });
  write(join(folder, 'tsconfig.json'), consoleTypes());
  return tarballOf(folder);
}

/** How pages of a team's are looked at: as those of a checkout, with the types of its calls. */
function consoleTypes(): object {
  const ours = read('tsconfig.json')['compilerOptions'] as object;
  const of = read('console/tsconfig.json')['compilerOptions'] as object;
  const paths = {
    '@plinth/sdk': ['./sdk/src/index.ts'],
    '@plinth/sdk/routes': ['./sdk/src/added-routes.ts'],
    '@plinth/sdk/*': ['./sdk/src/*.ts'],
  };
  // What pages and links of the console are is declared there.
  const files = ['./console/src/router.tsx', './console/src/products/products.d.ts'];
  return { compilerOptions: { ...ours, ...of, paths }, files };
}

/** It brings the tarballs of the others: their names are in no registry. */
function packCreate(tarballs: readonly string[]): void {
  const folder = join(out, 'create');
  cpSync(join(ROOT, 'create'), folder, { recursive: true });
  for (const [path, text] of tutorialFiles()) {
    const file = join(folder, 'template', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  packProducts(join(folder, 'products'), version);
  renameSync(
    join(folder, 'template/products/tales/tales.test.ts'),
    join(folder, 'template/products/tales/tales.test.txt'),
  );
  mkdirSync(join(folder, 'vendor'));
  for (const name of tarballs) cpSync(join(out, name), join(folder, 'vendor', name));
  write(join(folder, 'package.json'), { ...read('create/package.json'), version });
  tarballOf(folder);
}

/** The product of docs/tutorial.md without its test and its line in a list, which are others in a repository of a team's. */
function tutorialFiles(): [path: string, text: string][] {
  const page = readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8');
  const files = [...page.matchAll(/^`(products\/tales\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms)];
  return files
    .map(([, path = '', text = '']): [string, string] => [path, text])
    .filter(([path]) => !path.endsWith('.test.ts'));
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** Packs a folder beside it; answers the tarball's name. */
function tarballOf(folder: string): string {
  const said = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', out], {
    cwd: folder,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(said) as { filename: string; size: number; unpackedSize: number }[];
  if (packed === undefined) throw new Error(`npm packed nothing: ${said}`);
  const { filename, size, unpackedSize } = packed;
  process.stdout.write(`${filename}: ${megabytes(size)} MB, ${megabytes(unpackedSize)} MB unpacked\n`);
  return filename;
}

function write(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
