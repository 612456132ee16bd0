-- Purchases that take each other's place, and those that a store gives back unless they are acknowledged.

-- replaces: the store's id of the purchase that this one took the place of. acknowledge_by: until when the store must be told that it was
-- given; null: it was, or need not be.
alter table billing.subscriptions add column replaces text, add column acknowledge_by timestamptz;
create index subscriptions_to_acknowledge on billing.subscriptions (store, mode, acknowledge_by) where acknowledge_by is not null;
