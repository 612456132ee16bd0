-- What the objects of stores amount to: rows that are written anew from the newest body whenever one is applied, in the same commit. Tenants
-- read; only the system role writes.

-- In how many other accounts a product was tried, by the maker of this one or on this card: the larger of the two.
create or replace function billing.tried_elsewhere(p_account uuid, p_mode text, p_product text, p_card text) returns integer language sql stable as $$
  select greatest(
    (select count(distinct t.account_id) from billing.trials t
     where t.created_by = (select a.created_by from accounts.accounts a where a.account_id = p_account)
       and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null),
    (select count(distinct t.account_id) from billing.trials t
     where t.card = p_card and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null))::integer
$$;

-- Of some products those that an account may try: it never had them, and not too many other accounts of its maker have tried them.
create or replace function billing.triable(p_mode text, p_products text[], p_most integer) returns setof text language sql stable as $$
  select product from unnest(p_products) as product
  where billing.tried_elsewhere(app.account(), p_mode, product, null) < p_most
    and not exists (select from billing.trials t where t.account_id = app.account() and t.mode = p_mode and t.product = product)
    and not exists (select from billing.subscriptions s where s.account_id = app.account() and s.mode = p_mode and s.product = product
      and s.state not in ('incomplete', 'expired'))
$$;
