-- Seats: leases by machine. A row is its machine's last seat, whether it is still held, has ended, or has run out without anybody
-- having written it down.
-- Never more than the plan has: takes of an account and limit come one after the other; what a take counts as free has run out, and
-- it says so in the row (`ended`), so that a renewal that is late and not yet committed either is seen or finds its seat ended.
-- Row locks are taken in the order of account, product, name and machine by everybody.

-- Until when a seat is its machine's: for its holder, or for one before it that was handed out a lease and never said that it stopped.
create or replace function limits.occupied_until(p_seat limits.seats) returns timestamptz language sql immutable as $$
  select greatest(p_seat.expires_at, p_seat.owed_until)
$$;

-- From when on renewals hand out leases: after five minutes with the server, and when what a holder before was handed out is over. One seat is
-- worth one lease at a time, or machines that are cloned from each other would take it over one after the other, and each keep one.
create or replace function limits.leases_from(p_seat limits.seats) returns timestamptz language sql immutable as $$
  select greatest(p_seat.taken_at + interval '5 minutes', p_seat.owed_until)
$$;

-- Until when a renewal at p_at lets its holder work without the server. Null: not at all.
create or replace function limits.lease_of(p_seat limits.seats, p_borrow integer, p_at timestamptz) returns timestamptz language sql immutable as $$
  select case when limits.leases_from(p_seat) <= p_at and greatest(p_seat.offline_minutes, p_borrow) > 0
    then p_at + make_interval(mins => greatest(p_seat.offline_minutes, p_borrow)) end
$$;

-- Takes the seats of an account and limit for as long as the transaction lasts: they are counted by one at a time.
create or replace function limits.lock_seats(p_account uuid, p_product text, p_name text) returns timestamptz language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('seats ' || p_account || p_product || '.' || p_name, 0));
  return app.now();
end $$;

-- Takes a seat of the transaction's account for a machine, which has at most one: a machine that holds one takes it over.
-- p_size: in place of the plan's, where the plan has any. p_offline: minutes that renewals hand out. p_resumed: the fence of the holder whose
-- lease the machine showed and gives up with it; what was handed out to any other is still owed. p_token: the number of what it showed; an older
-- one than was used last is a copy's, which has nothing to give up.
-- Answers the seat, or the denial; with them `closed`, seats that it found run out, and `former`, the machine's seat before.
create or replace function limits.take_seat(p_product text, p_name text, p_machine text, p_id uuid, p_ttl interval, p_size bigint, p_offline integer,
  p_resumed integer, p_token integer default null) returns jsonb language plpgsql as $$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_segment jsonb;
  v_max bigint;
  v_used bigint;
  v_resets timestamptz;
  v_owed record;
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
  select count(*), min(limits.occupied_until(s)) into v_used, v_resets from limits.seats s
    where account_id = v_account and product = p_product and name = p_name and machine <> p_machine and limits.occupied_until(s) > v_now;
  if v_used >= v_max then
    return jsonb_build_object('kind', 'denied', 'limit', p_name, 'of', 'seats', 'used', v_used, 'max', v_max, 'resets_at', v_resets, 'now', v_now,
      'plan', v_segment->'plan', 'closed', v_closed);
  end if;
  select * into v_former from limits.seats where account_id = v_account and product = p_product and name = p_name and machine = p_machine;
  if v_former.id is null or limits.occupied_until(v_former) <= v_now then
    perform limits.note(v_account, p_product, p_product, p_name, 'seats', null, limits.window_start('month', v_now), v_used, v_used + 1, v_max, v_now);
  end if;
  if v_former.fence = p_resumed and p_token < v_former.used_token then p_resumed := null; end if;
  select o.until, o.fence into v_owed from (values (v_former.offline_until, v_former.fence), (v_former.owed_until, v_former.owed_fence)) as o (until, fence)
    where o.until > v_now and o.fence is distinct from p_resumed order by o.until desc limit 1;
  insert into limits.seats as s (account_id, product, name, machine, id, fence, taken_at, expires_at, offline_minutes, renewed_at)
    values (v_account, p_product, p_name, p_machine, p_id, 1, v_now, v_now + p_ttl, p_offline, v_now)
    on conflict (account_id, product, name, machine) do update
      set id = excluded.id, fence = s.fence + 1, taken_at = v_now, expires_at = excluded.expires_at, updated_at = v_now,
        offline_minutes = excluded.offline_minutes, offline_until = null, owed_until = v_owed.until, owed_fence = v_owed.fence, renewed_at = v_now,
        ended = null, ended_at = null, used_token = 0, first_token = 1, last_token = 1
    returning * into v_seat;
  return jsonb_build_object('kind', 'seat', 'id', v_seat.id, 'fence', v_seat.fence, 'token', v_seat.last_token,
    'expires_at', v_now + p_ttl, 'now', v_now,
    'used', v_used + 1, 'max', v_max, 'closed', v_closed,
    'former', case when v_former.id is not null then jsonb_build_object('id', v_former.id, 'ended', coalesce(v_former.ended, 'taken_over'),
      'ended_at', coalesce(v_former.ended_at, v_now), 'renewed_at', v_former.renewed_at) end);
