-- Locks the rates of these keys, in their order, and makes those that are missing. Answers when the minute of each began, what was
-- used of it, and the time.
create or replace function limits.lock_rates(p_keys text[], out starts timestamptz[], out used integer[], out locked_at timestamptz) language plpgsql as $$
#variable_conflict use_column
declare
  v_row record;
begin
  starts := array_fill(null::timestamptz, array[cardinality(p_keys)]);
  used := array_fill(0, array[cardinality(p_keys)]);
  insert into limits.rates (key, starts_at, used)
    select k, app.now(), 0 from unnest(p_keys) with ordinality as wanted (k, position) order by position
    on conflict do nothing;
  for v_row in
    select position, starts_at, used
      from unnest(p_keys) with ordinality as wanted (k, position) join limits.rates on key = k
      order by position for update of rates
  loop
    starts[v_row.position] := v_row.starts_at;
    used[v_row.position] := v_row.used;
  end loop;
  -- Read after the locks: a caller who waited for them must not decide by a time before the row's.
  locked_at := app.now();
end $$;

-- Decides for many callers at once. p_keys: all keys, each once, in one order that every process shares (locks are
-- taken in it). An entry is (p_callers[i], p_slots[i], p_maxima[i], p_spares[i]): the caller's number, ascending from 1; which key;
-- how many calls a minute; how many it would like to be lent. A caller is allowed when all of its entries are, and only then do they count.
-- One in p_share of what is left is lent at most. Answers for each entry what was left of it, how many calls it was lent, and when its
-- minute ends, in microseconds since 1970; with the milliseconds until then.
create or replace function limits.take_rates(
  p_keys text[], p_callers integer[], p_slots integer[], p_maxima integer[], p_spares integer[], p_share integer
)
returns table (left_over integer, spare integer, ends bigint, milliseconds integer)
language plpgsql as $$
declare
  v_total constant integer := cardinality(p_callers);
  v_starts timestamptz[];
  v_used integer[];
  v_touched boolean[] := array_fill(false, array[cardinality(p_keys)]);
  v_now timestamptz;
  v_first integer := 1;
  v_next integer;
  v_slot integer;
  v_least integer;
  v_over timestamptz;
begin
  select * into v_starts, v_used, v_now from limits.lock_rates(p_keys);

  while v_first <= v_total loop
    v_least := null;
    v_next := v_first;
    while v_next <= v_total and p_callers[v_next] = p_callers[v_first] loop
      v_slot := p_slots[v_next];
      if v_starts[v_slot] is null or v_starts[v_slot] + interval '1 minute' <= v_now or v_starts[v_slot] > v_now then
        v_starts[v_slot] := v_now;
        v_used[v_slot] := 0;
      end if;
      v_least := least(v_least, p_maxima[v_next] - v_used[v_slot]);
      v_next := v_next + 1;
    end loop;
    for v_entry in v_first .. v_next - 1 loop
      v_slot := p_slots[v_entry];
      left_over := p_maxima[v_entry] - v_used[v_slot];
      spare := 0;
      if v_least > 0 then
        spare := greatest(0, least(p_spares[v_entry], (left_over - 1) / p_share));
        v_used[v_slot] := v_used[v_slot] + 1 + spare;
        v_touched[v_slot] := true;
      end if;
      v_over := v_starts[v_slot] + interval '1 minute';
      ends := extract(epoch from v_over) * 1000000;
      milliseconds := floor(extract(epoch from v_over - v_now) * 1000);
      return next;
    end loop;
    v_first := v_next;
  end loop;

  update limits.rates set starts_at = counted.starts_at, used = counted.used
    from unnest(p_keys, v_starts, v_used, v_touched) as counted (key, starts_at, used, touched)
    where rates.key = counted.key and counted.touched;
end $$;

-- The same for one caller, whose keys are each named once, in one statement: most of what a lone caller pays for is that each statement is
-- set up anew. Answers nothing, and does nothing, where a key is not there yet: limits.take_rates makes it. Keys are never made here, so that
-- a caller who waits here for a lock holds only locks of rows that are there, in the order of the keys.
create or replace function limits.take_rates_alone(p_keys text[], p_maxima integer[], p_spares integer[], p_share integer)
returns table (left_over integer, spare integer, ends bigint, milliseconds integer)
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with locked as materialized (
    select a.position, a.most, a.wanted, r.key, r.starts_at, r.used
      from unnest(p_keys, p_maxima, p_spares) with ordinality as a (key, most, wanted, position) join limits.rates r on r.key = a.key
      order by a.position for update of r
  ), clock as materialized (
    -- Read when all are counted, and so locked: a caller who waited must not decide by a time before the row's.
    select app.now() as now from (select count(*) as keys from locked offset 0) l where l.keys = cardinality(p_keys)
  ), decided as materialized (
    select l.position, l.key, c.now, m.began, m.used, l.most - m.used as room, min(l.most - m.used) over () > 0 as is_allowed,
        greatest(0, least(l.wanted, (l.most - m.used - 1) / p_share)) as lent
      from locked l cross join clock c
        cross join lateral (select l.starts_at + interval '1 minute' <= c.now or l.starts_at > c.now as is_over) o
        cross join lateral (select case when o.is_over then c.now else l.starts_at end as began, case when o.is_over then 0 else l.used end as used) m
  ), written as (
    update limits.rates r set starts_at = d.began, used = d.used + 1 + d.lent from decided d where r.key = d.key and d.is_allowed
  )
  select d.room, case when d.is_allowed then d.lent else 0 end, (extract(epoch from d.began + interval '1 minute') * 1000000)::bigint,
      floor(extract(epoch from d.began + interval '1 minute' - d.now) * 1000)::integer
    from decided d order by d.position;
end $$;

-- Counts calls off that a process was lent and did not make, of these keys, in the order that every process shares. Of a minute that is
-- over nothing is counted off: the minute that the key counts now never lent them.
create or replace function limits.give_back_rates(p_keys text[], p_ends bigint[], p_counts integer[]) returns void language plpgsql as $$
begin
  perform from unnest(p_keys) with ordinality as wanted (k, position) join limits.rates on rates.key = k
    order by position for update of rates;
  update limits.rates set used = rates.used - back.calls
    from unnest(p_keys, p_ends, p_counts) as back (rate, ends, calls)
    where rates.key = back.rate and extract(epoch from rates.starts_at + interval '1 minute') * 1000000 = back.ends;
end $$;
