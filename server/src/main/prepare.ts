import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allMigrations } from '#app';
import { isPackage } from '#platform/config';
import { migrateUp, openDatabase, writePrepared } from '#platform/db';
import { builtProgram } from './built.js';
import { buildConsole } from './build-console.ts';
import { buildProgram } from './build.ts';
import { makeCalls, makeSchema } from './make.ts';
import { nameOfPrepared, PREPARED } from './prepared-file.ts';
import { refuseWords, type Verb } from './verb.ts';

/**
 * Makes what starts are faster with: the empty database that a first start copies, once for each set of migrations, and the program
 * in few files, once for each state of the sources. A checkout gets what is made of them and not kept in Git, too.
 */
export const prepare: Verb = async ({ version, words }) => {
  const refused = refuseWords('prepare', words);
  if (refused !== undefined) return refused;
  const name = nameOfPrepared();
  if (isPackage) {
    if (!existsSync(join(PREPARED, name))) await prepareDatabase(name);
    return 0;
  }
  const isBuilt = builtProgram() !== undefined || (await build(buildProgram, NO_PROGRAM));
  // The console is built with the client's types.
  const hasCalls = await build(async () => makeCalls(version), NO_CALLS);
  const hasConsole = await build(buildConsole, NO_CONSOLE);
  if (!existsSync(join(PREPARED, name))) await prepareDatabase(name);
  const hasSchema = await build(makeSchema, NO_SCHEMA);
  return isBuilt && hasCalls && hasConsole && hasSchema ? 0 : 1;
};

const NO_PROGRAM = 'The program could not be built: it runs from its sources and takes longer to start.';
const NO_CALLS = 'The files that follow from the routes could not be made: npm run generate tries again.';
const NO_SCHEMA = 'docs/generated/schema.sql could not be made: npm run generate tries again.';
const NO_CONSOLE = 'The console could not be built: the server starts without it.';

/** Whether it could be: a full disk or a source that does not parse costs later starts their haste, and nothing else. */
async function build(make: () => Promise<unknown>, without: string): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${without} ${reason}\n`);
    return false;
  }
}

/** Databases that new ones are copied from: a third of the files that a first start would write, and none is made here. */
const WITHOUT_TEMPLATES = [
  'update pg_database set datistemplate = false',
  'drop database template0',
  'drop database template1',
];

async function prepareDatabase(name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-prepare-'));
  try {
    const database = join(folder, 'database');
    const db = await openDatabase({ engine: 'pglite', dataDir: database });
    try {
      await migrateUp(db, allMigrations());
      if (!isPackage) await build(() => makeSchema(db), NO_SCHEMA);
      for (const statement of WITHOUT_TEMPLATES) await db.script(statement);
    } finally {
      await db.close();
    }
    const bytes = writePrepared(database, PREPARED, name);
    process.stdout.write(
      `The empty database that a first start copies is prepared (${(bytes / 1_000_000).toFixed(1)} MB).\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
