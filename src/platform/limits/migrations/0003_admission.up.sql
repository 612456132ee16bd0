-- Admission: many callers' decisions in one call and one commit. See docs/limits.md for the words.
--
-- p_batch: [{i: place in the answer, a: account, u: user, k: key?, id: permit, e: usage event, p: product, f: feature,
--   n: units, r: reserve, least: smallest reserve that makes sense, s: subject?, h: holder, q: request id, job: bool,
--   needs: {grant: least value}?, ik: {route, key, body}? (hashes), pr: provider, m: model, v: price version}]
-- p_features: {"product.feature": {requires: [grant], longest: seconds, consumes: [{n: limit, k: kind, w: window, by: subject}]}}
-- p_wait: whether to wait for a locked meter; else its requests are answered `busy` and come again with the next batch.

-- The first instant of the window that an instant lies in, in epoch microseconds, UTC.
create function limits.window_start(p_window text, p_now timestamptz) returns bigint language sql stable parallel safe as $$
  select (extract(epoch from date_trunc(p_window, p_now, 'UTC')) * 1000000)::bigint
$$;

create function limits.window_end(p_window text, p_start bigint) returns timestamptz language sql stable parallel safe as $$
  select (to_timestamp(p_start / 1000000) at time zone 'UTC' + ('1 ' || p_window)::interval) at time zone 'UTC'
$$;

create function limits.instant(p_micros bigint) returns timestamptz language sql immutable parallel safe as $$
  select to_timestamp(p_micros / 1000000) + (p_micros % 1000000) * interval '1 microsecond'
$$;

-- Adds to a window of a meter other than the account's own (a subject's, a user's, a key's). Its caller holds the lock
-- of the account's meter for the product, under which all of these are changed.
create function limits.charge(p_account uuid, p_scope text, p_name text, p_start bigint, p_amount bigint) returns void language plpgsql as $$
declare
  v limits.meters;
  v_at integer;
begin
  select * into v from limits.meters where account_id = p_account and scope = p_scope for update;
  if not found then
    insert into limits.meters (account_id, scope, names, starts, used)
      values (p_account, p_scope, array[p_name], array[p_start], array[p_amount]);
    return;
  end if;
  v_at := array_position(v.names, p_name);
  if v_at is null then
    v.names := v.names || p_name; v.starts := v.starts || p_start; v.used := v.used || p_amount;
  elsif v.starts[v_at] = p_start then
    v.used[v_at] := v.used[v_at] + p_amount;
  else
    v.starts[v_at] := p_start; v.used[v_at] := p_amount;
  end if;
  update limits.meters set names = v.names, starts = v.starts, used = v.used where account_id = p_account and scope = p_scope;
end $$;

