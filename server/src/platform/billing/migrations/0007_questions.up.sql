-- What a store asks, and wants to be answered within hours.

-- answer_by: until when; null: it asks nothing, or was answered. answer_at: when it is answered next; whoever does so moves it on first.
alter table billing.inbox add column answer_by timestamptz, add column answer_at timestamptz;
create index inbox_to_answer on billing.inbox (store, mode, answer_at) where answer_by is not null;

-- Until when somebody asks its store to extend it, so that two who do so at once do not do it twice.
alter table billing.subscriptions add column extending_until timestamptz;

-- The same of what is bought once: until when the store must be told that it was given.
alter table billing.invoices add column acknowledge_by timestamptz;
create index invoices_to_acknowledge on billing.invoices (store, mode, acknowledge_by) where acknowledge_by is not null;
