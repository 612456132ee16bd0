-- Permits that are lent to backends outside of this program: docs/permits.md, docs/decisions/0018.

-- Lends a queued permit, which its caller must still hold, until p_seconds from now, but never past the time in which its work
-- must be over. From here on its call may go out: it counts as sent. What a backend of the account's own says that its calls
-- cost is the account's affair: no budget of the operator is moved by it. Answers when the permit expires.
create or replace function limits.lend(p_permit uuid, p_holder uuid, p_fence integer, p_to uuid, p_seconds integer) returns timestamptz language plpgsql as $$
declare
  v_account uuid := app.account();
  v_due timestamptz;
begin
  if not limits.is_outside(p_to) then raise exception 'a permit is lent to a backend outside'; end if;
  update limits.permits set state = 'running', holder = p_to, due_at = least(due_at, app.now() + make_interval(secs => p_seconds)), updated_at = app.now(),
      operator_budgets = case right(p_to::text, 1) when '2' then operator_budgets end
    where account_id = v_account and id = p_permit and state = 'queued' and holder = p_holder and fence = p_fence and job_id is null
    returning due_at into v_due;
  if not found then
    raise exception 'the permit is no longer held by this fence' using errcode = 'PL010';
  end if;
  update limits.usage_events set state = 'sent', fence = p_fence, updated_at = app.now()
    where account_id = v_account and permit_id = p_permit and state = 'pending';
  return v_due;
end $$;

-- Of work that took fewer units than it was admitted for, quota and credits of the others go back, as all do of failed work.
-- Answers the permit after it, and the moves of the windows.
create or replace function limits.return_units(p_permit limits.permits, p_units integer, p_now timestamptz, out permit limits.permits, out moves limits.move[])
language plpgsql as $$
declare
  c jsonb;
  v_unused bigint := p_permit.units - p_units;
  v_left jsonb := '{}';
  v_key text;
  v_give bigint;
  v_credits jsonb := '[]';
begin
  permit := p_permit; permit.units := p_units; moves := '{}';
  -- Credits may come from several gifts: the one that was drawn from last gets its units back first.
  for v_at in reverse jsonb_array_length(p_permit.charges) - 1 .. 0 loop
    c := p_permit.charges->v_at;
    -- A bound of a key counts calls, not units.
    continue when c->>2 not in ('quota', 'credits') or c->>0 like 'key:%';
    v_key := case c->>2 when 'quota' then v_at::text else c->>1 end;
    v_give := least(coalesce((v_left->>v_key)::bigint, v_unused), (c->>4)::bigint);
    v_left := v_left || jsonb_build_object(v_key, coalesce((v_left->>v_key)::bigint, v_unused) - v_give);
    permit.charges := jsonb_set(permit.charges, array[v_at::text, '4'], to_jsonb((c->>4)::bigint - v_give));
    if c->>2 = 'quota' then
      moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -v_give)::limits.move;
    else
      v_credits := v_credits || jsonb_build_array(jsonb_set(c, '{4}', to_jsonb(v_give)));
    end if;
  end loop;
  perform limits.return_credits(p_permit.account_id, v_credits, p_now);
  update limits.permits set units = p_units where account_id = p_permit.account_id and id = p_permit.id;
end $$;

-- Ends a permit whose work is done, with fewer units than it was admitted for where p_units says so.
create or replace function limits.settle(p_permit limits.permits, p_units integer, p_now timestamptz, out cost bigint, out moves limits.move[]) language plpgsql as $$
declare
  v_returned record;
  v_permit limits.permits := p_permit;
  v_moves limits.move[] := '{}';
begin
  if p_units < p_permit.units then
    select * into v_returned from limits.return_units(p_permit, p_units, p_now);
    v_permit := v_returned.permit; v_moves := v_returned.moves;
  end if;
  select f.cost, f.moves into cost, moves from limits.finish(v_permit, false, null, p_now) f;
  moves := v_moves || moves;
end $$;

-- More time (`s` seconds from now, never past `l` seconds after it was admitted) and more money (`r`, its reserve in all) for a
-- permit that is lent. A reserve grows as one of any permit does, by a budget-only admission; neither is ever made less.
create or replace function limits.prolong(p_permit limits.permits, p_next jsonb, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  v_short bigint := greatest(0, (p_next->>'r')::bigint - p_permit.reserve);
  v_refused text := accounts.can_spend(p_permit.account_id, p_permit.user_id, p_permit.key_id);
  v_denial jsonb;
  v_due timestamptz;
begin
  if v_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', v_refused); end if;
  if v_short > 0 then
    v_denial := limits.extend(p_permit, v_short, 0, p_now);
    if v_denial is not null then
      return v_denial || jsonb_build_object('plan', entitlements.segment(p_permit.account_id, p_permit.product, p_now)->'plan');
    end if;
    -- What is posted when nobody ever says what it cost.
    update limits.usage_events set reserve = reserve + v_short, updated_at = p_now
      where account_id = p_permit.account_id and permit_id = p_permit.id and state = 'sent';
  end if;
  update limits.permits set updated_at = p_now, due_at = greatest(due_at, case when p_next->>'s' is not null then
      least(p_now + make_interval(secs => (p_next->>'s')::integer), created_at + make_interval(secs => (p_next->>'l')::integer)) end)
    where account_id = p_permit.account_id and id = p_permit.id returning due_at into v_due;
  return jsonb_build_object('kind', 'extended', 'reserve', p_permit.reserve + v_short, 'due_at', v_due);
end $$;
