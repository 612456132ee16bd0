-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema accounts to plinth_tenant, plinth_system;

grant select, insert, update, delete on accounts.places, accounts.accounts, accounts.members, accounts.invitations, accounts.teams,
  accounts.team_members, accounts.customers, accounts.customer_members to plinth_system;
-- Accounts are opened by accounts.open_account alone, and suspended by the system's role alone.
grant select, update (name, time_zone, deleted_at, updated_at) on accounts.accounts to plinth_tenant;
grant select, insert, update (role, updated_at), delete on accounts.members to plinth_tenant;
grant select on accounts.places, accounts.customers, accounts.customer_members to plinth_tenant;
grant select (account_id, invitation_id, email, role, sends, invited_by, expires_at, created_at, updated_at), insert, update, delete
  on accounts.invitations to plinth_tenant;
grant select, insert, update (name, updated_at), delete on accounts.teams to plinth_tenant;
grant select, insert, delete on accounts.team_members to plinth_tenant;

-- These run as the system for every caller.
call app.run_as_system('accounts.reachable(text)');
call app.run_as_system('accounts.member_account()');
call app.run_as_system('accounts.member_teams()');
call app.run_as_system('accounts.open_account(uuid, text, text, uuid)');
call app.run_as_system('accounts.people(uuid, uuid, uuid, integer)');
call app.run_as_system('accounts.fall_back(uuid, uuid)');
call app.run_as_system('accounts.member_left()');
call app.run_as_system('accounts.take_places()');
call app.run_as_system('accounts.free_places()');
call app.run_as_system('accounts.owned_by(uuid, uuid)');
call app.run_as_system('accounts.has_member(uuid, text)');
call app.run_as_system('accounts.other_owners(uuid, uuid)');
call app.run_as_system('accounts.may_own(uuid, uuid)');
call app.run_as_system('accounts.account_closed()');
call app.run_as_system('accounts.team_deleted()');
call app.run_as_system('accounts.release_team(uuid, integer)');
call app.run_as_system('accounts.put_customer_member(text, uuid, jsonb)');
call app.run_as_system('accounts.remove_customer_member(text)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function accounts.reachable(text) to plinth_tenant;
grant execute on function accounts.member_account() to plinth_tenant;
grant execute on function accounts.member_teams() to plinth_tenant;
grant execute on function accounts.release_team(uuid, integer) to plinth_tenant;
grant execute on function accounts.open_account(uuid, text, text, uuid) to plinth_tenant;
grant execute on function accounts.people(uuid, uuid, uuid, integer) to plinth_tenant;
grant execute on function accounts.owned_by(uuid, uuid) to plinth_tenant;
grant execute on function accounts.has_member(uuid, text) to plinth_tenant;
grant execute on function accounts.other_owners(uuid, uuid) to plinth_tenant;
grant execute on function accounts.may_own(uuid, uuid) to plinth_tenant;
grant execute on function accounts.is_time_zone(text) to plinth_tenant;
grant execute on function accounts.put_customer_member(text, uuid, jsonb) to plinth_tenant;
grant execute on function accounts.remove_customer_member(text) to plinth_tenant;
grant execute on function accounts.seated_members(uuid) to plinth_tenant;
