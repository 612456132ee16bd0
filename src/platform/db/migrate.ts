import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError, declareErrors, sha256 } from '#platform/kernel';
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

/** One step of the schema: what it does, and how it is undone. */
export interface Migration {
  /** `NNNN_name`, with the module in front: `limits/0001_limits`. */
  readonly id: string;
  readonly number: string;
  readonly up: string;
  readonly down: string;
}

const FILE = /^(\d{4})_[a-z0-9_]+\.(up|down)\.sql$/;

/** Reads a module's migrations from the folder `migrations` beside the file at `url`. */
export function migrationsIn(module: string, url: string): Migration[] {
  const folder = fileURLToPath(new URL('./migrations/', url));
  // A checkout with line ends of Windows has the same steps.
  const read = (name: string, way: string) =>
    readFileSync(`${folder}${name}.${way}.sql`, 'utf8').replaceAll('\r\n', '\n');
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
function ordered(migrations: readonly Migration[]): Migration[] {
  return [...migrations].sort((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : 0));
}

/** Any number: what all migrating processes lock, so that two starts at once don't migrate twice. */
export const LOCK = 7_346_582_190;

const HISTORY = `
create table if not exists public.plinth_migrations (
  id text primary key,
  digest text not null,
  applied_at timestamptz not null default clock_timestamp()
)`;

/** What was applied, by id; nothing where no migration ever was. It writes nothing. */
async function applied(db: Database): Promise<Map<string, string>> {
  const [{ is_there } = { is_there: false }] = await db.asMigrator(
    statement<{ is_there: boolean }>(
      "select to_regclass('public.plinth_migrations') is not null as is_there",
    ),
  );
  if (!is_there) return new Map();
  const rows = await db.asMigrator(
    statement<{ id: string; digest: string }>('select id, digest from public.plinth_migrations'),
  );
  return new Map(rows.map((row) => [row.id, row.digest]));
}

const WAYS_OUT = {
  pglite:
    'if nothing of the data is to be kept, move the folder "database" in DATA_DIR away and begin with a new one',
  postgres:
    'if nothing of the data is to be kept, begin with a new database (or "plinth migrate down" past the step, which deletes what its tables hold)',
};

/** What was applied must be what the program has: the schema would be another one than the code was written for. */
function assertUnchanged(
  db: Database,
  known: ReadonlyMap<string, string>,
  migrations: readonly Migration[],
): void {
  const changed = ordered(migrations).find(({ id, up }) => known.has(id) && known.get(id) !== sha256(up));
  if (changed === undefined) return;
  throw new AppError('migration_changed', {
    message: `The migration ${changed.id} was changed after it had been applied to this database. Restore ${changed.id}.up.sql as it was and put the change into a migration of its own; or, ${WAYS_OUT[db.engine]}.`,
  });
}

/**
 * Whoever changes the schema must know all of it; whoever only serves may be older, while a newer version is rolled out. The
 * tables of a product that was taken out of the program are in nobody's way.
 */
function assertKnown(known: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const ids = new Set(migrations.map(({ id }) => id));
  const modules = new Set(migrations.map(({ id }) => moduleOf(id)));
  const [unknown] = [...known.keys()].filter((id) => !ids.has(id) && modules.has(moduleOf(id))).sort();
  if (unknown === undefined) return;
  throw new AppError('migration_unknown', {
    message: `This database was migrated by a newer version of the program: it has ${unknown}, which this one does not know. Run the version that has it.`,
  });
}

const moduleOf = (id: string) => id.split('/')[0];

/** Applies what is missing, each migration in a transaction of its own. Answers the ids that it applied. */
export async function migrateUp(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  const known = await applied(db);
  assertKnown(known, migrations);
  assertUnchanged(db, known, migrations);
  // Asked for only then: whoever has nothing to apply need not own anything.
  if (known.size === 0)
    await db.script(`begin; select pg_advisory_xact_lock(${LOCK}); ${HISTORY}; commit;`).catch(unlessOwned);
  const done: string[] = [];
  for (const migration of ordered(migrations)) {
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
  return done;
}

/** The logins that serve own nothing: what changes the schema comes with the owner's. */
function unlessOwned(error: unknown): never {
  if ((error as { readonly code?: unknown }).code !== '42501') throw error;
  throw new AppError('schema_not_owned', {
    message:
      'This login may not change the schema. Run "plinth migrate up" with the owner\'s login in DIRECT_URL (docs/keys.md).',
    cause: error,
  });
}

/**
 * Undoes the newest `steps` migrations (all, when not said), newest first. Answers their ids. A step that was changed is
 * undone by what it says now: in development that is the way to apply it anew.
 */
export async function migrateDown(
  db: Database,
  migrations: readonly Migration[],
  steps?: number,
): Promise<string[]> {
  const known = await applied(db);
  assertKnown(known, migrations);
  const undo = ordered(migrations)
    .filter((migration) => known.has(migration.id))
    .toReversed()
    .slice(0, steps);
  for (const migration of undo) {
    await db.script(`
      begin;
      select pg_advisory_xact_lock(${LOCK});
      ${migration.down}
      delete from public.plinth_migrations where id = '${migration.id}';
      commit;`);
  }
  return undo.map((migration) => migration.id);
}

/** Ids of migrations that are not applied yet, for whoever serves and for `doctor`. Throws when an applied one was changed. */
export async function pendingMigrations(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  const known = await applied(db);
  assertUnchanged(db, known, migrations);
  return ordered(migrations)
    .filter((migration) => !known.has(migration.id))
    .map((migration) => migration.id);
}
