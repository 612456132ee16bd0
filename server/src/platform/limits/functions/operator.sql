create or replace function limits.operator_states(p_now timestamptz) returns limits.operator_state[] language plpgsql stable as $$
begin
  return (
    select array_agg((b.id, b.product, b.feature, b.provider, b.plan, b.closed or b.daily <= (
      select coalesce(sum(s.spent), 0) from limits.operator_spending s where s.budget_id = b.id and s.day = limits.window_start('day', p_now)))::limits.operator_state)
    from limits.operator_budgets b);
end $$;

-- Which of them a permit counts in when it is closed, whichever provider will have served it; and the closed one that refuses it.
create or replace function limits.governing(p_states limits.operator_state[], p_product text, p_feature text, p_plan text, p_provider text,
  out budgets uuid[], out closed uuid) language sql immutable as $$
  select array_agg(s.id order by s.id), min(s.id::text) filter (where s.closed and (s.provider is null or s.provider = p_provider))::uuid
  from unnest(p_states) as s
  where (s.product is null or s.product = p_product) and (s.feature is null or s.feature = p_feature) and (s.plan is null or s.plan = p_plan)
$$;

-- Adds what a closed permit's posted calls cost, or these corrections of them alone, to the budgets that it counts in. Two who share a shard
-- write one after the other: each ends many permits, in the order of their accounts and not of their budgets, and would wait in a circle.
create or replace function limits.count_spending(p_permit limits.permits, p_corrections uuid[], p_now timestamptz) returns void language sql as $$
  select pg_advisory_xact_lock(hashtextextended('operator spending ' || pg_backend_pid() % 64, 0));
  insert into limits.operator_spending as s (budget_id, day, shard, spent)
    select b.id, limits.window_start('day', p_now), pg_backend_pid() % 64, cost from limits.operator_budgets b cross join lateral (
      select coalesce(sum(e.cost), 0)::bigint as cost from limits.usage_events e where e.account_id = p_permit.account_id
        and e.permit_id = p_permit.id and e.state = 'posted' and (b.provider is null or e.provider = b.provider)
        and (p_corrections is null or e.id = any(p_corrections))) as of_permit
      where b.id = any(p_permit.operator_budgets) and cost <> 0 order by b.id
    on conflict (budget_id, day, shard) do update set spent = s.spent + excluded.spent
$$;

-- Makes a budget or changes the one of that very selection; a null daily amount or state stays as it is. What was spent today
-- already counts. Answers its id.
create or replace function limits.set_operator_budget(p_id uuid, p_product text, p_feature text, p_provider text, p_plan text, p_daily bigint, p_closed boolean)
returns uuid language plpgsql as $$
declare
  v_now timestamptz := app.now();
  v_id uuid;
begin
  insert into limits.operator_budgets as b (id, product, feature, provider, plan, daily, closed)
    values (p_id, p_product, p_feature, p_provider, p_plan, p_daily, coalesce(p_closed, false))
    on conflict (product, feature, provider, plan) do update
      set daily = coalesce(excluded.daily, b.daily), closed = coalesce(p_closed, b.closed), updated_at = v_now
    returning b.id into v_id;
  if v_id = p_id then
    -- The plan of a permit is the one of the account's present: of another one it had earlier today nothing is known.
    insert into limits.operator_spending (budget_id, day, shard, spent)
      select v_id, limits.window_start('day', v_now), -1, sum(e.cost) from limits.usage_events e
        where e.state = 'posted' and e.updated_at >= limits.instant(limits.window_start('day', v_now))
          and (p_product is null or e.product = p_product) and (p_feature is null or e.feature = p_feature) and (p_provider is null or e.provider = p_provider)
          and not exists (select from limits.permits p where p.account_id = e.account_id and p.id = e.permit_id and limits.is_own(p.holder))
          and (p_plan is null or entitlements.segment(e.account_id, e.product, v_now)->>'plan' = p_plan)
        having sum(e.cost) is not null;
  end if;
  return v_id;
end $$;
