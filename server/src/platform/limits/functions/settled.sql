-- What was used of a quota for good, window by window: units of settled permits. Those of open ones may come back.

-- Permits of a product with an id below this one are all closed: no older one is open, and none will come. p_from: one that is known to be. Ids
-- tell when they were made, by the clocks of processes; a quarter of an hour is far more than these are apart and a batch of admissions takes.
create or replace function limits.settled_before(p_account uuid, p_product text, p_from uuid, p_now timestamptz) returns uuid language sql stable as $$
  select least(
    (select id from limits.permits where account_id = p_account and product = p_product and state in ('queued', 'running') order by id limit 1),
    coalesce((select id from limits.permits where account_id = p_account and product = p_product and id >= p_from
      and created_at < p_now - interval '15 minutes' order by id desc limit 1), p_from))
$$;

-- Since when any permit of a product is open; p_now: none is.
create or replace function limits.open_since(p_account uuid, p_product text, p_now timestamptz) returns timestamptz language sql stable as $$
  select least(p_now, min(created_at)) from limits.permits where account_id = p_account and product = p_product and state in ('queued', 'running')
$$;

-- By window (its start and its kind): the units of settled permits from p_from on, made since p_since, and how many of them lie below p_below.
create or replace function limits.settled_units(p_account uuid, p_product text, p_limit text, p_from uuid, p_since timestamptz, p_below uuid)
returns table (starts bigint, per text, units bigint, below bigint) language sql stable as $$
  select (charge->>3)::bigint, min(charge->>5), sum(p.units)::bigint, coalesce(sum(p.units) filter (where p.id < p_below), 0)::bigint
  from limits.permits p cross join lateral jsonb_array_elements(p.charges) as charge
  where p.account_id = p_account and p.id >= p_from and p.created_at >= p_since and p.product = p_product and p.state = 'settled'
    and charge->>0 = p_product and charge->>1 = p_limit and charge->>2 = 'quota'
  group by 1
$$;

-- By how much support changed what a window held.
create or replace function limits.adjusted_units(p_account uuid, p_product text, p_limit text, p_per text, p_starts bigint) returns bigint language sql stable as $$
  select coalesce(sum(a.applied), 0)::bigint from limits.adjustments a
  where a.account_id = p_account and a.product = p_product and a.name = p_limit
    and (limits.window_of(p_account, p_product, p_per, p_starts, a.created_at)).starts = p_starts
$$;
