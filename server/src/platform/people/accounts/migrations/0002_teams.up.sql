-- Teams of an organization: named groups of its members, to whom a member shows what not all of it need see.
create table accounts.teams (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index teams_by_name on accounts.teams (account_id, lower(name));

-- Who leaves the organization leaves its teams, by the second key.
create table accounts.team_members (
  account_id uuid not null,
  team_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default app.now(),
  foreign key (account_id, team_id) references accounts.teams (account_id, id) on delete cascade,
  foreign key (account_id, user_id) references accounts.members (account_id, user_id) on delete cascade
);
create index teams_of_member on accounts.team_members (account_id, user_id);
-- After the other index, so that a plan made on the empty table looks a row up by it.
alter table accounts.team_members add primary key (account_id, team_id, user_id);

alter table accounts.teams enable row level security;
alter table accounts.teams force row level security;
create policy reads on accounts.teams for select to plinth_tenant
  using (account_id = any ((select accounts.reachable('viewer'))::uuid[]));
create policy manages on accounts.teams to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.teams to plinth_system using (true) with check (true);
alter table accounts.team_members enable row level security;
alter table accounts.team_members force row level security;
create policy reads on accounts.team_members for select to plinth_tenant
  using (account_id = any ((select accounts.reachable('viewer'))::uuid[]));
create policy manages on accounts.team_members to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.team_members to plinth_system using (true) with check (true);

-- It runs as whom it ran before, for an older program that serves meanwhile too; in the scope of a member it is that account alone.
do $do$
declare
  v_is_definer constant boolean := (select prosecdef from pg_proc where oid = 'accounts.reachable(text)'::regprocedure);
begin
create or replace function accounts.reachable(p_least text) returns uuid[] language plpgsql stable as $$
declare
  v_user text := nullif(current_setting('app.user', true), '');
  v_account text := nullif(current_setting('app.account', true), '');
begin
  if v_user is null then
    return array[app.account()];
  end if;
  return coalesce((
    select array_agg(m.account_id)
    from accounts.members m join accounts.accounts a using (account_id)
    where m.user_id = v_user::uuid and a.deleted_at is null and (p_least = 'viewer' or m.role in ('admin', 'owner'))
      and (v_account is null or m.account_id = v_account::uuid)
  ), '{}');
end $$;
if v_is_definer then
  alter function accounts.reachable(text) security definer set search_path = pg_catalog, pg_temp set lock_timeout = '10s';
end if;
end $do$;

-- The account of a member's scope; null when they are no member any more. Without an account and a user it raises.
create function accounts.member_account() returns uuid language plpgsql stable as $$
declare
  v_user uuid := app.user_id();
begin
  return (select m.account_id from accounts.members m where m.account_id = app.account() and m.user_id = v_user);
end $$;

-- The teams there that they are in.
create function accounts.member_teams() returns uuid[] language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
begin
  return array(select t.team_id from accounts.team_members t where t.account_id = v_account and t.user_id = v_user);
end $$;
