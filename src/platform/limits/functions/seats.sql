-- Seats: leases by machine. A row is its machine's last seat, whether it is still held, has ended, or has run out without anybody
-- having written it down.
-- Never more than the plan has: takes of an account and limit come one after the other; what a take counts as free has run out, and
-- it says so in the row (`ended`), so that a renewal that is late and not yet committed either is seen or finds its seat ended.
-- Row locks are taken in the order of account, product, name and machine by everybody.

-- The last instant at which the machine of a seat may work on what it was handed out, before or after its end.
create or replace function limits.owed(p_seat limits.seats) returns timestamptz language sql immutable as $$
  select greatest(p_seat.offline_until, p_seat.owed_until)
$$;

-- Until when a renewal at p_at lets its holder work without the server: the first such lease comes after five minutes with it. Null: none.
create or replace function limits.lease_of(p_seat limits.seats, p_borrow integer, p_at timestamptz) returns timestamptz language sql immutable as $$
  select case when p_seat.taken_at + interval '5 minutes' <= p_at and greatest(p_seat.offline_minutes, p_borrow) > 0
    then p_at + make_interval(mins => greatest(p_seat.offline_minutes, p_borrow)) end
$$;

-- Takes the seats of an account and limit for as long as the transaction lasts: they are counted by one at a time.
create or replace function limits.lock_seats(p_account uuid, p_product text, p_name text) returns timestamptz language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('seats ' || p_account || p_product || '.' || p_name, 0));
  return app.now();
end $$;

-- Takes a seat of the transaction's account for a machine, which has at most one: a machine that holds one takes it over.
-- p_size: in place of the plan's, where the plan has any. p_offline: minutes that renewals hand out. p_resumed: the seat whose lease
-- the machine showed and gives up with it; of any other that it had, what was handed out is still owed.
-- Answers the seat, or the denial; with them `closed`, seats that it found run out, and `former`, the machine's seat before.
create or replace function limits.take_seat(p_product text, p_name text, p_machine text, p_id uuid, p_ttl interval, p_size bigint, p_offline integer,
  p_resumed uuid) returns jsonb language plpgsql as $$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_segment jsonb;
  v_max bigint;
  v_used bigint;
  v_resets timestamptz;
  v_owed timestamptz;
  v_closed jsonb;
  v_former limits.seats;
  v_seat limits.seats;
begin
  v_now := limits.lock_seats(v_account, p_product, p_name);
  perform from limits.seats where account_id = v_account and product = p_product and name = p_name
    and (machine = p_machine or ended is null and expires_at <= v_now) order by machine for update;
  with closed as (
    update limits.seats set ended = 'expired', ended_at = expires_at, updated_at = v_now
      where account_id = v_account and product = p_product and name = p_name and ended is null and expires_at <= v_now
      returning id, ended, ended_at, renewed_at
  )
  select coalesce(jsonb_agg(to_jsonb(closed)), '[]') into v_closed from closed;

  v_segment := entitlements.segment(v_account, p_product, v_now);
  v_max := (v_segment->'grants'->>p_name)::bigint;
  if v_segment->>'plan' is null or v_max is null or v_max < 1 then
    return jsonb_build_object('kind', 'plan_required', 'grant', p_name, 'needed', 1, 'plan', v_segment->'plan', 'closed', v_closed);
  end if;
  v_max := coalesce(p_size, v_max);
  select count(*), min(expires_at) into v_used, v_resets from limits.seats
    where account_id = v_account and product = p_product and name = p_name and machine <> p_machine and expires_at > v_now;
  if v_used >= v_max then
    return jsonb_build_object('kind', 'denied', 'limit', p_name, 'of', 'seats', 'used', v_used, 'max', v_max, 'resets_at', v_resets, 'now', v_now,
      'plan', v_segment->'plan', 'closed', v_closed);
  end if;
  select * into v_former from limits.seats where account_id = v_account and product = p_product and name = p_name and machine = p_machine;
  if v_former.expires_at is null or v_former.expires_at <= v_now then
    perform limits.note(v_account, p_product, p_product, p_name, 'seats', null, limits.window_start('month', v_now), v_used, v_used + 1, v_max, v_now);
  end if;
  v_owed := greatest(v_former.owed_until, case when v_former.id is distinct from p_resumed then v_former.offline_until end);
  if v_owed <= v_now then v_owed := null; end if;
  insert into limits.seats as s (account_id, product, name, machine, id, fence, taken_at, expires_at, offline_minutes, renewed_at)
    values (v_account, p_product, p_name, p_machine, p_id, 1, v_now, v_now + p_ttl, p_offline, v_now)
    on conflict (account_id, product, name, machine) do update
      set id = excluded.id, fence = s.fence + 1, taken_at = v_now, expires_at = greatest(excluded.expires_at, v_owed), updated_at = v_now,
        offline_minutes = excluded.offline_minutes, offline_until = null, owed_until = v_owed, renewed_at = v_now, ended = null, ended_at = null
    returning * into v_seat;
  return jsonb_build_object('kind', 'seat', 'id', v_seat.id, 'fence', v_seat.fence, 'expires_at', v_now + p_ttl, 'now', v_now,
    'used', v_used + 1, 'max', v_max, 'closed', v_closed,
    'former', case when v_former.id is not null then jsonb_build_object('id', v_former.id, 'ended', coalesce(v_former.ended, 'taken_over'),
      'ended_at', coalesce(v_former.ended_at, v_now), 'renewed_at', v_former.renewed_at) end);
end $$;

