-- A new account with its owner. In the scope of a user nobody but that user can become the owner; in the scope of
-- another account none is opened.
create or replace function accounts.open_account(p_account uuid, p_kind text, p_name text, p_owner uuid) returns void language plpgsql as $$
begin
  if current_setting('role') = 'plinth_tenant' and app.user_id() <> p_owner then
    raise exception 'an account is opened for the user who asks' using errcode = '42501';
  end if;
  insert into accounts.accounts (account_id, kind, name, created_by) values (p_account, p_kind, p_name, p_owner);
  insert into accounts.members (account_id, user_id, role) values (p_account, p_owner, 'owner');
end $$;

-- The members of an account (or only one) with their names, which are rows of those users: for callers who may read
-- the account. The owner that a customer is made with is no person, and not among them.
create or replace function accounts.people(p_account uuid, p_only uuid, p_after uuid, p_limit integer)
returns table (user_id uuid, email text, full_name text, avatar_url text, role text, created_at timestamptz)
language sql stable as $$
  select m.user_id, u.email, u.full_name, u.avatar_url, m.role, m.created_at
  from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = p_account and p_account = any (accounts.reachable('viewer'))
    and (p_only is null or m.user_id = p_only) and (p_after is null or m.user_id > p_after)
    and not exists (select from accounts.customers c where c.account_id = p_account and c.owner_id = m.user_id)
  order by m.user_id
  limit p_limit
$$;

-- Calls that name no account fall back to the user's own when the one they were for is out of reach.
create or replace function accounts.fall_back(p_account uuid, p_user uuid) returns void language sql as $$
  update identity.users u set updated_at = app.now(), default_account_id = (
    select a.account_id from accounts.accounts a where a.created_by = u.user_id and a.kind = 'personal')
  where u.user_id = p_user and u.default_account_id = p_account
$$;

-- Keys end with the membership that they stood on: a member who comes back later makes new ones.
create or replace function accounts.member_left() returns trigger language plpgsql as $$
begin
  update identity.api_keys set revoked_at = app.now(), updated_at = app.now()
  where account_id = old.account_id and user_id = old.user_id and revoked_at is null;
  perform accounts.fall_back(old.account_id, old.user_id);
  return null;
end $$;
create or replace trigger members_left after delete on accounts.members for each row execute function accounts.member_left();

-- The bounds of a key by the names of their limits.
create or replace function accounts.bounds_of(p_key uuid, p_monthly bigint, p_bounds jsonb) returns accounts.key_bound[] language sql immutable as $$
  select array_agg((p_key, most, name)::accounts.key_bound order by name) from (
    select 'key_budget' as name, p_monthly as most where p_monthly is not null
    union all select 'key_' || key, value::bigint from jsonb_each_text(p_bounds)) as bounds
$$;

-- In the order in which all processes lock their meters.
create or replace function accounts.key_bounds(p_account uuid, p_keys uuid[]) returns accounts.key_bound[] language sql stable as $$
  select array_agg(b order by b.key_id, b.name) from identity.api_keys k
    cross join lateral unnest(accounts.bounds_of(k.id, k.monthly_budget_micros, k.bounds)) as b
  where k.account_id = p_account and k.id = any(p_keys)
$$;

-- A set of one row, so that it becomes a part of the statement that asks.
create or replace function accounts.standing_of(p_account uuid, p_user uuid, p_key uuid, p_session uuid) returns table (refused text, bounds accounts.key_bound[])
language sql stable rows 1 as $$
  select case
      when a.status is distinct from 'active' or a.deleted_at is not null then 'account_suspended'
      when u.status is distinct from 'active' then 'user_suspended'
      when m.user_id is null then 'not_a_member'
      when p_key is not null and (
        k.id is null or k.user_id <> p_user or k.revoked_at is not null
        or (k.expires_at is not null and k.expires_at <= app.now()) or identity.is_cut_off(k.account_id, k.makers)) then 'key_revoked'
      when p_session is not null and (i.id is null or i.revoked_at is not null or i.expires_at <= app.now()) then 'session_over'
      end,
    case when k.makers <> '{}' then accounts.key_bounds(k.account_id, k.makers || k.id)
      when k.bounds is not null then accounts.bounds_of(k.id, k.monthly_budget_micros, k.bounds)
      when k.monthly_budget_micros is not null then array[(k.id, k.monthly_budget_micros, 'key_budget')::accounts.key_bound] end
  from (select) as one
  -- Laterally: each is one look-up by its key, however large the tables were when the plan was made.
  left join lateral (select * from accounts.accounts x where x.account_id = p_account limit 1) a on true
  left join lateral (select * from identity.users x where x.user_id = p_user limit 1) u on true
  left join lateral (select * from accounts.members x where x.account_id = p_account and x.user_id = p_user limit 1) m on true
  left join lateral (select * from identity.api_keys x where x.account_id = p_account and x.id = p_key limit 1) k on true
  left join lateral (select * from identity.sessions x where x.user_id = p_user and x.id = p_session limit 1) i on true
$$;

-- Those of a whole batch, for admission. Planned once: for one spender a plan of its own always looks cheaper than that for ten, and takes a millisecond.
create or replace function accounts.standings(p_spenders accounts.spender[]) returns accounts.spender_state[] language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select array_agg((w.refused, w.bounds)::accounts.spender_state order by s.place)
    from unnest(p_spenders) with ordinality as s (account_id, user_id, key_id, session_id, place)
    cross join lateral accounts.standing_of(s.account_id, s.user_id, s.key_id, s.session_id) as w);
end $$;

-- The refusal of one, whose permit was admitted before: a session that has ended since takes back nothing.
create or replace function accounts.can_spend(p_account uuid, p_user uuid, p_key uuid) returns text language sql stable as $$
  select ((accounts.standings(array[row(p_account, p_user, p_key, null)::accounts.spender]))[1]).refused
$$;

create or replace function accounts.time_zone(p_account uuid) returns text language sql stable as $$
  select time_zone from accounts.accounts where account_id = p_account
$$;

-- An account has the first places that are free when it is made, and keeps them. Two that one person makes at once come one after the other.
create or replace function accounts.take_places() returns trigger language plpgsql as $$
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
create or replace trigger accounts_take_places after insert on accounts.accounts for each row execute function accounts.take_places();

-- A place is free 33 days after its account was closed: every month and billing period of that account is over then, in whatever time
-- zone, so that to delete an account and make another gives nobody more than one account has.
create or replace function accounts.free_places() returns trigger language plpgsql as $$
begin
  update accounts.places p set updated_at = app.now(), free_at = case
    when tg_op = 'DELETE' then coalesce(p.free_at, app.now() + interval '33 days')
    else new.deleted_at + interval '33 days' end
  where p.account_id = old.account_id;
  return null;
end $$;
create or replace trigger accounts_free_places after update of deleted_at or delete on accounts.accounts
  for each row execute function accounts.free_places();

-- How many organizations somebody owns, closed ones not counted. Asked after `may_own`, which holds the user's row: a call
-- that makes them an owner at the same time waits, and counts anew.
create or replace function accounts.owned_by(p_account uuid, p_user uuid) returns integer language sql stable as $$
  select count(*)::integer from accounts.members m join accounts.accounts a using (account_id)
  where m.user_id = p_user and m.role = 'owner' and a.kind = 'organization' and a.deleted_at is null
    and exists (select from accounts.members o where o.account_id = p_account and o.user_id = p_user)
    and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
$$;
