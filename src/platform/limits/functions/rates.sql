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
  -- Read after the locks: whoever waited for them must not decide by a time before the row's.
  locked_at := app.now();
end $$;

-- Decides for many callers at once. p_keys: all keys, each once, in one order that every process shares (locks are
-- taken in it). An entry is (p_callers[i], p_slots[i], p_maxima[i]): the caller's number, ascending from 1; which key;
-- how many calls a minute. A caller is allowed when all of its entries are, and only then do they count.
-- Answers per caller the entry that decides: the one with least left, or of those that deny the last to reset.
create or replace function limits.take_rates(p_keys text[], p_callers integer[], p_slots integer[], p_maxima integer[])
returns table (allowed boolean, entry integer, remaining integer, resets_at timestamptz, seconds integer)
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
  v_left integer;
  v_least integer;
  v_entry integer;
begin
  select * into v_starts, v_used, v_now from limits.lock_rates(p_keys);

  while v_first <= v_total loop
    v_entry := null;
    v_next := v_first;
    while v_next <= v_total and p_callers[v_next] = p_callers[v_first] loop
      v_slot := p_slots[v_next];
      if v_starts[v_slot] is null or v_starts[v_slot] + interval '1 minute' <= v_now or v_starts[v_slot] > v_now then
        v_starts[v_slot] := v_now;
        v_used[v_slot] := 0;
      end if;
      v_left := p_maxima[v_next] - v_used[v_slot];
      if v_entry is null
        or (v_left < v_least and v_least > 0)
        or (v_left <= 0 and v_least <= 0 and v_starts[v_slot] > v_starts[p_slots[v_entry]])
      then
        v_entry := v_next;
        v_least := v_left;
      end if;
      v_next := v_next + 1;
    end loop;
    allowed := v_least > 0;
    if allowed then
      for v_charged in v_first .. v_next - 1 loop
        v_used[p_slots[v_charged]] := v_used[p_slots[v_charged]] + 1;
        v_touched[p_slots[v_charged]] := true;
      end loop;
    end if;
    entry := v_entry - v_first;
    remaining := greatest(0, v_least - 1);
    resets_at := v_starts[p_slots[v_entry]] + interval '1 minute';
    seconds := greatest(1, ceil(extract(epoch from resets_at - v_now)))::integer;
    return next;
    v_first := v_next;
  end loop;

  update limits.rates set starts_at = counted.starts_at, used = counted.used
    from unnest(p_keys, v_starts, v_used, v_touched) as counted (key, starts_at, used, touched)
    where rates.key = counted.key and counted.touched;
end $$;
