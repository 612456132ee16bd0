-- What the objects of stores amount to: rows that are written anew from the newest body whenever one is applied, in the same commit. Tenants
-- read; only the system role writes.

-- Hash of a user's verified address, without its tag (`ada+2@`), by which a person who registers anew is known; null: none is verified.
create or replace function billing.trial_address(p_user uuid) returns text language sql stable as $$
  select encode(sha256(convert_to(regexp_replace(lower(u.email), '\+[^@]*@', '@'), 'UTF8')), 'hex')
  from identity.users u where u.user_id = p_user and u.email_verified
$$;

-- Whether the address of the account's maker is verified.
create or replace function billing.maker_is_proven() returns boolean language sql stable as $$
  select exists (select from accounts.accounts a where a.account_id = app.account() and billing.trial_address(a.created_by) is not null)
$$;

-- In how many other accounts a product was tried, by the maker of this one, to the maker's address or on this card: the largest.
create or replace function billing.tried_elsewhere(p_account uuid, p_mode text, p_product text, p_card text) returns integer language sql stable as $$
  select greatest(
    (select count(distinct t.account_id) from billing.trials t
     where t.created_by = (select a.created_by from accounts.accounts a where a.account_id = p_account)
       and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null),
    (select count(distinct t.account_id) from billing.trials t
     where t.card = p_card and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null),
    (select count(distinct t.account_id) from billing.trials t
     where t.address = (select billing.trial_address(a.created_by) from accounts.accounts a where a.account_id = p_account)
       and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null))::integer
$$;

-- Of some products those that an account may try: it never had them, and not too many other accounts of its maker have tried them.
create or replace function billing.triable(p_mode text, p_products text[], p_most integer) returns setof text language sql stable as $$
  select product from unnest(p_products) as product
  where billing.tried_elsewhere(app.account(), p_mode, product, null) < p_most
    and not exists (select from billing.trials t where t.account_id = app.account() and t.mode = p_mode and t.product = product)
    and not exists (select from billing.subscriptions s where s.account_id = app.account() and s.mode = p_mode and s.product = product
      and s.state not in ('incomplete', 'expired'))
$$;
