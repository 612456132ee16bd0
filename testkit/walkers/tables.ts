import { type Database, statement } from '#platform/db';

/** A table as the database's own catalog tells of it. */
export interface Table {
  readonly name: string;
  /** `r`, `p`: a table; anything else (a view, a sequence) is unexpected here. */
  readonly kind: string;
  readonly secured: boolean;
  readonly forced: boolean;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly policies: readonly Policy[];
  readonly grants: readonly Grant[];
}

export interface Column {
  readonly name: string;
  readonly nullable: boolean;
  /** Made of other columns; it can't be written. */
  readonly generated: boolean;
}

export interface Index {
  readonly name: string;
  readonly unique: boolean;
  /** In order; an expression is written out. */
  readonly columns: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly to: string;
}

export interface Policy {
  readonly name: string;
  readonly command: string;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/** `public` stands for everybody. */
export interface Grant {
  readonly role: string;
  readonly privilege: string;
}

/** A function that runs with the rights of its owner. */
export interface Definer {
  readonly name: string;
  readonly owner: string;
  readonly settings: readonly string[];
  readonly grantees: readonly string[];
  readonly body: string;
}

export interface RoleFacts {
  readonly name: string;
  readonly rights: readonly string[];
  /** Roles whose rights it has besides. */
  readonly memberOf: readonly string[];
}

const OURS = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
/** Owners have all rights on what is theirs; those are no grants. */
const GRANTS = (acl: string, owner: string) => `(
  select coalesce(json_agg(json_build_object('role', coalesce(r.rolname, 'public'), 'privilege', lower(a.privilege_type))), '[]')
  from aclexplode(${acl}) a left join pg_roles r on r.oid = a.grantee where a.grantee <> ${owner})`;

const TABLES = `
  select n.nspname || '.' || c.relname as name, c.relkind::text as kind, c.relrowsecurity as secured,
    c.relforcerowsecurity as forced,
    (select json_agg(json_build_object('name', attname, 'nullable', not attnotnull, 'generated', attgenerated <> '') order by attnum)
      from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
    (select coalesce(json_agg(json_build_object('name', ic.relname, 'unique', i.indisunique, 'columns',
        (select json_agg(pg_get_indexdef(i.indexrelid, k, true) order by k) from generate_series(1, i.indnkeyatts) k))), '[]')
      from pg_index i join pg_class ic on ic.oid = i.indexrelid where i.indrelid = c.oid) as indexes,
    (select coalesce(json_agg(json_build_object('name', conname, 'to', confrelid::regclass::text, 'columns',
        (select json_agg(attname) from pg_attribute where attrelid = c.oid and attnum = any (conkey)))), '[]')
      from pg_constraint where conrelid = c.oid and contype = 'f') as "foreignKeys",
    (select coalesce(json_agg(json_build_object('name', policyname, 'command', lower(cmd), 'roles', roles,
        'using', qual, 'check', with_check)), '[]')
      from pg_policies where schemaname = n.nspname and tablename = c.relname) as policies,
    ${GRANTS('c.relacl', 'c.relowner')} as grants
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${OURS} and c.relkind not in ('i', 'I', 'c', 't', 'S') order by 1`;

const DEFINERS = `
  select p.oid::regprocedure::text as name, r.rolname as owner, coalesce(to_json(p.proconfig), '[]') as settings, p.prosrc as body,
    coalesce((select json_agg(coalesce(g.rolname, 'public')) from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      left join pg_roles g on g.oid = a.grantee), '[]') as grantees
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner
  where ${OURS} and p.prosecdef order by 1`;

const ROLES = `
  select rolname as name, (select coalesce(json_agg(one), '[]') from unnest(array[
      case when rolcanlogin then 'login' end, case when rolsuper then 'superuser' end,
      case when rolbypassrls then 'bypassrls' end, case when rolcreaterole then 'createrole' end,
      case when rolcreatedb then 'createdb' end, case when rolreplication then 'replication' end]) one
      where one is not null) as rights,
    (select coalesce(json_agg(g.rolname), '[]') from pg_auth_members m join pg_roles g on g.oid = m.roleid
      where m.member = r.oid) as "memberOf"
  from pg_roles r where rolname like 'plinth\\_%' order by 1`;

/** Rights of everybody, or of anybody to make something, on a schema of ours. */
const SCHEMAS = `
  select n.nspname as name, ${GRANTS('n.nspacl', 'n.nspowner')} as grants from pg_namespace n where ${OURS} order by 1`;

const read =
  <Row>(sql: string) =>
  (db: Database): Promise<Row[]> =>
    db.asMigrator(statement<Row>(sql));

export const readTables = read<Table>(TABLES);
export const readDefiners = read<Definer>(DEFINERS);
export const readRoles = read<RoleFacts>(ROLES);
export const readSchemas = read<{ name: string; grants: Grant[] }>(SCHEMAS);
