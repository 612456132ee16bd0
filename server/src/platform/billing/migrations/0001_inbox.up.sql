-- What stores tell, what they were asked, and what they answered. All of it is the system role's: a store speaks of all accounts.
-- store: who sells; mode: which of its worlds (a customer of the sandbox is nobody in the other two).
create schema billing;

-- Numbers of hints and of fetches, from one sequence. A fetch takes its number before it asks: whatever was hinted at under a smaller one, its
-- answer has seen.
create sequence billing.numbers;

-- Every event, as it came. A row is a hint at one object of the store.
create table billing.inbox (
  store text not null check (store in ('stripe', 'app_store', 'google_play')),
  mode text not null check (mode in ('live', 'test', 'sandbox')),
  event_id text not null check (length(event_id) between 1 and 255),
  type text not null,
  -- The bytes that were signed.
  body text not null,
  -- What it is about; none: nothing that we sell or charge.
  kind text,
  object_id text,
  number bigint not null,
  -- By the store's clock.
  occurred_at timestamptz not null,
  -- How it came to us: told by the store, or found by asking it.
  via text not null check (via in ('webhook', 'reconciler')),
  -- waiting: read, and nobody here is that customer yet. dead: its object could not be fetched or read.
  state text not null default 'received' check (state in ('received', 'applied', 'waiting', 'ignored', 'dead')),
  settled_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (store, mode, event_id),
  check ((kind is null) = (object_id is null))
);
create index inbox_by_object on billing.inbox (store, mode, kind, object_id, number) where state in ('received', 'waiting', 'dead');
create index inbox_by_number on billing.inbox (number);
create index inbox_by_state on billing.inbox (state, number);
create index inbox_by_time on billing.inbox (created_at, number);
call app.protect_system('billing.inbox');

-- Objects that were hinted at since they were last fetched: a thousand hints are one row. It goes when a fetch that began after the newest hint
-- was applied.
create table billing.wants (
  store text not null,
  mode text not null,
  kind text not null,
  object_id text not null,
  -- Of the newest hint.
  wanted bigint not null,
  -- The fetch under way; due_at is the end of its lease then, until which nobody else begins one.
  fetching bigint,
  -- Fetches in a row that came to nothing.
  attempts integer not null default 0,
  due_at timestamptz not null default app.now(),
  -- Given up after its last attempt; a new hint or a replay makes it due again.
  dead boolean not null default false,
  -- Marked by a look at everything alone: its turn comes when nothing else is due.
  low boolean not null default false,
  -- A stable code; what a store answers may quote its customers.
  error text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (store, mode, kind, object_id)
);
create index wants_due on billing.wants (store, mode, low, due_at) where not dead;
create index wants_dead on billing.wants (wanted) where dead;
call app.protect_system('billing.wants');

-- A drain that was enqueued and has not begun: whoever marks a want meanwhile enqueues no second one. It is deleted when one begins, which
-- waits for those who saw it there and have not committed.
create table billing.drains (
  store text not null,
  mode text not null,
  created_at timestamptz not null default app.now(),
  primary key (store, mode)
);
call app.protect_system('billing.drains');

-- Which state of each object is in effect: that of the fetch with the greatest number.
create table billing.objects (
  store text not null,
  mode text not null,
  kind text not null,
  object_id text not null,
  number bigint not null,
  customer text,
  -- waiting: its customer is nobody here yet. foreign: nothing of it is sold by us.
  state text not null check (state in ('applied', 'waiting', 'foreign', 'gone')),
  account_id uuid,
  -- Of a customer who waits: the account that our own note names, which is not there yet.
  claims uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (store, mode, kind, object_id)
);
create index objects_by_customer on billing.objects (customer, store, mode);
create index objects_by_account on billing.objects (account_id);
create index objects_claimed on billing.objects (claims) where claims is not null and state = 'waiting';
call app.protect_tenant('billing.objects');

-- Every answer of a store, so that all of it can be told again without the store. null: it has no such object (any more).
create table billing.bodies (
  store text not null,
  mode text not null,
  kind text not null,
  object_id text not null,
  number bigint not null,
  body jsonb,
  created_at timestamptz not null default app.now(),
  primary key (store, mode, kind, object_id, number)
);
create index bodies_by_time on billing.bodies (created_at);
call app.protect_system('billing.bodies');

-- Who an account is to a store. It may have been several customers. The id outlives the account, so that nothing of a customer who was erased is kept
-- again: erased_at is when that was, and forgotten_at when the store had deleted them too.
create table billing.customers (
  account_id uuid not null,
  store text not null check (store in ('stripe', 'app_store', 'google_play')),
  mode text not null check (mode in ('live', 'test', 'sandbox')),
  customer text not null,
  erased_at timestamptz,
  forgotten_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, customer)
);
create index customers_to_forget on billing.customers (erased_at) where erased_at is not null and forgotten_at is null;
create unique index customers_by_name on billing.customers (store, mode, customer);
call app.protect_tenant('billing.customers');

-- When reads of a store may go out: the instant from which on there is room for one more (a token bucket as one number).
create table billing.buckets (
  store text not null,
  mode text not null,
  free_at timestamptz not null,
  updated_at timestamptz not null default app.now(),
  primary key (store, mode)
);
call app.protect_system('billing.buckets');

-- Up to when a store was asked for what it never told.
create table billing.reconciled (
  store text not null,
  mode text not null,
  what text not null,
  until timestamptz not null,
  updated_at timestamptz not null default app.now(),
  primary key (store, mode, what)
);
call app.protect_system('billing.reconciled');
