import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError, declareErrors, sha256 } from '#platform/kernel';
import { applyingFunctions, droppingFunctions, NEWER } from './applying-functions.ts';
import { type FunctionSet, functionSetIn } from './function-set.ts';
import type { Database } from './port.ts';
import { statement } from './statement.ts';

declareErrors({
  schema_not_owned: { status: 500, message: 'This login may not change the schema of the database.' },
  migration_changed: { status: 500, message: 'A migration was changed after it had been applied.' },
  migration_unknown: {
    status: 500,
    message: 'The database has a migration that this program does not know.',
  },
});

/** One step of the schema: what it does, and how it is undone. It is applied once. */
export interface Step {
  /** `NNNN_name`, with the module in front: `limits/0001_limits`. */
  readonly id: string;
  readonly number: string;
  readonly up: string;
  readonly down: string;
}

/** One step of bringing a database up to date: a step of the schema, or the functions and rights of a module, whose newest set counts. */
export type Migration = Step | FunctionSet;

const isStep = (migration: Migration): migration is Step => 'up' in migration;
const setsOf = (migrations: readonly Migration[]) =>
  migrations.filter((migration): migration is FunctionSet => !isStep(migration));

const FILE = /^(\d{4})_[a-z0-9_]+\.(up|down)\.sql$/;

/**
 * Reads a module's migrations from the folders `migrations` and `functions` beside the file at `url`. A module may lie
 * in several folders: their steps are numbered together, and each folder's functions are a set with a name of its own (`coditect/memory`).
 */
export function migrationsIn(module: string, url: string, set = module): Migration[] {
  return [...stepsIn(module, url), ...functionSetIn(set, fileURLToPath(new URL('./functions/', url)))];
}

function stepsIn(module: string, url: string): Step[] {
  const folder = fileURLToPath(new URL('./migrations/', url));
  // A checkout with line ends of Windows has the same steps.
  const read = (name: string, way: string) =>
    readFileSync(`${folder}${name}.${way}.sql`, 'utf8').replaceAll('\r\n', '\n');
  // A part of a product may have functions alone.
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => FILE.test(file) && file.endsWith('.up.sql'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.up.sql'.length);
      return {
        id: `${module}/${name}`,
        number: name.slice(0, 4),
        up: read(name, 'up'),
        down: read(name, 'down'),
      };
    });
}

/** The migrations of this module itself; they come first in every list. */
export const dbMigrations = (): Migration[] => migrationsIn('db', import.meta.url);

/** The order of applying: by number, and within a number the order in which modules were listed. */
function orderSteps(migrations: readonly Migration[]): Step[] {
  return migrations.filter(isStep).sort((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : 0));
}

/** Any number: what all migrating processes lock, so that two starts at once don't migrate twice. */
export const LOCK = 7_346_582_190;

const HISTORY = `
create table if not exists public.plinth_migrations (
  id text primary key,
  digest text not null,
  -- Of functions and rights alone.
  version integer,
  parts jsonb,
  applied_at timestamptz not null default clock_timestamp()
)`;

interface AppliedRow {
  readonly digest: string;
  /** Only for functions and rights. */
  readonly version: number | null;
}

/** Applied migrations, by id; nothing where no migration ever was. It writes nothing. */
async function readApplied(db: Database): Promise<Map<string, AppliedRow>> {
  const [{ is_there } = { is_there: false }] = await db.asMigrator(
    statement<{ is_there: boolean }>(
      "select to_regclass('public.plinth_migrations') is not null as is_there",
    ),
  );
  if (!is_there) return new Map();
  const rows = await db.asMigrator(
    // By its name in the row: a database from before the baseline has no such column, and is refused by its steps.
    statement<AppliedRow & { id: string }>(
      "select id, digest, (to_jsonb(m)->>'version')::integer as version from public.plinth_migrations m",
    ),
  );
  return new Map(rows.map((row) => [row.id, row]));
}

const WAYS_OUT = {
  pglite:
    'if nothing of the data is to be kept, move the folder "database" in DATA_DIR away and begin with a new one',
  postgres:
    'if nothing of the data is to be kept, begin with a new database (or "plinth migrate down" past the step, which deletes what its tables hold)',
};

/** Applied migrations must be the program's: the schema would be another one than the code was written for. */
function assertUnchanged(
  db: Database,
  known: ReadonlyMap<string, AppliedRow>,
  migrations: readonly Migration[],
): void {
  const changed = orderSteps(migrations).find(
    ({ id, up }) => known.has(id) && known.get(id)?.digest !== sha256(up),
  );
  if (changed === undefined) return;
  throw new AppError('migration_changed', {
    message: `The migration ${changed.id} was changed after it had been applied to this database. Restore ${changed.id}.up.sql as it was and put the change into a migration of its own; or, ${WAYS_OUT[db.engine]}.`,
  });
}

/**
 * A process that changes the schema must know all of it; one that only serves may be older, while a newer version is rolled out. The
 * tables of a product that was taken out of the program are no obstacle.
 */
