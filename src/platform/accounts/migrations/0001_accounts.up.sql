-- Accounts own data and pay; members are the users who act for them.
create schema accounts;
grant usage on schema accounts to plinth_tenant, plinth_system;

-- A name of the time zone database, such as `Europe/Berlin`; neither an offset nor a rule of its own.
create function accounts.is_time_zone(p_name text) returns boolean language plpgsql stable as $$
begin
  perform timestamptz 'epoch' at time zone p_name;
  return p_name ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$';
exception when invalid_parameter_value then
  return false;
end $$;

create table accounts.accounts (
  account_id uuid primary key,
  kind text not null check (kind in ('personal', 'organization')),
  name text not null check (length(name) between 1 and 200),
  -- A suspended account is read but spends nothing.
  status text not null default 'active' check (status in ('active', 'suspended')),
  -- Where its days, weeks and months begin, for limits that count in them.
  time_zone text not null default 'UTC' check (accounts.is_time_zone(time_zone)),
  created_by uuid not null,
  deleted_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create index accounts_closed on accounts.accounts (deleted_at) where deleted_at is not null;
create unique index accounts_one_personal on accounts.accounts (created_by) where kind = 'personal';

create table accounts.members (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  user_id uuid not null references identity.users (user_id) on delete cascade,
  role text not null check (role in ('viewer', 'member', 'admin', 'owner')),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, user_id)
);
create index members_of_user on accounts.members (user_id, account_id);

-- The accounts that this transaction may read (`viewer`) or manage (`admin`): in the scope of a user those that the
-- user belongs to in such a role; in the scope of an account that one; in neither, app.account() raises.
create function accounts.reachable(p_least text) returns uuid[] language plpgsql stable as $$
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
call app.run_as_system('accounts.reachable(text)');
grant execute on function accounts.reachable(text) to plinth_tenant;

alter table accounts.accounts enable row level security;
alter table accounts.accounts force row level security;
create policy reads on accounts.accounts for select to plinth_tenant
  using (account_id = any ((select accounts.reachable('viewer'))::uuid[]));
create policy manages on accounts.accounts for update to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.accounts to plinth_system using (true) with check (true);
-- Accounts are opened by accounts.open_account alone, and suspended by the system's role alone.
grant select, update (name, time_zone, deleted_at, updated_at) on accounts.accounts to plinth_tenant;
grant select, insert, update, delete on accounts.accounts to plinth_system;

alter table accounts.members enable row level security;
alter table accounts.members force row level security;
create policy reads on accounts.members for select to plinth_tenant
  using (account_id = any ((select accounts.reachable('viewer'))::uuid[]));
create policy adds on accounts.members for insert to plinth_tenant
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy changes on accounts.members for update to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy removes on accounts.members for delete to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.members to plinth_system using (true) with check (true);
grant select, insert, update (role, updated_at), delete on accounts.members to plinth_tenant;
grant select, insert, update, delete on accounts.members to plinth_system;

-- A new account with its owner. In the scope of a user nobody but that user can become the owner; in the scope of
-- another account none is opened.
create function accounts.open_account(p_account uuid, p_kind text, p_name text, p_owner uuid) returns void language plpgsql as $$
begin
  if current_setting('role') = 'plinth_tenant' and app.user_id() <> p_owner then
    raise exception 'an account is opened for whoever asks' using errcode = '42501';
  end if;
  insert into accounts.accounts (account_id, kind, name, created_by) values (p_account, p_kind, p_name, p_owner);
  insert into accounts.members (account_id, user_id, role) values (p_account, p_owner, 'owner');
end $$;
call app.run_as_system('accounts.open_account(uuid, text, text, uuid)');
grant execute on function accounts.open_account(uuid, text, text, uuid) to plinth_tenant;

-- The members of an account (or only one) with their names, which are rows of those users: for whoever may read
-- the account.
create function accounts.people(p_account uuid, p_only uuid, p_after uuid, p_limit integer)
returns table (user_id uuid, email text, full_name text, avatar_url text, role text, created_at timestamptz)
language sql stable as $$
  select m.user_id, u.email, u.full_name, u.avatar_url, m.role, m.created_at
  from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = p_account and p_account = any (accounts.reachable('viewer'))
    and (p_only is null or m.user_id = p_only) and (p_after is null or m.user_id > p_after)
  order by m.user_id
  limit p_limit
