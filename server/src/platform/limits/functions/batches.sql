-- Writes what a batch was granted: the meters that changed, of which the first p_own are of accounts and products, and the permits with their first
-- calls and keys. Answers what the batch is told, in the order of its requests.
create or replace function limits.write_admitted(p_meters limits.meters[], p_dirty boolean[], p_own integer, p_requests limits.request[], p_admitted limits.admitted[],
  p_answers jsonb[], p_facts limits.call_facts[], p_holder uuid, p_now timestamptz)
returns table (granted bigint, answer jsonb) language plpgsql as $$
begin
  update limits.meters t set names = d.names, starts = d.starts, used = d.used, seen = limits.micros(p_now)
    from unnest(p_meters[:p_own], p_dirty) as d (account_id, scope, names, starts, used, seen, created_at, dirty)
    where d.dirty and t.account_id = d.account_id and t.scope = d.scope;
  if cardinality(p_meters) > p_own then
    insert into limits.meters as t (account_id, scope, names, starts, used)
      select d.account_id, d.scope, d.names, d.starts, d.used
        from unnest(p_meters, p_dirty) with ordinality as d (account_id, scope, names, starts, used, seen, created_at, dirty, place)
        where d.dirty and d.place > p_own
      on conflict (account_id, scope) do update set names = excluded.names, starts = excluded.starts, used = excluded.used;
  end if;
  with admitted as materialized (
    select * from unnest(p_requests, p_admitted, p_facts) as asked (account_id, permit_id, event_id, user_id, key_id, product, feature, units,
        wanted, least, state, subject, provider, model, price_version, request_id, route, key_hash, body_hash, twin, reserve, charges, slots, due_at, operator_budgets, plan, tokens,
        least_tokens, tags)
      where reserve is not null
  ), permits as (
    insert into limits.permits (account_id, id, user_id, key_id, product, feature, units, reserve, state, holder, fence, slots, charges, subject, due_at,
        operator_budgets, plan, tags, request_id, created_at, updated_at)
      select account_id, permit_id, user_id, key_id, product, feature, units, reserve, state, p_holder, 1, slots, charges, subject, due_at,
        operator_budgets, plan, tags, request_id, p_now, p_now from admitted
  ), events as (
    insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, reserve, price_version,
        state, request_id, created_at, updated_at)
      select account_id, event_id, permit_id, 1, 1, user_id, key_id, product, feature, provider, model, reserve, price_version,
        case state when 'queued' then 'pending' else 'sent' end, request_id, p_now, p_now from admitted
  )
  insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state, created_at, expires_at)
    select account_id, route, key_hash, body_hash, permit_id, 'running', p_now, p_now + interval '24 hours' from admitted where key_hash is not null;
  return query select t.reserve, t.answer from unnest(p_admitted, p_answers) as t (reserve, charges, slots, due_at, operator_budgets, plan, answer);
end $$;

-- Decides p_requests, whose neighbours share p_runs; p_spenders[i] is who asks for p_runs[i]. p_accounts and p_products: the
-- meters under which they are decided, each once, in the order in which all processes lock them. p_wait: whether to wait for a
-- locked meter; else its requests are answered `busy` and come again with the next batch. p_repeats: whether each key is
-- looked up first. Without it only those that have no permit coming are, and a key that is known after all undoes the batch by
-- violating its unique constraint: it comes again with the look-up.
-- Answers in the order of the requests: the reserve of a new permit, or else what the caller is told.
create or replace function limits.admit(p_accounts uuid[], p_products text[], p_features limits.feature[], p_spenders accounts.spender[], p_runs limits.run[],
  p_requests limits.request[], p_holder uuid, p_wait boolean, p_repeats boolean, p_facts limits.call_facts[] default null)
