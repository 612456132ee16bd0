-- Webhooks tell an operator's own systems what happened. They are the operator's: no account reads or writes them, but for
-- what happens in an account's transaction, which webhooks.emit stores. See docs/webhooks.md.
create schema webhooks;

create table webhooks.endpoints (
  id uuid primary key,
  url text not null,
  -- Which events it gets.
  types text[] not null,
  description text not null,
  status text not null default 'enabled' check (status in ('enabled', 'disabled')),
  -- Why the platform disabled it; null: it did not.
  reason text,
  -- Sealed.
  secret text not null,
  -- The one before it, which signs too until then.
  former_secret text,
  former_until timestamptz,
  -- Since when every delivery has failed.
  failing_since timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((former_secret is null) = (former_until is null))
);
call app.protect_system('webhooks.endpoints');

-- What happened, stored once, in the transaction in which it did. account_id: whom it is about; the nil UUID, nobody.
create table webhooks.events (
  account_id uuid not null,
  id uuid not null,
  -- What makes it once: a second event of the same type and name is none.
  once text not null,
  type text not null,
  data jsonb not null,
  -- Null: nobody has looked yet which endpoints get it.
  dispatched_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, type, once)
);
create index events_new on webhooks.events (id) where dispatched_at is null;
create index events_by_id on webhooks.events (id);
create index events_by_time on webhooks.events (created_at, id);
call app.protect_system('webhooks.events');

-- One event for one endpoint: waiting (until due_at) → sending (a job has it) → delivered, waiting again, or dead.
create table webhooks.deliveries (
  endpoint_id uuid not null references webhooks.endpoints (id) on delete cascade,
  event_id uuid not null,
  id uuid not null unique,
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'delivered', 'dead')),
  due_at timestamptz not null default app.now(),
  -- How often it was tried since it was last begun.
  attempt integer not null default 0,
  -- Raised each time that a job gets it: only the newest job may write.
  fence integer not null default 0,
  -- What the last attempt was answered: a status and the beginning of a body, or why there was no answer.
  status integer,
  answer text,
  error text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (endpoint_id, event_id)
);
create index deliveries_due on webhooks.deliveries (endpoint_id, due_at) where state = 'waiting';
create index deliveries_sending on webhooks.deliveries (endpoint_id) where state = 'sending';
create index deliveries_listed on webhooks.deliveries (endpoint_id, id);
create index deliveries_of_state on webhooks.deliveries (endpoint_id, state, id);
create index deliveries_of_event on webhooks.deliveries (event_id);
call app.protect_system('webhooks.deliveries');
