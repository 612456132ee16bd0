-- Subscriptions with which a payment provider keeps more than there is any use for: a schedule whose last change was made, a metered price of a
-- plan that was left.
alter table billing.subscriptions add column needs_cleanup boolean not null default false;
create index subscriptions_to_clean_up on billing.subscriptions (store, mode) where needs_cleanup;
