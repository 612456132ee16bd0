-- An endpoint may ask that the deliveries of an account go one after the other, in the order in which their events were stored.
-- customer: the operator's own id of the account, as it was when the event was stored; null: it has none.
alter table webhooks.events add column position bigint generated always as identity, add column customer text;
alter table webhooks.endpoints add column ordered boolean not null default false;
-- Copies of the event's. The nil UUID: it waits for no other, as that of an event without an account.
alter table webhooks.deliveries add column account_id uuid not null default '00000000-0000-0000-0000-000000000000',
  add column position bigint not null default 0;
drop index webhooks.events_new;
create index events_new on webhooks.events (position) where dispatched_at is null;
create index deliveries_in_order on webhooks.deliveries (endpoint_id, account_id, position) where state in ('waiting', 'sending');
