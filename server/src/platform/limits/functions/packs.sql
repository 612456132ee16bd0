-- Books the packs that an account bought at a payment provider, as the newest facts have them; p_packs are all of its purchases there. A pack is
-- added once, with the size and the end for which it was first booked. `gone` of `total` of its money went back: the same part of its
-- units is taken, those that were used included, so that less than none may remain. Units of a purchase that is no longer there end.
-- A purchase without an amount is no pack (any more): only what is there of it changes. Answers the packs that changed; former: units
-- taken before, null where it was added. Meters are locked in the order of all. Its caller lets one transaction for each account do so at a time.
create or replace function limits.book_packs(p_account uuid, p_provider text, p_packs jsonb)
returns table (id uuid, product text, name text, amount bigint, expires_at timestamptz, former bigint, taken bigint, remaining bigint) language plpgsql as $$
declare
  v record;
  v_now timestamptz;
begin
  for v in
    select coalesce(c.id, p.id) as id, coalesce(c.product, p.product) as product, coalesce(c.name, p.name) as name, coalesce(c.amount, p.amount) as amount,
        coalesce(c.expires_at, (p.paid_at at time zone 'UTC' + make_interval(months => p.months)) at time zone 'UTC') as expires_at,
        floor(coalesce(c.amount, p.amount)::numeric * p.gone / p.total)::bigint as taken, c.taken as former, p.id as listed, c.remaining, p.external_id, p.add_on
      from jsonb_to_recordset(p_packs) as p (id uuid, external_id text, product text, add_on text, name text, amount bigint, months integer,
        paid_at timestamptz, gone bigint, total bigint)
      full join (select * from limits.credits t where t.account_id = p_account and t.provider = p_provider) c on c.id = p.id
      where c.id is not null or p.amount is not null order by coalesce(c.product, p.product) collate "C", 1
  loop
    continue when v.taken = v.former or v.listed is null and v.remaining <= 0;
    if v.former is null then
      insert into limits.credits as t (account_id, id, product, name, source, amount, taken, remaining, expires_at, cause, provider, external_id)
        values (p_account, v.id, v.product, v.name, 'top_up', v.amount, v.taken, v.amount - v.taken, v.expires_at, 'bought: ' || v.add_on, p_provider, v.external_id)
        on conflict do nothing returning t.remaining into v.remaining;
      continue when not found;
    else
      insert into limits.meters (account_id, scope) values (p_account, v.product) on conflict do nothing;
      v_now := limits.lock_meter(p_account, v.product, true);
      update limits.credits as t set updated_at = v_now,
          taken = case when v.listed is null then least(t.amount, t.taken + greatest(t.remaining, 0)) else v.taken end,
          remaining = case when v.listed is null then least(t.remaining, 0) else t.remaining + t.taken - v.taken end
        where t.account_id = p_account and t.id = v.id returning t.taken, t.remaining into v.taken, v.remaining;
      if v.remaining < 0 then perform limits.pay_owed(p_account, v.product, v.name, v_now); end if;
    end if;
    id := v.id; product := v.product; name := v.name; amount := v.amount; expires_at := v.expires_at;
    former := v.former; taken := v.taken; remaining := v.remaining;
    return next;
  end loop;
end $$;
