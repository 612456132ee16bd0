-- What happens to a permit after admission. One item is
--   {i: place in the answer, a: account, p: product, id: permit, h: holder, f: fence, op, calls: [outcome], next?, reason?}
-- op: send (the next provider call goes out), settle (n: units that it took, when fewer than admitted), release (k: its quota and
-- credits stay used), requeue (a job
-- will try again), extend (of a permit that is lent), report (late figures only).
-- An outcome: {e: usage event, s: posted | voided, u: {…figures}?, t: was it a try?, c: id for a correction row}; posted
-- without figures means that nobody knows: the call's whole reserve is posted as an estimate. Of figures that do not say what
-- is charged, all of the cost is.
-- Locks: the account's meter of the product first, then the permit, then its usage events, the operator's spending last; everywhere in this order.

-- Locks the meter under which all of an account's windows and permits of a product are changed. Answers the time after
-- the lock, never behind the row's last. Null: p_wait is false, and somebody else has it.
create or replace function limits.lock_meter(p_account uuid, p_product text, p_wait boolean) returns timestamptz language plpgsql as $$
declare
  v_seen bigint;
begin
  if p_wait then
    select seen into v_seen from limits.meters where account_id = p_account and scope = p_product for update;
  else
    select seen into v_seen from limits.meters where account_id = p_account and scope = p_product for update skip locked;
    if not found then return null; end if;
  end if;
  return limits.time_after(v_seen);
end $$;

-- Moves windows by signed amounts, each if its meter still is in that window: one that has passed is history.
create or replace function limits.move_windows(p_account uuid, p_moves limits.move[]) returns void language plpgsql as $$
declare
  m record;
  v limits.meters;
  v_at integer;
begin
  for m in
    select scope, array_agg(name) as names, array_agg(start) as starts, array_agg(amount) as amounts
    from (select scope, name, start, sum(amount)::bigint as amount from unnest(p_moves) group by scope, name, start) as summed
    group by scope order by scope
  loop
    perform limits.lock_key_of(p_account, m.scope);
    select * into v from limits.meters where account_id = p_account and scope = m.scope for update;
    continue when not found;
    for v_place in 1 .. cardinality(m.names) loop
      v_at := array_position(v.names, m.names[v_place]);
      if v.starts[v_at] = m.starts[v_place] then
        v.used[v_at] := greatest(0, v.used[v_at] + m.amounts[v_place]);
      end if;
    end loop;
    update limits.meters set used = v.used where account_id = p_account and scope = m.scope;
  end loop;
end $$;

-- Locks what the steps of many permits change, in the order in which admission does: the meters of their products first, and after them those
-- of the keys that they charge. Locked step by step, a key's would be held while another product's is waited for, and an admission there for that key.
create or replace function limits.lock_for_steps(p_steps jsonb) returns void language plpgsql as $$
begin
  perform limits.lock_meters(array_agg(account order by account, product collate "C"), array_agg(product order by account, product collate "C")) from (
    select distinct (value->>'a')::uuid as account, value->>'p' as product from jsonb_array_elements(p_steps)) as steps;
  perform from (
      select distinct p.account_id as account, split_part(charge->>0, '/', 1) as key_scope from jsonb_array_elements(p_steps) as step
        cross join lateral (select * from limits.permits t where t.account_id = (step->>'a')::uuid and t.id = (step->>'id')::uuid limit 1) as p
        cross join lateral jsonb_array_elements(p.charges) as charge
        where charge->>0 like 'key:%' order by 1, 2) as keys
    cross join lateral (select from limits.meters t where t.account_id = account and t.scope = key_scope for update) as held;
end $$;

-- Gives a part of what a permit holds back to its budgets, and the tokens that it did not take, the newest window first; of a negative part,
-- an overrun, the newest window takes all. Answers the permit's charges after it, and the moves of the windows, which its caller makes.
create or replace function limits.give_back(p_permit limits.permits, p_unused bigint, out charges jsonb, out moves limits.move[]) language plpgsql as $$
declare
  c jsonb;
  v_left jsonb := '{}';
  v_key text;
  v_give bigint;
  v_tokens bigint := limits.tokens_left(p_permit);
