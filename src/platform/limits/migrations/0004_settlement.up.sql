-- What happens to a permit after admission. One item is
--   {i: place in the answer, a: account, p: product, id: permit, h: holder, f: fence, op, calls: [outcome], next?, reason?}
-- op: send (the next provider call goes out), settle, release, requeue (a job will try again), report (late figures only).
-- An outcome: {e: usage event, s: posted | voided, u: {…figures}?, c: id for a correction row}; posted without figures means
-- that nobody knows: the call's whole reserve is posted as an estimate.
-- Locks: the account's meter of the product first, then the permit, then its usage events; everywhere in this order.

-- Moves a budget or quota window by a signed amount, if the meter still is in that window. A window that has passed is history.
create function limits.shift(p_account uuid, p_scope text, p_name text, p_start bigint, p_amount bigint) returns void language plpgsql as $$
declare
  v limits.meters;
  v_at integer;
begin
  if p_amount = 0 then return; end if;
  select * into v from limits.meters where account_id = p_account and scope = p_scope for update;
  v_at := array_position(v.names, p_name);
  if v_at is null or v.starts[v_at] <> p_start then return; end if;
  v.used[v_at] := greatest(0, v.used[v_at] + p_amount);
  update limits.meters set used = v.used where account_id = p_account and scope = p_scope;
end $$;

-- Gives the unused part of a permit's reserve back to its budgets (or charges an overrun): the newest window first.
-- A charge without an amount holds the reserve less what the later ones of the same limit hold.
create function limits.refund_budgets(p_permit limits.permits, p_unused bigint) returns void language plpgsql as $$
declare
  c record;
  v_give bigint;
begin
  if p_unused = 0 then return; end if;
  for c in
    with charge as (
      select value->>0 as scope, value->>1 as name, (value->>3)::bigint as start, (value->>4)::bigint as amount, place
      from jsonb_array_elements(p_permit.charges) with ordinality as t(value, place) where value->>2 = 'budget'
    )
    select *, p_unused - coalesce(sum(coalesce(amount, p_permit.reserve)) over (partition by scope, name order by place desc
        rows between unbounded preceding and 1 preceding), 0) as remaining,
      row_number() over (partition by scope, name order by place desc) as newest
    from charge
  loop
    if p_unused < 0 then
      v_give := case when c.newest = 1 then p_unused else 0 end;
    else
      v_give := case when c.amount is null then greatest(0, c.remaining) else least(greatest(0, c.remaining), c.amount) end;
    end if;
    perform limits.shift(p_permit.account_id, c.scope, c.name, c.start, -v_give);
  end loop;
end $$;

-- What a permit's calls have cost so far.
create function limits.cost_of(p_account uuid, p_permit uuid) returns bigint language sql stable as $$
  select coalesce(sum(cost), 0)::bigint from limits.usage_events where account_id = p_account and permit_id = p_permit and state = 'posted'
$$;

-- Writes the outcomes of provider calls. An open call is posted or voided by whoever holds the permit; for one that was
-- posted as an estimate meanwhile, exact figures become one correction row, whoever brings them. Answers the sum of corrections.
create function limits.post_calls(p_permit limits.permits, p_calls jsonb, p_held boolean, p_now timestamptz) returns bigint language plpgsql as $$
declare
  o jsonb; u jsonb;
  e limits.usage_events;
  v_corrected bigint := 0;