$$;
call app.run_as_system('accounts.people(uuid, uuid, uuid, integer)');
grant execute on function accounts.people(uuid, uuid, uuid, integer) to plinth_tenant;

-- Calls that name no account fall back to the user's own when the one they were for is out of reach.
create function accounts.fall_back(p_account uuid, p_user uuid) returns void language sql as $$
  update identity.users u set updated_at = app.now(), default_account_id = (
    select a.account_id from accounts.accounts a where a.created_by = u.user_id and a.kind = 'personal')
  where u.user_id = p_user and u.default_account_id = p_account
$$;
call app.run_as_system('accounts.fall_back(uuid, uuid)');

-- Keys end with the membership that they stood on: whoever comes back later makes new ones.
create function accounts.member_left() returns trigger language plpgsql as $$
begin
  update identity.api_keys set revoked_at = app.now(), updated_at = app.now()
  where account_id = old.account_id and user_id = old.user_id and revoked_at is null;
  perform accounts.fall_back(old.account_id, old.user_id);
  return null;
end $$;
call app.run_as_system('accounts.member_left()');
create trigger members_left after delete on accounts.members for each row execute function accounts.member_left();

-- Who spends: a user, through a key or in a session, for an account.
create type accounts.spender as (account_id uuid, user_id uuid, key_id uuid, session_id uuid);

-- What a key and all keys that come from it may spend together in a month.
create type accounts.key_budget as (key_id uuid, micros bigint);

-- Whether one may at this moment: null, or the reason why not; and the budgets of the key and of those that it comes from, if any has one.
create type accounts.standing as (refused text, key_budgets accounts.key_budget[]);

-- In the order in which all processes lock their meters.
create function accounts.key_budgets(p_account uuid, p_keys uuid[]) returns accounts.key_budget[] language sql stable as $$
  select array_agg((k.id, k.monthly_budget_micros)::accounts.key_budget order by k.id) from identity.api_keys k
  where k.account_id = p_account and k.id = any(p_keys) and k.monthly_budget_micros is not null
$$;

-- Those of a whole batch, for admission.
create function accounts.standings(p_spenders accounts.spender[]) returns accounts.standing[] language plpgsql stable as $$
begin
  return (
    select array_agg((case
      when a.status is distinct from 'active' or a.deleted_at is not null then 'account_suspended'
      when u.status is distinct from 'active' then 'user_suspended'
      when m.user_id is null then 'not_a_member'
      when s.key_id is not null and (
        k.id is null or k.user_id <> s.user_id or k.revoked_at is not null
        or (k.expires_at is not null and k.expires_at <= app.now()) or identity.is_cut_off(k.account_id, k.makers)) then 'key_revoked'
      when s.session_id is not null and (i.id is null or i.revoked_at is not null or i.expires_at <= app.now()) then 'session_over'
      end,
      case when k.makers <> '{}' then accounts.key_budgets(k.account_id, k.makers || k.id)
        when k.monthly_budget_micros is not null then array[(k.id, k.monthly_budget_micros)::accounts.key_budget] end)::accounts.standing order by s.place)
    from unnest(p_spenders) with ordinality as s (account_id, user_id, key_id, session_id, place)
    -- Laterally: each is one look-up by its key, however large the tables were when the plan was made.
    left join lateral (select * from accounts.accounts x where x.account_id = s.account_id limit 1) a on true
    left join lateral (select * from identity.users x where x.user_id = s.user_id limit 1) u on true
    left join lateral (select * from accounts.members x where x.account_id = s.account_id and x.user_id = s.user_id limit 1) m on true
    left join lateral (select * from identity.api_keys x where x.account_id = s.account_id and x.id = s.key_id limit 1) k on true
    left join lateral (select * from identity.sessions x where x.user_id = s.user_id and x.id = s.session_id limit 1) i on true
  );
