-- Usage that was metered elsewhere: it has happened, so that it is written down whatever the limits say, and charged to their
-- present windows: one that it fills is closed. docs/permits.md, docs/decisions/0019.

-- When the present window of a limit began. In an account's own zone it is taken as if that had always been the zone.
create or replace function limits.window_begins(p_account uuid, p_per text, p_span limits.span, p_now timestamptz) returns timestamptz language sql stable as $$
  select case when right(p_per, 8) = '@account' then limits.zoned_start(left(p_per, -8), p_now, accounts.time_zone(p_account))
    else limits.instant((p_span).starts) end
$$;

-- Charges one limit with what happened: p_events, all of one feature and subject. p_scope: of its meter. Answers what their
-- permits remember of it, or null.
create or replace function limits.charge_reported(p_account uuid, p_scope text, p_rule limits.rule, p_size bigint, p_events limits.reported[], p_now timestamptz)
returns limits.charged language plpgsql as $$
declare
  m limits.meters;
  e limits.reported := p_events[1];
  v_stored bigint;
  v_window limits.span;
  v_since timestamptz;
  v_amount bigint;
begin
  if p_rule.kind in ('concurrency', 'failures') then return null; end if;
  select sum(units) into v_amount from unnest(p_events);
  if p_rule.kind = 'credits' then
    perform limits.adjust_credits(p_account, e.product, p_rule, v_amount, p_now);
    return null;
  end if;
  select * into m from limits.meters where account_id = p_account and scope = p_scope for update;
  v_stored := m.starts[array_position(m.names, p_rule.name)];
  if p_rule.kind = 'cooldown' then
    select limits.micros(max(happened_at)) + p_size * 1000000 into v_amount from unnest(p_events);
    if v_amount > greatest(coalesce(v_stored, 0), limits.micros(p_now)) then perform limits.charge(p_account, p_scope, p_rule.name, v_amount, 1); end if;
    return null;
  end if;
  if p_rule.kind = 'sliding' then
    v_since := p_now - 60 * limits.sixtieth(p_rule.per) * interval '1 microsecond';
    select sum(units) into v_amount from unnest(p_events) where happened_at > v_since;
    if v_amount is null then return null; end if;
    insert into limits.meters (account_id, scope) values (p_account, p_scope) on conflict do nothing;
    select * into m from limits.meters where account_id = p_account and scope = p_scope for update;
    m := limits.slide(m, p_rule.name, p_rule.per, limits.micros(p_now), v_amount);
    update limits.meters set names = m.names, starts = m.starts, used = m.used where account_id = p_account and scope = p_scope;
    return null;
  end if;
  if p_rule.per = 'billing_period' then perform limits.drop_anchor(p_account, e.product, p_now); end if;
  v_window := limits.window_of(p_account, e.product, p_rule.per, v_stored, p_now);
  -- Another product's decision with this key may have been later than ours.
  if p_scope = p_rule.counts_by and v_stored > v_window.starts then v_window.starts := v_stored; end if;
  v_since := limits.window_begins(p_account, p_rule.per, v_window, p_now);
  select sum(case p_rule.kind when 'budget' then cost when 'calls' then 1 when 'tokens' then prompt_tokens + completion_tokens else units end) into v_amount
    from unnest(p_events) where happened_at >= v_since;
  if v_amount is null then return null; end if;
  perform limits.charge(p_account, p_scope, p_rule.name, v_window.starts, v_amount);
  perform limits.note_charge(p_account, e.product, p_scope, p_rule.name, p_rule.kind, p_rule.per, v_window.starts, v_amount, true, p_now);
  if p_rule.kind = 'burst' or p_rule.per = 'minute' then return null; end if;
  return row(e.product, e.name, e.subject, v_since, jsonb_build_array(p_scope, p_rule.name, case p_rule.kind when 'calls' then 'quota' else p_rule.kind end,
    v_window.starts, case p_rule.kind when 'calls' then 1 end, p_rule.per));
end $$;

-- Charges the limits of each feature and subject with what happened of it; the account's meters are locked.
create or replace function limits.charge_all(p_account uuid, p_user uuid, p_key uuid, p_bounds accounts.key_bound[], p_features limits.feature[], p_events limits.reported[], p_now timestamptz)
returns limits.charged[] language plpgsql as $$
declare
  g record;
  f limits.feature;
  c limits.rule;
  v_grants jsonb;
  v_scope text;
  v_one limits.charged;
  v_charged limits.charged[] := '{}';
begin
  for g in
    select t.product, t.feature, t.subject, array_agg(t::limits.reported) as events from unnest(p_events) as t group by 1, 2, 3 order by t.product collate "C", 2, 3
  loop
    f := p_features[g.feature];
    v_grants := entitlements.segment(p_account, g.product, p_now)->'grants';
    if p_bounds is not null then f.rules := f.rules || limits.key_rules(p_bounds, null); end if;
    foreach c in array f.rules loop
      v_scope := case c.counts_by when 'account' then g.product when 'member' then g.product || '/member:' || p_user
        when 'key' then g.product || '/key:' || coalesce(p_key::text, '') when 'subject' then g.product || '/subject:' || g.subject else c.counts_by end;
      if c.kind = 'sliding' then v_scope := v_scope || '/' || c.name; end if;
      v_one := limits.charge_reported(p_account, v_scope, c, (v_grants->>c.name)::bigint, g.events, p_now);
      if v_one is not null then v_charged := v_charged || v_one; end if;
    end loop;
  end loop;
  return v_charged;
