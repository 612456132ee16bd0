-- Packs of credits that were bought at a payment provider, by its id of the purchase. taken: units whose money went back; of those that were
-- used less than none is left, until other credits have repaid them.
alter table limits.credits
  add column provider text,
  add column external_id text,
  add column taken bigint not null default 0,
  add column repaid bigint not null default 0,
  drop constraint credits_check,
  add constraint credits_check check (remaining <= amount - taken + repaid and (provider is not null or remaining >= 0)),
  add constraint credits_taken_check check (taken between 0 and amount),
  add constraint credits_pack_check check ((provider is null) = (external_id is null) and (provider is not null or taken = 0 and repaid = 0)),
  add constraint credits_repaid_check check (repaid >= 0);
drop index limits.credits_to_burn;
create index credits_to_burn on limits.credits (account_id, product, name, expires_at) where remaining <> 0;
-- A row became wider, and a plan that is kept from an empty table would look a row up by its account alone: the account comes third here.
alter table limits.credits
  drop constraint credits_account_id_product_name_source_period_key,
  add constraint credits_of_a_window unique (product, name, account_id, source, period);