function assertKnown(known: ReadonlyMap<string, AppliedRow>, migrations: readonly Migration[]): void {
  const ids = new Set(migrations.map(({ id }) => id));
  const modules = new Set(migrations.map(({ id }) => moduleOf(id)));
  const [unknown] = [...known.keys()].filter((id) => !ids.has(id) && modules.has(moduleOf(id))).sort();
  if (unknown !== undefined) throw isNewer(`it has ${unknown}, which this one does not know`);
  const older = setsOf(migrations).find((set) => versionIn(known, set) > set.version);
  if (older !== undefined)
    throw isNewer(
      `its ${older.id} are version ${versionIn(known, older)}, and this one has ${older.version}`,
    );
}

function isNewer(because: string): AppError {
  return new AppError('migration_unknown', {
    message: `This database was migrated by a newer version of the program: ${because}. Run the version that has it.`,
  });
}

/** Without any, a version that every set is newer than. */
const versionIn = (known: ReadonlyMap<string, AppliedRow>, { id }: FunctionSet) =>
  known.get(id)?.version ?? -1;

/** Whether the functions of a database are older than these. In one version, those that are being worked on count. */
function isStale(known: ReadonlyMap<string, AppliedRow>, set: FunctionSet): boolean {
  const version = versionIn(known, set);
  return version < set.version || (version === set.version && known.get(set.id)?.digest !== set.digest);
}

const moduleOf = (id: string) => id.split('/')[0];

/**
 * Applies what is missing, each step in a transaction of its own; then, if a module's functions or rights are other ones, those of
 * all modules in one. Answers the ids that it applied.
 */
export async function migrateUp(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  const known = await readApplied(db);
  // First: a database from before the baseline has steps that no program knows any more, and was made by no newer program.
  assertUnchanged(db, known, migrations);
  assertKnown(known, migrations);
  // Asked for only then: a login with nothing to apply need not own anything.
  if (known.size === 0) await db.script(underLock(`${HISTORY};`)).catch(unlessOwned);
  const done: string[] = [];
  for (const migration of orderSteps(migrations)) {
    if (known.has(migration.id)) continue;
    // Looked at again under the lock: another process may have applied it while this one waited.
    await db
      .script(`
      begin;
      select pg_advisory_xact_lock(${LOCK});
      do $plinth$ begin
        if exists (select from public.plinth_migrations where id = '${migration.id}') then return; end if;
        execute $plinth_up$${migration.up}$plinth_up$;
        insert into public.plinth_migrations (id, digest) values ('${migration.id}', '${sha256(migration.up)}');
      end $plinth$;
      commit;`)
      .catch(unlessOwned);
    done.push(migration.id);
  }
  return [...done, ...(await replaceFunctions(db, known, setsOf(migrations)))];
}

async function replaceFunctions(
  db: Database,
  known: ReadonlyMap<string, AppliedRow>,
  sets: readonly FunctionSet[],
): Promise<string[]> {
  const stale = sets.filter((set) => isStale(known, set)).map(({ id }) => id);
  if (stale.length > 0)
    await db.script(underLock(applyingFunctions(sets))).catch((error: unknown) => {
      // Looked at again under the lock: a newer program may have been there while this one waited.
      if (codeOf(error) === NEWER) throw isNewer('its functions were replaced just now');
      return unlessOwned(error);
    });
  return stale;
}

const underLock = (sql: string) => `begin; select pg_advisory_xact_lock(${LOCK}); ${sql} commit;`;
const codeOf = (error: unknown) => (error as { readonly code?: unknown }).code;

/** The logins that serve own nothing: what changes the schema comes with the owner's. */
function unlessOwned(error: unknown): never {
  if (codeOf(error) !== '42501') throw error;
  throw new AppError('schema_not_owned', {
    message:
      'This login may not change the schema. Run "plinth migrate up" with the owner\'s login in DIRECT_URL (docs/keys.md).',
    cause: error,
  });
}

/**
 * Undoes the newest `steps` steps (all, when not said), newest first, and before them all functions: they stand on tables, and the
 * next `migrateUp` makes those that its program has. Answers the ids of what was undone. A step that was changed is undone by what
 * it says now: in development that is the way to apply it anew.
 */
export async function migrateDown(
  db: Database,
  migrations: readonly Migration[],
  steps?: number,
): Promise<string[]> {
  const known = await readApplied(db);
  assertKnown(known, migrations);
  const undo = orderSteps(migrations)
    .filter((migration) => known.has(migration.id))
    .toReversed()
    .slice(0, steps);
  if (undo.length === 0) return [];
  const sets = setsOf(migrations).filter(({ id }) => known.has(id));
  if (sets.length > 0) await db.script(underLock(droppingFunctions(sets)));
  for (const migration of undo) {
    await db.script(`
      begin;
      select pg_advisory_xact_lock(${LOCK});
      ${migration.down}
      delete from public.plinth_migrations where id = '${migration.id}';
      commit;`);
  }
  return [...sets.toReversed(), ...undo].map(({ id }) => id);
}

/** Ids of migrations that are not applied yet, for processes that serve and for `doctor`. Throws when an applied one was changed. */
export async function pendingMigrations(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  const known = await readApplied(db);
  assertUnchanged(db, known, migrations);
  const steps = orderSteps(migrations).filter((migration) => !known.has(migration.id));
  return [...steps, ...setsOf(migrations).filter((set) => isStale(known, set))].map(({ id }) => id);
}