returns table (granted bigint, answer jsonb) language plpgsql
-- Plans are made once and kept: one that was made while tables were small must not read them whole when they have grown.
-- Before PostgreSQL 18 what is off costs so much that the plans would be compiled.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  -- Meters of the batch where we have the lock, and after them those of narrower scopes, which the former protect.
  v_meters limits.meters[]; v_dirty boolean[] := array_fill(false, array[cardinality(p_accounts)]); m limits.meters;
  v_now timestamptz; v_now_us bigint; v_bounds bigint[];
  v_trusted bigint := limits.trusted(app.now()); v_jumped integer[];
  v_segments jsonb[]; v_standings accounts.spender_state[]; v_lease timestamptz; v_known integer[]; v_capped boolean := false;
  v_governed boolean; v_states limits.operator_state[]; v_governing record; v_budgets uuid[];
  -- How many permits are open by meter; and where these might be too many, by slot; and those that this batch added to each.
  v_concurrent boolean := false; v_number_open bigint[]; v_open jsonb[]; v_added jsonb[];
  -- The run at hand: its limits, what they have room for, and what it was granted so far.
  r limits.run; who accounts.spender; standing accounts.spender_state; f limits.feature; c limits.rule; q limits.request;
  v_run integer := 0; v_rule integer; v_place integer; v_loaded integer; v_twin integer; v_scope text; v_start bigint;
  v_refused text; v_closed jsonb; v_grants jsonb; v_answer jsonb; v_user text; v_is_new boolean;
  v_scopes text[]; v_meter integer[]; v_at integer[]; v_max bigint[]; v_taken bigint[]; v_starts bigint[];
  v_units_left bigint; v_cost_left bigint; v_slots_left bigint; v_number bigint; v_units bigint; v_cost bigint;
  -- Null: no limit counts tokens.
  v_tokens_left bigint; v_tokens bigint; v_tokens_taken bigint;
  -- What failed of the account, what its calls that run may cost at most if they fail and when the last of them is over, by account what that
  -- is with those that this batch granted, and what may be borne.
  v_failed bigint; v_staked bigint; v_staked_until timestamptz; v_stakes jsonb := '{}'; v_borne bigint;
  v_all_staked bigint[]; v_all_staked_until timestamptz[];
  v_reserve bigint; v_charge jsonb; v_charged integer; v_held text[]; v_purses text[]; v_purse text; v_due timestamptz;
  -- The answers in the order of the requests; or what the rows of a granted one are made of.
  v_answers jsonb[] := array_fill(null::jsonb, array[cardinality(p_requests)]);
  v_admitted limits.admitted[] := array_fill(null::limits.admitted, array[cardinality(p_requests)]);
