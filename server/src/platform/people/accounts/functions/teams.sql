-- What was shown to a team that is deleted is its authors' alone again, in the same commit: in every table of members (app.protect_member).
create or replace function accounts.team_deleted() returns trigger language plpgsql as $$
declare
  v_table regclass;
begin
  for v_table in select p.polrelid from pg_catalog.pg_policy p where p.polname = 'member_reads' loop
    execute format('update %s set level = ''private'', team_id = null, updated_at = app.now() where account_id = $1 and team_id = $2', v_table)
      using old.account_id, old.id;
  end loop;
  return old;
end $$;
create or replace trigger teams_deleted before delete on accounts.teams for each row execute function accounts.team_deleted();

-- Makes some of what is shown to a team of the transaction's account its authors' alone, before the team is deleted: all at once may be more
-- than one statement has time for. Answers how many rows there were.
create or replace function accounts.release_team(p_team uuid, p_most integer) returns integer language plpgsql as $$
declare
  v_account uuid := app.account();
  v_table regclass;
  v_rows integer;
  v_all integer := 0;
begin
  for v_table in select p.polrelid from pg_catalog.pg_policy p where p.polname = 'member_reads' loop
    execute format('update %1$s set level = ''private'', team_id = null, updated_at = app.now() where ctid = any(array(
      select ctid from %1$s where account_id = $1 and team_id = $2 limit $3 for update))', v_table) using v_account, p_team, p_most;
    get diagnostics v_rows = row_count;
    v_all := v_all + v_rows;
  end loop;
  return v_all;
end $$;