end $$;

-- Writes down what a backend (p_holder) of the transaction's account reports, in the name of p_user. p_products: those of the
-- events, in the order in which all processes lock meters. Answers in the order of the events: posted, duplicate (it was reported
-- before), or mismatch (its id was used for something else before).
create or replace function limits.report(p_user uuid, p_key uuid, p_holder uuid, p_request text, p_products text[], p_features limits.feature[], p_events limits.reported[])
returns table (status text) language plpgsql
-- As in admission: a thousand events are a thousand look-ups, and not as many scans of a table that seemed small.
-- Before PostgreSQL 18 what is off costs so much that each event would be compiled for: 40 ms each, on 15.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_fresh uuid[];
  v_events limits.reported[];
  v_charged limits.charged[];
  v_states limits.operator_state[];
  v_bounds accounts.key_bound[] := accounts.key_bounds(v_account, (select makers || id from identity.api_keys where account_id = v_account and id = p_key));
  p limits.permits;
begin
  insert into limits.meters (account_id, scope) select v_account, product from unnest(p_products) as product on conflict do nothing;
  perform from limits.meters where account_id = v_account and scope = any(p_products) order by scope collate "C" for update;
  if v_bounds is not null then
    -- As in admission: after those of the products, in one order.
    insert into limits.meters (account_id, scope) select v_account, 'key:' || key_id from unnest(v_bounds) order by 2 on conflict do nothing;
    perform from limits.meters where account_id = v_account and scope in (select 'key:' || key_id from unnest(v_bounds)) order by scope for update;
  end if;
  select limits.time_after(max(seen) filter (where seen <= limits.trusted(app.now()))) into v_now from limits.meters where account_id = v_account and scope = any(p_products);
  select array_agg((product, name, feature, id, permit_id, reported_id, units, least(coalesce(happened_at, v_now), v_now), subject, provider, model,
      provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, price_version)::limits.reported)
    into v_events from unnest(p_events);
  -- Ids are locked in one order, whichever products two reports are about.
  with written as (
    insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, provider_request_id,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, reserve, cost, charged, price_version, state, reported_by, reported_id, happened_at, request_id, created_at, updated_at)
      select v_account, id, permit_id, 1, 1, p_user, p_key, product, name, provider, model, provider_request_id,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, 0, cost, cost, price_version, 'posted', p_holder, reported_id, happened_at, p_request, v_now, v_now
        from unnest(v_events) with ordinality order by reported_id, ordinality
      on conflict (account_id, reported_by, reported_id) where reported_id is not null do nothing
      returning id
  )
  select coalesce(array_agg(id), '{}') into v_fresh from written;
  select array_agg(t::limits.reported) into v_events from unnest(v_events) as t where t.id = any(v_fresh);
  if cardinality(v_fresh) > 0 then
    v_charged := limits.charge_all(v_account, p_user, p_key, v_bounds, p_features, v_events, v_now);
    if right(p_holder::text, 1) = '2' and exists (select from limits.operator_budgets) then v_states := limits.operator_states(v_now); end if;
    for p in
      with held as materialized (select product, entitlements.segment(v_account, product, v_now)->>'plan' as plan from unnest(p_products) as product)
      insert into limits.permits (account_id, id, user_id, key_id, product, feature, plan, units, reserve, state, holder, fence, slots, charges, subject, due_at,
          operator_budgets, request_id, created_at, updated_at)
        select v_account, e.permit_id, p_user, p_key, e.product, e.name, held.plan, e.units, e.cost, 'settled', p_holder, 1, '{}', coalesce((
              select jsonb_agg(case when c.charge->>2 = 'quota' and c.charge->>4 is null then jsonb_set(c.charge, '{4}', to_jsonb(e.units))
                when c.charge->>2 = 'tokens' then jsonb_set(c.charge, '{4}', to_jsonb(e.prompt_tokens + e.completion_tokens)) else c.charge end) from unnest(v_charged) as c
              where c.product = e.product and c.name = e.name and c.subject is not distinct from e.subject and c.since <= e.happened_at), '[]'),
            e.subject, v_now, (limits.governing(v_states, e.product, e.name, held.plan, e.provider)).budgets, p_request, v_now, v_now
          from unnest(v_events) as e join held on held.product = e.product
      returning *
    loop
      if p.operator_budgets is not null then perform limits.count_spending(p, null, v_now); end if;
    end loop;
    update limits.meters set seen = limits.micros(v_now) where account_id = v_account and scope = any(p_products);
  end if;
  return query
    select case when e.id = any(v_fresh) then 'posted'
        when u.product = e.product and u.feature = e.name and u.model = e.model and u.prompt_tokens = e.prompt_tokens and u.completion_tokens = e.completion_tokens
          and (u.cost = e.cost or u.price_version <> e.price_version)
          and e.units = (select units from limits.permits where account_id = v_account and id = u.permit_id) then 'duplicate' else 'mismatch' end
    from unnest(p_events) with ordinality as e join limits.usage_events u on u.account_id = v_account and u.reported_by = p_holder and u.reported_id = e.reported_id order by e.ordinality;
end $$;