begin
  for o in select value from jsonb_array_elements(coalesce(p_calls, '[]')) loop
    u := o->'u';
    select * into e from limits.usage_events where account_id = p_permit.account_id and id = (o->>'e')::uuid for update;
    if not found then continue; end if;
    if e.state in ('pending', 'sent') then
      if not p_held then continue; end if;
      update limits.usage_events set state = o->>'s', updated_at = p_now,
        estimated = (o->>'s' = 'posted' and (u is null or (u->>'estimated')::boolean)),
        provider = coalesce(u->>'provider', provider), model = coalesce(u->>'model', model),
        price_version = coalesce(u->>'price_version', price_version), provider_request_id = u->>'provider_request_id',
        prompt_tokens = coalesce((u->>'prompt_tokens')::integer, 0), cached_tokens = coalesce((u->>'cached_tokens')::integer, 0),
        completion_tokens = coalesce((u->>'completion_tokens')::integer, 0), reasoning_tokens = coalesce((u->>'reasoning_tokens')::integer, 0),
        cost = case when o->>'s' = 'voided' then 0 else coalesce((u->>'cost')::bigint, reserve) end
        where account_id = e.account_id and id = e.id;
    elsif e.state = 'posted' and e.estimated and e.corrects is null and o->>'s' = 'posted' and not coalesce((u->>'estimated')::boolean, true) then
      insert into limits.usage_events (account_id, id, permit_id, attempt, user_id, key_id, product, feature, provider, model, provider_request_id,
          prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, reserve, cost, price_version, state, corrects, request_id, created_at, updated_at)
        values (e.account_id, (o->>'c')::uuid, e.permit_id, e.attempt, e.user_id, e.key_id, e.product, e.feature, u->>'provider', u->>'model',
          u->>'provider_request_id', (u->>'prompt_tokens')::integer - e.prompt_tokens, (u->>'cached_tokens')::integer - e.cached_tokens,
          (u->>'completion_tokens')::integer - e.completion_tokens, (u->>'reasoning_tokens')::integer - e.reasoning_tokens,
          0, (u->>'cost')::bigint - e.cost, u->>'price_version', 'posted', e.id, e.request_id, p_now, p_now)
        on conflict (account_id, corrects) where corrects is not null do nothing;
      if found then v_corrected := v_corrected + (u->>'cost')::bigint - e.cost; end if;
    end if;
  end loop;
  return v_corrected;
end $$;

-- Ends a permit whose meter and row are locked: open calls are resolved, the unused reserve goes back, and on failure
-- quota and credits too; burst and cooldown never.
create function limits.finish(p_permit limits.permits, p_failed boolean, p_reason text, p_now timestamptz) returns bigint language plpgsql as $$
declare
  c jsonb;
  v_cost bigint;
begin
  update limits.usage_events set state = case state when 'sent' then 'posted' else 'voided' end, estimated = state = 'sent',
      cost = case state when 'sent' then reserve else 0 end, updated_at = p_now
    where account_id = p_permit.account_id and permit_id = p_permit.id and state in ('pending', 'sent');
  v_cost := limits.cost_of(p_permit.account_id, p_permit.id);
  perform limits.refund_budgets(p_permit, p_permit.reserve - v_cost);
  if p_failed then
    for c in select value from jsonb_array_elements(p_permit.charges) where value->>2 in ('quota', 'credits') loop
      perform limits.shift(p_permit.account_id, c->>0, c->>1, (c->>3)::bigint, -(c->>4)::bigint);
    end loop;
  end if;
  update limits.permits set state = case when p_failed then 'voided' else 'settled' end, reason = p_reason, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
  return v_cost;
end $$;

