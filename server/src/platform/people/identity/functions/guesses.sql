-- Counts one guess in all of its counts, unless it has to wait or is to be asked for more first; those are not counted, and
-- leave no row. p_free: how many wrong ones cost no wait; p_seconds: how long one is remembered; p_asks: from how many on
-- more is asked for (null: never); p_waits: whether this count makes this guess wait. Guesses that share a count
-- come one after the other, on whichever node, so that no two are let through by the same reading.
create or replace function identity.take_guess(p_keys text[], p_free integer[], p_seconds integer[], p_asks integer[], p_waits boolean[])
returns table (verdict text, seconds integer) language plpgsql as $$
declare
  v_key text;
  v_now timestamptz;
  v_wait timestamptz;
  v_asks boolean;
begin
  for v_key in select k from unnest(p_keys) as k order by k loop
    perform pg_advisory_xact_lock(hashtextextended(v_key, 1));
  end loop;
  -- Read after the locks: a call that waited for them must not decide by a time before that of the rows.
  v_now := app.now();
  select max(g.waits_until) filter (where c.waits and g.waits_until > v_now),
      bool_or(extract(epoch from g.forgotten_at - v_now) > c.asks * c.seconds - 1)
    into v_wait, v_asks
    from unnest(p_keys, p_seconds, p_asks, p_waits) as c (key, seconds, asks, waits) join identity.guesses g on g.key = c.key;
  if v_wait is not null then
    return query select 'wait', ceil(extract(epoch from v_wait - v_now))::integer;
    return;
  end if;
  if v_asks then
    return query select 'ask', 0;
    return;
  end if;
  insert into identity.guesses as g (key, forgotten_at, waits_until)
    select n.key, v_now + make_interval(secs => n.level * n.seconds),
        case when ceil(n.level) < n.free then v_now else v_now + make_interval(secs => least(900, 2 ^ (ceil(n.level) - n.free))) end
      from (
        -- Past twenty waits more it stays where it is. A few thousandths are those of the time that the guesses themselves took.
        select c.key, c.free, c.seconds, least(c.free + 20,
            1 + round(greatest(0, coalesce(extract(epoch from g.forgotten_at - v_now), 0)) / c.seconds, 2))::double precision as level
          from unnest(p_keys, p_free, p_seconds) as c (key, free, seconds) left join identity.guesses g on g.key = c.key
      ) n
    on conflict (key) do update set forgotten_at = excluded.forgotten_at, waits_until = excluded.waits_until, updated_at = v_now;
  return query select 'go', 0;
end $$;

-- A guess that was right, or that nobody looked at: it counts no more, and nobody waits for it. p_whole: counts that are then begun anew.
create or replace function identity.give_back_guess(p_keys text[], p_seconds integer[], p_whole boolean[]) returns void language plpgsql as $$
declare
  v_key text;
begin
  for v_key in select k from unnest(p_keys) as k order by k loop
    perform pg_advisory_xact_lock(hashtextextended(v_key, 1));
  end loop;
  delete from identity.guesses g using unnest(p_keys, p_whole) as c (key, whole) where g.key = c.key and c.whole;
  update identity.guesses g set forgotten_at = g.forgotten_at - make_interval(secs => c.seconds), waits_until = least(g.waits_until, app.now()), updated_at = app.now()
    from unnest(p_keys, p_seconds) as c (key, seconds) where g.key = c.key;
end $$;