begin
  charges := p_permit.charges;
  moves := '{}';
  if p_unused = 0 and coalesce(v_tokens, 0) = 0 then return; end if;
  for v_at in reverse jsonb_array_length(charges) - 1 .. 0 loop
    c := charges->v_at;
    continue when c->>2 not in ('budget', 'tokens');
    v_key := (c->>0) || ' ' || (c->>1);
    v_give := coalesce((v_left->>v_key)::bigint, case c->>2 when 'budget' then p_unused else v_tokens end);
    if c->>4 is not null then
      v_left := v_left || jsonb_build_object(v_key, v_give - least(v_give, (c->>4)::bigint));
      v_give := least(v_give, (c->>4)::bigint);
      charges := jsonb_set(charges, array[v_at::text, '4'], to_jsonb((c->>4)::bigint - v_give));
    end if;
    moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -v_give)::limits.move;
    if v_give < 0 then
      perform limits.note_charge(p_permit.account_id, p_permit.product, c->>0, c->>1, c->>2, c->>5, (c->>3)::bigint, -v_give, false, app.now());
    end if;
  end loop;
end $$;

-- Ends a permit whose meter and row are locked: open calls are resolved, the unused reserve goes back, and on failure
-- quota and credits too, unless p_kept; burst and cooldown never. Answers the moves of the windows, which its caller makes.
create or replace function limits.finish(p_permit limits.permits, p_failed boolean, p_reason text, p_now timestamptz, p_kept boolean default false,
  out cost bigint, out moves limits.move[]) language plpgsql as $$
declare
  c jsonb;
  v_charges jsonb;
  v_charged bigint;
  v_open boolean;
begin
  select coalesce(sum(e.cost) filter (where e.state = 'posted'), 0), coalesce(sum(e.charged) filter (where e.state = 'posted'), 0),
      coalesce(bool_or(e.state in ('pending', 'sent')), false) into cost, v_charged, v_open
    from limits.usage_events e where e.account_id = p_permit.account_id and e.permit_id = p_permit.id;
  if v_open then
    with closed as (
      update limits.usage_events e set state = case e.state when 'sent' then 'posted' else 'voided' end, estimated = e.state = 'sent',
          cost = case e.state when 'sent' then e.reserve else 0 end,
          charged = case e.state when 'sent' then e.reserve else 0 end, updated_at = p_now
        where e.account_id = p_permit.account_id and e.permit_id = p_permit.id and e.state in ('pending', 'sent') returning e.cost, e.charged
    )
    select finish.cost + sum(closed.cost), v_charged + sum(closed.charged) into cost, v_charged from closed;
  end if;
  perform limits.bear(p_permit, cost - v_charged, p_now);
  select g.charges, g.moves into v_charges, moves from limits.give_back(p_permit, p_permit.reserve - v_charged) g;
  if p_failed and not p_kept then
    for c in select value from jsonb_array_elements(v_charges) where value->>2 = 'quota' loop
      moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -(c->>4)::bigint)::limits.move;
    end loop;
    if jsonb_path_exists(v_charges, '$[*][2] ? (@ == "credits")') then perform limits.return_credits(p_permit.account_id, v_charges, p_now); end if;
  end if;
  if p_permit.operator_budgets is not null then perform limits.count_spending(p_permit, null, p_now); end if;
  update limits.permits set state = case when p_failed then 'voided' else 'settled' end, reason = p_reason, charges = v_charges, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
end $$;

