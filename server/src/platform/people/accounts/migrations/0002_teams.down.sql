-- It runs as whom it ran before, for an older program that serves meanwhile too.
do $do$
declare
  v_is_definer constant boolean := (select prosecdef from pg_proc where oid = 'accounts.reachable(text)'::regprocedure);
begin
create or replace function accounts.reachable(p_least text) returns uuid[] language plpgsql stable as $$
declare
  v_user text := nullif(current_setting('app.user', true), '');
begin
  if v_user is null then
    return array[app.account()];
  end if;
  return coalesce((
    select array_agg(m.account_id)
    from accounts.members m join accounts.accounts a using (account_id)
    where m.user_id = v_user::uuid and a.deleted_at is null and (p_least = 'viewer' or m.role in ('admin', 'owner'))
  ), '{}');
end $$;
if v_is_definer then
  alter function accounts.reachable(text) security definer set search_path = pg_catalog, pg_temp set lock_timeout = '10s';
end if;
end $do$;
drop table accounts.team_members;
drop table accounts.teams;
drop function accounts.member_teams();
drop function accounts.member_account();
