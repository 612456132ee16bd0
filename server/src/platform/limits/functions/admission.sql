-- Admission: many callers' decisions in one call and one commit; its words and its parts. See docs/limits.md.
-- What is read and written is so for the whole batch at once, and a request whose limits have room costs some comparisons:
-- docs/decisions/0137-sql-decides-once.md has what each part costs.

-- Adds to a window of a meter other than the account's own (a subject's, a user's, a key's). Its caller holds the lock
-- of the account's meter for the product, under which all of these are changed.
create or replace function limits.charge(p_account uuid, p_scope text, p_name text, p_start bigint, p_amount bigint) returns void language plpgsql as $$
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
create or replace function limits.repeated(p_request limits.request, p_holder uuid, p_refused text, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  v_key idempotency.keys;
  v_permit limits.permits;
  v_event limits.usage_events;
  v record;
begin
  -- In one statement, as of one instant: an answer is stored with the commit that closes or lends its permit, so that a key
  -- read before such a commit and a permit read after it would be a call of which nothing is known.
  select k, p, h.id is not null as held into v from idempotency.keys k
    left join limits.permits p on p.account_id = k.account_id and p.id = k.permit_id
    left join limits.holders h on h.id = p.holder and h.expires_at > p_now
    where k.account_id = p_request.account_id and k.route = p_request.route and k.key_hash = p_request.key_hash;
  if not found then return null; end if;
  v_key := v.k;
  v_permit := v.p;
  if v_key.expires_at <= p_now then
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_key.body_hash <> p_request.body_hash then return jsonb_build_object('kind', 'mismatch'); end if;
  if v_key.state = 'done' then
    return jsonb_build_object('kind', 'replay', 'status', v_key.status, 'headers', v_key.headers, 'answer', v_key.answer,
      'sealed', v_key.sealed);
  end if;
  if v_permit.id is null then return jsonb_build_object('kind', 'running'); end if;
  if v_permit.state = 'voided' then
    -- It came to nothing and charged nothing that it did not give back: the key is free again.
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_permit.state = 'settled' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  -- Its job runs it, for any caller who enqueued that; or its holder does.
  if v_permit.job_id is not null or v.held then return jsonb_build_object('kind', 'running'); end if;
  if v_permit.state = 'running' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  if p_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', p_refused); end if;
  update limits.permits set holder = p_holder, fence = fence + 1, request_id = p_request.request_id, updated_at = p_now
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

-- What the operator bears for an account's failed calls of a day, over all products: its limit's size is `most` of the rule.
-- The meters that have any are found by an index of these alone.
create or replace function limits.failures(p_account uuid, p_day bigint) returns bigint language sql stable as $$
  select coalesce(sum(t.used), 0)::bigint from limits.meters m cross join lateral unnest(m.names, m.starts, m.used) as t (name, start, used)
  where m.account_id = p_account and 'failures' = any (m.names) and t.name = 'failures' and t.start = p_day
$$;

-- Calls of an account that run now, over all products: what each may cost at most if its provider breaks it, and when it is over at the latest.
-- Those of jobs, and of backends outside, which ask no provider of ours, are not among them.
create or replace function limits.may_fail(p_account uuid, p_now timestamptz) returns table (reserve bigint, due_at timestamptz) language sql stable as $$
  select p.reserve, p.due_at from limits.permits p
  where p.account_id = p_account and p.state = 'running' and p.job_id is null and p.reserve > 0 and p.due_at > p_now and not limits.is_outside(p.holder)
$$;

-- Why a request has no room, after its run was granted p_number permits, p_units, p_cost and p_tokens: the first limit in the order of
-- the product. The arrays are of its limits: their size, what they held before the run, and where their window begins.
create or replace function limits.denial(p_feature limits.feature, p_run limits.run, p_request limits.request, p_scopes text[], p_plan text, p_now timestamptz,
  p_max bigint[], p_taken bigint[], p_start bigint[], p_number bigint, p_units bigint, p_cost bigint, p_tokens bigint, p_least_tokens bigint) returns jsonb language plpgsql as $$
declare
  c limits.rule;
  v_rule integer := 0;
  v_max bigint; v_least bigint; v_taken bigint; v_total bigint; v_resets timestamptz;
begin
  foreach c in array p_feature.rules loop
    v_rule := v_rule + 1;
    v_max := p_max[v_rule];
    if c.kind = 'failures' then
      continue when p_taken[v_rule] < v_max;
      return jsonb_build_object('kind', 'denied', 'limit', c.name, 'of', c.kind, 'used', p_taken[v_rule], 'max', v_max,
        'resets_at', limits.window_end('day', p_start[v_rule]), 'now', p_now, 'plan', p_plan, 'per', c.per);
    end if;
    v_least := case c.kind when 'concurrency' then 1 when 'calls' then 1 when 'users' then 1 when 'cooldown' then 0 when 'budget' then p_request.least
      when 'tokens' then coalesce(p_least_tokens, 0) else p_request.units end;
    if c.kind = 'credits' and v_max is not null then
      select coalesce(sum(amount - taken - remaining), 0), coalesce(sum(amount - taken), 0) into v_taken, v_total from limits.credits
        where account_id = p_request.account_id and product = p_run.product and name = c.name and (expires_at is null or expires_at > p_now or remaining < 0);
      continue when v_taken + v_least <= v_total;
      -- The next ones come with the next window, if the plan gives any; where more is owed, or asked for, than it gives, they don't help.
      v_resets := case when v_max > 0 and v_total - v_taken + v_max >= v_least then (limits.window_of(p_request.account_id, p_run.product, c.per, null, p_now)).ends end;
      return jsonb_build_object('kind', 'denied', 'limit', c.name, 'of', c.kind, 'used', v_taken, 'max', v_total, 'size', v_max,
        'resets_at', v_resets, 'now', p_now, 'needed', v_least, 'plan', p_plan, 'per', c.per);
    end if;
    -- More than the plan ever has room for: waiting would not help. A budget is money, and no part of what a plan includes: a call
    -- that is larger than all of it is told how large (needed).
    if v_max is null or v_max < v_least and (c.kind <> 'budget' or v_max = 0) and c.counts_by not like 'key:%' then
      return jsonb_build_object('kind', 'plan_required', 'grant', c.name, 'needed', greatest(v_least, 1), 'max', coalesce(v_max, 0), 'per', c.per,
        'plan', p_plan);
    end if;
    if c.kind = 'cooldown' then
      continue when p_taken[v_rule] = 0 and (p_number = 0 or v_max = 0);
      v_resets := case p_taken[v_rule] when 0 then p_now + v_max * interval '1 second' else limits.instant(p_start[v_rule]) end;
      v_taken := 1; v_max := 1;
    else
      v_taken := p_taken[v_rule] + case c.kind when 'concurrency' then p_number when 'calls' then p_number when 'budget' then p_cost
        when 'tokens' then p_tokens when 'users' then 0 else p_units end;
      continue when v_taken + v_least <= v_max;
      if c.kind = 'concurrency' then
        -- The latest instant for it; those admitted by this batch are not written yet, so that their own due time stands in.
        select greatest(coalesce(min(due_at), p_now + make_interval(secs => p_feature.longest)), p_now + interval '1 second') into v_resets
          from limits.permits where account_id = p_request.account_id and product = p_run.product and p_scopes[v_rule] = any(slots) and state in ('queued', 'running');
      elsif c.kind = 'sliding' then
        v_resets := limits.slides_open(p_request.account_id, p_scopes[v_rule], c.per, p_now, v_max - v_least - p_units);
      else
        v_resets := (limits.window_of(p_request.account_id, p_run.product, c.per, p_start[v_rule], p_now)).ends;
      end if;
    end if;
    return jsonb_build_object('kind', 'denied', 'limit', c.name, 'of', case when c.kind = 'sliding' then 'burst'
        when c.kind in ('calls', 'tokens', 'users') then case c.per when 'minute' then 'burst' else 'quota' end else c.kind end, 'used', v_taken, 'max', v_max,
      'resets_at', v_resets, 'now', p_now, 'plan', p_plan, 'per', c.per) || case when c.kind in ('budget', 'tokens') then jsonb_build_object('needed', v_least)
        when v_least > 1 then jsonb_build_object('units', v_least) else '{}' end;
  end loop;
  raise exception 'all limits of %.% have room, and yet it was denied', p_run.product, p_run.name;
end $$;

-- Why a plan does not include a feature at all; null: it does.
create or replace function limits.plan_required(p_feature limits.feature, p_needs jsonb, p_segment jsonb) returns jsonb language plpgsql as $$
declare
  v_name text;
  v_least bigint;
  v_max bigint;
begin
  if p_segment->>'plan' is null then return jsonb_build_object('kind', 'plan_required', 'grant', null, 'plan', null); end if;
  foreach v_name in array coalesce(p_feature.requires, '{}') loop
    if not coalesce((p_segment->'grants'->>v_name)::boolean, false) then
      return jsonb_build_object('kind', 'plan_required', 'grant', v_name, 'needed', true, 'plan', p_segment->'plan');
    end if;
  end loop;
  for v_name, v_least in select key, value::bigint from jsonb_each_text(p_needs) loop
    v_max := coalesce((p_segment->'grants'->>v_name)::bigint, 0);
    if v_max < v_least then
      return jsonb_build_object('kind', 'plan_required', 'grant', v_name, 'needed', v_least, 'max', v_max, 'plan', p_segment->'plan');
    end if;
  end loop;
  return null;
end $$;

-- How many open permits count in each slot of an account and product. A permit of a job counts until it is closed; one that is lent until it is
-- due; any other while its holder lives.
create or replace function limits.open_slots(p_account uuid, p_product text, p_now timestamptz) returns table (slot text, open bigint) language sql stable rows 3 as $$
  -- Those that are alike are counted before it is asked whether their holder lives: an account may have a thousand.
  select slot, sum(number)::bigint from (
    select p.slots, p.holder, p.job_id is not null or p.state = 'queued' as is_kept, count(*) as number from limits.permits p
      where p.account_id = p_account and p.product = p_product and p.state in ('queued', 'running') and (p.job_id is not null or p.state = 'queued' or p.due_at > p_now)
      group by 1, 2, 3) as alike
    cross join lateral unnest(slots) as slot
  where is_kept or limits.is_outside(holder) or exists (select from limits.holders h where h.id = holder and h.expires_at > p_now)
  group by slot
$$;

-- The same for many: {slot: count} for each.
create or replace function limits.open_permits(p_accounts uuid[], p_products text[], p_now timestamptz) returns jsonb[] language plpgsql stable as $$
begin
  return (
    select array_agg((select coalesce(jsonb_object_agg(o.slot, o.open), '{}') from limits.open_slots(wanted.account, wanted.product, p_now) as o) order by place)
    from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place));
end $$;