-- What a repeat of an Idempotency-Key gets: null = go on and admit; else an answer that ends it.
-- An adopted permit gets a new holder and the next fence, and charges nothing; p_refused says why its caller may not have it.
create function limits.repeated(p_request jsonb, p_refused text, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  v_key idempotency.keys;
  v_permit limits.permits;
  v_event limits.usage_events;
begin
  select * into v_key from idempotency.keys
    where account_id = (p_request->>'a')::uuid and route = p_request->'ik'->>'route' and key_hash = p_request->'ik'->>'key';
  if not found then return null; end if;
  if v_key.expires_at <= p_now then
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_key.body_hash <> p_request->'ik'->>'body' then return jsonb_build_object('kind', 'mismatch'); end if;
  if v_key.state = 'done' then
    return jsonb_build_object('kind', 'replay', 'status', v_key.status, 'headers', v_key.headers, 'body', v_key.answer,
      'sealed', encode(v_key.sealed, 'base64'));
  end if;
  select * into v_permit from limits.permits where account_id = v_key.account_id and id = v_key.permit_id;
  -- Not written yet: it was admitted by this very batch.
  if not found then return jsonb_build_object('kind', 'running'); end if;
  if v_permit.state = 'voided' then
    -- It came to nothing and charged nothing that it did not give back: the key is free again.
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_permit.state = 'settled' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  -- Its job runs it, whoever enqueued that; or its holder does.
  if v_permit.job_id is not null or exists (select from limits.holders where id = v_permit.holder and expires_at > p_now) then
    return jsonb_build_object('kind', 'running');
  end if;
  if v_permit.state = 'running' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  if p_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', p_refused); end if;
  update limits.permits set holder = (p_request->>'h')::uuid, fence = fence + 1, request_id = p_request->>'q', updated_at = p_now
    where account_id = v_permit.account_id and id = v_permit.id and state = 'queued' and job_id is null and fence = v_permit.fence
    returning * into v_permit;
  -- Its holder, thought dead, enqueued the job at this very moment.
  if not found then return jsonb_build_object('kind', 'running'); end if;
  -- The planned call goes out for this request: its row is found by this one's id, as the permit is.
  update limits.usage_events set request_id = v_permit.request_id, updated_at = p_now
    where account_id = v_permit.account_id and permit_id = v_permit.id and state = 'pending' returning * into v_event;
  return jsonb_build_object('kind', 'permit', 'adopted', true, 'id', v_permit.id, 'fence', v_permit.fence,
    'reserve', v_permit.reserve, 'event', v_event.id);
end $$;

create function limits.admit(p_batch jsonb, p_features jsonb, p_wait boolean)
returns table (i integer, answer jsonb) language plpgsql as $$
declare
  r jsonb;
  v_account uuid; v_product text; v_group text := '';
  v_open boolean := false;       -- whether the group's meter is locked by us
  v_dirty boolean := false;
  v_now timestamptz; v_now_us bigint;
  v_names text[]; v_starts bigint[]; v_used bigint[];
  v_segment jsonb; v_grants jsonb;
  v_counts jsonb := '{}';        -- open permits of the group by slot, read once
  v_minute bigint; v_hour bigint; v_day bigint; v_week bigint; v_month bigint;
  v_feature jsonb; c jsonb; v_needed text;
  v_units bigint; v_reserve bigint; v_answer jsonb; v_denial jsonb;
  v_limit text; v_kind text; v_scope text; v_max bigint; v_least bigint; v_start bigint; v_taken bigint; v_at integer; v_slot text; v_slots text[];
  v_charges jsonb; v_meter limits.meters; v_due timestamptz; v_caller text := ''; v_refused text; v_holder uuid; v_lease timestamptz;
  v_permit limits.permits; v_event limits.usage_events;
  v_permits limits.permits[] := '{}'; v_events limits.usage_events[] := '{}';
begin
  for r in select value from jsonb_array_elements(p_batch) with ordinality as t(value, place) order by value->>'a', value->>'p', place loop
    i := (r->>'i')::integer;

    -- A new account and product: write back the meter before, lock this one, read clock and grants after the lock.
    if v_group <> (r->>'a') || ' ' || (r->>'p') then
      if v_dirty then
        update limits.meters set names = v_names, starts = v_starts, used = v_used, seen = v_now_us
          where account_id = v_account and scope = v_product;
        v_dirty := false;
      end if;
      v_group := (r->>'a') || ' ' || (r->>'p');
      v_account := (r->>'a')::uuid; v_product := r->>'p';
      if p_wait then
        select names, starts, used, seen into v_names, v_starts, v_used, v_now_us from limits.meters
          where account_id = v_account and scope = v_product for update;
      else
        select names, starts, used, seen into v_names, v_starts, v_used, v_now_us from limits.meters
          where account_id = v_account and scope = v_product for update skip locked;
      end if;
      v_open := found;
      if not v_open then
        insert into limits.meters (account_id, scope) values (v_account, v_product) on conflict do nothing;
        v_open := found;
        v_names := '{}'; v_starts := '{}'; v_used := '{}'; v_now_us := 0;
      end if;
      if v_open then
        -- After the lock, and never behind the row's last: a waiter must not judge in the past.
        v_now := greatest(app.now(), limits.instant(v_now_us));
        v_now_us := (extract(epoch from v_now) * 1000000)::bigint;
        v_minute := v_now_us - v_now_us % 60000000; v_hour := v_now_us - v_now_us % 3600000000;
        if v_day is distinct from v_now_us - v_now_us % 86400000000 then
          v_day := v_now_us - v_now_us % 86400000000;
          v_week := limits.window_start('week', v_now); v_month := limits.window_start('month', v_now);
        end if;
        v_segment := entitlements.segment(v_account, v_product, v_now);
        v_grants := v_segment->'grants';
        v_counts := '{}'; v_caller := '';
      end if;
    end if;
    if not v_open then
      answer := '{"kind":"busy"}'; return next; continue;
    end if;

    -- 1. Caller and holder at this very instant; but a repeat of a key charges nothing, and is answered first.
    if v_caller <> (r->>'u') || coalesce(r->>'k', '') || (r->>'h') then
      v_caller := (r->>'u') || coalesce(r->>'k', '') || (r->>'h');
      v_refused := accounts.can_spend(v_account, (r->>'u')::uuid, (r->>'k')::uuid);
      -- The lease is read once for a batch, which takes milliseconds; but anew after waiting for a lock.
      if v_holder is null or v_holder <> (r->>'h')::uuid or p_wait then
        v_holder := (r->>'h')::uuid;
        select expires_at into v_lease from limits.holders where id = v_holder;
      end if;
      if v_refused is null and (v_lease is null or v_lease <= v_now) then v_refused := 'holder_dead'; end if;
    end if;
    if r ? 'ik' then
      v_answer := limits.repeated(r, v_refused, v_now);
      if v_answer is not null then
        answer := v_answer; return next; continue;
      end if;
    end if;
    if v_refused is not null then
      answer := jsonb_build_object('kind', 'refused', 'reason', v_refused); return next; continue;
    end if;

    -- 2. The plan at this very instant.
    v_feature := p_features->(v_product || '.' || (r->>'f'));
    v_denial := null;
    if v_segment->>'plan' is null then
      v_denial := jsonb_build_object('kind', 'plan_required', 'grant', null, 'plan', null);
    else
      for v_needed in select jsonb_array_elements_text(v_feature->'requires') loop
        if not coalesce((v_grants->>v_needed)::boolean, false) then
          v_denial := jsonb_build_object('kind', 'plan_required', 'grant', v_needed, 'needed', true, 'plan', v_segment->'plan');
        end if;
      end loop;
      if r ? 'needs' then
        for v_needed, v_taken in select key, value::bigint from jsonb_each_text(r->'needs') loop
          if coalesce((v_grants->>v_needed)::bigint, 0) < v_taken then
            v_denial := jsonb_build_object('kind', 'plan_required', 'grant', v_needed, 'needed', v_taken, 'plan', v_segment->'plan');
          end if;
        end loop;
      end if;
    end if;

    -- 3. All limits, all or nothing: first look at each, then charge.
    v_units := (r->>'n')::bigint; v_reserve := (r->>'r')::bigint;
    v_charges := '[]'; v_slots := '{}';
    v_due := v_now + make_interval(secs => (v_feature->>'longest')::double precision);
    if v_denial is null then
      for c in select value from jsonb_array_elements(v_feature->'consumes') loop
        v_limit := c->>'n'; v_kind := c->>'k';
        v_max := (v_grants->>v_limit)::bigint;
        v_scope := case c->>'by' when 'account' then v_product
          when 'user' then v_product || '/user:' || (r->>'u')
          when 'key' then v_product || '/key:' || coalesce(r->>'k', '')
          else v_product || '/subject:' || coalesce(r->>'s', '') end;
        -- More than the plan ever has room for: waiting would not help.
        v_least := case v_kind when 'concurrency' then 1 when 'cooldown' then 0 when 'budget' then (r->>'least')::bigint else v_units end;
        if v_max is null or v_max < v_least then
          v_denial := jsonb_build_object('kind', 'plan_required', 'grant', v_limit, 'needed', greatest(v_least, 1), 'plan', v_segment->'plan');
          exit;
        end if;
        if v_kind = 'concurrency' then
          v_slot := v_scope || ' ' || v_limit;
          if not v_counts ? v_slot then
            select count(*) into v_taken from limits.permits p
              where p.account_id = v_account and p.product = v_product and v_slot = any(p.slots) and p.state in ('queued', 'running')
                and (p.job_id is not null or p.state = 'queued'
                  or p.due_at > v_now and exists (select from limits.holders h where h.id = p.holder and h.expires_at > v_now));
            v_counts := v_counts || jsonb_build_object(v_slot, v_taken);
          end if;
          v_taken := (v_counts->>v_slot)::bigint;
          if v_taken >= v_max then
            -- The latest instant for it: those admitted by this batch are not written yet, so that their own due time stands in.
            select greatest(coalesce(min(p.due_at), v_due), v_now + interval '1 second') into v_due from limits.permits p
              where p.account_id = v_account and p.product = v_product and v_slot = any(p.slots) and p.state in ('queued', 'running');
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', v_taken, 'max', v_max,
              'resets_at', v_due, 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_slots := v_slots || v_slot;
          continue;
        end if;
        -- What the window holds so far: the account's own meter is at hand, another scope's is read.
        if v_scope = v_product then
          v_at := array_position(v_names, v_limit);
          v_start := v_starts[v_at]; v_taken := v_used[v_at];
        else
          select * into v_meter from limits.meters where account_id = v_account and scope = v_scope;
          v_at := array_position(v_meter.names, v_limit);
          v_start := v_meter.starts[v_at]; v_taken := v_meter.used[v_at];
        end if;
        if v_kind = 'cooldown' then
          if v_start > v_now_us then
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', 1, 'max', 1,
              'resets_at', limits.instant(v_start), 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_scope, v_limit, v_kind, v_now_us + v_max * 1000000, 1));
          continue;
        end if;
        if v_start is distinct from (case c->>'w' when 'month' then v_month when 'hour' then v_hour when 'day' then v_day when 'minute' then v_minute else v_week end) then
          v_start := case c->>'w' when 'month' then v_month when 'hour' then v_hour when 'day' then v_day when 'minute' then v_minute else v_week end;
          v_taken := 0;
        end if;
        if v_kind = 'budget' then
          -- Less room than asked, but enough to make sense: the permit carries what is left.
          if v_taken + v_least > v_max then
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', v_taken, 'max', v_max,
              'resets_at', limits.window_end(c->>'w', v_start), 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_reserve := least(v_reserve, v_max - v_taken);
          v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_scope, v_limit, v_kind, v_start, null, c->>'w'));
        else
          if v_taken + v_units > v_max then
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', v_taken, 'max', v_max,
              'resets_at', limits.window_end(c->>'w', v_start), 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_scope, v_limit, v_kind, v_start, v_units));
        end if;
      end loop;
    end if;
    if v_denial is not null then
      answer := v_denial; return next; continue;
    end if;

    -- 4. Charge, and write key, permit and usage event.
    if r ? 'ik' then
      insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state, created_at, expires_at)
        values (v_account, r->'ik'->>'route', r->'ik'->>'key', r->'ik'->>'body', (r->>'id')::uuid, 'running', v_now, v_now + interval '24 hours')
        on conflict do nothing;
      -- The same key at this moment, for another product: its meter is not ours.
      if not found then
        answer := jsonb_build_object('kind', 'running'); return next; continue;
      end if;
    end if;
    for c in select value from jsonb_array_elements(v_charges) loop
      v_scope := c->>0; v_limit := c->>1; v_start := (c->>3)::bigint; v_taken := coalesce((c->>4)::bigint, v_reserve);
      if v_scope <> v_product then
        perform limits.charge(v_account, v_scope, v_limit, v_start, v_taken);
      else
        v_at := array_position(v_names, v_limit);
        if v_at is null then
          v_names := v_names || v_limit; v_starts := v_starts || v_start; v_used := v_used || v_taken;
        elsif v_starts[v_at] = v_start then
          v_used[v_at] := v_used[v_at] + v_taken;
        else
          v_starts[v_at] := v_start; v_used[v_at] := v_taken;
        end if;
      end if;
    end loop;
    v_dirty := true;
    foreach v_slot in array v_slots loop
      v_counts := v_counts || jsonb_build_object(v_slot, (v_counts->>v_slot)::bigint + 1);
    end loop;
    v_permit := row(v_account, (r->>'id')::uuid, (r->>'u')::uuid, (r->>'k')::uuid, v_product, r->>'f', v_units, v_reserve,
      case when (r->>'job')::boolean then 'queued' else 'running' end, (r->>'h')::uuid, 1, v_slots, v_charges, r->>'s', null,
      v_due, r->>'q', null, v_now, v_now);
    v_event := row(v_account, (r->>'e')::uuid, v_permit.id, 1, 1, v_permit.user_id, v_permit.key_id, v_product, r->>'f', r->>'pr', r->>'m', null,
      0, 0, 0, 0, v_reserve, 0, r->>'v', case when (r->>'job')::boolean then 'pending' else 'sent' end, false, null, r->>'q', v_now, v_now);
    v_permits := v_permits || v_permit;
    v_events := v_events || v_event;
    answer := jsonb_build_object('kind', 'permit', 'adopted', false, 'id', v_permit.id, 'fence', 1, 'reserve', v_reserve, 'event', v_event.id);
    return next;
  end loop;

  if v_dirty then
    update limits.meters set names = v_names, starts = v_starts, used = v_used, seen = v_now_us
      where account_id = v_account and scope = v_product;
  end if;
  insert into limits.permits select * from unnest(v_permits);
  insert into limits.usage_events select * from unnest(v_events);
end $$;

call app.run_as_system('limits.admit(jsonb, jsonb, boolean)');
