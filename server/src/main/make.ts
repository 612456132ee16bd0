import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMigrations, allRoutes } from '#app';
import { crashPoints, type Database, migrateUp, openDatabase } from '#platform/db';
import { eventSchemas } from '#platform/webhooks';
import { openApiOf } from '#server';
import { accessMarkdown } from './access-matrix.ts';
import { ROOT } from './build-files.ts';
import { digestOf } from './built.js';
import { clientTypes } from './client-routes.ts';
import { CALLS, isMade, keepMade, readSources, writeMade } from './made.ts';
import { callsMarkdown } from './calls-markdown.ts';
import { nameOfPrepared } from './prepared-file.ts';
import { schemaSql } from './schema-sql.ts';

/** Makes the files that follow from the routes, unless they are there, made of these sources. Answers the paths that it wrote. */
export function makeCalls(version: string): string[] {
  if (isMade()) return [];
  const sources = readSources();
  const document = openApiOf([{ routes: allRoutes() }], { version, events: eventSchemas() });
  keepMade(
    {
      [CALLS.document]: `${JSON.stringify(document, null, 1)}\n`,
      [CALLS.access]: accessMarkdown(allRoutes()),
      [CALLS.calls]: callsMarkdown(document),
      [CALLS.commitPoints]: commitPointsMarkdown(),
      [CALLS.client]: clientTypes(document),
    },
    sources,
  );
  return Object.values(CALLS);
}

const SCHEMA = 'docs/generated/schema.sql';

/** The same of the schema; `migrated` is a database that has it already. */
export async function makeSchema(migrated?: Database): Promise<string[]> {
  if (hasSchema()) return [];
  if (migrated !== undefined) {
    writeMade(SCHEMA, (await schemaSql(migrated)) + lastOfSchema());
    return [SCHEMA];
  }
  const db = await openDatabase({ engine: 'pglite' });
  try {
    await migrateUp(db, allMigrations());
    return await makeSchema(db);
  } finally {
    await db.close();
  }
}

function hasSchema(): boolean {
  const path = join(ROOT, SCHEMA);
  return existsSync(path) && readFileSync(path, 'utf8').endsWith(lastOfSchema());
}

/** Names the migrations and the file that the schema was made by. */
const lastOfSchema = () => `\n-- ${nameOfPrepared()} ${digestOf(['server/src/main/schema-sql.ts'])}\n`;

/** Every place where the program commits, or sends something that can't be taken back: where the crash tests kill it. */
function commitPointsMarkdown(): string {
  const rows = [...crashPoints()]
    .filter(([name]) => !name.startsWith('test.'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { kind, what }]) => `| \`${name}\` | ${kind} | ${what.replaceAll('|', '\\|')} |`);
  return `# Commit points

Made from the code by \`npm run generate\`. \`test/crash/table.ts\`, and of a product \`crashPoints\`, say of each which walk of the crash tests ends the process right before and right after it, or why none does.

| point | kind | what is durable, or out of the house, once it is passed |
| --- | --- | --- |
${rows.join('\n')}
`;
}