end $$;

-- The refusal of one, whose permit was admitted before: a session that has ended since takes back nothing.
create function accounts.can_spend(p_account uuid, p_user uuid, p_key uuid) returns text language sql stable as $$
  select ((accounts.standings(array[row(p_account, p_user, p_key, null)::accounts.spender]))[1]).refused
$$;
create function accounts.time_zone(p_account uuid) returns text language sql stable as $$
  select time_zone from accounts.accounts where account_id = p_account
$$;
revoke all on function accounts.time_zone(uuid) from public;
grant execute on function accounts.time_zone(uuid) to plinth_system;
revoke all on function accounts.can_spend(uuid, uuid, uuid), accounts.standings(accounts.spender[]), accounts.key_budgets(uuid, uuid[]) from public;
grant execute on function accounts.can_spend(uuid, uuid, uuid), accounts.standings(accounts.spender[]), accounts.key_budgets(uuid, uuid[]) to plinth_system;

-- Which of the accounts that somebody made came first, so that what each person is given for nothing (a product's default plan) is
-- given in the first few of them. Once by all of their accounts, for products that are for both kinds, and once by their organizations alone.
create table accounts.places (
  -- Without a foreign key: a place is taken for a while after its account is gone.
  account_id uuid not null,
  holds text not null check (holds in ('organization', 'both')),
  -- Who made the account; a transfer changes nothing of it.
  created_by uuid not null,
  place integer not null check (place > 0),
  -- From when on another account that they make may have it; null: its account is open.
  free_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, holds)
);
create index places_of_maker on accounts.places (created_by, holds, place);
call app.protect_tenant('accounts.places', 'select');

-- An account has the first places that are free when it is made, and keeps them. Two that one person makes at once come one after the other.
create function accounts.take_places() returns trigger language plpgsql as $$
declare
  v_holds text;
begin
  perform pg_advisory_xact_lock(hashtextextended('places ' || new.created_by, 0));
  foreach v_holds in array case new.kind when 'organization' then array['both', 'organization'] else array['both'] end loop
    delete from accounts.places p where p.created_by = new.created_by and p.holds = v_holds and p.free_at <= app.now();
    insert into accounts.places (account_id, holds, created_by, place)
    select new.account_id, v_holds, new.created_by, min(n)
    from generate_series(1, 1 + (select count(*) from accounts.places p where p.created_by = new.created_by and p.holds = v_holds)) n
    where not exists (select from accounts.places p where p.created_by = new.created_by and p.holds = v_holds and p.place = n);
  end loop;
  return null;
end $$;
call app.run_as_system('accounts.take_places()');
create trigger accounts_take_places after insert on accounts.accounts for each row execute function accounts.take_places();

-- A place is free 33 days after its account was closed: every month and billing period of that account is over then, in whatever time
-- zone, so that to delete an account and make another gives nobody more than one account has.
create function accounts.free_places() returns trigger language plpgsql as $$
begin
  update accounts.places p set updated_at = app.now(), free_at = case
    when tg_op = 'DELETE' then coalesce(p.free_at, app.now() + interval '33 days')
    else new.deleted_at + interval '33 days' end
  where p.account_id = old.account_id;
  return null;
end $$;
call app.run_as_system('accounts.free_places()');
create trigger accounts_free_places after update of deleted_at or delete on accounts.accounts
  for each row execute function accounts.free_places();

-- How many organizations somebody owns, closed ones not counted. Asked after `may_own`, which holds the user's row: whoever
-- makes them an owner at the same time waits, and counts anew.
create function accounts.owned_by(p_account uuid, p_user uuid) returns integer language sql stable as $$
  select count(*)::integer from accounts.members m join accounts.accounts a using (account_id)
  where m.user_id = p_user and m.role = 'owner' and a.kind = 'organization' and a.deleted_at is null
    and exists (select from accounts.members o where o.account_id = p_account and o.user_id = p_user)
    and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
$$;
call app.run_as_system('accounts.owned_by(uuid, uuid)');
grant execute on function accounts.owned_by(uuid, uuid) to plinth_tenant;
