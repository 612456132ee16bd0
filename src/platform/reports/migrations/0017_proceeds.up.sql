-- What came of sales: one row for each sale, refund or chargeback of a store, in minor units of the currency it was made in.
-- A refund is a row of its own with amounts below 0. What tells rows apart is the store's own id, so that whatever is told
-- twice is there once.
create table reports.proceeds (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  plan text,
  -- ISO 4217, as prices have it: usd.
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- What the customer paid, tax included; what the store kept; what is the tax office's; and what is left.
  gross bigint not null,
  fee bigint not null,
  tax bigint not null,
  net bigint not null generated always as (gross - fee - tax) stored,
  occurred_at timestamptz not null,
  source text not null check (source in ('manual', 'stripe', 'app_store', 'google_play')),
  source_id text not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index proceeds_by_source on reports.proceeds (source, source_id);
create index proceeds_of_account on reports.proceeds (account_id, product, occurred_at);
create index proceeds_by_time on reports.proceeds (occurred_at);
create index proceeds_by_id on reports.proceeds (id);
-- What a store kept and what is earned is the operator's affair: tenants have no grant.
call app.protect_tenant('reports.proceeds', 'select');
revoke select on reports.proceeds from plinth_tenant;
