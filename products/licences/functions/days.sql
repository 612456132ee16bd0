-- Figures by day of UTC. Of a day that is over they are written down; of any other day they are computed, by the same function.

-- The instant at which a day begins.
create or replace function coditect.day_starts(p_day date) returns timestamptz language sql immutable as $$
  select p_day::timestamp at time zone 'UTC'
$$;

-- Sessions that lasted or ended between two instants. One that nobody has written the end of ended when its seat did; null: it goes on.
create or replace function coditect.sessions_between(p_from timestamptz, p_until timestamptz)
returns table (account_id uuid, started_at timestamptz, ended_at timestamptz) language sql stable as $$
  select s.account_id, s.started_at, s.ended_at from coditect.sessions s where s.ended_at >= p_from and s.started_at < p_until
  union all
  select s.account_id, s.started_at, seat.ended_at
  from coditect.sessions s
    left join limits.seats t on t.account_id = s.account_id and t.product = 'coditect' and t.name = 'seats' and t.machine = s.machine_id::text
      and t.id = s.id
    cross join lateral (select case when t.id is null then s.last_heartbeat_at when t.ended is not null then t.ended_at
      when t.expires_at <= app.now() then t.expires_at end as ended_at) as seat
  where s.ended_at is null and s.started_at < p_until and (seat.ended_at is null or seat.ended_at >= p_from)
$$;

-- What each licence had and was used for on a day, until now of the present one. Licences of which there is nothing to say are left out.
create or replace function coditect.figures_of(p_day date)
returns table (account_id uuid, license_id uuid, seats integer, seats_used integer, subscriptions integer, trials integer, sessions integer, ended integer,
  ended_us bigint, worked_us bigint, denials integer)
language sql stable as $$
  with bounds as (select coditect.day_starts(p_day) as starts, least(coditect.day_starts(p_day + 1), app.now()) as ends),
  spans as materialized (
    select s.account_id, s.started_at, s.ended_at, b.starts, b.ends, greatest(s.started_at, b.starts) as came, least(s.ended_at, b.ends) as went
    from bounds b cross join lateral coditect.sessions_between(b.starts, b.ends) s),
  -- A session that ends at an instant makes room for one that begins then.
  moves as (
    select s.account_id, s.came as at, 1 as by from spans s where s.came < s.went
    union all select s.account_id, s.went, -1 from spans s where s.came < s.went),
  busy as (
    select c.account_id, max(c.used)::integer as used
    from (select m.account_id, sum(m.by) over (partition by m.account_id order by m.at, m.by) as used from moves m) c group by c.account_id),
  worked as (
    select s.account_id, count(*) filter (where s.started_at >= s.starts)::integer as sessions, count(*) filter (where s.ended_at < s.ends)::integer as ended,
      coalesce(sum(extract(epoch from s.ended_at - s.started_at) * 1000000) filter (where s.ended_at < s.ends), 0)::bigint as ended_us,
      sum(extract(epoch from s.went - s.came) * 1000000)::bigint as worked_us
    from spans s group by s.account_id),
  denied as (
    select d.account_id, sum(d.denied)::integer as denials from bounds b join coditect.denials d on d.created_at >= b.starts and d.created_at < b.ends
    group by d.account_id),
  -- Paid for, tried, or not paid while the promised days last.
  held as (
    select s.account_id, count(*)::integer as subscriptions, count(*) filter (where s.trial_ends_at >= b.ends)::integer as trials
    from bounds b join billing.subscriptions s on s.product = 'coditect' and s.state not in ('incomplete', 'expired') and s.starts_at < b.ends
      and (s.ended_at is null or s.ended_at >= b.ends) and (s.suspends_at is null or s.suspends_at >= b.ends)
    group by s.account_id),
  said as (
    select l.account_id, l.id, case when plan.seats > 0 then coalesce(l.seats_by_admin, plan.seats) else 0 end as seats, coalesce(u.used, 0) as used,
      coalesce(h.subscriptions, 0) as subscriptions, coalesce(h.trials, 0) as trials, coalesce(w.sessions, 0) as sessions, coalesce(w.ended, 0) as ended,
      coalesce(w.ended_us, 0) as ended_us, coalesce(w.worked_us, 0) as worked_us, coalesce(d.denials, 0) as denials
    from bounds b join coditect.licenses l on l.issued_at < b.ends
      cross join lateral (select coalesce((entitlements.segment(l.account_id, 'coditect', b.ends - interval '1 microsecond')->'grants'->>'seats')::integer, 0)
        as seats) as plan
      left join busy u on u.account_id = l.account_id left join worked w on w.account_id = l.account_id
      left join denied d on d.account_id = l.account_id left join held h on h.account_id = l.account_id)
  select s.* from said s where (s.seats, s.subscriptions, s.sessions, s.ended, s.worked_us, s.denials) <> (0, 0, 0, 0, 0, 0)
$$;

-- The first day that is not written down and was over an hour ago: whatever was under way when it ended is committed by then. Null: none.
create or replace function coditect.next_day() returns date language sql stable as $$
  select next.day from (
    select coalesce((select max(r.day) + 1 from coditect.rolled_days r), (select (min(l.issued_at) at time zone 'UTC')::date from coditect.licenses l)) as day
  ) as next where coditect.day_starts(next.day + 1) + interval '1 hour' <= app.now()
$$;

-- Writes down the figures of the next day, and forgets the denials that are in them. Answers whether there was one. Of two at once one does it.
create or replace function coditect.roll_day() returns boolean language plpgsql as $$
declare
  v_day date := coditect.next_day();
begin
  if v_day is null then return false; end if;
  insert into coditect.rolled_days (day) values (v_day) on conflict (day) do nothing;
  if not found then return true; end if;
  insert into coditect.days (account_id, license_id, day, seats, seats_used, subscriptions, trials, sessions, ended, ended_us, worked_us, denials)
    select f.account_id, f.license_id, v_day, f.seats, f.seats_used, f.subscriptions, f.trials, f.sessions, f.ended, f.ended_us, f.worked_us, f.denials
    from coditect.figures_of(v_day) f;
  delete from coditect.denials d where d.created_at < coditect.day_starts(v_day + 1);
  return true;
end $$;
