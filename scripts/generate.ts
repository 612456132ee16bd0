/**
 * `npm run generate`: writes all that is made from the code and the migrated database: docs/generated, .env.example,
 * the client's types of the routes and the versions of the modules' functions. `npm run generate -- --check` writes nothing and
 * fails on what differs. In a clone with products of its own these files are made without them, by a process of its own, so that
 * they stay as they are pulled; what differs with them is written beside, whole. `-- --examples` makes every call first and records the
 * examples of those that have none, or another form by now; `-- --examples all` records all (docs/products.md).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { configMarkdown, envExample } from '#platform/config';
import { migrateUp, openDatabase, versionOf } from '#platform/db';
import { openApiOf } from '#server';
import { allMigrations, allRoutes } from '../src/app.ts';
import { accessMarkdown } from './generate/access.ts';
import { clientTypes } from '../src/main/client-routes.ts';
import {
  commitPointsMarkdown,
  errorsMarkdown,
  eventsMarkdown,
  limitsMarkdown,
  metricsMarkdown,
} from './generate/documents.ts';
import { withDrawing } from './generate/drawing.ts';
import { schemaSql } from './generate/schema.ts';

const ROOT = join(import.meta.dirname, '..');
/** Under it `#products` is the list of those that ship (package.json): what they declare is the only thing that is loaded. */
const SHIPPED = '--conditions=shipped';
const DOCS = 'docs/generated';
const OWN_DOCS = `${DOCS}/own`;
const ROUTES = 'sdk/src/routes.generated.ts';
const OWN_ROUTES = 'sdk/src/own-routes.generated.ts';
/** What the client imports: it names the one of both that has all calls. */
const CLIENT = 'sdk/src/routes.ts';
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

async function generateFiles(): Promise<Map<string, string>> {
  const db = await openDatabase({ engine: 'pglite' });
  try {
    await migrateUp(db, allMigrations());
    const openApi = openApiOf([{ routes: allRoutes() }], { version });
    return new Map([
      ['.env.example', envExample()],
      ['ARCHITECTURE.md', withDrawing(present('ARCHITECTURE.md') ?? '')],
      ['docs/generated/access.md', accessMarkdown(allRoutes())],
      ['docs/generated/commit-points.md', commitPointsMarkdown()],
      ['docs/generated/config.md', configMarkdown()],
      ['docs/generated/errors.md', errorsMarkdown()],
      ['docs/generated/events.md', eventsMarkdown()],
      ['docs/generated/limits.md', limitsMarkdown()],
      ['docs/generated/metrics.md', metricsMarkdown()],
      ['docs/generated/openapi.json', `${JSON.stringify(openApi, null, 1)}\n`],
      ['docs/generated/schema.sql', await schemaSql(db)],
      [ROUTES, clientTypes(openApi)],
      ...functionVersions(),
    ]);
  } finally {
    await db.close();
  }
}

/** Makes every call and writes the replies into the files of examples: as a test, for the walkers of the tests make the calls. */
function recordExamples(): void {
  const all = process.argv[process.argv.indexOf('--examples') + 1] === 'all';
  const { status } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/test.ts'), 'test/walkers/examples.test.ts'],
    { stdio: 'inherit', env: { ...process.env, RECORD_EXAMPLES: all ? 'all' : 'changed' } },
  );
  if (status !== 0) process.exitCode = 1;
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

/** What a clone's own products make of them: documents that differ, the client's types, and the versions of their functions. */
function ownFiles(whole: ReadonlyMap<string, string>): Map<string, string> {
  const own = [...whole].flatMap(([path, text]): [string, string][] => {
    if (path === ROUTES) return [[OWN_ROUTES, text]];
    if (path.startsWith(DOCS)) return text === present(path) ? [] : [[path.replace(DOCS, OWN_DOCS), text]];
    return path.endsWith('/version.json') ? [[path, text]] : [];
  });
  return new Map([...own, [CLIENT, clientOf(OWN_ROUTES)]]);
}

const clientOf = (routes: string) =>
  (present(CLIENT) ?? '').replace(/'\.\/[\w.-]+'/, `'./${routes.slice('sdk/src/'.length)}'`);

/** Files of own products that are not made any more. */
function leftovers(files: ReadonlyMap<string, string>): string[] {
  const folder = join(ROOT, OWN_DOCS);
  const documents = existsSync(folder) ? readdirSync(folder).map((name) => `${OWN_DOCS}/${name}`) : [];
  return [...documents, OWN_ROUTES].filter((path) => !files.has(path) && existsSync(join(ROOT, path)));
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

const isShipped = process.execArgv.includes(SHIPPED);
if (!isShipped && process.argv.includes('--examples')) recordExamples();
if (!isShipped && process.argv.includes('--examples')) recordExamples();
const own = isShipped ? [] : (await import('../src/products/own.ts')).ownProducts;
if (isShipped) write(await generateFiles(), []);
else if (own.length === 0) {
  const files = new Map([...(await generateFiles()), [CLIENT, clientOf(ROUTES)]]);
  write(files, leftovers(files));
} else {
  const args = [SHIPPED, import.meta.filename, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
  const files = ownFiles(await generateFiles());
  write(files, leftovers(files));
}
