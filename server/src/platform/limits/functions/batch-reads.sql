-- Locks the meters of a batch, then reads the clock, then all that it is decided on.

-- The meters of a batch, each under its lock: p_wait says whether to wait for it. An account's first is made. Null: another transaction holds it.
-- A statement sees what was committed before it began: so what is decided on is read by statements that follow the lock.
create or replace function limits.lock_meters_for(p_accounts uuid[], p_products text[], p_wait boolean) returns limits.meters[] language plpgsql as $$
declare
  v_meters limits.meters[] := array_fill(null::limits.meters, array[cardinality(p_accounts)]); v_meter limits.meters; v_row record;
begin
  if p_wait and cardinality(p_accounts) = 1 then
    select * into v_meter from limits.meters where account_id = p_accounts[1] and scope = p_products[1] for update;
    if found then return array[v_meter]; end if;
  elsif p_wait then
    for v_row in
      select place, meter from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place) cross join lateral (
        select meters as meter from limits.meters where account_id = account and scope = product for update) as held
    loop v_meters[v_row.place] := v_row.meter; end loop;
  else
    for v_row in
      select place, meter from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place) cross join lateral (
        select meters as meter from limits.meters where account_id = account and scope = product for update skip locked) as held
    loop v_meters[v_row.place] := v_row.meter; end loop;
  end if;
  for v_place in 1 .. cardinality(p_accounts) loop
    continue when not (v_meters[v_place] is null);
    insert into limits.meters (account_id, scope) values (p_accounts[v_place], p_products[v_place]) on conflict do nothing returning * into v_meter;
    if found then v_meters[v_place] := v_meter; end if;
  end loop;
  return v_meters;
end $$;

-- The bounds of a key and of those that it comes from count for all products: their meters are locked too, in one order, after
-- those of the products.
create or replace function limits.lock_budgets(p_spenders accounts.spender[], p_standings accounts.spender_state[]) returns boolean language plpgsql as $$
begin
  insert into limits.meters (account_id, scope)
    select distinct w.account_id, 'key:' || b.key_id from unnest(p_spenders, p_standings) as w (account_id, user_id, key_id, session_id, refused, bounds)
      cross join lateral unnest(w.bounds) as b order by 1, 2
    on conflict do nothing;
  perform from limits.meters t where (t.account_id, t.scope) in (
    select w.account_id, 'key:' || b.key_id from unnest(p_spenders, p_standings) as w (account_id, user_id, key_id, session_id, refused, bounds)
      cross join lateral unnest(w.bounds) as b) order by t.account_id, t.scope for update;
  return true;
end $$;

-- The time at which a batch is decided, and its meters: after the locks, and never behind a row's last, for a waiter must not judge in the past.
-- A row whose last lies past what is trusted was written under a clock that was wrong.
-- bounds: when the present minute, hour, day, week and month began, in epoch microseconds.
create or replace function limits.clock_of(inout meters limits.meters[], out now timestamptz, out bounds bigint[], out jumped integer[]) language plpgsql as $$
declare
  v_trusted bigint := limits.trusted(app.now());
  v_seen bigint := 0; v_now bigint;
begin
  jumped := '{}';
  for v_place in 1 .. cardinality(meters) loop
    if (meters[v_place]).seen <= v_trusted then v_seen := greatest(v_seen, (meters[v_place]).seen);
    elsif (meters[v_place]).seen > v_trusted then jumped := jumped || v_place;
    end if;
  end loop;
  now := limits.time_after(v_seen);
  v_now := (extract(epoch from now) * 1000000)::bigint;
  bounds := array[v_now - v_now % 60000000, v_now - v_now % 3600000000, v_now - v_now % 86400000000, limits.window_start('week', now), limits.window_start('month', now)];
  for v_place in 1 .. cardinality(jumped) loop meters[jumped[v_place]] := limits.after_jump(meters[jumped[v_place]], now); end loop;
end $$;

-- All that is read for a batch, in one statement: each costs as much to start as it reads. p_concurrent: whether open permits matter to any of it.
create or replace function limits.read_for(p_accounts uuid[], p_products text[], p_concurrent boolean, p_spenders accounts.spender[], p_holder uuid, p_now timestamptz,
  out lease timestamptz, out governed boolean, out standings accounts.spender_state[], out open bigint[], out segments jsonb[], out staked bigint[],
  out staked_until timestamptz[]) language plpgsql as $$
begin
  select h.expires_at, exists (select from limits.operator_budgets),
      (select array_agg((w.refused, w.bounds)::accounts.spender_state order by s.place)
        from unnest(p_spenders) with ordinality as s (account_id, user_id, key_id, session_id, place)
        cross join lateral accounts.standing_of(s.account_id, s.user_id, s.key_id, s.session_id) as w), o.*
    into lease, governed, standings, open, segments, staked, staked_until
    from (select) as one left join limits.holders h on h.id = p_holder cross join lateral (
      select array_agg(case when p_concurrent then (
            select count(*) from limits.permits p where p.account_id = w.account and p.product = w.product and p.state in ('queued', 'running')) end order by place),
          array_agg(entitlements.segment_at(coalesce(
            (select s.timeline from entitlements.snapshots s where s.account_id = w.account and s.product = w.product order by s.version desc limit 1),
            entitlements.ungranted(w.account, w.product)), p_now) order by place),
          array_agg(x.of_account order by place), array_agg(x.until order by place)
        from unnest(p_accounts, p_products) with ordinality as w (account, product, place)
        cross join lateral (select coalesce(sum(fails.reserve), 0)::bigint as of_account, max(fails.due_at) as until from limits.may_fail(w.account, p_now) fails) as x) as o;
end $$;

-- The places of requests whose key is known already.
create or replace function limits.known_keys(p_requests limits.request[]) returns integer[] language plpgsql as $$
begin
  return (select array_agg(place::integer) from unnest(p_requests) with ordinality as asked (account_id, permit_id, event_id, user_id, key_id,
      product, feature, units, reserve, least, state, subject, provider, model, price_version, request_id, route, key_hash, body_hash, twin, place)
    where asked.key_hash is not null and (
      select true from idempotency.keys k where k.account_id = asked.account_id and k.route = asked.route and k.key_hash = asked.key_hash limit 1));
end $$;
