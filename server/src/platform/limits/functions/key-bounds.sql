-- Bounds of keys, which admission takes as limits beside those of the feature.

-- An end user of a key's holder, as a call names them by its tag: never their own words, which may be an address. Null: it names none.
create or replace function limits.end_user(p_tags jsonb) returns text language sql immutable as $$
  select left(encode(sha256(convert_to(nullif(p_tags->>'user_id', ''), 'UTF8')), 'hex'), 32)
$$;

-- The bounds of keys as limits: each counts by its meter's scope, and most is its size, which no plan gives. Their names say the rest:
-- key_budget (of a month), key_daily_calls, key_tokens_per_minute. Those of each end user (key_user_daily_calls) count in meters of p_user,
-- which that of the key protects: who has its lock alone reads and writes them. As many end users as key_users says have one in a window.
create or replace function limits.key_rules(p_bounds accounts.key_bound[], p_user text) returns limits.rule[] language sql immutable as $$
  select array_agg((name, case when name like '%budget' then 'budget' when name like '%calls%' then 'calls' when name = 'key_users' then 'users' else 'tokens' end,
    case when name like '%minute' then 'minute' when is_daily then 'day' else 'month' end,
    'key:' || key_id || case when name like 'key\_user\_%' then '/user:' || p_user else '' end, null, most, null)::limits.rule order by place)
  from (
    select key_id, most, name, name like '%daily%' as is_daily, place::numeric from unnest(p_bounds) with ordinality as t (key_id, most, name, place)
      where p_user is not null or name not like 'key\_user\_%'
    union all select key_id, 100000, 'key_users', bool_and(name like '%daily%'), max(place) + 0.5 from unnest(p_bounds) with ordinality as t (key_id, most, name, place)
      where p_user is not null and name like 'key\_user\_%' group by key_id) as bounds
$$;

-- A bound of the key whose meter it is.
create or replace function limits.key_bound(p_account uuid, p_scope text, p_name text) returns bigint language sql stable as $$
  select case p_name when 'key_budget' then monthly_budget_micros else (bounds->>substr(p_name, 5))::bigint end
  from identity.api_keys where account_id = p_account and id = substr(p_scope, 5, 36)::uuid
$$;

-- Locks the meter of the key that protects one of an end user of it; of any other scope nothing.
create or replace function limits.lock_key_of(p_account uuid, p_scope text) returns void language plpgsql as $$
begin
  if p_scope like 'key:%/user:%' then
    perform from limits.meters where account_id = p_account and scope = split_part(p_scope, '/', 1) for update;
  end if;
end $$;

-- Tokens that a permit holds beyond those that its calls took; null: no limit counts them. A call without figures took all. Where the
-- operator pays a part of a call, that part of its tokens is not counted.
create or replace function limits.tokens_left(p_permit limits.permits) returns bigint language plpgsql stable as $$
declare
  v_held bigint;
begin
  select max(held) into v_held from (
    select sum((charge->>4)::bigint) as held from jsonb_array_elements(p_permit.charges) as charge where charge->>2 = 'tokens' group by charge->>0, charge->>1) as limits;
  if v_held is null then return null; end if;
  return v_held - (
    select coalesce(greatest(sum(tokens), case when bool_or(is_unknown) then v_held end), 0)::bigint from (
      select ceil(sum(e.prompt_tokens + e.completion_tokens) * coalesce(least(1, sum(e.charged) / nullif(sum(e.cost), 0)), 1)) as tokens,
        sum(e.prompt_tokens + e.completion_tokens) = 0 and sum(e.charged) > 0 as is_unknown
      from limits.usage_events e where e.account_id = p_permit.account_id and e.permit_id = p_permit.id and e.state = 'posted' and e.adjustment_id is null
      group by coalesce(e.corrects, e.id)) as calls);
end $$;

-- Use of the bounds of keys and of those that they come from, of the transaction's account; those of each end user for the one that p_user names.
create or replace function limits.key_usage_here(p_keys uuid[], p_user text) returns table (of_key uuid, key_id uuid, name text, kind text, per text, used bigint, size bigint, resets_at timestamptz)
language plpgsql as $$
#variable_conflict use_column
declare
  v_account uuid := app.account();
  v_now timestamptz := app.now();
  v_user text := coalesce(limits.end_user(jsonb_build_object('user_id', p_user)), '');
begin
  return query
    select k.id, substr(c.counts_by, 5, 36)::uuid, c.name, c.kind, c.per,
      coalesce((select t.used from unnest(m.names, m.starts, m.used) as t (name, start, used) where t.name = c.name and t.start = w.starts), 0), c.most, w.ends
    from identity.api_keys k cross join lateral unnest(limits.key_rules(accounts.key_bounds(v_account, k.makers || k.id), v_user)) as c
      left join limits.meters m on m.account_id = v_account and m.scope = c.counts_by
      cross join lateral limits.window_of(v_account, null, c.per, null, v_now) as w
    where k.account_id = v_account and k.id = any(p_keys) and (v_user <> '' or c.name not like 'key\_user\_%') order by 1, 2, 3;
end $$;