-- A budget-only admission: the permit's reserve grows by what a further call may cost beyond it, and its tokens by those that it may take, in
-- the windows of this moment, in all budgets or in none. Null = they had room.
create or replace function limits.extend(p_permit limits.permits, p_short bigint, p_tokens bigint, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  c jsonb;
  v limits.meters;
  v_at integer; v_start bigint; v_taken bigint; v_max bigint; v_more bigint;
  v_grants jsonb := entitlements.segment(p_permit.account_id, p_permit.product, p_now)->'grants';
  v_charges jsonb := p_permit.charges;
  v_newest jsonb;
  v_starts bigint[] := '{}';
begin
  -- Of each budget the newest charge, with its place.
  select coalesce(jsonb_agg(jsonb_build_array(value, place - 1)), '[]') into v_newest from (
    select distinct on (value->>0, value->>1) value, place from jsonb_array_elements(v_charges) with ordinality as t(value, place)
    where case value->>2 when 'budget' then p_short > 0 when 'tokens' then p_tokens > 0 end order by value->>0, value->>1, place desc) as newest;
  for c in select value->0 from jsonb_array_elements(v_newest) loop
    perform limits.lock_key_of(p_permit.account_id, c->>0);
    select * into v from limits.meters where account_id = p_permit.account_id and scope = c->>0 for update;
    v_at := array_position(v.names, c->>1);
    v_max := (v_grants->>(c->>1))::bigint;
    v_more := case c->>2 when 'budget' then p_short else p_tokens end;
    -- A key that has this bound no more binds nobody.
    if c->>0 like 'key:%' then v_max := coalesce(limits.key_bound(p_permit.account_id, c->>0, c->>1), 9007199254740991); end if;
    v_start := (limits.window_of(p_permit.account_id, p_permit.product, c->>5, v.starts[v_at], p_now)).starts;
    v_starts := v_starts || v_start;
    v_taken := case when v.starts[v_at] = v_start then v.used[v_at] else 0 end;
    if v_max is null or v_taken + v_more > v_max then
      return jsonb_build_object('kind', 'denied', 'limit', c->>1, 'of', case c->>2 when 'budget' then 'budget' else 'quota' end, 'used', v_taken, 'max', coalesce(v_max, 0),
        'resets_at', (limits.window_of(p_permit.account_id, p_permit.product, c->>5, v_start, p_now)).ends, 'now', p_now, 'needed', v_more, 'per', c->>5);
    end if;
  end loop;
  for c, v_at, v_start in select value->0, (value->>1)::integer, v_starts[place] from jsonb_array_elements(v_newest) with ordinality as t(value, place) loop
    v_more := case c->>2 when 'budget' then p_short else p_tokens end;
    perform limits.charge(p_permit.account_id, c->>0, c->>1, v_start, v_more);
    perform limits.note_charge(p_permit.account_id, p_permit.product, c->>0, c->>1, c->>2, c->>5, v_start, v_more, true, p_now);
    if v_start <> (c->>3)::bigint then
      -- From now on two windows hold parts of the reserve: each charge says how much.
      if c->>4 is null then
        v_charges := jsonb_set(v_charges, array[v_at::text, '4'], to_jsonb(p_permit.reserve));
      end if;
      v_charges := v_charges || jsonb_build_array(jsonb_build_array(c->0, c->1, c->2, v_start, v_more, c->5));
    elsif c->>4 is not null then
      v_charges := jsonb_set(v_charges, array[v_at::text, '4'], to_jsonb((c->>4)::bigint + v_more));
    end if;
  end loop;
  update limits.permits set reserve = reserve + p_short, charges = v_charges, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
  return null;
end $$;

-- Why a call whose provider has failed may not be tried again: what failed today, what tries of calls that are not over cost, and what may
-- fail yet would be more than may be borne (`b`). Null: it may, or nothing of it has failed.
create or replace function limits.try_too_many(p_permit limits.permits, p_next jsonb, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  v_start bigint := limits.window_start('day', p_now);
  v_failed bigint;
  v_most bigint := (p_next->>'b')::bigint;
begin
  if v_most is null or not exists (select from limits.usage_events e
    where e.account_id = p_permit.account_id and e.permit_id = p_permit.id and e.state = 'posted' and e.cost > e.charged) then return null; end if;
  select coalesce(sum(e.cost - e.charged), 0) into v_failed from limits.permits o join limits.usage_events e on e.account_id = o.account_id and e.permit_id = o.id
    where o.account_id = p_permit.account_id and o.state in ('queued', 'running') and e.state = 'posted';
  v_failed := v_failed + limits.failures(p_permit.account_id, v_start)
    + (select coalesce(sum(f.reserve), 0) from limits.may_fail(p_permit.account_id, p_now) f)
    + case when p_permit.job_id is null then 0 else (p_next->>'r')::bigint end;
  if v_failed <= v_most then return null; end if;
  return jsonb_build_object('kind', 'denied', 'limit', 'failures', 'of', 'failures', 'used', v_failed, 'max', v_most,
    'resets_at', limits.window_end('day', v_start), 'now', p_now);
end $$;

-- The next provider call of a permit: its row is `sent`, and the permit's reserve covers it. A call that was planned and
-- never went out may change its mind about provider, model and reserve: it keeps its row.
create or replace function limits.send(p_permit limits.permits, p_next jsonb, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  v_event uuid := (p_next->>'e')::uuid;
  v_short bigint := greatest(0, limits.spoken_for(p_permit.account_id, p_permit.id, v_event) + (p_next->>'r')::bigint - p_permit.reserve);
  v_tokens bigint := greatest(0, coalesce((p_next->>'t')::bigint, 0) - limits.tokens_left(p_permit));
  v_denial jsonb;
  v_attempt integer;
begin
  v_denial := limits.try_too_many(p_permit, p_next, p_now);
  if v_denial is not null then return v_denial; end if;
  if v_short > 0 or v_tokens > 0 then
    v_denial := limits.extend(p_permit, v_short, v_tokens, p_now);
    if v_denial is not null then return v_denial; end if;
  end if;
  select coalesce(max(attempt), 0) + 1 into v_attempt from limits.usage_events where account_id = p_permit.account_id and permit_id = p_permit.id;
  insert into limits.usage_events as e (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, reserve,
      price_version, state, request_id, created_at, updated_at)
    values (p_permit.account_id, v_event, p_permit.id, v_attempt, p_permit.fence, p_permit.user_id, p_permit.key_id, p_permit.product, p_permit.feature,
      p_next->>'pr', p_next->>'m', (p_next->>'r')::bigint, p_next->>'v', 'sent', p_permit.request_id, p_now, p_now)
    on conflict (account_id, id) do update set provider = excluded.provider, model = excluded.model, reserve = excluded.reserve,
      price_version = excluded.price_version, state = 'sent', fence = excluded.fence, updated_at = p_now
      where e.permit_id = excluded.permit_id and e.state in ('pending', 'sent');
  return jsonb_build_object('kind', 'sent', 'reserve', p_permit.reserve + v_short);
end $$;

-- One item, under the lock of the account's meter. Answers the moves of the windows, which its caller makes.
create or replace function limits.resolve(p_item jsonb, p_now timestamptz, out answer jsonb, out moves limits.move[]) language plpgsql as $$
declare
  p limits.permits;
  v_account uuid := (p_item->>'a')::uuid;
  v_fence integer := (p_item->>'f')::integer;
  v_held boolean; v_corrected record; v_charges jsonb; v_cost bigint;
begin
  moves := '{}';
  select * into p from limits.permits where account_id = v_account and id = (p_item->>'id')::uuid for update;
  if not found then
    answer := jsonb_build_object('kind', 'stale', 'state', 'unknown'); return;
  end if;
  if p.product <> p_item->>'p' then
    raise exception 'permit % is of another product, under another meter', p.id;
  end if;
  -- Expired is expired at its instant, whether the sweep has seen it or not.
  if p.state = 'running' and limits.is_outside(p.holder) and p.due_at <= p_now and limits.abandon(p, 'expired', true) then
    select * into p from limits.permits where account_id = v_account and id = p.id;
  end if;
  -- A queued permit with a job waits for a worker: nobody holds it.
  v_held := p.fence = v_fence and p.holder = (p_item->>'h')::uuid and (p.state = 'running' or p.state = 'queued' and p.job_id is null);
  select * into v_corrected from limits.post_calls(p, p_item->'calls', v_held, v_fence, p_now);
  if not v_held then
    -- It was closed with an estimate: the exact figure moves the budgets. An open permit counts it when it is closed.
    if (v_corrected.cost <> 0 or v_corrected.charged <> 0) and p.state in ('settled', 'voided') then
      select g.charges, g.moves into v_charges, moves from limits.give_back(p, -v_corrected.charged) g;
      update limits.permits set charges = v_charges, updated_at = p_now where account_id = v_account and id = p.id;
      perform limits.bear(p, v_corrected.cost - v_corrected.charged, p_now);
      if p.operator_budgets is not null then
        perform limits.count_spending(p, array(select (value->>'c')::uuid from jsonb_array_elements(p_item->'calls')), p_now);
      end if;
    end if;
    -- A sweep closed it as if its call had gone out, and it came to nothing.
    if p_item->>'op' = 'release' and p_item->>'k' is null and p.fence = v_fence + 1 and p.holder = (p_item->>'h')::uuid then
      moves := moves || limits.unserved(v_account, p.id, p_item->>'reason', p_now);
    end if;
    -- Closed under this very fence: by an earlier try of this same call.
    answer := jsonb_build_object('kind', case when p.state in ('settled', 'voided') and p.fence = v_fence then 'again' else 'stale' end, 'state', p.state);
    return;
  end if;
  case p_item->>'op'
    when 'send' then
      answer := limits.send(p, p_item->'next', p_now);
    when 'extend' then
      answer := limits.prolong(p, p_item->'next', p_now);
    when 'requeue' then
      update limits.usage_events set state = 'posted', estimated = true, cost = reserve, charged = reserve, updated_at = p_now
        where account_id = v_account and permit_id = p.id and state = 'sent';
      update limits.permits set state = 'queued', reason = p_item->>'reason', updated_at = p_now where account_id = v_account and id = p.id;
      answer := jsonb_build_object('kind', 'queued');
    when 'settle' then
      select f.cost, f.moves into v_cost, moves from limits.settle(p, (p_item->>'n')::integer, p_now) f;
      answer := jsonb_build_object('kind', 'settled', 'cost', v_cost);
    when 'release' then
      select f.cost, f.moves into v_cost, moves from limits.finish(p, true, p_item->>'reason', p_now, coalesce((p_item->>'k')::boolean, false)) f;
      answer := jsonb_build_object('kind', 'voided', 'cost', v_cost);
    else
      answer := jsonb_build_object('kind', 'reported');
  end case;
end $$;

-- Many permits' steps in one call and one commit. Windows are moved once for all of an account's steps; and before the first
-- `send` or `extend`, which look at them, and after an overrun, at which the next one looks for its alert.
create or replace function limits.resolve_batch(p_batch jsonb) returns table (i integer, answer jsonb) language plpgsql as $$
declare
  r jsonb;
  v_account uuid;
  v_group text := '';
  v_now timestamptz;
  v_more limits.move[];
  v_moves limits.move[] := '{}';
begin
  perform limits.lock_for_steps(p_batch);
  for r in
    select value from jsonb_array_elements(p_batch) with ordinality as t(value, place)
    order by value->>'a', value->>'p', value->>'op' in ('send', 'extend'), place
  loop
    if cardinality(v_moves) > 0 and (v_group <> (r->>'a') || ' ' || (r->>'p') or r->>'op' in ('send', 'extend')
      or exists (select from unnest(v_moves) as m where m.amount > 0)) then
      perform limits.move_windows(v_account, v_moves);
      v_moves := '{}';
    end if;
    if v_group <> (r->>'a') || ' ' || (r->>'p') then
      v_group := (r->>'a') || ' ' || (r->>'p');
      v_account := (r->>'a')::uuid;
      v_now := limits.lock_meter(v_account, r->>'p', true);
    end if;
    i := (r->>'i')::integer;
    select s.answer, s.moves into answer, v_more from limits.resolve(r, v_now) s;
    v_moves := v_moves || v_more;
    return next;
  end loop;
  perform limits.move_windows(v_account, v_moves);
end $$;

-- The same inside the caller's own transaction, as its last statement: a stale permit undoes the whole of it.
create or replace function limits.resolve_here(p_item jsonb) returns jsonb language plpgsql as $$
declare
  v_account uuid := app.account();
  v_answer jsonb;
  v_moves limits.move[];
begin
  select s.answer, s.moves into v_answer, v_moves
    from limits.resolve(p_item || jsonb_build_object('a', v_account), limits.lock_meter(v_account, p_item->>'p', true)) s;
  if v_answer->>'kind' = 'stale' then
    raise exception 'the permit is % and no longer held by this fence', v_answer->>'state' using errcode = 'PL010';
  end if;
  perform limits.move_windows(v_account, v_moves);
  return v_answer;
end $$;

-- The job that from now on owns a queued permit; the caller must still hold it.
create or replace function limits.attach(p_permit uuid, p_holder uuid, p_fence integer, p_job uuid) returns void language plpgsql as $$
begin
  update limits.permits set job_id = p_job, updated_at = app.now()
    where account_id = app.account() and id = p_permit and state = 'queued' and holder = p_holder and fence = p_fence and job_id is null;
  if not found then
    raise exception 'the permit is no longer held by this fence' using errcode = 'PL010';
  end if;
end $$;

-- Stores the answer under the key that admission remembered, in the transaction of the effect.
create or replace function limits.answer_here(p_permit uuid, p_route text, p_key_hash text, p_status integer, p_headers jsonb, p_body jsonb, p_sealed text) returns void language plpgsql as $$
begin
  update idempotency.keys set state = 'done', status = p_status, headers = p_headers, answer = p_body #>> '{}', sealed = p_sealed
    where account_id = app.account() and route = p_route and key_hash = p_key_hash and permit_id = p_permit;
end $$;

-- A job's take-up: the next fence, a new holder, and the call marked as sent, before anything goes out. A call that an
-- earlier holder had sent has an unknown outcome: it is posted at its reserve, and no call is open for this attempt.
-- Null: the permit was closed. `refused`: the work must not begin, and no call is marked.
create or replace function limits.take(p_account uuid, p_permit uuid, p_holder uuid) returns jsonb language plpgsql as $$
declare
  p limits.permits;
  e limits.usage_events;
  v_calls integer;
  v_refused text;
  v_now timestamptz := app.now();
begin
  update limits.permits set state = 'running', holder = p_holder, fence = fence + 1, updated_at = v_now
    where account_id = p_account and id = p_permit and state in ('queued', 'running') returning * into p;
  if not found then return null; end if;
  v_refused := accounts.can_spend(p.account_id, p.user_id, p.key_id);
  update limits.usage_events set state = 'posted', estimated = true, cost = reserve, charged = reserve, updated_at = v_now
    where account_id = p_account and permit_id = p_permit and state = 'sent';
  if v_refused is null then
    update limits.usage_events set state = 'sent', fence = p.fence, updated_at = v_now
      where account_id = p_account and permit_id = p_permit and state = 'pending' returning * into e;
  end if;
  select count(*) into v_calls from limits.usage_events
    where account_id = p_account and permit_id = p_permit and corrects is null and tried and id is distinct from e.id;
  return jsonb_build_object('id', p.id, 'account', p.account_id, 'user', p.user_id, 'key', p.key_id, 'product', p.product, 'feature', p.feature,
    'units', p.units, 'reserve', p.reserve, 'fence', p.fence, 'subject', p.subject, 'request_id', p.request_id, 'calls', v_calls, 'refused', v_refused,
    'tokens', (select (charge->>4)::bigint from jsonb_array_elements(p.charges) as charge where charge->>2 = 'tokens' limit 1),
    'event', e.id, 'planned', case when e.id is not null then
      jsonb_build_object('provider', e.provider, 'model', e.model, 'priceVersion', e.price_version, 'reserve', e.reserve) end);
end $$;
