-- A function that may cross accounts: it runs as the system role, with a search path that nobody can bend.
create or replace procedure app.run_as_system(target regprocedure) language plpgsql as $$
declare
  home text := (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = target);
begin
  execute format('grant create on schema %I to plinth_system', home);
  execute format('alter function %s security definer', target);
  execute format('alter function %s set search_path = pg_catalog, pg_temp', target);
  -- Called by itself it has no transaction in which anybody could set it: who waits for a row for longer is told so.
  execute format('alter function %s set lock_timeout = ''10s''', target);
  execute format('alter function %s owner to plinth_system', target);
  execute format('revoke create on schema %I from plinth_system', home);
end $$;
