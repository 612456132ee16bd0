/**
 * `npm run generate`: writes all that is made from the code and the migrated database: docs/generated, .env.example,
 * the client's types of the routes and the versions of the modules' functions. `npm run generate -- --check` writes nothing and
 * fails on what differs. They have the products that `plinth.config.ts` lists.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { configMarkdown, envExample } from '#platform/config';
import { migrateUp, openDatabase, versionOf } from '#platform/db';
import { openApiOf } from '#server';
import { allMigrations, allRoutes } from '../server/src/app.ts';
import { accessMarkdown } from './generate/access.ts';
import { clientTypes } from '../server/src/main/client-routes.ts';
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
const ROUTES = 'sdk/src/routes.generated.ts';
const { version } = JSON.parse(readFileSync(join(ROOT, 'server/package.json'), 'utf8')) as {
  version: string;
};

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

write(await generateFiles());
