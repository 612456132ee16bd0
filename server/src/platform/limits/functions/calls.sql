-- The outcomes of provider calls, as permits' steps tell them (settlement.sql), and what the operator bears for those that failed.

-- What a permit's calls may be charged at most, were p_event not made: posted ones what they are, open ones their reserve.
create or replace function limits.spoken_for(p_account uuid, p_permit uuid, p_event uuid) returns bigint language sql stable as $$
  select coalesce(sum(case state when 'posted' then charged else reserve end), 0)::bigint from limits.usage_events
  where account_id = p_account and permit_id = p_permit and state <> 'voided' and id <> p_event
$$;

-- The steps of a call as the program tells them: five numbers, or nothing.
create or replace function limits.steps_of(p_steps jsonb) returns integer[] language sql immutable as $$
  select case when jsonb_typeof(p_steps) = 'array' then array(select (value #>> '{}')::integer from jsonb_array_elements(p_steps) with ordinality order by ordinality) end
$$;

-- The last of them is what the program took; the database's part is added to it, up to the row and without the commit.
create or replace function limits.settled_steps(p_steps integer[]) returns integer[] language sql volatile as $$
  select case when cardinality(p_steps) = 5 then p_steps[1:4] || least(2147483647, p_steps[5] + (extract(epoch from clock_timestamp() - statement_timestamp()) * 1000000)::bigint)::integer end
$$;

-- Writes the outcomes of provider calls. An open call is posted or voided by the permit's holder. For one that was
-- posted as an estimate, what the maker of the call (p_fence) learns of it becomes a correction row.
-- Answers the sums of corrections.
create or replace function limits.post_calls(p_permit limits.permits, p_calls jsonb, p_held boolean, p_fence integer, p_now timestamptz, out cost bigint, out charged bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  o jsonb; u jsonb;
  e limits.usage_events;
  v_told record;
  v_voided boolean; v_estimated boolean;
  v_cost bigint; v_charged bigint;
begin
  cost := 0; charged := 0;
  for o in select value from jsonb_array_elements(coalesce(p_calls, '[]')) loop
    u := o->'u';
    v_voided := o->>'s' = 'voided';
    if p_held then
      update limits.usage_events set state = o->>'s', updated_at = p_now,
        estimated = not v_voided and (u is null or (u->>'estimated')::boolean), tried = coalesce((o->>'t')::boolean, true),
        steps = limits.settled_steps(limits.steps_of(o->'w')),
        provider = coalesce(u->>'provider', provider), model = coalesce(u->>'model', model),
        price_version = coalesce(u->>'price_version', price_version), provider_request_id = u->>'provider_request_id',
        prompt_tokens = coalesce((u->>'prompt_tokens')::integer, 0), cached_tokens = coalesce((u->>'cached_tokens')::integer, 0),
        completion_tokens = coalesce((u->>'completion_tokens')::integer, 0), reasoning_tokens = coalesce((u->>'reasoning_tokens')::integer, 0),
        cost = case when v_voided then 0 else coalesce((u->>'cost')::bigint, reserve) end,
        charged = case when v_voided then 0 else coalesce((u->>'charged')::bigint, (u->>'cost')::bigint, reserve) end
        where account_id = p_permit.account_id and id = (o->>'e')::uuid and permit_id = p_permit.id and state in ('pending', 'sent');
      continue when found;
    end if;
    select * into e from limits.usage_events where account_id = p_permit.account_id and id = (o->>'e')::uuid and permit_id = p_permit.id
      and (state = 'posted' and estimated or state = 'voided' and not v_voided and limits.is_outside(p_permit.holder)) and fence = p_fence;
    continue when not found or u is null and not v_voided;
    -- A call that was certainly not served is corrected to nothing; an estimate may be replaced by a closer one, and ends with the truth.
    if v_voided then u := '{}'; end if;
    v_estimated := coalesce((u->>'estimated')::boolean, false);
    select sum(t.prompt_tokens) as prompt_tokens, sum(t.cached_tokens) as cached_tokens, sum(t.completion_tokens) as completion_tokens,
        sum(t.reasoning_tokens) as reasoning_tokens, sum(t.cost) as cost, sum(t.charged) as charged,
        coalesce(bool_or(t.corrects is not null and not t.estimated), false) as is_known
      into v_told from limits.usage_events t
      where t.account_id = e.account_id and t.permit_id = e.permit_id and (t.id = e.id or t.corrects = e.id) and t.adjustment_id is null;
    v_cost := coalesce((u->>'cost')::bigint, 0) - v_told.cost;
    v_charged := coalesce((u->>'charged')::bigint, (u->>'cost')::bigint, 0) - v_told.charged;
    continue when v_told.is_known or v_estimated and v_cost = 0 and v_charged = 0;
    insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, provider_request_id,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, reserve, cost, charged, price_version, state, estimated, corrects, request_id, created_at, updated_at)
      values (e.account_id, (o->>'c')::uuid, e.permit_id, e.attempt, e.fence, e.user_id, e.key_id, e.product, e.feature,
        coalesce(u->>'provider', e.provider), coalesce(u->>'model', e.model), u->>'provider_request_id',
        coalesce((u->>'prompt_tokens')::integer, 0) - v_told.prompt_tokens, coalesce((u->>'cached_tokens')::integer, 0) - v_told.cached_tokens,
        coalesce((u->>'completion_tokens')::integer, 0) - v_told.completion_tokens, coalesce((u->>'reasoning_tokens')::integer, 0) - v_told.reasoning_tokens,
        0, v_cost, v_charged, coalesce(u->>'price_version', e.price_version), 'posted', v_estimated, e.id, e.request_id, p_now, p_now);
    post_calls.cost := post_calls.cost + v_cost; post_calls.charged := post_calls.charged + v_charged;
  end loop;
end $$;

-- What the operator bears for calls that failed: their cost, less what is charged for them. It is counted by day, and admission
-- refuses an account whose failures cost too much (limits.failures).
create or replace function limits.bear(p_permit limits.permits, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  v_start bigint := limits.window_start('day', p_now);
begin
  if p_amount > 0 then
    perform limits.charge(p_permit.account_id, p_permit.product, 'failures', v_start, p_amount);
  elsif p_amount < 0 then
    perform limits.move_windows(p_permit.account_id, array[row(p_permit.product, 'failures', v_start, p_amount)::limits.move]);
  end if;
end $$;
