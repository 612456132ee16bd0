alter table webhooks.deliveries drop column subject, drop column position;
alter table webhooks.endpoints drop column ordered;
alter table webhooks.events drop column position, drop column customer;
create index events_new on webhooks.events (id) where dispatched_at is null;
