-- Credits used more (drawn as by a call) or less (given back, those first that last longest), under the meter's lock.
create or replace function limits.adjust_credits(p_account uuid, p_product text, p_rule limits.rule, p_units bigint, p_now timestamptz) returns bigint language plpgsql as $$
declare
  v_size bigint := (entitlements.segment(p_account, p_product, p_now)->'grants'->>p_rule.name)::bigint;
  v_balance bigint := 0;
  v_left bigint := -p_units;
  v_row record;
begin
  if v_size is not null then v_balance := limits.refill(p_account, p_product, p_rule, v_size, p_now); end if;
  if p_units > 0 then
    v_left := least(p_units, greatest(v_balance, 0));
    perform limits.draw(p_account, p_product, p_rule.name, v_left, p_now);
    perform limits.note_credits(p_account, p_product, p_rule, v_left, p_now);
    return v_left;
  end if;
  for v_row in
    select id, amount - taken + repaid - remaining as used from limits.credits
    where account_id = p_account and product = p_product and name = p_rule.name and remaining < amount - taken + repaid and (expires_at is null or expires_at > p_now)
    order by expires_at desc nulls first, id desc
  loop
    exit when v_left = 0;
    update limits.credits set remaining = remaining + least(v_left, v_row.used), updated_at = p_now where account_id = p_account and id = v_row.id;
    v_left := v_left - least(v_left, v_row.used);
  end loop;
  return p_units + v_left;
end $$;

-- Changes what the present window of an account's limit holds, for the next decision. Answers by how much.
create or replace function limits.adjust_limit(p_account uuid, p_product text, p_rule limits.rule, p_amount bigint) returns bigint language plpgsql as $$
declare
  m limits.meters;
  v_now timestamptz;
  v_at integer;
  v_start bigint;
  v_applied bigint;
begin
  insert into limits.meters (account_id, scope) values (p_account, p_product) on conflict do nothing;
  v_now := limits.lock_meter(p_account, p_product, true);
  if p_rule.kind = 'credits' then return limits.adjust_credits(p_account, p_product, p_rule, p_amount, v_now); end if;
  if p_rule.per = 'billing_period' then perform limits.drop_anchor(p_account, p_product, v_now); end if;
  select * into m from limits.meters where account_id = p_account and scope = p_product;
  v_at := array_position(m.names, p_rule.name);
  v_start := (limits.window_of(p_account, p_product, p_rule.per, m.starts[v_at], v_now)).starts;
  v_applied := greatest(p_amount, case when m.starts[v_at] = v_start then -m.used[v_at] else 0 end);
  perform limits.charge(p_account, p_product, p_rule.name, v_start, v_applied);
  perform limits.note_charge(p_account, p_product, p_product, p_rule.name, p_rule.kind, p_rule.per, v_start, v_applied, true, v_now);
  return v_applied;
end $$;

-- Corrects the cost of a posted call and what is charged for it, and moves the budgets that its permit is counted in, as the
-- figures of a late settle do; of a call's rows together neither falls below 0. Answers by how much, or null: there is no such call.
create or replace function limits.adjust_event(p_account uuid, p_event uuid, p_adjustment uuid, p_id uuid, p_cost bigint) returns bigint language plpgsql as $$
declare
  e limits.usage_events;
  p limits.permits;
  v_now timestamptz;
  v_total bigint; v_total_charged bigint;
  v_applied bigint; v_charged bigint;
  v_charges jsonb;
  v_moves limits.move[];
begin
  select * into e from limits.usage_events where account_id = p_account and id = p_event and state = 'posted' and corrects is null;
  if not found then return null; end if;
  v_now := limits.lock_meter(p_account, e.product, true);
  select * into p from limits.permits where account_id = p_account and id = e.permit_id for update;
  select sum(cost), sum(charged) into v_total, v_total_charged from limits.usage_events where account_id = p_account and permit_id = p.id and (id = e.id or corrects = e.id);
  v_applied := greatest(p_cost, least(-v_total, 0));
  if v_applied = 0 then return 0; end if;
  v_charged := greatest(v_applied, least(-v_total_charged, 0));
  insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, reserve, cost, charged,
      price_version, state, corrects, adjustment_id, request_id, created_at, updated_at)
    values (e.account_id, p_id, e.permit_id, e.attempt, e.fence, e.user_id, e.key_id, e.product, e.feature, e.provider, e.model, 0, v_applied, v_charged,
      'adjustment', 'posted', e.id, p_adjustment, e.request_id, v_now, v_now);
  -- An open permit counts it when it is closed.
  if p.state in ('settled', 'voided') then
    select g.charges, g.moves into v_charges, v_moves from limits.give_back(p, -v_charged) g;
    update limits.permits set charges = v_charges, updated_at = v_now where account_id = p_account and id = p.id;
    if p.operator_budgets is not null then perform limits.count_spending(p, array[p_id], v_now); end if;
    perform limits.move_windows(p_account, v_moves);
  end if;
  return v_applied;
end $$;
