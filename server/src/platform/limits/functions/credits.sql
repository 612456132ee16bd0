-- A new UUIDv7 for rows that no caller has an id for.
create or replace function limits.new_id(p_now timestamptz) returns uuid language sql volatile as $$
  select (lpad(to_hex((extract(epoch from p_now) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;

-- What the plan of this instant still owes for the present window: its credits, less those that were given (a bigger plan adds
-- the difference, a smaller one takes nothing back), and the share of the last window's rest that is rolled over, once.
create or replace function limits.credits_due(p_account uuid, p_product text, p_rule limits.rule, p_size bigint, p_now timestamptz,
  out period limits.span, out planned bigint, out rolled bigint) language plpgsql stable as $$
declare
  v_last timestamptz;
  v_left bigint;
begin
  period := limits.window_of(p_account, p_product, p_rule.per, null, p_now);
  planned := greatest(0, p_size - coalesce((select c.amount from limits.credits c where c.account_id = p_account and c.product = p_product
    and c.name = p_rule.name and c.source = 'plan' and c.period = (credits_due.period).starts), 0));
  rolled := 0;
  if coalesce(p_rule.share, 0) = 0 or exists (select from limits.credits c where c.account_id = p_account and c.product = p_product and c.name = p_rule.name
    and c.source in ('plan', 'rollover') and c.period = (credits_due.period).starts)
  then
    return;
  end if;
  v_last := limits.instant((period).starts) - interval '1 microsecond';
  select c.remaining into v_left from limits.credits c where c.account_id = p_account and c.product = p_product and c.name = p_rule.name and c.source = 'plan'
    and c.period = (limits.window_of(p_account, p_product, p_rule.per, null, v_last)).starts;
  -- Nobody asked for them in all that window: they are all left.
  if not found then v_left := (entitlements.segment(p_account, p_product, v_last)->'grants'->>p_rule.name)::bigint; end if;
  rolled := least(coalesce(v_left, 0) * p_rule.share / 100, p_rule.most);
end $$;

-- Gives what is due, and answers the balance.
create or replace function limits.refill(p_account uuid, p_product text, p_rule limits.rule, p_size bigint, p_now timestamptz) returns bigint language plpgsql as $$
declare
  v_due record;
begin
  if p_rule.per = 'billing_period' then perform limits.drop_anchor(p_account, p_product, p_now); end if;
  select * into v_due from limits.credits_due(p_account, p_product, p_rule, p_size, p_now);
  insert into limits.credits as c (account_id, id, product, name, source, amount, remaining, expires_at, period, cause, created_at, updated_at)
    select p_account, limits.new_id(p_now), p_product, p_rule.name, source, amount, amount, (v_due.period).ends, (v_due.period).starts, 'window', p_now, p_now
      from (values ('plan', v_due.planned), ('rollover', v_due.rolled)) as due (source, amount) where amount > 0
    on conflict (account_id, product, name, source, period) do update
      set amount = c.amount + excluded.amount, remaining = c.remaining + excluded.amount, updated_at = excluded.updated_at;
  return limits.pay_owed(p_account, p_product, p_rule.name, p_now);
end $$;

-- Pays credits that are owed (of packs whose money went back after they were used) by those that there are, and answers the balance: below
-- zero if they were not enough. What is owed does not expire.
create or replace function limits.pay_owed(p_account uuid, p_product text, p_name text, p_now timestamptz) returns bigint language plpgsql as $$
declare
  v_left bigint;
  v_owed bigint;
  v_paid bigint;
begin
  select coalesce(sum(remaining) filter (where remaining > 0), 0), coalesce(-sum(remaining) filter (where remaining < 0), 0) into v_left, v_owed
    from limits.credits where account_id = p_account and product = p_product and name = p_name and remaining <> 0
      and (remaining < 0 or expires_at is null or expires_at > p_now);
  v_paid := least(v_left, v_owed);
  if v_paid > 0 then
    perform limits.draw(p_account, p_product, p_name, v_paid, p_now);
    update limits.credits c set remaining = c.remaining + least(-c.remaining, v_paid - owed.before),
        repaid = c.repaid + least(-c.remaining, v_paid - owed.before), updated_at = p_now
      from (select id, coalesce(sum(-remaining) over (order by id rows between unbounded preceding and 1 preceding), 0)::bigint as before
        from limits.credits where account_id = p_account and product = p_product and name = p_name and remaining < 0) as owed
      where c.account_id = p_account and c.id = owed.id and owed.before < v_paid;
  end if;
  return v_left - v_owed;
end $$;

-- Draws units, soonest expiry first; of those that expire together first what was given, then the plan's, which alone may be rolled over, then
-- what was bought. Answers the charges by which a release gives them back to where they came from; what has expired by then stays expired.
create or replace function limits.draw(p_account uuid, p_product text, p_name text, p_units bigint, p_now timestamptz) returns jsonb language plpgsql as $$
declare
  v_row record;
  v_left bigint := p_units;
  v_charges jsonb := '[]';
begin
  for v_row in
    select id, remaining from limits.credits
    where account_id = p_account and product = p_product and name = p_name and remaining > 0 and (expires_at is null or expires_at > p_now)
    order by expires_at nulls last, source = 'top_up', source = 'plan', id
  loop
    exit when v_left = 0;
    update limits.credits set remaining = remaining - least(v_left, v_row.remaining), updated_at = p_now where account_id = p_account and id = v_row.id;
    v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_row.id, p_name, 'credits', null, least(v_left, v_row.remaining)));
    v_left := v_left - least(v_left, v_row.remaining);
  end loop;
  if v_left > 0 then raise exception 'more credits were admitted than there are'; end if;
  return v_charges;
end $$;

create or replace function limits.return_credits(p_account uuid, p_charges jsonb, p_now timestamptz) returns void language sql as $$
  -- At most what was given: an operator may have handed back what an open permit had drawn.
  update limits.credits c set remaining = least(c.amount - c.taken + c.repaid, c.remaining + (charge->>4)::bigint), updated_at = p_now
  from jsonb_array_elements(p_charges) as charge
  where charge->>2 = 'credits' and c.account_id = p_account and c.id = (charge->>0)::uuid
$$;