-- A budget-only admission: the permit's reserve grows by what a further call may cost beyond it. Null = it has room.
create function limits.extend(p_permit limits.permits, p_short bigint, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  c jsonb;
  v limits.meters;
  v_at integer; v_start bigint; v_taken bigint; v_max bigint; v_window text;
  v_grants jsonb := entitlements.segment(p_permit.account_id, p_permit.product, p_now)->'grants';
  v_charges jsonb := p_permit.charges;
begin
  for c in select distinct on (value->>0, value->>1) value from jsonb_array_elements(p_permit.charges) with ordinality as t(value, place)
      where value->>2 = 'budget' order by value->>0, value->>1, place desc loop
    select * into v from limits.meters where account_id = p_permit.account_id and scope = c->>0 for update;
    v_at := array_position(v.names, c->>1);
    v_max := (v_grants->>(c->>1))::bigint;
    v_window := c->>5;
    v_start := limits.window_start(v_window, p_now);
    v_taken := case when v.starts[v_at] = v_start then v.used[v_at] else 0 end;
    if v_max is null or v_taken + p_short > v_max then
      return jsonb_build_object('kind', 'denied', 'limit', c->>1, 'of', 'budget', 'used', v_taken, 'max', coalesce(v_max, 0),
        'resets_at', limits.window_end(v_window, v_start), 'now', p_now);
    end if;
    perform limits.charge(p_permit.account_id, c->>0, c->>1, v_start, p_short);
    if v_start <> (c->>3)::bigint then
      v_charges := v_charges || jsonb_build_array(jsonb_build_array(c->0, c->1, 'budget', v_start, p_short, v_window));
    end if;
  end loop;
  update limits.permits set reserve = reserve + p_short, charges = v_charges, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
  return null;
end $$;

create function limits.resolve(p_item jsonb) returns jsonb language plpgsql as $$
declare
  v_account uuid := (p_item->>'a')::uuid;
  v_now timestamptz; v_seen bigint; v_held boolean; v_corrected bigint; v_short bigint; v_denial jsonb; v_attempt integer;
  p limits.permits;
  n jsonb := p_item->'next';
begin
  select seen into v_seen from limits.meters where account_id = v_account and scope = p_item->>'p' for update;
  v_now := greatest(app.now(), limits.instant(coalesce(v_seen, 0)));
  select * into p from limits.permits where account_id = v_account and id = (p_item->>'id')::uuid for update;
  if not found then return jsonb_build_object('kind', 'stale', 'state', 'unknown'); end if;
  v_held := p.state in ('queued', 'running') and p.fence = (p_item->>'f')::integer and p.holder = (p_item->>'h')::uuid;
  v_corrected := limits.post_calls(p, p_item->'calls', v_held, v_now);
  if not v_held then
    -- It was closed with an estimate; the exact figure moves the budget, if its window still stands.
    perform limits.refund_budgets(p, -v_corrected);
    -- Closed under this very fence: by an earlier try of this same call.
    return jsonb_build_object('kind', case when p.state in ('settled', 'voided') and p.fence = (p_item->>'f')::integer then 'again' else 'stale' end, 'state', p.state);
  end if;
  case p_item->>'op'
    when 'send' then
      v_short := limits.cost_of(v_account, p.id) + (n->>'r')::bigint - p.reserve;
      if v_short > 0 then
        v_denial := limits.extend(p, v_short, v_now);
        if v_denial is not null then return v_denial; end if;
      end if;
      select coalesce(max(attempt), 0) + 1 into v_attempt from limits.usage_events where account_id = v_account and permit_id = p.id;
      insert into limits.usage_events (account_id, id, permit_id, attempt, user_id, key_id, product, feature, provider, model, reserve, price_version, state, request_id, created_at, updated_at)
        values (v_account, (n->>'e')::uuid, p.id, v_attempt, p.user_id, p.key_id, p.product, p.feature, n->>'pr', n->>'m', (n->>'r')::bigint, n->>'v', 'sent', p.request_id, v_now, v_now);
      return jsonb_build_object('kind', 'sent', 'reserve', p.reserve + greatest(0, v_short));
    when 'requeue' then
      update limits.usage_events set state = 'posted', estimated = true, cost = reserve, updated_at = v_now
        where account_id = v_account and permit_id = p.id and state = 'sent';
      update limits.permits set state = 'queued', reason = p_item->>'reason', updated_at = v_now where account_id = v_account and id = p.id;
      return jsonb_build_object('kind', 'queued');
    when 'settle' then
      return jsonb_build_object('kind', 'settled', 'cost', limits.finish(p, false, null, v_now));
    when 'release' then
      return jsonb_build_object('kind', 'voided', 'cost', limits.finish(p, true, p_item->>'reason', v_now));
    else
      return jsonb_build_object('kind', 'reported');
  end case;
end $$;

-- Many permits' steps in one call and one commit.
create function limits.resolve_batch(p_batch jsonb) returns table (i integer, answer jsonb) language plpgsql as $$
declare
  r jsonb;
begin
  for r in select value from jsonb_array_elements(p_batch) with ordinality as t(value, place) order by value->>'a', value->>'p', place loop
    i := (r->>'i')::integer;
    answer := limits.resolve(r);
    return next;
  end loop;
end $$;

-- The same inside the caller's own transaction, as its last statement: a stale permit undoes the whole of it.
create function limits.resolve_here(p_item jsonb) returns jsonb language plpgsql as $$
declare
  v_answer jsonb := limits.resolve(p_item || jsonb_build_object('a', app.account()));
begin
  if v_answer->>'kind' = 'stale' then
    raise exception 'the permit is % and no longer held by this fence', v_answer->>'state' using errcode = 'PL010';
  end if;
  return v_answer;
end $$;

-- The job that from now on owns a queued permit; the caller must still hold it.
create function limits.attach(p_permit uuid, p_holder uuid, p_fence integer, p_job uuid) returns void language plpgsql as $$
begin
  update limits.permits set job_id = p_job, updated_at = app.now()
    where account_id = app.account() and id = p_permit and state = 'queued' and holder = p_holder and fence = p_fence and job_id is null;
  if not found then
    raise exception 'the permit is no longer held by this fence' using errcode = 'PL010';
  end if;
end $$;

-- Stores the answer under the key that admission remembered, in the transaction of the effect.
create function limits.answer_here(p_permit uuid, p_route text, p_key_hash text, p_status integer, p_headers jsonb, p_body jsonb, p_sealed bytea) returns void language plpgsql as $$
begin
  update idempotency.keys set state = 'done', status = p_status, headers = p_headers, answer = p_body, sealed = p_sealed
    where account_id = app.account() and route = p_route and key_hash = p_key_hash and permit_id = p_permit;
end $$;

-- A job's take-up: the next fence, a new holder, and the call marked as sent, before anything goes out. A call that an
-- earlier holder had sent has an unknown outcome: it is posted at its reserve, and no call is open for this attempt.
create function limits.take(p_account uuid, p_permit uuid, p_holder uuid) returns jsonb language plpgsql as $$
declare
  p limits.permits;
  v_open uuid;
  v_calls integer;
  v_now timestamptz := app.now();
begin
  update limits.permits set state = 'running', holder = p_holder, fence = fence + 1, updated_at = v_now
    where account_id = p_account and id = p_permit and state in ('queued', 'running') returning * into p;
  if not found then return null; end if;
  update limits.usage_events set state = 'posted', estimated = true, cost = reserve, updated_at = v_now
    where account_id = p_account and permit_id = p_permit and state = 'sent';
  update limits.usage_events set state = 'sent', updated_at = v_now
    where account_id = p_account and permit_id = p_permit and state = 'pending' returning id into v_open;
  select count(*) into v_calls from limits.usage_events where account_id = p_account and permit_id = p_permit and corrects is null;
  return jsonb_build_object('id', p.id, 'account', p.account_id, 'user', p.user_id, 'key', p.key_id, 'product', p.product, 'feature', p.feature,
    'units', p.units, 'reserve', p.reserve, 'fence', p.fence, 'subject', p.subject, 'request_id', p.request_id, 'calls', v_calls, 'event', v_open,
    'refused', accounts.can_spend(p.account_id, p.user_id, p.key_id));
end $$;

call app.run_as_system('limits.shift(uuid, text, text, bigint, bigint)');
call app.run_as_system('limits.refund_budgets(limits.permits, bigint)');
call app.run_as_system('limits.cost_of(uuid, uuid)');
call app.run_as_system('limits.post_calls(limits.permits, jsonb, boolean, timestamptz)');
call app.run_as_system('limits.finish(limits.permits, boolean, text, timestamptz)');
call app.run_as_system('limits.extend(limits.permits, bigint, timestamptz)');
call app.run_as_system('limits.resolve(jsonb)');
call app.run_as_system('limits.resolve_batch(jsonb)');
call app.run_as_system('limits.resolve_here(jsonb)');
call app.run_as_system('limits.attach(uuid, uuid, integer, uuid)');
call app.run_as_system('limits.answer_here(uuid, text, text, integer, jsonb, jsonb, bytea)');
call app.run_as_system('limits.take(uuid, uuid, uuid)');
grant execute on function limits.resolve_here(jsonb), limits.attach(uuid, uuid, integer, uuid),
  limits.answer_here(uuid, text, text, integer, jsonb, jsonb, bytea) to plinth_tenant;
