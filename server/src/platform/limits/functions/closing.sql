-- Settlement at speed: the permits whose end is plain, many in one call and one commit. Plain is what nearly all are: held by
-- the one who closes it, with one call or none whose outcome is not written yet, within its reserve, charged to one window of each
-- limit, and at all that it cost. Whatever is not goes the way of limits.resolve, which knows all cases; both have the same result, and
-- docs/decisions/0014 the figures.

-- Locks the meters of a batch, in the order in which all processes do. Answers them in their places, and the time after the locks,
-- which is never behind a row's last.
create or replace function limits.lock_meters(p_accounts uuid[], p_products text[], out held limits.meters[], out locked_at timestamptz) language plpgsql as $$
declare
  v_trusted bigint := limits.trusted(app.now());
  v_seen bigint := 0;
  v_found record;
begin
  held := '{}';
  for v_found in
    select place, meter from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place) cross join lateral (
      select meters as meter from limits.meters where account_id = account and scope = product for update) as locked
  loop
    held[v_found.place] := v_found.meter;
    if (v_found.meter).seen <= v_trusted then v_seen := greatest(v_seen, (v_found.meter).seen); end if;
  end loop;
  locked_at := greatest(app.now(), timestamptz 'epoch' + v_seen * interval '1 microsecond');
end $$;

-- Writes the outcomes of the calls and the ends of the permits whose cost is known: p_costs[i] is that of p_closings[i], null where it is not plain.
create or replace function limits.post_plain(p_closings limits.closing[], p_costs bigint[], p_steps text[], p_now timestamptz) returns void language plpgsql as $$
begin
  with closed as materialized (
    select * from unnest(p_closings, p_costs, p_steps) as c (meter, account_id, permit_id, holder, fence, failed, reason, event_id, voided, known, tried, estimated,
      provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, charged, price_version, spent, steps) where spent is not null
  ), posted as (
    update limits.usage_events e set state = case when c.voided then 'voided' else 'posted' end, updated_at = p_now,
        estimated = not c.voided and (not c.known or c.estimated), tried = c.tried, steps = limits.settled_steps(c.steps::integer[]),
        provider = coalesce(c.provider, e.provider), model = coalesce(c.model, e.model), price_version = coalesce(c.price_version, e.price_version),
        provider_request_id = c.provider_request_id, prompt_tokens = coalesce(c.prompt_tokens, 0), cached_tokens = coalesce(c.cached_tokens, 0),
        completion_tokens = coalesce(c.completion_tokens, 0), reasoning_tokens = coalesce(c.reasoning_tokens, 0),
        cost = case when c.voided then 0 when c.known then c.cost else e.reserve end,
        charged = case when c.voided then 0 when c.known then c.cost else e.reserve end
      from closed c where e.account_id = c.account_id and e.id = c.event_id
  )
  update limits.permits p set state = case when c.failed then 'voided' else 'settled' end, reason = c.reason, updated_at = p_now
    from closed c where p.account_id = c.account_id and p.id = c.permit_id;
end $$;

-- What goes back to the windows of these meters, each moved once.
create or replace function limits.give_back_plain(p_meters limits.meters[], p_closings limits.closing[], p_costs bigint[], p_reserves bigint[], p_charges jsonb[])
returns void language plpgsql as $$
declare
  v_dirty boolean[] := array_fill(false, array[cardinality(p_meters)]);
  v_move record; m limits.meters; v_at integer;
begin
  for v_move in
    select c.meter, charge->>0 as scope, charge->>1 as name, (charge->>3)::bigint as start, sum(
        case charge->>2 when 'budget' then c.spent - c.reserve when 'quota' then case when c.failed then -(charge->>4)::bigint else 0 end end)::bigint as amount
      from unnest(p_closings, p_costs, p_reserves, p_charges) as c (meter, account_id, permit_id, holder, fence, failed, reason, event_id, voided, known, tried,
        estimated, provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, charged, price_version, spent, reserve, charges)
      cross join lateral jsonb_array_elements(c.charges) as charge
      where c.spent is not null and (charge->>2 = 'budget' and c.spent <> c.reserve or charge->>2 = 'quota' and c.failed)
      group by 1, 2, 3, 4, c.account_id
      -- Those of keys at last, in the order in which admission locks them: they are other products' too.
      order by charge->>0 like 'key:%', c.account_id, 2
  loop
    m := p_meters[v_move.meter];
    if v_move.scope <> m.scope then
      perform limits.move_windows(m.account_id, array[row(v_move.scope, v_move.name, v_move.start, v_move.amount)::limits.move]);
      continue;
    end if;
    v_at := array_position(m.names, v_move.name);
    continue when v_at is null or m.starts[v_at] <> v_move.start;
    m.used[v_at] := greatest(0, m.used[v_at] + v_move.amount);
    p_meters[v_move.meter] := m; v_dirty[v_move.meter] := true;
  end loop;
  update limits.meters t set used = d.used from unnest(p_meters, v_dirty) as d (account_id, scope, names, starts, used, seen, created_at, dirty)
    where d.dirty and t.account_id = d.account_id and t.scope = d.scope;
end $$;

-- Answers in the order of the closings what each cost; null: it is not plain, and nothing was done.
create or replace function limits.close_plain(p_accounts uuid[], p_products text[], p_closings limits.closing[], p_steps text[]) returns table (cost bigint) language plpgsql
-- As in admission.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_meters limits.meters[]; v_now timestamptz;
  v_costs bigint[]; v_reserves bigint[]; v_charges jsonb[];
