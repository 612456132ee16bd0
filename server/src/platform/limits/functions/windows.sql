-- The first instant of the UTC window that an instant lies in, in epoch microseconds.
create or replace function limits.window_start(p_per text, p_now timestamptz) returns bigint language sql stable parallel safe as $$
  select (extract(epoch from date_trunc(p_per, p_now, 'UTC')) * 1000000)::bigint
$$;

create or replace function limits.window_end(p_per text, p_start bigint) returns timestamptz language sql stable parallel safe as $$
  select (to_timestamp(p_start / 1000000) at time zone 'UTC' + ('1 ' || p_per)::interval) at time zone 'UTC'
$$;

create or replace function limits.instant(p_micros bigint) returns timestamptz language sql immutable parallel safe as $$
  select to_timestamp(p_micros / 1000000) + (p_micros % 1000000) * interval '1 microsecond'
$$;

create or replace function limits.micros(p_at timestamptz) returns bigint language sql immutable parallel safe as $$
  select (extract(epoch from p_at) * 1000000)::bigint
$$;

-- The same in a time zone. Where a clock that is turned back passes midnight twice, the day begins the second time.
create or replace function limits.zoned_start(p_per text, p_at timestamptz, p_zone text) returns timestamptz language plpgsql stable parallel safe as $$
declare
  v_start timestamptz := date_trunc(p_per, p_at, p_zone);
begin
  if v_start > p_at then return date_trunc(p_per, p_at - interval '2 hours', p_zone); end if;
  return v_start;
end $$;

-- The first instant after a window of a zone: where midnight is skipped, the first instant that there is.
create or replace function limits.zoned_end(p_per text, p_at timestamptz, p_zone text) returns timestamptz language sql stable parallel safe as $$
  select (date_trunc(p_per, p_at at time zone p_zone) + ('1 ' || p_per)::interval) at time zone p_zone
$$;

-- A window in the account's zone is known by its end, which is fixed when it begins: p_stored, of the one that a meter is in.
-- So a change of the zone neither ends nor begins one; and the next one ends no sooner after it than the shortest of its
-- kind, less the 26 hours that zones are apart. An account that moves has a longer window now and then, and never a second quota.
create or replace function limits.zoned_window(p_account uuid, p_per text, p_stored bigint, p_now timestamptz) returns limits.span language plpgsql stable as $$
declare
  v_zone text;
  v_last timestamptz := limits.instant(p_stored);
  v_shortest interval := case p_per when 'day' then interval '23 hours' when 'week' then interval '5 days' else interval '26 days' end;
  v_longest interval := case p_per when 'day' then interval '76 hours' when 'week' then interval '16 days' else interval '64 days' end;
  v_end timestamptz;
begin
  if p_now < v_last and v_last <= p_now + v_longest then return row(p_stored, v_last); end if;
  -- It can't end so late: it began under a clock that was wrong.
  if v_last > p_now then v_last := null; end if;
  v_zone := accounts.time_zone(p_account);
  v_end := limits.zoned_end(p_per, limits.zoned_start(p_per, p_now, v_zone), v_zone);
  while v_end < v_last + v_shortest loop v_end := limits.zoned_end(p_per, v_end, v_zone); end loop;
  return row(limits.micros(v_end), v_end);
end $$;

-- Without an anchor yet: where it would be, or, on a plan that nobody paid for, when the account was made.
create or replace function limits.anchor(p_account uuid, p_product text, p_now timestamptz) returns timestamptz language plpgsql stable as $$
begin
  return coalesce(
    (select starts_at from limits.anchors where account_id = p_account and product = p_product),
    (select min((s->>'from')::timestamptz) from jsonb_array_elements(entitlements.timeline(p_account, p_product)) s
      where s->>'source' <> 'default' and (s->>'from')::timestamptz <= p_now),
    (select a.created_at from accounts.accounts a where a.account_id = p_account));
end $$;

-- Keeps it, in a transaction that holds the account's meter.
create or replace function limits.drop_anchor(p_account uuid, p_product text, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from jsonb_array_elements(entitlements.timeline(p_account, p_product)) s
    where s->>'source' <> 'default' and (s->>'from')::timestamptz <= p_now)
  then
    insert into limits.anchors (account_id, product, starts_at) values (p_account, p_product, limits.anchor(p_account, p_product, p_now))
      on conflict do nothing;
  end if;
end $$;

-- The month from an anchor's day to the same day: of the 31st, to the last day of a shorter month.
create or replace function limits.billing_period(p_anchor timestamptz, p_now timestamptz) returns limits.span language plpgsql immutable as $$
declare
  v_anchor timestamp := p_anchor at time zone 'UTC';
  v_now timestamp := p_now at time zone 'UTC';
  v_months integer := (extract(year from v_now) - extract(year from v_anchor)) * 12 + extract(month from v_now) - extract(month from v_anchor);
