-- What an account has used of the limits that count by account, read at one instant.
-- p_rules: [{p: product, n: limit, k: kind, w: window, …}]. One row for each that the account's plan grants; of credits with
-- what is left of them, and when the next ones expire.
create or replace function limits.usage_of(p_account uuid, p_rules jsonb) returns table (product text, name text, used bigint, size bigint, resets_at timestamptz,
  balance bigint, next_expiry timestamptz)
language plpgsql as $$
declare
  c jsonb;
  m limits.meters;
  v_account uuid := p_account;
  v_now timestamptz := app.now();
  v_segment jsonb;
  v_window limits.span;
  v_at integer;
  v_due record;
begin
  for c in select value from jsonb_array_elements(p_rules) loop
    if product is distinct from c->>'p' then
      product := c->>'p';
      v_segment := entitlements.segment(v_account, product, v_now);
      select * into m from limits.meters t where t.account_id = v_account and t.scope = product;
    end if;
    name := c->>'n'; size := (v_segment->'grants'->>name)::bigint; resets_at := null; balance := null; next_expiry := null;
    continue when v_segment->>'plan' is null or size is null;
    if c->>'k' = 'concurrency' then
      used := coalesce(((limits.open_permits(array[v_account], array[product], v_now))[1]->>(product || ' ' || name))::bigint, 0);
    elsif c->>'k' = 'sliding' then
      select limits.used_within(t, c->>'w', limits.micros(v_now)) into used from limits.meters t
        where t.account_id = v_account and t.scope = usage_of.product || '/' || usage_of.name;
      used := coalesce(used, 0);
      if used > 0 then resets_at := limits.slides_open(v_account, product || '/' || name, c->>'w', v_now, used - 1); end if;
    elsif c->>'k' = 'gauge' then
      used := coalesce((select g.used from limits.gauges g where g.account_id = v_account and g.product = usage_of.product and g.name = usage_of.name), 0);
    elsif c->>'k' = 'members' then
      used := accounts.seated_members(v_account);
    elsif c->>'k' = 'seats' then
      select count(*) into used from limits.seats t
        where t.account_id = v_account and t.product = usage_of.product and t.name = usage_of.name and limits.occupied_until(t) > v_now;
    elsif c->>'k' = 'credits' then
      select * into v_due from limits.credits_due(v_account, product, row(name, 'credits', c->>'w', 'account', (c->>'s')::integer, (c->>'m')::bigint, null)::limits.rule, size, v_now);
      select v_due.planned + v_due.rolled + coalesce(sum(t.amount - t.taken), 0), v_due.planned + v_due.rolled + coalesce(sum(t.remaining), 0),
          least(case when v_due.planned + v_due.rolled > 0 then (v_due.period).ends end, min(t.expires_at) filter (where t.remaining > 0))
        into size, balance, next_expiry from limits.credits t
        where t.account_id = v_account and t.product = usage_of.product and t.name = usage_of.name and (t.expires_at is null or t.expires_at > v_now or t.remaining < 0);
      used := size - balance;
      if (v_segment->'grants'->>name)::bigint > 0 then resets_at := (v_due.period).ends; end if;
    else
      v_at := array_position(m.names, name);
      v_window := limits.window_of(v_account, product, c->>'w', m.starts[v_at], v_now);
      used := case when m.starts[v_at] = v_window.starts then m.used[v_at] else 0 end;
      resets_at := v_window.ends;
    end if;
    return next;
  end loop;
end $$;

-- The same of the transaction's account.
create or replace function limits.usage_here(p_rules jsonb) returns table (product text, name text, used bigint, size bigint, resets_at timestamptz,
  balance bigint, next_expiry timestamptz)
language sql as $$
  select * from limits.usage_of(app.account(), p_rules)
$$;
