-- Admission of requests whose process knows what their account may: server/src/platform/limits/decide said yes to them, and here that is written if all
-- that it rests on is still so under the account's lock. It never says no: whatever is not so is decided by limits.admit.
-- One function, and longer than others may be: in parts it takes a lone caller a tenth more (docs/decisions/0070 has the figures).

-- Admits p_requests, all of them, and answers null; or changes nothing and answers why. They are of one spender and feature, and alike but for
-- their ids and keys, which all have or none. p_wait: whether to wait for the lock of the account's meter.
-- Each statement after the lock sees what was committed before it: so there is nothing that a wait could have made old.
create or replace function limits.admit_within(p_who accounts.spender, p_product text, p_basis limits.basis, p_requests limits.request[], p_holder uuid, p_wait boolean)
returns text language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  m limits.meters; others limits.meters[] := '{}'; b limits.bound;
  v record; v_now bigint; v_at integer; v_used bigint; v_budgets uuid[]; v_closed uuid; v_failed bigint := 0;
begin
  -- 1. The lock.
  if p_wait then
    select * into m from limits.meters where account_id = p_who.account_id and scope = p_product for update;
  else
    select * into m from limits.meters where account_id = p_who.account_id and scope = p_product for update skip locked;
  end if;
  -- Who waited and has none is the first, or was erased.
  if not found then return case when p_wait then 'new' else 'busy' end; end if;

  -- 2. What may change beside the counters, all of one instant.
  select t.now, m.seen > limits.trusted(c.clock) as is_ahead, w.refused, w.key_budgets,
      (select s.version from entitlements.snapshots s where s.account_id = p_who.account_id and s.product = p_product order by s.version desc limit 1) as version,
      exists (select from limits.holders h where h.id = p_holder and h.expires_at > t.now) as lives, exists (select from limits.operator_budgets) as governed,
      (select count(*) from limits.permits p where p.account_id = p_who.account_id and p.product = p_product and p.state in ('queued', 'running')) as open,
      (select coalesce(sum(f.reserve), 0) from limits.may_fail(p_who.account_id, t.now) f) as staked
    into v from (select app.now() offset 0) as c (clock) cross join lateral (select greatest(c.clock, limits.instant(m.seen)) offset 0) as t (now)
      cross join lateral accounts.standing_of(p_who.account_id, p_who.user_id, p_who.key_id, p_who.session_id) as w;
  v_now := limits.micros(v.now);
  if v.is_ahead or v_now < p_basis.since or v_now >= p_basis.until then return 'time'; end if;
  if v.refused is not null or v.key_budgets is distinct from p_basis.key_budgets then return 'spender'; end if;
  if not v.lives then return 'holder'; end if;
  if v.version is distinct from p_basis.version or v.version is null and entitlements.ungranted(p_who.account_id, p_product) is distinct from p_basis.by_default then return 'plan'; end if;
  if v.governed then
    select g.budgets, g.closed into v_budgets, v_closed from limits.governing(limits.operator_states(v.now), p_product, p_basis.feature, p_basis.plan, (p_requests[1]).provider) g;
    if v_closed is not null then return 'operator'; end if;
  end if;
  -- What failed today, and what may fail of calls that run and of these. Mostly that is far from the bound.
  if coalesce(m.used[array_position(m.names, 'failures')], 0) > 0 then v_failed := limits.failures(p_who.account_id, limits.window_start('day', v.now)); end if;
  if v_failed >= p_basis.borne then return 'failures'; end if;
  if (p_requests[1]).state = 'running' and (v.staked > 0 or cardinality(p_requests) > 1)
    and v_failed + v.staked + (select sum(reserve) from unnest(p_requests)) > p_basis.borne then return 'failures'; end if;
  -- Mostly there is room for all that are open, in any slots and of any holder.
  if v.open + cardinality(p_requests) > any (p_basis.places) and (cardinality(p_requests) > any (p_basis.places) or exists (
    select from unnest(p_basis.slots, p_basis.places) as place (slot, most) cross join lateral limits.open_slots(p_who.account_id, p_product, v.now) as o
      where o.slot = place.slot and o.open + cardinality(p_requests) > place.most)) then return 'places'; end if;

  -- 3. The windows, with what is counted now. That a use comes to 80 or 100 percent is written down by limits.admit, and so left to it.
  foreach b in array p_basis.bounds loop
    if b.scope <> m.scope then
      others := others || m;
      select * into m from limits.meters t where t.account_id = p_who.account_id and t.scope = b.scope for update;
      -- A key's is made by limits.admit: other products make and lock it too.
      if not found and b.scope like 'key:%' then return 'new'; end if;
      if not found then m := (p_who.account_id, b.scope, '{}', '{}', '{}', 0, v.now); end if;
    end if;
    -- A burst that slides: the meter is its own.
    if b.kind in ('minute', 'hour') then
      if limits.used_within(m, b.kind, v_now) + b.amount > b.most then return 'full'; end if;
      m := limits.slide(m, b.name, b.kind, v_now, b.amount);
      continue;
    end if;
    v_at := array_position(m.names, b.name);
    if b.kind = 'pause' then
      if m.starts[v_at] > v_now then return 'pause'; end if;
      b.start := v_now + b.amount; v_used := 1;
    else
      if m.starts[v_at] > b.start or b.kind = 'stays' and m.starts[v_at] is distinct from b.start then return 'window'; end if;
      v_used := b.amount + case when m.starts[v_at] = b.start then m.used[v_at] else 0 end;
      if v_used > b.most then return 'full'; end if;
      if v_used * 5 >= b.most * 4 and ((v_used - b.amount) * 5 < b.most * 4 or v_used - b.amount < b.most and v_used >= b.most) then return 'alert'; end if;
    end if;
    v_at := coalesce(v_at, cardinality(m.names) + 1);
    m.names[v_at] := b.name; m.starts[v_at] := b.start; m.used[v_at] := v_used;
  end loop;
  if others <> '{}' then others := others || m; m := others[1]; end if;

  -- 4. The rows.
  update limits.meters set names = m.names, starts = m.starts, used = m.used, seen = v_now where account_id = m.account_id and scope = m.scope;
  if others <> '{}' then
    insert into limits.meters as t (account_id, scope, names, starts, used) select d.account_id, d.scope, d.names, d.starts, d.used from unnest(others[2:]) as d
      on conflict (account_id, scope) do update set names = excluded.names, starts = excluded.starts, used = excluded.used;
  end if;
  insert into limits.permits (account_id, id, user_id, key_id, product, feature, plan, units, reserve, state, holder, fence,
      slots, charges, subject, operator_budgets, due_at, request_id, created_at, updated_at)
    select p_who.account_id, q.permit_id, p_who.user_id, p_who.key_id, p_product, p_basis.feature, p_basis.plan, q.units, q.reserve, q.state, p_holder, 1,
      p_basis.slots, p_basis.charges, q.subject, v_budgets, v.now + make_interval(secs => p_basis.longest), q.request_id, v.now, v.now
    from unnest(p_requests) as q;
  insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, price_version,
      reserve, state, request_id, created_at, updated_at)
    select p_who.account_id, q.event_id, q.permit_id, 1, 1, p_who.user_id, p_who.key_id, p_product, p_basis.feature, q.provider, q.model, q.price_version,
      q.reserve, case q.state when 'queued' then 'pending' else 'sent' end, q.request_id, v.now, v.now
    from unnest(p_requests) as q;
  if (p_requests[1]).key_hash is null then return null; end if;
  -- One that is known violates its key: all of this is undone, and limits.admit looks it up.
  insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state, created_at, expires_at)
    select p_who.account_id, q.route, q.key_hash, q.body_hash, q.permit_id, 'running', v.now, v.now + interval '24 hours'
    from unnest(p_requests) as q;
  return null;
end $$;
