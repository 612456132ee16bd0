import type { Config } from '#platform/config';
import { assertNotMoved, type Database, pendingMigrations, statement, troublesOfLogins } from '#platform/db';
import { AppError } from '#platform/kernel';
import { compareKeys, countSealed, createSecrets, readKeyFile } from '#platform/secrets';
import { allMigrations } from '#app';
import { OperatorError } from './operator-error.ts';

const OLDEST_POSTGRES = 150_000;

/** Whether a login may change the schema as its owner may: as such, as a member of it, or as a superuser. */
const OWNS = statement<{ owns: boolean }>(
  "select pg_has_role(relowner, 'member') as owns from pg_class where oid = 'public.plinth_migrations'::regclass",
);

/** Whether the database serves, by which logins, and what it lacks. */
export async function databaseState(db: Database, config: Config): Promise<string> {
  await db.asLogin('system', statement('select 1'));
  const [row] = await db.asLogin(
    'tenant',
    statement<{ number: string; version: string; bypasses: boolean }>(
      `select current_setting('server_version_num') as number, current_setting('server_version') as version,
              (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as bypasses`,
    ),
  );
  const { number = '0', version = '', bypasses = false } = row ?? {};
  if (Number(number) < OLDEST_POSTGRES)
    throw new OperatorError(`PostgreSQL ${version} is too old: 15 or newer is needed.`);
  await assertMigrated(db);
  await assertNotMoved(db);
  const logins = await loginsState(db, config, bypasses);
  return `${db.engine === 'pglite' ? 'embedded' : `PostgreSQL ${version}`}, ${Math.round(await db.ping())} ms, up to date${logins}`;
}

/** Throws OperatorError where the tables are not those of this program. */
export async function assertMigrated(db: Database): Promise<void> {
  const pending = await pendingMigrations(db, allMigrations());
  if (pending.length > 0)
    throw new OperatorError(
      `${pending.length} migrations are not applied (${pending[0]}${pending.length > 1 ? ', …' : ''}). Run "plinth migrate up" (start does it by itself).`,
    );
}

async function loginsState(
  db: Database,
  { database, environment }: Config,
  bypasses: boolean,
): Promise<string> {
  if (database.engine === 'pglite') return '';
  if (database.systemUrl !== undefined) {
    const troubles = await troublesOfLogins(db);
    if (troubles.length > 0) throw new OperatorError(troubles.join(' '));
    const [direct] = await db.asMigrator(OWNS);
    const owning =
      direct?.owns === true
        ? '; the login of DIRECT_URL owns the tables: give that one to "plinth migrate" alone (docs/keys.md)'
        : '';
    return `, row security binds the login of DATABASE_URL${owning}`;
  }
  // Roles are switched in each transaction, so row security binds; a login that could pass it is one layer of isolation less.
  if (bypasses) return '; its login is above row security: give the program one that is not';
  return environment === 'production' ? '; one login does all work (docs/keys.md)' : '';
}

/** Whether the master keys of this process are those that sealed the database's secrets. */
export async function keysState(db: Database, { masterKeys }: Config): Promise<string> {
  const keys = 'keys' in masterKeys ? masterKeys.keys : readKeyFile(masterKeys.file);
  const secrets = keys === undefined ? undefined : createSecrets({ keys });
  await compareKeys(db, secrets);
  if (secrets === undefined) return 'the master key is made at the first start';
  const counts = await countSealed(db);
  const bare = counts.find(({ key_id }) => key_id === null);
  if (bare !== undefined) throw new OperatorError(`${bare.count} of ${bare.place} are not sealed.`);
  const old = counts
    .filter(({ key_id }) => key_id !== secrets.current)
    .reduce((sum, { count }) => sum + count, 0);
  const waiting = old === 0 ? '' : `; ${old} secrets wait for "plinth keys reseal"`;
  const [, ...others] = secrets.keyIds;
  const opening = others.length === 0 ? '' : `, ${others.join(', ')} open`;
  return `master key ${secrets.current} seals${opening}${waiting}`;
}

/** Looks at the database, by whichever way there is to it. */
export type InDatabase = (look: (db: Database) => Promise<string>) => Promise<string>;

/** A look that fails in a database without this program's tables fails for want of them, and the database's own words say less. */
export const unlessUnmade =
  (db: Database) =>
  async (cause: unknown): Promise<never> => {
    await assertMigrated(db);
    throw cause;
  };

/** The embedded database opens for one process: what it is used by has looked at it. */
export function unlessInUse(error: unknown): string {
  if (error instanceof AppError && error.code === 'data_folder_in_use')
    return 'embedded, in use by a Plinth that runs now: its /readyz says how it is';
  throw error;
}
