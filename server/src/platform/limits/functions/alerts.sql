-- Notes that use went from p_before to p_after, if that crossed a threshold. p_per: of its window; null: it has none. What ends with the
-- minute is over before it is read; end users of a key are the affair of its holder.
create or replace function limits.note(p_account uuid, p_product text, p_scope text, p_name text, p_kind text, p_per text, p_start bigint,
  p_before bigint, p_after bigint, p_size bigint, p_now timestamptz) returns void language plpgsql as $$
begin
  if p_kind = 'calls' then p_kind := 'quota'; end if;
  if p_kind not in ('quota', 'credits', 'budget', 'tokens', 'gauge', 'seats') or p_scope <> p_product and p_scope not like 'key:%' or p_scope like '%/user:%'
    or p_per = 'minute' or p_size < 1
    or p_after * 5 < p_size * 4 or p_before >= p_size
  then
    return;
  end if;
  insert into limits.alerts (account_id, scope, name, starts, size, threshold, product, kind, used, resets_at)
    select p_account, p_scope, p_name, p_start, p_size, threshold, p_product, p_kind, p_after,
        case when p_per is not null then (limits.window_of(p_account, p_product, p_per, p_start, p_now)).ends end
      from unnest(array[80, 100]) as threshold where p_before * 100 < p_size * threshold and p_after * 100 >= p_size * threshold
    on conflict do nothing;
end $$;

-- The same for a window that was charged with p_amount (p_moved), or is about to be, by ways that are gone seldom.
create or replace function limits.note_charge(p_account uuid, p_product text, p_scope text, p_name text, p_kind text, p_per text, p_start bigint,
  p_amount bigint, p_moved boolean, p_now timestamptz) returns void language plpgsql as $$
declare
  v_size bigint;
  v_used bigint;
begin
  if p_scope like 'key:%' then
    v_size := limits.key_bound(p_account, p_scope, p_name);
  else
    v_size := (entitlements.segment(p_account, p_product, p_now)->'grants'->>p_name)::bigint;
  end if;
  -- Of another window nothing is known any more: no alert.
  select m.used[array_position(m.names, p_name)] - case when p_moved then p_amount else 0 end into v_used
    from limits.meters m where m.account_id = p_account and m.scope = p_scope and m.starts[array_position(m.names, p_name)] = p_start;
  perform limits.note(p_account, p_product, p_scope, p_name, p_kind, p_per, p_start, v_used, v_used + p_amount, v_size, p_now);
end $$;

-- Credits after p_units of them were drawn at p_now. Counted are those that had something left until then: what was used up long
-- ago must not make new ones look used.
create or replace function limits.note_credits(p_account uuid, p_product text, p_rule limits.rule, p_units bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  v_size bigint;
  v_used bigint;
begin
  select sum(amount - taken), sum(amount - taken - remaining) into v_size, v_used from limits.credits
    where account_id = p_account and product = p_product and name = p_rule.name and (expires_at is null or expires_at > p_now)
      and (remaining > 0 or updated_at = p_now);
  if v_used * 100 < v_size * 80 then return; end if;
  perform limits.note(p_account, p_product, p_product, p_rule.name, 'credits', p_rule.per,
    (limits.window_of(p_account, p_product, p_rule.per, null, p_now)).starts, v_used - p_units, v_used, v_size, p_now);
end $$;

-- What was really spent of a budget, or took tokens, without what open permits hold and may give back. Null: its window has passed, and the
-- meter is in another.
create or replace function limits.spent(p_alert limits.alerts) returns bigint language plpgsql stable as $$
declare
  m limits.meters;
  v_at integer;
begin
  select * into m from limits.meters t where t.account_id = p_alert.account_id and t.scope = p_alert.scope;
  v_at := array_position(m.names, p_alert.name);
  if m.starts[v_at] is distinct from p_alert.starts then return null; end if;
  return m.used[v_at] - coalesce((
    select sum(coalesce((charge->>4)::bigint, p.reserve)) from limits.permits p cross join lateral jsonb_array_elements(p.charges) as charge
    where p.account_id = p_alert.account_id and p.state in ('queued', 'running') and charge->>0 = p_alert.scope and charge->>1 = p_alert.name
      and (charge->>3)::bigint = p_alert.starts), 0);
end $$;

-- Locks alerts that are to be told now. That of a budget or of tokens waits until they are spent, for what is only reserved mostly comes
-- back: each look notes what was spent so far, and when the meter has gone on to another window, the last note counts; without
-- any, what was reserved is all that is known. is_last: no higher threshold of the same was crossed besides.
create or replace function limits.due_alerts(p_max integer) returns table (alert limits.alerts, is_last boolean) language plpgsql as $$
begin
  update limits.alerts t set used = seen.spent, updated_at = app.now() from (
    select a.account_id, a.scope, a.name, a.starts, a.size, a.threshold, limits.spent(a) as spent from limits.alerts a
      where a.told_at is null and a.kind in ('budget', 'tokens') for update skip locked) as seen
    where t.account_id = seen.account_id and t.scope = seen.scope and t.name = seen.name and t.starts = seen.starts and t.size = seen.size
      and t.threshold = seen.threshold and t.used <> seen.spent;
  return query
    select a, not exists (select from limits.alerts b where b.account_id = a.account_id and b.scope = a.scope and b.name = a.name
        and b.starts = a.starts and b.size = a.size and b.threshold > a.threshold and b.used * 100 >= b.size * b.threshold)
    from limits.alerts a where a.told_at is null and a.used * 100 >= a.size * a.threshold
    order by a.created_at, a.account_id, a.threshold limit p_max for update of a skip locked;
end $$;
