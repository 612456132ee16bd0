-- A subscription before it changed, and the state that an invoice had: reports of a month that is over read them. By our clock.
create table billing.former_subscriptions (
  account_id uuid not null,
  store text not null,
  mode text not null,
  -- As the store calls it.
  store_id text not null,
  -- Until when it was so.
  until timestamptz not null,
  product text not null,
  plan text not null,
  cycle text not null,
  quantity integer not null,
  unit_amount bigint not null,
  state text not null,
  period_starts_at timestamptz not null,
  period_ends_at timestamptz not null,
  cancels_at timestamptz,
  ended_at timestamptz,
  suspends_at timestamptz,
  -- Since when it was so, or was first told.
  updated_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, store_id, until)
);
create index former_subscriptions_by_store_id on billing.former_subscriptions (store, mode, store_id, until);
call app.protect_tenant('billing.former_subscriptions');

create table billing.former_invoices (
  account_id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  until timestamptz not null,
  state text not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, store_id, until)
);
create index former_invoices_by_store_id on billing.former_invoices (store, mode, store_id, until);
call app.protect_tenant('billing.former_invoices');
