-- Makes customers or changes them, each once however many ask at the same time: the unique key decides, and the ids come in one order, so
-- that two batches never wait for each other. p_customers: [{external_id, account_id, owner_id, …}], no id twice; the two UUIDs are for a new
-- one, and a field that is missing stays as it is. Answers the outcome for each: created, restored (from its deletion), reopened (from the
-- archive), changed or unchanged; other_kind or closing where nothing was written.
create or replace function accounts.put_customers(p_customers jsonb) returns table (external_id text, account_id uuid, outcome text) language plpgsql
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
    with given as materialized (
      select c->>'external_id' as id, (c->>'account_id')::uuid as account, (c->>'owner_id')::uuid as owner, c from jsonb_array_elements(p_customers) as c),
    made as (
      insert into accounts.customers as n (account_id, external_id, owner_id, email, locale, metadata)
      select g.account, g.id, g.owner, g.c->>'email', g.c->>'locale', coalesce(nullif(g.c->'metadata', 'null'), '{}') from given g order by g.id collate "C"
      on conflict on constraint customers_external_id_key do nothing returning n.external_id, n.account_id, n.owner_id),
    owners as (insert into identity.users (user_id, default_account_id) select m.owner_id, m.account_id from made m),
    opened as (
      insert into accounts.accounts (account_id, kind, name, time_zone, created_by)
      select m.account_id, coalesce(g.c->>'kind', 'organization'), coalesce(g.c->>'name', g.id), coalesce(g.c->>'time_zone', 'UTC'), m.owner_id
      from made m join given g on g.account = m.account_id),
    owning as (insert into accounts.members (account_id, user_id, role) select m.account_id, m.owner_id, 'owner' from made m)
    select m.external_id, m.account_id, 'created' from made m;

  return query
    with given as materialized (
      select c->>'external_id' as id, (c->>'account_id')::uuid as account, c from jsonb_array_elements(p_customers) as c),
    known as (
      select k.account_id, k.external_id, k.archived_at, a.deleted_at, g.c, case
        when g.c ? 'kind' and g.c->>'kind' <> a.kind then 'other_kind'
        when a.deleted_at is not null and (g.c->'restore' is distinct from 'true' or a.deleted_at <= app.now() - interval '14 days') then 'closing'
        else 'known' end as state
      from given g join accounts.customers k on k.external_id = g.id join accounts.accounts a on a.account_id = k.account_id
      where k.account_id <> g.account order by k.external_id for no key update of k, a),
    changed as (
      update accounts.customers t set updated_at = app.now(), archived_at = null,
        email = case when k.c ? 'email' then k.c->>'email' else t.email end,
        locale = case when k.c ? 'locale' then k.c->>'locale' else t.locale end,
        metadata = case when k.c ? 'metadata' then coalesce(nullif(k.c->'metadata', 'null'), '{}') else t.metadata end
      from known k where k.state = 'known' and t.account_id = k.account_id and (t.archived_at is not null
        or (k.c ? 'email' and k.c->>'email' is distinct from t.email) or (k.c ? 'locale' and k.c->>'locale' is distinct from t.locale)
        or (k.c ? 'metadata' and coalesce(nullif(k.c->'metadata', 'null'), '{}') <> t.metadata))
      returning t.account_id),
    account as (
      update accounts.accounts t set updated_at = app.now(), deleted_at = null,
        name = case when k.c ? 'name' then coalesce(k.c->>'name', k.external_id) else t.name end,
        time_zone = case when k.c ? 'time_zone' then coalesce(k.c->>'time_zone', 'UTC') else t.time_zone end
      from known k where k.state = 'known' and t.account_id = k.account_id and (t.deleted_at is not null
        or (k.c ? 'name' and coalesce(k.c->>'name', k.external_id) <> t.name)
        or (k.c ? 'time_zone' and coalesce(k.c->>'time_zone', 'UTC') <> t.time_zone))
      returning t.account_id)
    select k.external_id, k.account_id, case when k.state <> 'known' then k.state when k.deleted_at is not null then 'restored' when k.archived_at is not null then 'reopened'
      when k.account_id in (select t.account_id from changed t union all select t.account_id from account t) then 'changed' else 'unchanged' end
    from known k;
end $$;

-- Makes a member of the transaction's account, or gives one another role: the user whom the operator knows by this id. Answers what became of it,
-- and the role before.
create or replace function accounts.put_customer_member(p_external text, p_new uuid, p_member jsonb)
returns table (user_id uuid, outcome text, role_before text) language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid;
  v_before text;
  v_changed boolean := false;
begin
  -- The row of the customer is the lock of all of its members: a seat is counted by one at a time.
  perform from accounts.accounts a where a.account_id = v_account for no key update;
  select t.user_id into v_user from accounts.customer_members t where t.account_id = v_account and t.external_user_id = p_external;
  if v_user is null then
    v_user := p_new;
    insert into identity.users (user_id, default_account_id, full_name) values (v_user, v_account, p_member->>'name');
    insert into accounts.customer_members (account_id, external_user_id, user_id, email) values (v_account, p_external, v_user, p_member->>'email');
  else
    update accounts.customer_members t set email = p_member->>'email', updated_at = app.now()
    where t.account_id = v_account and t.external_user_id = p_external and p_member ? 'email' and t.email is distinct from p_member->>'email';
    v_changed := found;
    update identity.users t set full_name = p_member->>'name', updated_at = app.now()
    where t.user_id = v_user and p_member ? 'name' and t.full_name is distinct from p_member->>'name';
    v_changed := v_changed or found;
  end if;
  select t.role into v_before from accounts.members t where t.account_id = v_account and t.user_id = v_user;
  insert into accounts.members as t (account_id, user_id, role) values (v_account, v_user, p_member->>'role')
  on conflict on constraint members_pkey do update set role = excluded.role, updated_at = app.now() where t.role <> excluded.role;
  return query select v_user, case when v_before is null then 'created' when found or v_changed then 'changed' else 'unchanged' end, v_before;
end $$;

-- Ends a membership; the id stays the user's, without name and address. Answers the user, where there was one.
create or replace function accounts.remove_customer_member(p_external text) returns uuid language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid;
begin
  perform from accounts.accounts a where a.account_id = v_account for no key update;
  delete from accounts.members m using accounts.customer_members t
  where t.account_id = v_account and t.external_user_id = p_external and m.account_id = v_account and m.user_id = t.user_id returning m.user_id into v_user;
  update accounts.customer_members t set email = null, updated_at = app.now() where t.account_id = v_account and t.user_id = v_user;
  update identity.users u set full_name = null, updated_at = app.now() where u.user_id = v_user;
  return v_user;
end $$;

-- Members who take a seat: all but the owner that a customer is made with, who is no person.
create or replace function accounts.seated_members(p_account uuid) returns bigint language sql stable as $$
  select count(*) from accounts.members m where m.account_id = p_account
    and not exists (select from accounts.customers c where c.account_id = p_account and c.owner_id = m.user_id)
$$;