end $$;

-- Renews seats of many accounts, in the order in which all lock them: each if it is still held by that very fence, for one that has run
-- out never revives, since another may sit there. One whose account is suspended or closed, or whose plan has no
-- seats any more, is ended.
-- p_tokens: the number of the token that each shows; null: of one that has none. Two that show the token that was used last are one whose answer
-- was lost, or whose try came twice: both get another. An older one is a copy's, and nobody knows which of the two is the machine: the seat ends,
-- and what it handed out is owed to nobody who could give it up.
-- kind: renewed; copied; expired, taken_over, or what ended it; unknown: no such seat. token: the number of what is handed out with it.
create or replace function limits.renew_seats(p_renewals limits.renewal[], p_tokens integer[] default null) returns table (kind text,
  expires_at timestamptz, offline_until timestamptz, offline_from timestamptz, at timestamptz, token integer) language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan
as $$
declare
  r limits.renewal;
  v_seat limits.seats;
  v_before limits.renewal;
  v_segment jsonb;
  v_lease timestamptz;
  v_place integer := 0;
  v_shown integer;
  v_is_next boolean;
begin
  foreach r in array p_renewals loop
    v_place := v_place + 1;
    v_shown := p_tokens[v_place];
    select * into v_seat from limits.seats s
      where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine for update;
    -- After the lock, or a caller who waited for it is judged in the past.
    at := app.now();
    offline_until := null;
    token := null;
    offline_from := limits.leases_from(v_seat);
    expires_at := coalesce(v_seat.ended_at, v_seat.expires_at);
    if v_seat.machine is null or v_seat.fence < r.fence then
      kind := 'unknown';
    elsif v_seat.fence > r.fence then
      kind := 'taken_over';
    elsif v_seat.ended is not null or v_seat.expires_at <= at then
      kind := coalesce(v_seat.ended, 'expired');
    elsif v_shown < v_seat.first_token and v_shown <> v_seat.used_token then
      kind := 'copied';
      expires_at := at;
      update limits.seats s set ended = 'expired', ended_at = at, expires_at = at, offline_until = null,
          owed_until = greatest(v_seat.owed_until, v_seat.offline_until), owed_fence = null, updated_at = at
        where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
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
        update limits.seats s set ended = 'suspended', ended_at = at, expires_at = greatest(at, v_seat.offline_until), updated_at = at
          where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
      else
        kind := 'renewed';
        expires_at := at + make_interval(secs => r.seconds);
        v_lease := greatest(v_seat.offline_until, limits.lease_of(v_seat, r.borrow, at));
        if v_lease > at then offline_until := v_lease; end if;
        v_is_next := coalesce(v_shown >= v_seat.first_token, false);
        token := greatest(v_seat.last_token, v_shown) + 1;
        update limits.seats s set expires_at = greatest(v_seat.expires_at, renew_seats.expires_at, v_lease), offline_until = v_lease, renewed_at = at,
            used_token = case when v_is_next then v_shown else v_seat.used_token end,
            first_token = case when v_is_next then renew_seats.token else v_seat.first_token end, last_token = renew_seats.token, updated_at = at
          where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
      end if;
    end if;
    return next;
  end loop;
end $$;

-- Gives up what a holder was handed out, for the process that has its fence and stops: of the holder of now the seat with it; of one before it the lease
-- that is owed to it. Of a seat that others ended, or that ran out, the lease alone. Answers the seat if this ended it.
create or replace function limits.free_seat(p_product text, p_name text, p_machine text, p_fence integer) returns jsonb language plpgsql as $$
declare
  v_now timestamptz;
  v_seat limits.seats;
  v_is_ended boolean;
begin
  select * into v_seat from limits.seats s where s.account_id = app.account() and s.product = p_product and s.name = p_name and s.machine = p_machine
    and p_fence in (s.fence, s.owed_fence) for update;
  v_now := app.now();
  if v_seat.fence = p_fence and v_seat.expires_at > v_now then
    v_is_ended := v_seat.ended is not null;
    update limits.seats s set ended = coalesce(s.ended, 'released'), ended_at = coalesce(s.ended_at, v_now), offline_until = null, expires_at = v_now,
        updated_at = v_now
      where s.account_id = v_seat.account_id and s.product = p_product and s.name = p_name and s.machine = p_machine;
  elsif v_seat.owed_fence = p_fence then
    update limits.seats s set owed_until = null, owed_fence = null, updated_at = v_now
      where s.account_id = v_seat.account_id and s.product = p_product and s.name = p_name and s.machine = p_machine;
  end if;
  if v_is_ended is distinct from false then return null; end if;
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
  return query update limits.seats s set ended = p_why, ended_at = v_now, expires_at = greatest(v_now, s.offline_until), updated_at = v_now
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
