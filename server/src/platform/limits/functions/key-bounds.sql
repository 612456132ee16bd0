-- Bounds of keys, which admission takes as limits beside those of the feature.

-- The bounds of keys as limits: each counts by its meter's scope, and most is its size, which no plan gives. Their names say the rest:
-- key_budget (of a month), key_daily_calls, key_tokens_per_minute.
create or replace function limits.key_rules(p_bounds accounts.key_bound[]) returns limits.rule[] language sql immutable as $$
  select array_agg((name, case when name like '%budget' then 'budget' when name like '%calls%' then 'calls' else 'tokens' end,
    case when name like '%minute' then 'minute' when name like '%daily%' then 'day' else 'month' end, 'key:' || key_id, null, most, null)::limits.rule order by place)
  from unnest(p_bounds) with ordinality as t (key_id, most, name, place)
$$;

-- A bound of the key whose meter it is.
create or replace function limits.key_bound(p_account uuid, p_scope text, p_name text) returns bigint language sql stable as $$
  select case p_name when 'key_budget' then monthly_budget_micros else (bounds->>substr(p_name, 5))::bigint end
  from identity.api_keys where account_id = p_account and id = substr(p_scope, 5)::uuid
$$;

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

-- Use of the bounds of a key and of those that it comes from, of the transaction's account.
create or replace function limits.key_usage_here(p_key uuid) returns table (key_id uuid, name text, kind text, per text, used bigint, size bigint, resets_at timestamptz)
language plpgsql as $$
#variable_conflict use_column
declare
  v_account uuid := app.account();
  v_now timestamptz := app.now();
begin
  return query
    select substr(c.counts_by, 5)::uuid, c.name, c.kind, c.per,
      coalesce((select t.used from unnest(m.names, m.starts, m.used) as t (name, start, used) where t.name = c.name and t.start = w.starts), 0), c.most, w.ends
    from identity.api_keys k cross join lateral unnest(limits.key_rules(accounts.key_bounds(v_account, k.makers || k.id))) as c
      left join limits.meters m on m.account_id = v_account and m.scope = c.counts_by
      cross join lateral limits.window_of(v_account, null, c.per, null, v_now) as w
    where k.account_id = v_account and k.id = p_key order by 1, 2;
end $$;