-- Renews seats of many accounts, in the order in which all lock them: each if it is still held by that very fence, for one that has run
-- out never revives, since another may sit there. One whose account is suspended or closed, or whose plan has no
-- seats any more, is ended. The first lease for work
-- without the server is handed out after five minutes with it.
-- kind: renewed; expired, taken_over, or what ended it; unknown: no such seat.
create or replace function limits.renew_seats(p_renewals limits.renewal[]) returns table (kind text, expires_at timestamptz, offline_until timestamptz,
  offline_from timestamptz, at timestamptz) language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan
as $$
declare
  r limits.renewal;
  v_seat limits.seats;
  v_before limits.renewal;
  v_segment jsonb;
  v_lease timestamptz;
begin
  foreach r in array p_renewals loop
    select * into v_seat from limits.seats s
      where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine for update;
    -- After the lock, or whoever waited for it is judged in the past.
    at := app.now();
    offline_until := null;
    offline_from := v_seat.taken_at + interval '5 minutes';
    expires_at := coalesce(v_seat.ended_at, v_seat.expires_at);
    if v_seat.machine is null or v_seat.fence < r.fence then
      kind := 'unknown';
    elsif v_seat.fence > r.fence then
      kind := 'taken_over';
    elsif v_seat.ended is not null or v_seat.expires_at <= at then
      kind := coalesce(v_seat.ended, 'expired');
    else
      if (v_before.account_id, v_before.product) is distinct from (r.account_id, r.product) then
        -- A token is all that its holder shows: that the account may still do anything is seen here alone.
        v_segment := case when exists (select from accounts.accounts a where a.account_id = r.account_id and a.status = 'active' and a.deleted_at is null)
          then entitlements.segment(r.account_id, r.product, at) end;
        v_before := r;
      end if;
      if v_segment->>'plan' is null or coalesce((v_segment->'grants'->>r.name)::bigint, 0) < 1 then
        kind := 'suspended';
        expires_at := at;
        update limits.seats s set ended = 'suspended', ended_at = at, expires_at = greatest(at, limits.owed(v_seat)), updated_at = at
          where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
      else
        kind := 'renewed';
        expires_at := at + make_interval(secs => r.seconds);
        v_lease := greatest(v_seat.offline_until, limits.lease_of(v_seat, r.borrow, at));
        if v_lease > at then offline_until := v_lease; end if;
        update limits.seats s set expires_at = greatest(v_seat.expires_at, renew_seats.expires_at, v_lease), offline_until = v_lease, renewed_at = at,
            updated_at = at
          where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
      end if;
    end if;
    return next;
  end loop;
end $$;

-- Frees it at once, with all that it handed out: for whoever holds that fence and stops. Of one that others ended, or that ran out, what it
-- handed out is given up. Answers the seat if this ended it.
create or replace function limits.free_seat(p_product text, p_name text, p_machine text, p_fence integer) returns jsonb language plpgsql as $$
declare
  v_now timestamptz;
  v_seat limits.seats;
begin
  select * into v_seat from limits.seats s where s.account_id = app.account() and s.product = p_product and s.name = p_name and s.machine = p_machine
    and s.fence = p_fence for update;
  v_now := app.now();
  if v_seat.expires_at is null or v_seat.expires_at <= v_now then return null; end if;
  update limits.seats s set ended = coalesce(s.ended, 'released'), ended_at = coalesce(s.ended_at, v_now), offline_until = null,
      expires_at = greatest(v_now, s.owed_until), updated_at = v_now
    where s.account_id = v_seat.account_id and s.product = p_product and s.name = p_name and s.machine = p_machine;
  if v_seat.ended is not null then return null; end if;
  return jsonb_build_object('id', v_seat.id, 'ended', 'released', 'ended_at', v_now, 'renewed_at', v_seat.renewed_at);
end $$;

-- Ends a machine's seat, or (null) all of the limit: nobody renews it any more. What it handed out can't be taken back: it stays
-- occupied until that ends, or giving and taking would make more of it than there is.
create or replace function limits.end_seats_of(p_account uuid, p_product text, p_name text, p_machine text, p_why text) returns setof limits.seats
language plpgsql as $$
declare
  v_now timestamptz := limits.lock_seats(p_account, p_product, p_name);
begin
  perform from limits.seats s where s.account_id = p_account and s.product = p_product and s.name = p_name
    and (p_machine is null or s.machine = p_machine) and s.ended is null and s.expires_at > v_now order by s.machine for update;
  return query update limits.seats s set ended = p_why, ended_at = v_now, expires_at = greatest(v_now, limits.owed(s)), updated_at = v_now
    where s.account_id = p_account and s.product = p_product and s.name = p_name
      and (p_machine is null or s.machine = p_machine) and s.ended is null and s.expires_at > v_now
    returning s.*;
end $$;

-- The same of the transaction's account.
create or replace function limits.end_seats(p_product text, p_name text, p_machine text, p_why text) returns setof limits.seats language plpgsql as $$
begin
  return query select * from limits.end_seats_of(app.account(), p_product, p_name, p_machine, p_why);
end $$;

-- Writes down of up to p_most seats of a product's limit, of all accounts, that they have run out, and when. Answers them.
create or replace function limits.close_seats(p_product text, p_name text, p_most integer) returns setof limits.seats language plpgsql as $$
declare
  v_now timestamptz := app.now();
begin
  return query update limits.seats s set ended = 'expired', ended_at = s.expires_at, updated_at = v_now
    from (
      select t.account_id, t.machine from limits.seats t where t.product = p_product and t.name = p_name and t.ended is null and t.expires_at <= v_now
      order by t.account_id, t.machine limit p_most for update skip locked) as due
    where s.account_id = due.account_id and s.product = p_product and s.name = p_name and s.machine = due.machine
    returning s.*;
end $$;
