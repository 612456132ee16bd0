-- Makes a table one of what members write in an account. Its columns: account_id, author_id, level ('private', 'team' or 'organization'),
-- team_id (null but at the level of a team) and updated_at. A row is read by its author, by members of its team or by all members, and
-- written by its author, each while they are a member, and in the scope of db.member alone. A team that is deleted makes its rows private.
create procedure app.protect_member(target regclass) language plpgsql as $$
declare
  v_own constant text := 'account_id = (select accounts.member_account()) and author_id = (select app.user_id())';
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy member_reads on %s for select to plinth_tenant using (account_id = (select accounts.member_account())
       and (author_id = (select app.user_id()) or level = ''organization''
         or (level = ''team'' and team_id = any ((select accounts.member_teams())::uuid[]))))', target);
  execute format('create policy author_adds on %s for insert to plinth_tenant with check (%s)', target, v_own);
  execute format('create policy author_changes on %s for update to plinth_tenant using (%s) with check (%2$s)', target, v_own);
  execute format('create policy author_removes on %s for delete to plinth_tenant using (%s)', target, v_own);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $$;