begin
  select * into v_meters, v_now, v_bounds, v_jumped from limits.clock_of(limits.lock_meters_for(p_accounts, p_products, p_wait));
  v_now_us := (extract(epoch from v_now) * 1000000)::bigint;
  foreach f in array p_features loop v_concurrent := v_concurrent or f.concurrent; end loop;
  select * into v_lease, v_governed, v_standings, v_number_open, v_segments, v_all_staked, v_all_staked_until
    from limits.read_for(p_accounts, p_products, v_concurrent, p_spenders, p_holder, v_now);
  -- The operator's budgets are looked at when there are any.
  if v_governed then v_states := limits.operator_states(v_now); end if;
  foreach standing in array v_standings loop v_capped := v_capped or standing.bounds is not null; end loop;
  if v_capped then perform limits.lock_budgets(p_spenders, v_standings); end if;
  if p_repeats then v_known := limits.known_keys(p_requests); end if;

  foreach r in array p_runs loop
    v_run := v_run + 1;
    if v_meters[r.meter] is null then
      for v_place in r.first .. r.last loop v_answers[v_place] := '{"kind": "busy"}'; end loop;
      continue;
    end if;
    who := p_spenders[v_run]; f := p_features[r.feature];
    standing := v_standings[v_run]; v_refused := standing.refused;
    if standing.bounds is not null then
      v_user := limits.end_user((p_facts[r.first]).tags);
      f.rules := f.rules || limits.key_rules(standing.bounds, v_user);
      if v_user is null and exists (select from unnest(standing.bounds) as b where b.name like 'key\_user\_%') then
        v_refused := coalesce(v_refused, 'end_user_required');
      end if;
    end if;
    if v_refused is null and (v_lease is null or v_lease <= v_now) then v_refused := 'holder_dead'; end if;
    v_grants := v_segments[r.meter]->'grants';
    v_closed := case when v_refused is not null then jsonb_build_object('kind', 'refused', 'reason', v_refused)
      when f.requires is not null or r.needs is not null or v_segments[r.meter]->>'plan' is null then limits.plan_required(f, r.needs, v_segments[r.meter]) end;

    -- What all its limits together have room for.
    v_units_left := 9007199254740991; v_cost_left := v_units_left; v_slots_left := v_units_left; v_tokens_left := null; v_tokens_taken := 0;
    v_number := 0; v_units := 0; v_cost := 0; v_charged := null; v_held := '{}'; v_purses := null;
    v_rule := 0; v_loaded := 0;
    if v_closed is null then
    foreach c in array f.rules loop
      v_rule := v_rule + 1;
      v_max[v_rule] := (v_grants->>c.name)::bigint;
      if c.bound is not null then
        if v_loaded <> r.meter then m := v_meters[r.meter]; v_loaded := r.meter; end if;
        v_place := array_position(m.names, c.name);
        v_at[v_rule] := v_place; v_starts[v_rule] := v_bounds[c.bound]; v_meter[v_rule] := r.meter; v_scopes[v_rule] := r.product;
        v_taken[v_rule] := case when m.starts[v_place] = v_bounds[c.bound] then m.used[v_place] else 0 end;
        if c.kind = 'failures' then
          v_max[v_rule] := c.most;
          -- Those of other products count too, once there is one of this.
          if v_taken[v_rule] > 0 then v_taken[v_rule] := limits.failures(who.account_id, v_starts[v_rule]); end if;
          if v_taken[v_rule] >= c.most then v_slots_left := 0; end if;
          -- Calls that run may fail too, those that this batch granted before among them.
          v_failed := v_taken[v_rule]; v_borne := c.most;
          v_staked := (v_stakes->who.account_id::text->>0)::bigint; v_staked_until := (v_stakes->who.account_id::text->>1)::timestamptz;
          if v_staked is null then v_staked := v_all_staked[r.meter]; v_staked_until := v_all_staked_until[r.meter]; end if;
        elsif c.kind = 'budget' then
          v_cost_left := least(v_cost_left, coalesce(v_max[v_rule] - v_taken[v_rule], -1));
        else
          v_units_left := least(v_units_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
        end if;
        continue;
      end if;
      if c.kind = 'credits' then
        v_purses := v_purses || c.name;
        v_units_left := least(v_units_left, case when v_max[v_rule] is null then 0 else limits.refill(who.account_id, r.product, c, v_max[v_rule], v_now) end);
        continue;
      end if;
      v_place := r.meter;
      v_scope := r.product;
      if c.counts_by <> 'account' then
        v_scope := case c.counts_by when 'member' then v_scope || '/member:' || who.user_id when 'key' then v_scope || '/key:' || coalesce(who.key_id::text, '')
          when 'subject' then v_scope || '/subject:' || r.subject else c.counts_by end;
        if v_scope = c.counts_by then v_max[v_rule] := c.most; end if;
      end if;
      if c.kind = 'concurrency' then
        v_scope := v_scope || ' ' || c.name; v_scopes[v_rule] := v_scope;
        v_held := v_held || v_scope;
        if v_number_open[r.meter] + cardinality(p_requests) <= v_max[v_rule] then
          -- There is room for them all, in any slots and of any holder.
          v_taken[v_rule] := v_number_open[r.meter];
        else
          if v_open[r.meter] is null then v_open[r.meter] := (limits.open_permits(p_accounts[r.meter:r.meter], p_products[r.meter:r.meter], v_now))[1]; end if;
          v_taken[v_rule] := coalesce((v_open[r.meter]->>v_scope)::bigint, 0) + coalesce((v_added[r.meter]->>v_scope)::bigint, 0);
        end if;
        v_slots_left := least(v_slots_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
        continue;
      end if;
      if c.kind = 'sliding' then v_scope := v_scope || '/' || c.name; end if;
      if v_scope <> r.product then
        v_place := null;
        for v_other in cardinality(p_accounts) + 1 .. cardinality(v_meters) loop
          if (v_meters[v_other]).scope = v_scope and (v_meters[v_other]).account_id = who.account_id then v_place := v_other; exit; end if;
        end loop;
        if v_place is null then
          select * into m from limits.meters where account_id = who.account_id and scope = v_scope;
          if not found then
            m.account_id := who.account_id; m.scope := v_scope; m.names := '{}'; m.starts := '{}'; m.used := '{}'; m.seen := 0; m.created_at := v_now;
          elsif r.meter = any(v_jumped) then m := limits.after_jump(m, v_now);
          end if;
          v_place := cardinality(v_meters) + 1; v_loaded := v_place;
          v_meters[v_place] := m; v_dirty[v_place] := false;
        end if;
      end if;
      v_scopes[v_rule] := v_scope;
      if v_loaded <> v_place then m := v_meters[v_place]; v_loaded := v_place; end if;
      v_meter[v_rule] := v_place;
      v_place := array_position(m.names, c.name);
      v_at[v_rule] := v_place;
      if c.kind = 'sliding' then
        v_taken[v_rule] := limits.used_within(m, c.per, v_now_us);
        v_units_left := least(v_units_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
        continue;
      end if;
      if c.kind = 'cooldown' then
        v_starts[v_rule] := m.starts[v_place];
        -- One that ends later than it can was begun under a clock that was wrong; a plan that the account had may have had longer ones.
        v_taken[v_rule] := case when m.starts[v_place] > v_now_us and m.starts[v_place] <= v_now_us + greatest(v_max[v_rule], 3600) * 1000000 then 1 else 0 end;
        if v_taken[v_rule] = 1 or v_max[v_rule] is null then v_slots_left := 0;
        elsif v_max[v_rule] > 0 then v_slots_left := least(v_slots_left, 1); end if;
        continue;
      end if;
      if c.per = 'billing_period' then perform limits.drop_anchor(who.account_id, r.product, v_now); end if;
      v_start := (limits.window_of(who.account_id, r.product, c.per, m.starts[v_place], v_now)).starts;
      -- Another product's decision with this key may have been later than ours.
      if v_scope = c.counts_by and m.starts[v_place] <= v_trusted then v_start := greatest(v_start, m.starts[v_place]); end if;
      v_starts[v_rule] := v_start;
      v_taken[v_rule] := case when m.starts[v_place] = v_start then m.used[v_place] else 0 end;
      if c.kind = 'users' then
        -- It follows the limits of the end user, the longest at last: one who has that window is counted already.
        if not v_is_new then v_max[v_rule] := 9007199254740991; end if;
        if v_taken[v_rule] >= v_max[v_rule] then v_slots_left := 0; end if;
        continue;
      end if;
      v_is_new := m.starts[v_place] is distinct from v_start;
      if c.kind = 'budget' then
        v_cost_left := least(v_cost_left, coalesce(v_max[v_rule] - v_taken[v_rule], -1));
      elsif c.kind = 'calls' then
        v_slots_left := least(v_slots_left, v_max[v_rule] - v_taken[v_rule]);
      elsif c.kind = 'tokens' then
        v_tokens_left := least(v_tokens_left, v_max[v_rule] - v_taken[v_rule]);
      else
        v_units_left := least(v_units_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
      end if;
    end loop;
    end if;

    v_due := v_now + make_interval(secs => f.longest);
    for v_place in r.first .. r.last loop
      q := p_requests[v_place];
      -- Why it gets no permit, if it gets none; but a repeat charges nothing, and is answered first.
      v_answer := null;
      if v_place = any(v_known) then v_answer := limits.repeated(q, p_holder, v_refused, v_now); end if;
      -- Of those before it under its key, one may have been denied and a later one admitted.
      v_twin := q.twin;
      while (v_admitted[v_twin]).reserve is null and v_twin is not null loop v_twin := (p_requests[v_twin]).twin; end loop;
      if v_answer is null and v_twin is not null then
        v_answer := jsonb_build_object('kind', case when (p_requests[v_twin]).body_hash = q.body_hash then 'running' else 'mismatch' end);
      end if;
      if v_answer is null then
        if v_closed is not null then v_answer := v_closed;
        elsif q.units > v_units_left or v_slots_left < 1 or q.least > v_cost_left or coalesce((p_facts[v_place]).least_tokens, 0) > v_tokens_left then
          v_answer := limits.denial(f, r, q, v_scopes, v_segments[r.meter]->>'plan', v_now, v_max, v_taken, v_starts, v_number, v_units, v_cost,
            v_tokens_taken, (p_facts[v_place]).least_tokens);
        elsif q.state = 'running' and v_staked > 0 and v_failed + v_staked + least(q.reserve, v_cost_left) > v_borne then
          -- If the providers broke them all, more would be borne than may be. It waits as for a place.
          v_answer := jsonb_build_object('kind', 'denied', 'limit', 'failures', 'of', 'concurrency', 'used', v_failed + v_staked, 'max', v_borne,
            'resets_at', greatest(v_staked_until, v_now + interval '1 second'), 'now', v_now, 'plan', v_segments[r.meter]->>'plan');
        elsif v_states is not null then
          v_governing := limits.governing(v_states, r.product, r.name, v_segments[r.meter]->>'plan', q.provider);
          v_budgets := v_governing.budgets;
          if v_governing.closed is not null then
            v_answer := jsonb_build_object('kind', 'refused', 'reason', 'operator_budget_closed', 'budget', v_governing.closed);
          end if;
        end if;
        if v_answer is not null and q.key_hash is not null and not p_repeats then
          v_answer := coalesce(limits.repeated(q, p_holder, v_refused, v_now), v_answer);
        end if;
      end if;
      if v_answer is not null then v_answers[v_place] := v_answer; continue; end if;
      -- Less room than asked in a budget, but enough to make sense: the permit carries what is left.
      v_reserve := least(q.reserve, v_cost_left);
      v_number := v_number + 1; v_units := v_units + q.units; v_cost := v_cost + v_reserve;
      if q.state = 'running' and v_reserve > 0 then v_staked := v_staked + v_reserve; v_staked_until := greatest(v_staked_until, v_due); end if;
      v_slots_left := v_slots_left - 1; v_units_left := v_units_left - q.units; v_cost_left := v_cost_left - v_reserve;
      if v_tokens_left is not null then
        v_charged := null;
        v_tokens := least(coalesce((p_facts[v_place]).tokens, 0), v_tokens_left);
        v_tokens_left := v_tokens_left - v_tokens; v_tokens_taken := v_tokens_taken + v_tokens;
        v_answers[v_place] := jsonb_build_object('tokens', v_tokens);
      end if;
      if v_charged is distinct from q.units then
        v_charged := q.units; v_charge := '[]'; v_rule := 0;
        foreach c in array f.rules loop
          v_rule := v_rule + 1;
          if c.kind in ('quota', 'budget', 'tokens') or c.kind = 'calls' and c.per <> 'minute' then
            v_charge := v_charge || jsonb_build_array(jsonb_build_array(v_scopes[v_rule], c.name, case c.kind when 'calls' then 'quota' else c.kind end, v_starts[v_rule],
              case c.kind when 'quota' then q.units when 'calls' then 1 when 'tokens' then v_tokens end, c.per));
          end if;
        end loop;
      end if;
      v_answer := v_charge;
      if v_purses is not null then
        foreach v_purse in array v_purses loop
          v_answer := v_answer || limits.draw(who.account_id, r.product, v_purse, q.units, v_now);
        end loop;
      end if;
      v_admitted[v_place] := row(v_reserve, v_answer, v_held, v_due, v_budgets, v_segments[r.meter]->>'plan')::limits.admitted;
    end loop;

    -- Write down in the meters what the run was granted.
    continue when v_number = 0;
    v_stakes := v_stakes || jsonb_build_object(who.account_id, jsonb_build_array(v_staked, v_staked_until));
    -- Its last instant is kept there, also where all its windows are in narrower scopes.
    v_dirty[r.meter] := true;
    v_rule := 0; v_loaded := 0;
    foreach c in array f.rules loop
      v_rule := v_rule + 1; v_place := v_at[v_rule];
      continue when c.kind = 'failures';
      if c.kind = 'credits' then
        perform limits.note_credits(who.account_id, r.product, c, v_units, v_now);
        continue;
      end if;
      if c.kind = 'concurrency' then
        v_added[r.meter] := coalesce(v_added[r.meter], '{}') || jsonb_build_object(v_scopes[v_rule], coalesce((v_added[r.meter]->>v_scopes[v_rule])::bigint, 0) + v_number);
        continue;
      end if;
      if v_loaded <> v_meter[v_rule] then
        if v_loaded > 0 then v_meters[v_loaded] := m; end if;
        v_loaded := v_meter[v_rule]; m := v_meters[v_loaded]; v_dirty[v_loaded] := true;
      end if;
      if c.kind = 'sliding' then
        m := limits.slide(m, c.name, c.per, v_now_us, v_units);
        continue;
      end if;
      if c.kind = 'cooldown' then v_starts[v_rule] := v_now_us + v_max[v_rule] * 1000000; end if;
      v_reserve := case c.kind when 'budget' then v_taken[v_rule] + v_cost when 'cooldown' then 1 when 'calls' then v_taken[v_rule] + v_number
        when 'tokens' then v_taken[v_rule] + v_tokens_taken when 'users' then v_taken[v_rule] + (v_max[v_rule] = c.most)::integer else v_taken[v_rule] + v_units end;
      if v_reserve * 5 >= v_max[v_rule] * 4 and (v_taken[v_rule] * 5 < v_max[v_rule] * 4 or v_taken[v_rule] < v_max[v_rule] and v_reserve >= v_max[v_rule]) then
        perform limits.note(who.account_id, r.product, v_scopes[v_rule], c.name, c.kind, c.per, v_starts[v_rule], v_taken[v_rule], v_reserve, v_max[v_rule], v_now);
      end if;
      if v_place is null then
        m.names := m.names || c.name; m.starts := m.starts || v_starts[v_rule]; m.used := m.used || v_reserve;
      else
        m.starts[v_place] := v_starts[v_rule]; m.used[v_place] := v_reserve;
      end if;
    end loop;
    if v_loaded > 0 then v_meters[v_loaded] := m; end if;
  end loop;

  return query select w.granted, w.answer from limits.write_admitted(v_meters, v_dirty, cardinality(p_accounts), p_requests, v_admitted, v_answers, p_facts, p_holder, v_now) as w;
end $$;

-- The answer that a request would get now: limits.admit gives it, and all that it wrote is undone.
create or replace function limits.preview(p_accounts uuid[], p_products text[], p_features limits.feature[], p_spenders accounts.spender[], p_runs limits.run[],
  p_requests limits.request[], p_holder uuid, p_wait boolean, p_facts limits.call_facts[] default null)
returns table (granted bigint, answer jsonb) language plpgsql as $$
begin
  begin
    select a.granted, a.answer into granted, answer
      from limits.admit(p_accounts, p_products, p_features, p_spenders, p_runs, p_requests, p_holder, p_wait, false, p_facts) a;
    raise exception 'undone' using errcode = 'PL019';
  exception when sqlstate 'PL019' then return next;
  end;
end $$;
