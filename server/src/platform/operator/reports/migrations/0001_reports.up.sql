-- Sums of the ledger, and what was sold. The sums are kept by the system role alone; docs/reports.md says how they stay equal
-- to the rows.
create schema reports;

-- What was posted in a quarter of an hour, by all that reports tell apart. Quarters, because each time zone's day begins with
-- one (of UTC, of India at :30, of Nepal at :45): a day of any zone is a whole number of cells. Amounts in micro-dollars:
-- posted (the provider's figures), estimated (it gave none), corrections (of estimates, and by hand). These three add up to the
-- cost; charged is what of it counts against the account's budgets.
create table reports.usage_cells (
  account_id uuid not null,
  slot timestamptz not null,
  user_id uuid not null,
  plan text,
  product text not null,
  feature text not null,
  key_id uuid,
  provider text not null,
  model text not null,
  -- What a backend of the account's own says of its own costs: it is nothing that the operator pays.
  own boolean not null,
  calls bigint not null,
  estimated_calls bigint not null,
  prompt_tokens bigint not null,
  cached_tokens bigint not null,
  completion_tokens bigint not null,
  reasoning_tokens bigint not null,
  posted bigint not null,
  estimated bigint not null,
  corrections bigint not null,
  charged bigint not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  unique nulls not distinct (account_id, slot, product, feature, user_id, model, provider, plan, key_id, own)
) with (fillfactor = 80);
create index usage_cells_by_slot on reports.usage_cells (slot);
call app.protect_tenant('reports.usage_cells');

create type reports.cell as (account_id uuid, slot timestamptz, user_id uuid, plan text, product text, feature text, key_id uuid, provider text, model text, own boolean,
  calls bigint, estimated_calls bigint, prompt_tokens bigint, cached_tokens bigint, completion_tokens bigint, reasoning_tokens bigint,
  posted bigint, estimated bigint, corrections bigint, charged bigint);

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
call app.protect_tenant('reports.proceeds');
