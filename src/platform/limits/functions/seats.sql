-- Takes a seat of the transaction's account for a machine, which has at most one: a machine that holds one takes it over.
-- Answers the seat, or the denial.
create or replace function limits.take_seat(p_product text, p_name text, p_machine text, p_id uuid, p_ttl interval) returns jsonb language plpgsql as $$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_segment jsonb;
  v_max bigint;
  v_used bigint;
  v_resets timestamptz;
  v_seat limits.seats;
begin
  -- The seats of an account and limit are counted by one at a time.
  perform pg_advisory_xact_lock(hashtextextended('seats ' || v_account || p_product || '.' || p_name, 0));
  v_now := app.now();
  v_segment := entitlements.segment(v_account, p_product, v_now);
  v_max := (v_segment->'grants'->>p_name)::bigint;
  if v_segment->>'plan' is null or v_max is null or v_max < 1 then
    return jsonb_build_object('kind', 'plan_required', 'grant', p_name, 'needed', 1, 'plan', v_segment->'plan');
  end if;
  select count(*), min(expires_at) into v_used, v_resets from limits.seats
    where account_id = v_account and product = p_product and name = p_name and machine <> p_machine and expires_at > v_now;
  if v_used >= v_max then
    return jsonb_build_object('kind', 'denied', 'limit', p_name, 'of', 'seats', 'used', v_used, 'max', v_max, 'resets_at', v_resets, 'now', v_now,
      'plan', v_segment->'plan');
  end if;
  if not exists (select from limits.seats where account_id = v_account and product = p_product and name = p_name and machine = p_machine and expires_at > v_now) then
    perform limits.note(v_account, p_product, p_product, p_name, 'seats', null, limits.window_start('month', v_now), v_used, v_used + 1, v_max, v_now);
  end if;
  insert into limits.seats as s (account_id, product, name, machine, id, fence, taken_at, expires_at)
    values (v_account, p_product, p_name, p_machine, p_id, 1, v_now, v_now + p_ttl)
    on conflict (account_id, product, name, machine) do update
      set id = excluded.id, fence = s.fence + 1, taken_at = v_now, expires_at = excluded.expires_at, updated_at = v_now
    returning * into v_seat;
  return jsonb_build_object('kind', 'seat', 'id', v_seat.id, 'fence', v_seat.fence, 'expires_at', v_seat.expires_at);
end $$;

-- Renews it, if it is still held by that very fence: one that has run out never revives, for another may sit there. Answers
-- until when; null: it is lost.
create or replace function limits.renew_seat(p_product text, p_name text, p_machine text, p_fence integer, p_ttl interval) returns timestamptz language plpgsql as $$
declare
  v_now timestamptz := app.now();
  v_expires timestamptz;
begin
  update limits.seats set expires_at = greatest(expires_at, v_now + p_ttl), updated_at = v_now
    where account_id = app.account() and product = p_product and name = p_name and machine = p_machine and fence = p_fence and expires_at > v_now
    returning expires_at into v_expires;
  return v_expires;
end $$;

-- Frees it: by whoever holds that fence, or (null) by force. Answers whether anybody sat there.
create or replace function limits.free_seat(p_product text, p_name text, p_machine text, p_fence integer) returns boolean language plpgsql as $$
declare
  v_now timestamptz := app.now();
begin
  update limits.seats set expires_at = v_now, updated_at = v_now
    where account_id = app.account() and product = p_product and name = p_name and machine = p_machine and expires_at > v_now
      and (p_fence is null or fence = p_fence);
  return found;
end $$;
