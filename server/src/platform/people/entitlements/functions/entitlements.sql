-- Whether an account has a product's default plan: it is among the first accounts that one person made. Everybody has one personal account.
create or replace function entitlements.has_default(p_account uuid, p_holds text, p_most integer) returns boolean language sql stable parallel safe as $$
  select p_holds = 'personal' or exists (
    select from accounts.places p where p.account_id = p_account and p.holds = p_holds and p.place <= p_most)
$$;

-- The timeline of an account that was never granted anything in a product; null for a product that the program doesn't know, or not for
-- accounts of this kind. One that does not have the default plan reads as in a product without one.
create or replace function entitlements.ungranted(p_account uuid, p_product text) returns jsonb language sql stable parallel safe as $$
  select case
    when entitlements.has_default(p_account, d.holds, d.accounts_per_user) then d.timeline
    else '[{"from": "1970-01-01T00:00:00.000Z", "until": null, "plan": null, "add_ons": [], "source": null, "grants": {}}]'
  end
  from entitlements.defaults d where d.product = p_product
    and (d.holds = 'both' or d.holds = (select a.kind from accounts.accounts a where a.account_id = p_account))
$$;

-- A product's default plan, whether or not the account has it; null where the product is not for accounts of this kind.
create or replace function entitlements.default_timeline(p_account uuid, p_product text) returns jsonb language sql stable parallel safe as $$
  select d.timeline from entitlements.defaults d
  where d.product = p_product and entitlements.ungranted(p_account, p_product) is not null
$$;

-- The newest timeline of an account in a product.
create or replace function entitlements.timeline(p_account uuid, p_product text) returns jsonb language sql stable parallel safe as $$
  select coalesce(
    (select s.timeline from entitlements.snapshots s where s.account_id = p_account and s.product = p_product order by s.version desc limit 1),
    entitlements.ungranted(p_account, p_product))
$$;

-- The segment of a timeline that an instant lies in. It is read from its end: the present is among the last segments.
create or replace function entitlements.segment_at(p_timeline jsonb, p_at timestamptz) returns jsonb language plpgsql stable parallel safe as $$
begin
  for v_place in reverse coalesce(jsonb_array_length(p_timeline), 0) - 1 .. 1 loop
    if (p_timeline->v_place->>'from')::timestamptz <= p_at then return p_timeline->v_place; end if;
  end loop;
  return p_timeline->0;
end $$;

create or replace function entitlements.segment(p_account uuid, p_product text, p_at timestamptz) returns jsonb language sql stable parallel safe as $$
  select entitlements.segment_at(entitlements.timeline(p_account, p_product), p_at)
$$;
