import { AppError, declareErrors } from '#platform/kernel';
import type { Database } from './port.ts';
import { statement } from './statement.ts';

declareErrors({
  database_login_unfit: { status: 500, message: 'A database login has too many or too few rights.' },
});

interface Role {
  readonly name: string;
  /** The login itself, or a role that it is a member of, directly or by way of others. */
  readonly is_login: boolean;
  readonly reasons: readonly string[];
}

/**
 * Every role that this login is or could become, with what would let it pass row security. Membership counts whether it is
 * inherited or has to be taken on, and CREATEROLE because it could grant itself the rest (PostgreSQL 15: any role).
 */
const REACH = statement<Role>(
  `with recursive reach as (
     select oid from pg_catalog.pg_roles where rolname = session_user
     union select m.roleid from pg_catalog.pg_auth_members m join reach on m.member = reach.oid
   ), named as (
     select r.*, r.rolname = session_user as is_login from pg_catalog.pg_roles r join reach using (oid)
   )
   select rolname as name, is_login, to_jsonb(array_remove(array[
     case when rolsuper then 'is a superuser' end,
     case when rolbypassrls then 'has BYPASSRLS' end,
     case when rolreplication then 'has REPLICATION' end,
     case when rolcreaterole then 'has CREATEROLE' end,
     case when rolname = 'plinth_system' then 'does the system''s work' end,
     case when rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
       then 'reaches files of the server' end,
     case when exists (select from pg_catalog.pg_database where datname = current_database() and datdba = n.oid)
       then 'owns the database' end,
     case when exists (select from pg_catalog.pg_namespace where nspowner = n.oid and nspname !~ '^pg_') then 'owns schemas' end,
     case when exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace s on s.oid = c.relnamespace
       where c.relowner = n.oid and s.nspname !~ '^pg_') then 'owns tables' end,
     case when exists (select from pg_catalog.pg_proc where proowner = n.oid) then 'owns functions' end
   ], null)) as reasons
   from named n order by is_login desc, rolname`,
);

const may = (role: 'plinth_tenant' | 'plinth_system') =>
  statement<{ login: string; may: boolean; inherits: boolean }>(
    `select session_user as login, pg_catalog.pg_has_role(session_user, $1,
       case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) as may,
       pg_catalog.pg_has_role(session_user, $1, 'USAGE') as inherits`,
    [role],
  );

/**
 * Problems of the two logins of the database, each in a sentence that says how to put it right (docs/keys.md): a
 * tenant login that could pass row security, by any way, or a login that could not do its work.
 */
export async function troublesOfLogins(db: Database): Promise<string[]> {
  const [roles, [tenant], [system]] = await Promise.all([
    db.asLogin('tenant', REACH),
    db.asLogin('tenant', may('plinth_tenant')),
    db.asLogin('system', may('plinth_system')),
  ]);
  const bypassing = roles.flatMap(({ name, is_login, reasons }) =>
    reasons.map((reason) => (is_login ? `it ${reason}` : `it is a member of "${name}", which ${reason}`)),
  );
  return [
    ...(bypassing.length === 0
      ? []
      : [
          `The login "${tenant?.login}" of DATABASE_URL could pass row security: ${bypassing.join('; ')}. Give tenants' work a login of its own.`,
        ]),
    ...(tenant?.may === true ? [] : [lackOf('DATABASE_URL', tenant?.login, 'plinth_tenant')]),
    ...(system?.may === true ? [] : [lackOf('SYSTEM_DATABASE_URL', system?.login, 'plinth_system')]),
    ...(system?.may === true && !system.inherits ? [notInheriting(system.login)] : []),
  ];
}

function lackOf(setting: string, login: string | undefined, role: string): string {
  return `The login "${login}" of ${setting} may not become ${role}: grant ${role} to it.`;
}

/** Calls without a scope of its own need the rights that it inherits. */
function notInheriting(login: string): string {
  return `The login "${login}" of SYSTEM_DATABASE_URL does not inherit plinth_system: alter role "${login}" inherit, and grant plinth_system to it again.`;
}

/** Throws `database_login_unfit` with the first thing that is wrong with the two logins. */
export async function assertLogins(db: Database): Promise<void> {
  const [message] = await troublesOfLogins(db);
  if (message !== undefined) throw new AppError('database_login_unfit', { message });
}