begin
  -- Each is counted from the anchor itself, so that after a short month the 31st comes back.
  if v_anchor + make_interval(months => v_months) > v_now then v_months := v_months - 1; end if;
  return row(limits.micros((v_anchor + make_interval(months => v_months)) at time zone 'UTC'),
    (v_anchor + make_interval(months => v_months + 1)) at time zone 'UTC');
end $$;

-- The window of an account that an instant lies in, whatever its kind.
create or replace function limits.window_of(p_account uuid, p_product text, p_per text, p_stored bigint, p_now timestamptz) returns limits.span language plpgsql stable as $$
begin
  if p_per = 'billing_period' then return limits.billing_period(limits.anchor(p_account, p_product, p_now), p_now); end if;
  if right(p_per, 8) = '@account' then return limits.zoned_window(p_account, left(p_per, -8), p_stored, p_now); end if;
  return row(limits.window_start(p_per, p_now), limits.window_end(p_per, limits.window_start(p_per, p_now)));
end $$;

-- A meter that was written under a clock that was set back since, without what that clock began: windows and cooldowns that lie
-- ahead. A window in the account's zone is known by its end: it stays if that is the end of the present day, week or month there.
create or replace function limits.after_jump(p_meter limits.meters, p_now timestamptz) returns limits.meters language plpgsql stable as $$
declare
  v_zone text := accounts.time_zone(p_meter.account_id);
  v_ends bigint[];
begin
  select array_agg(limits.micros(limits.zoned_end(per, limits.zoned_start(per, p_now, v_zone), v_zone))) into v_ends
    from unnest(array['day', 'week', 'month']) as per;
  select coalesce(array_agg(name order by place), '{}'), coalesce(array_agg(start order by place), '{}'), coalesce(array_agg(used order by place), '{}')
    into p_meter.names, p_meter.starts, p_meter.used
    from unnest(p_meter.names, p_meter.starts, p_meter.used) with ordinality as t (name, start, used, place)
    where start <= limits.micros(p_now) or start = any(v_ends);
  return p_meter;
end $$;

-- A burst over the last minute or hour, exactly so long, is counted in sixtieths: its meter has one window for each that was
-- used. One counts as long as any of it lies within: units are freed up to a sixtieth late, and never early.
create or replace function limits.sixtieth(p_per text) returns bigint language sql immutable parallel safe as $$
  select case p_per when 'minute' then 1000000 else 60000000 end::bigint
$$;

create or replace function limits.used_within(p_meter limits.meters, p_per text, p_now bigint) returns bigint language sql immutable as $$
  select coalesce(sum(used), 0)::bigint from unnest(p_meter.starts, p_meter.used) as t (start, used)
  where start > p_now - 61 * limits.sixtieth(p_per) and start <= p_now
$$;

-- The meter with so many more units used now, and without what no longer counts.
create or replace function limits.slide(p_meter limits.meters, p_name text, p_per text, p_now bigint, p_units bigint) returns limits.meters language plpgsql immutable as $$
declare
  v_present bigint := p_now - p_now % limits.sixtieth(p_per);
begin
  select coalesce(array_agg(start order by start), '{}'), coalesce(array_agg(used order by start), '{}') into p_meter.starts, p_meter.used from (
    select start, sum(used)::bigint as used from (
      select * from unnest(p_meter.starts, p_meter.used) as t (start, used) union all select v_present, p_units) as all_of_them
    where start > p_now - 61 * limits.sixtieth(p_per) and start <= p_now group by start) as kept;
  p_meter.names := array_fill(p_name, array[cardinality(p_meter.starts)]);
  return p_meter;
end $$;

-- When so many units have room in such a meter again; what was used now is not in it yet.
create or replace function limits.slides_open(p_account uuid, p_scope text, p_per text, p_now timestamptz, p_room bigint) returns timestamptz language sql stable as $$
  select coalesce(
    (select limits.instant(min(begins) + 61 * limits.sixtieth(p_per)) from (
      select begins, sum(units) over (order by begins desc rows between unbounded preceding and 1 preceding) as later
      from limits.meters m, unnest(m.starts, m.used) as t (begins, units)
      where m.account_id = p_account and m.scope = p_scope and begins > limits.micros(p_now) - 61 * limits.sixtieth(p_per)
        and begins <= limits.micros(p_now)) as counted
      where coalesce(later, 0) <= p_room),
    p_now + 61 * limits.sixtieth(p_per) * interval '1 microsecond')
$$;
