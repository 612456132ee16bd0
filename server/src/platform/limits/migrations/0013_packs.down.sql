-- Packs lose what says that they are: what is owed is given up.
drop index limits.credits_to_burn;
alter table limits.credits drop constraint credits_check;
update limits.credits set remaining = greatest(0, least(remaining, amount)) where provider is not null;
alter table limits.credits
  drop constraint credits_of_a_window,
  add constraint credits_account_id_product_name_source_period_key unique (account_id, product, name, source, period),
  drop constraint credits_pack_check,
  drop column provider,
  drop column external_id,
  drop column taken,
  drop column repaid,
  add constraint credits_check check (remaining between 0 and amount);
create index credits_to_burn on limits.credits (account_id, product, name, expires_at) where remaining > 0;
