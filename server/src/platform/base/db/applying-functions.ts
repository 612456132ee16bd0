import type { FunctionSet } from './function-set.ts';

/** The code that the script below ends with when another process has applied a newer set meanwhile. */
export const NEWER = 'PL030';

/** The schemas that a set opens are its own. */
const schemasOf = ({ rights }: FunctionSet) =>
  [...rights.matchAll(/^grant usage on schema (\w+) to /gm)].map(([, schema]) => schema);

const factsOf = (sets: readonly FunctionSet[]) =>
  JSON.stringify(sets.map(({ id, version, digest, parts }) => ({ id, version, digest, parts })));

/** Quoted by a word that no set contains. */
const quote = (text: string) => `$plinth_text$${text}$plinth_text$`;

/**
 * Rights alone give access: tables and schemas are closed to all logins, functions open to the system alone, with the caller's
 * rights. Owners go back too, because a function that ran as the system may be an ordinary one now.
 */
const CLOSED = `
  for v_schema in select value from jsonb_array_elements_text(v_schemas) loop
    execute format('revoke all on schema %I from plinth_tenant, plinth_system', v_schema);
    execute format('revoke all on all tables in schema %I from plinth_tenant, plinth_system', v_schema);
    execute format('revoke all on all sequences in schema %I from plinth_tenant, plinth_system', v_schema);
    for v_name in
      select p.oid::regprocedure::text from pg_catalog.pg_proc p
       where p.pronamespace = v_schema::regnamespace and p.prokind = 'f' and (p.prosecdef or p.proowner = 'plinth_system'::regrole)
    loop
      execute format('alter function %s security invoker', v_name);
      execute format('alter function %s reset search_path', v_name);
      execute format('alter function %s reset lock_timeout', v_name);
      execute format('alter function %s owner to current_user', v_name);
    end loop;
    execute format('revoke all on all routines in schema %I from public, plinth_tenant', v_schema);
    execute format('grant execute on all routines in schema %I to plinth_system', v_schema);
  end loop;`;

/**
 * One transaction that replaces all functions and rights of these sets, unless they are there already. Functions that stay keep
 * their identity, so that a program that serves meanwhile goes on; triggers lock their table, and are made only when they are new.
 */
export function applyingFunctions(sets: readonly FunctionSet[]): string {
  return `
do $plinth$
declare
  v_sets constant jsonb := ${quote(factsOf(sets))};
  v_schemas constant jsonb := ${quote(JSON.stringify(sets.flatMap(schemasOf)))};
  v_part record; v_schema text; v_name text;
begin
  if exists (select from jsonb_to_recordset(v_sets) as s (id text, version integer) join public.plinth_migrations m using (id) where m.version > s.version) then
    raise exception 'newer functions were applied meanwhile' using errcode = '${NEWER}';
  end if;
  if not exists (
    select from jsonb_to_recordset(v_sets) as s (id text, version integer, digest text)
     where not exists (select from public.plinth_migrations m where (m.id, m.version, m.digest) = (s.id, s.version, s.digest))
  ) then return; end if;
  ${dropStatements('and not exists (select from made where (made.kind, made.name, made.head) = (old.kind, old.name, old.head))')}
  -- A function may call one that stands below it.
  perform set_config('check_function_bodies', 'off', true);
  execute ${quote(sets.map(({ functions }) => withoutTriggers(functions)).join('\n'))};
  for v_part in
    select p.head from jsonb_array_elements(v_sets) s cross join lateral jsonb_to_recordset(s->'parts') as p (kind text, name text, head text)
     where p.kind = 'trigger' and not exists (
       select from public.plinth_migrations m cross join lateral jsonb_to_recordset(m.parts) as old (kind text, name text, head text)
        where (m.id, old.kind, old.name, old.head) = (s->>'id', p.kind, p.name, p.head))
  loop
    execute v_part.head;
  end loop;
  ${CLOSED}
  execute ${quote(sets.map(({ rights }) => rights).join('\n'))};
  insert into public.plinth_migrations (id, version, digest, parts)
    select * from jsonb_to_recordset(v_sets) as s (id text, version integer, digest text, parts jsonb)
    on conflict (id) do update set version = excluded.version, digest = excluded.digest, parts = excluded.parts, applied_at = default;
end $plinth$;`;
}

/** Drops what was made of these sets, so that the steps below them can be undone. */
export function droppingFunctions(sets: readonly FunctionSet[]): string {
  return `
do $plinth$
declare
  v_sets constant jsonb := ${quote(factsOf(sets))};
  v_part record;
begin
  ${dropStatements('')}
  delete from public.plinth_migrations where id in (select s.id from jsonb_to_recordset(v_sets) as s (id text));
end $plinth$;`;
}

/** Triggers go before the functions that they call. */
const dropStatements = (unless: string) => `
  for v_part in
    with made as (
      select p.* from jsonb_array_elements(v_sets) s cross join lateral jsonb_to_recordset(s->'parts') as p (kind text, name text, head text)
    )
    select old.kind, old.name from public.plinth_migrations m
        cross join lateral jsonb_to_recordset(m.parts) as old (kind text, name text, head text)
     where m.id in (select s.id from jsonb_to_recordset(v_sets) as s (id text)) ${unless}
     order by old.kind desc
  loop
    execute format('drop %s if exists %s', v_part.kind, v_part.name);
  end loop;`;

/** They are made by themselves, and only those that are not there. */
function withoutTriggers(functions: string): string {
  return functions.replaceAll(/^create or replace trigger [^;]*;/gm, '');
}