begin
  select held, locked_at into v_meters, v_now from limits.lock_meters(p_accounts, p_products);
  select array_agg(case when event.is_plain and event.spent <= permit.reserve then event.spent end order by c.place), array_agg(permit.reserve order by c.place), array_agg(permit.charges order by c.place)
    into v_costs, v_reserves, v_charges
    from unnest(p_closings) with ordinality as c (meter, account_id, permit_id, holder, fence, failed, reason, event_id, voided, known, tried, estimated,
      provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, charged, price_version, place)
    left join lateral (
      select p.reserve, p.charges from limits.permits p
      where p.account_id = c.account_id and p.id = c.permit_id and p.product = p_products[c.meter] and p.fence = c.fence and p.holder = c.holder
        and (p.state = 'running' or p.state = 'queued' and p.job_id is null) and p.operator_budgets is null
        and not p.charges @? 'strict $[*] ? (@[2] == "credits" || @[2] == "tokens" || @[2] == "budget" && @[4] != null)' for update
    ) as permit on true
    left join lateral (
      -- The call at hand is open, and no other one is.
      select permit.reserve is not null and count(*) filter (where e.id = c.event_id) = num_nonnulls(c.event_id)
          and bool_and((e.state in ('pending', 'sent')) = (e.id is not distinct from c.event_id))
          and c.charged is not distinct from c.cost and bool_and(e.charged = e.cost) as is_plain,
        coalesce(sum(case when e.id is distinct from c.event_id then case e.state when 'posted' then e.cost else 0 end
          when c.voided then 0 when c.known then c.cost else e.reserve end), 0)::bigint as spent
      from limits.usage_events e where e.account_id = c.account_id and e.permit_id = c.permit_id
    ) as event on true;

  perform limits.post_plain(p_closings, v_costs, p_steps, v_now);
  perform limits.give_back_plain(v_meters, p_closings, v_costs, v_reserves, v_charges);
  return query select c from unnest(v_costs) as t (c);
end $$;

-- The same for a lone caller: the end of one permit with one call, in statements that each find their row by its key. It knows fewer cases
-- (no credits, no windows of other meters, no earlier calls). Answers what it cost; null: it is none of them, and nothing was done.
create or replace function limits.close_plain(p_product text, c limits.closing, p_steps integer[]) returns bigint language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  m limits.meters; v record; v_charge jsonb;
  v_now timestamptz; v_spent bigint; v_back bigint; v_at integer; v_moved boolean := false;
begin
  select * into m from limits.meters t where t.account_id = c.account_id and t.scope = p_product for update;
  if not found then return null; end if;
  v_now := limits.time_after(m.seen);
  -- A statement of its own, after the lock. The call at hand is open, and there is no other one.
  select p.reserve, p.charges, e.reserve as held into v
    from limits.permits p cross join lateral (
      select o.reserve from limits.usage_events o
      where o.account_id = p.account_id and o.id = c.event_id and o.permit_id = p.id and o.state in ('pending', 'sent')) as e
    where p.account_id = c.account_id and p.id = c.permit_id and p.product = p_product and p.holder = c.holder and p.fence = c.fence
      and (p.state = 'running' or p.state = 'queued' and p.job_id is null) and p.operator_budgets is null
      and not exists (select from limits.usage_events o where o.account_id = p.account_id and o.permit_id = p.id and o.id <> c.event_id)
    for update of p;
  if not found then return null; end if;
  v_spent := case when c.voided then 0 when c.known then c.cost else v.held end;
  if v_spent > v.reserve or c.charged <> c.cost then return null; end if;
  -- What goes back. Only windows of this very meter, and no credits: anything else is left as it is, to others.
  for v_place in 0 .. jsonb_array_length(v.charges) - 1 loop
    v_charge := v.charges->v_place;
    case v_charge->>2
      when 'budget' then
        if v_charge->>4 is not null then return null; end if;
        v_back := v.reserve - v_spent;
      when 'quota' then
        v_back := case when c.failed then (v_charge->>4)::bigint else 0 end;
      else
        return null;
    end case;
    continue when v_back = 0;
    if v_charge->>0 <> p_product then return null; end if;
    v_at := array_position(m.names, v_charge->>1);
    continue when v_at is null or m.starts[v_at] <> (v_charge->>3)::bigint;
    m.used[v_at] := greatest(0, m.used[v_at] - v_back);
    v_moved := true;
  end loop;

  update limits.usage_events e set state = case when c.voided then 'voided' else 'posted' end, updated_at = v_now,
      estimated = not c.voided and (not c.known or c.estimated), tried = c.tried, steps = limits.settled_steps(p_steps),
      provider = coalesce(c.provider, e.provider), model = coalesce(c.model, e.model), price_version = coalesce(c.price_version, e.price_version),
      provider_request_id = c.provider_request_id, prompt_tokens = coalesce(c.prompt_tokens, 0), cached_tokens = coalesce(c.cached_tokens, 0),
      completion_tokens = coalesce(c.completion_tokens, 0), reasoning_tokens = coalesce(c.reasoning_tokens, 0), cost = v_spent, charged = v_spent
    where e.account_id = c.account_id and e.id = c.event_id;
  update limits.permits p set state = case when c.failed then 'voided' else 'settled' end, reason = c.reason, updated_at = v_now
    where p.account_id = c.account_id and p.id = c.permit_id;
  if v_moved then
    update limits.meters t set used = m.used where t.account_id = c.account_id and t.scope = p_product;
  end if;
  return v_spent;
end $$;

-- As the version before asks, which may serve beside this one.
create or replace function limits.close_plain(p_accounts uuid[], p_products text[], p_closings limits.closing[]) returns table (cost bigint) language sql as $$
  select cost from limits.close_plain(p_accounts, p_products, p_closings, null::text[])
$$;
create or replace function limits.close_plain(p_product text, c limits.closing) returns bigint language sql as $$
  select limits.close_plain(p_product, c, null::integer[])
$$;
