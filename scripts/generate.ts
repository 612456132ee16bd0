/**
 * `npm run generate`: writes all that is made from the code and the migrated database. Git keeps what people read or review: .env.example,
 * the drawing, lists in docs/generated, what Google's cloud shows and alerts of, and the versions of the modules' functions. `npm run generate -- --check` writes nothing and
 * fails on what differs of those. They have the products that `plinth.config.ts` lists. `-- --made` makes the others alone, those that
 * follow from the routes and only where they are of other sources (server/src/main/made.ts).
 * `-- --examples` makes every call first and records the examples of those that have none, or another form by now; `-- --examples all`
 * records all (docs/products.md).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { configMarkdown, envExample } from '#platform/config';
import { versionOf } from '#platform/db';
import { openApiOf } from '#server';
import { allMigrations, allRoutes } from '../server/src/app.ts';
import { makeCalls, makeSchema } from '../server/src/main/make.ts';
import { apiText } from './generate/api.ts';
import { doorsMarkdown } from './generate/doors.ts';
import { errorsMarkdown, eventsMarkdown, limitsMarkdown, metricsMarkdown } from './generate/documents.ts';
import { withDrawing } from './generate/drawing.ts';
import { googleMonitoring } from './generate/google-monitoring.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCS = 'docs/generated';
const { version } = JSON.parse(readFileSync(join(ROOT, 'server/package.json'), 'utf8')) as {
  version: string;
};

async function generateFiles(): Promise<Map<string, string>> {
  return new Map([
    ['.env.example', envExample()],
    ['deploy/opentofu/monitoring.json', googleMonitoring()],
    ['ARCHITECTURE.md', withDrawing(present('ARCHITECTURE.md') ?? '')],
    [`${DOCS}/api.txt`, apiText(allRoutes(), openApiOf([{ routes: allRoutes() }], { version }))],
    [`${DOCS}/config.md`, configMarkdown()],
    [`${DOCS}/doors.md`, await doorsMarkdown()],
    [`${DOCS}/errors.md`, errorsMarkdown()],
    [`${DOCS}/events.md`, eventsMarkdown()],
    [`${DOCS}/limits.md`, limitsMarkdown()],
    [`${DOCS}/metrics.md`, metricsMarkdown()],
    ...functionVersions(),
  ]);
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

/** Writes what differs; with `--check` it only says so. */
function write(files: ReadonlyMap<string, string>): void {
  const different = [...files].filter(([path, text]) => present(path) !== text).map(([path]) => path);
  if (process.argv.includes('--check')) {
    for (const path of different)
      process.stdout.write(`${path} differs from the code: run npm run generate\n`);
    if (different.length > 0) process.exitCode = 1;
    return;
  }
  for (const path of different) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), files.get(path) ?? '');
    process.stdout.write(`wrote ${path}\n`);
  }
}

/** Writes the files that Git does not keep. */
async function make(): Promise<void> {
  const paths = makeCalls(version);
  if (!process.argv.includes('--made')) paths.push(...(await makeSchema()));
  for (const path of paths) process.stdout.write(`wrote ${path}\n`);
}

if (process.argv.includes('--examples')) recordExamples();
if (!process.argv.includes('--made')) write(await generateFiles());
if (!process.argv.includes('--check')) await make();
