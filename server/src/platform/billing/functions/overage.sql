-- Units past a limit, which an account chose to pay for: counted from the permits that were settled, and reported to the store once each.

-- Begins to count: what was used so far was within what was included, or was not to be paid for.
create or replace function billing.begin_overage(p_account uuid, p_product text, p_limit text) returns void language plpgsql as $$
declare
  v_now timestamptz := app.now();
  v_first uuid := '00000000-0000-0000-0000-000000000000';
  v_below uuid := limits.settled_before(p_account, p_product, v_first, v_now);
  v_since timestamptz := limits.open_since(p_account, p_product, v_now);
begin
  insert into billing.overage (account_id, product, limit_name, below, open_since) values (p_account, p_product, p_limit, v_below, v_since)
    on conflict do nothing;
  if not found then return; end if;
  insert into billing.overage_windows (account_id, product, limit_name, starts, base, counted)
    select p_account, p_product, p_limit, s.starts, s.below, s.units + limits.adjusted_units(p_account, p_product, p_limit, s.per, s.starts)
    -- No window that still counts began longer ago.
    from limits.settled_units(p_account, p_product, p_limit, v_first, v_now - interval '32 days', v_below) s;
end $$;

-- Counts what was settled since the last count, and writes down a report for what is past. Answers how many units are.
-- A unit is past the limit if the window held what was included already, at any moment since it may have been admitted.
create or replace function billing.count_overage(p_account uuid, p_product text, p_limit text, p_mode text) returns bigint language plpgsql as $$
declare
  o billing.overage;
  w record;
  v_now timestamptz := app.now();
  v_below uuid;
  v_since timestamptz;
  v_included bigint;
  v_total bigint;
  v_past bigint;
  v_all bigint := 0;
begin
  select * into o from billing.overage where account_id = p_account and product = p_product and limit_name = p_limit for update;
  if not found then return 0; end if;
  -- Before the sums: a permit that is settled in between is in them, and is read again next time.
  v_below := greatest(o.below, limits.settled_before(p_account, p_product, o.below, v_now));
  v_since := limits.open_since(p_account, p_product, v_now);
  v_included := entitlements.most_included(p_account, p_product, p_limit, o.open_since - interval '1 minute', v_now);
  for w in select * from limits.settled_units(p_account, p_product, p_limit, o.below, '-infinity', v_below) order by starts loop
    insert into billing.overage_windows (account_id, product, limit_name, starts) values (p_account, p_product, p_limit, w.starts) on conflict do nothing;
    select t.base + w.units + limits.adjusted_units(p_account, p_product, p_limit, w.per, w.starts), greatest(t.counted, v_included)
      into v_total, v_past from billing.overage_windows t
      where t.account_id = p_account and t.product = p_product and t.limit_name = p_limit and t.starts = w.starts;
    v_past := greatest(0, v_total - v_past);
    update billing.overage_windows t set base = t.base + w.below, counted = greatest(t.counted, v_total), past = t.past + v_past, updated_at = v_now
      where t.account_id = p_account and t.product = p_product and t.limit_name = p_limit and t.starts = w.starts
        and (w.below > 0 or v_total > t.counted);
    if v_past > 0 then
      insert into billing.overage_reports (account_id, id, store, mode, product, limit_name, starts, units, customer, due_at, created_at)
        values (p_account, gen_random_uuid(), 'stripe', p_mode, p_product, p_limit, w.starts, v_past, billing.payer(p_account, p_product, p_mode), v_now, v_now);
      v_all := v_all + v_past;
    end if;
  end loop;
  update billing.overage set below = v_below, open_since = v_since, updated_at = v_now
    where account_id = p_account and product = p_product and limit_name = p_limit;
  return v_all;
end $$;

-- Who pays Stripe for an account's plan of a product: by the subscription that runs, else by the last one.
create or replace function billing.payer(p_account uuid, p_product text, p_mode text) returns text language sql stable as $$
  select o.customer from billing.subscriptions s
    join billing.objects o on o.store = s.store and o.mode = s.mode and o.kind = 'subscription' and o.object_id = s.store_id
  where s.account_id = p_account and s.product = p_product and s.store = 'stripe' and s.mode = p_mode
  order by s.state in ('trialing', 'active', 'past_due') desc, s.starts_at desc limit 1
$$;

-- How many units past a limit the transaction's account used in the present window. p_per: of the limit's windows.
create or replace function billing.past_here(p_product text, p_limit text, p_per text) returns bigint language sql as $$
  select coalesce(sum(w.past), 0)::bigint from billing.overage_windows w
  where w.account_id = app.account() and w.product = p_product and w.limit_name = p_limit
    and (limits.window_of(w.account_id, p_product, p_per, w.starts, app.now())).starts = w.starts
$$;
