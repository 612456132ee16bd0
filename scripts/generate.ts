/**
 * `npm run generate`: writes all that is made from the code and the migrated database. Git keeps what people read or review: .env.example,
 * the drawing, lists in docs/generated and the versions of the modules' functions. `npm run generate -- --check` writes nothing and
 * fails on what differs of those. In a clone with products of its own they are made without them, by a process of its own, so that
 * they stay as they are pulled; what differs with them is written beside, whole. `-- --made` makes the others alone, those that follow
 * from the routes and only where they are of other sources (src/main/made.ts).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { configMarkdown, envExample } from '#platform/config';
import { versionOf } from '#platform/db';
import { openApiOf } from '#server';
import { allMigrations, allRoutes } from '../src/app.ts';
import { makeCalls, makeSchema } from '../src/main/make.ts';
import { apiText } from './generate/api.ts';
import { errorsMarkdown, eventsMarkdown, limitsMarkdown, metricsMarkdown } from './generate/documents.ts';
import { withDrawing } from './generate/drawing.ts';

const ROOT = join(import.meta.dirname, '..');
/** Under it `#products` is the list of those that ship (package.json): what they declare is the only thing that is loaded. */
const SHIPPED = '--conditions=shipped';
const DOCS = 'docs/generated';
const OWN_DOCS = `${DOCS}/own`;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

function generateFiles(): Map<string, string> {
  return new Map([
    ['.env.example', envExample()],
    ['ARCHITECTURE.md', withDrawing(present('ARCHITECTURE.md') ?? '')],
    [`${DOCS}/api.txt`, apiText(allRoutes(), openApiOf([{ routes: allRoutes() }], { version }))],
    [`${DOCS}/config.md`, configMarkdown()],
    [`${DOCS}/errors.md`, errorsMarkdown()],
    [`${DOCS}/events.md`, eventsMarkdown()],
    [`${DOCS}/limits.md`, limitsMarkdown()],
    [`${DOCS}/metrics.md`, metricsMarkdown()],
    ...functionVersions(),
  ]);
}

/** One that was raised is raised again with the next change: what matters is that it rises. */
function functionVersions(): [path: string, text: string][] {
  return allMigrations().flatMap((migration) =>
    'folder' in migration
      ? [[relative(ROOT, join(migration.folder, 'version.json')).replaceAll('\\', '/'), versionOf(migration)]]
      : [],
  );
}

function present(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** What a clone's own products make of them: documents that differ, and the versions of their functions. */
function ownFiles(whole: ReadonlyMap<string, string>): Map<string, string> {
  const own = [...whole].flatMap(([path, text]): [string, string][] => {
    if (path.startsWith(DOCS)) return text === present(path) ? [] : [[path.replace(DOCS, OWN_DOCS), text]];
    return path.endsWith('/version.json') ? [[path, text]] : [];
  });
  return new Map(own);
}

/** Files of own products that are not made any more. */
function leftovers(files: ReadonlyMap<string, string>): string[] {
  const folder = join(ROOT, OWN_DOCS);
  const documents = existsSync(folder) ? readdirSync(folder).map((name) => `${OWN_DOCS}/${name}`) : [];
  return documents.filter((path) => !files.has(path));
}

/** Writes what differs, and deletes what is left over; with `--check` it only says so. */
function write(files: ReadonlyMap<string, string>, over: readonly string[]): void {
  const different = [...files].filter(([path, text]) => present(path) !== text).map(([path]) => path);
  if (process.argv.includes('--check')) {
    for (const path of [...different, ...over])
      process.stdout.write(`${path} differs from the code: run npm run generate\n`);
    if (different.length + over.length > 0) process.exitCode = 1;
    return;
  }
  for (const path of different) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), files.get(path) ?? '');
    process.stdout.write(`wrote ${path}\n`);
  }
  for (const path of over) {
    rmSync(join(ROOT, path));
    process.stdout.write(`deleted ${path}\n`);
  }
}

/** What Git does not keep is made of all products that are here. */
async function make(): Promise<void> {
  const paths = makeCalls(version);
  if (!process.argv.includes('--made')) paths.push(...(await makeSchema()));
  for (const path of paths) process.stdout.write(`wrote ${path}\n`);
}

/** What Git keeps, without a clone's own products and with them. */
async function keep(): Promise<void> {
  if (process.execArgv.includes(SHIPPED)) return write(generateFiles(), []);
  const { ownProducts } = await import('../src/products/own.ts');
  const whole = generateFiles();
  if (ownProducts.length === 0) return write(whole, leftovers(whole));
  const args = [SHIPPED, import.meta.filename, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
  const files = ownFiles(whole);
  write(files, leftovers(files));
}

if (!process.argv.includes('--made')) await keep();
if (!process.argv.includes('--check') && !process.execArgv.includes(SHIPPED)) await make();
