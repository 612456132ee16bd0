-- Items that products sell for others, what of it is theirs, and what was paid to them.

-- Where somebody is paid: an account connected to ours at Stripe. Books name it after its account is gone.
create table billing.payees (
  account_id uuid not null,
  mode text not null,
  -- At the provider.
  store_id text not null,
  state text not null default 'onboarding' check (state in ('onboarding', 'payable', 'restricted')),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, mode)
);
create unique index payees_by_store_id on billing.payees (mode, store_id);
call app.protect_tenant('billing.payees');

-- An item that was sold to an account, or is about to be: one invoice, which can be paid once.
create table billing.item_sales (
  account_id uuid not null,
  id uuid not null,
  mode text not null,
  product text not null,
  item text not null,
  name text not null,
  payee uuid not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- Minor units, before tax.
  amount bigint not null check (amount > 0),
  -- The payee's part of the total, in ten thousandths.
  share_points integer not null check (share_points between 0 and 10000),
  state text not null default 'open' check (state in ('open', 'paid', 'disputed', 'refunded', 'void')),
  -- At the provider; null: it was not made yet.
  invoice text,
  closes_at timestamptz not null,
  -- As applied last, minor units.
  paid bigint not null default 0,
  refunded bigint not null default 0,
  disputed bigint not null default 0,
  total bigint not null default 0,
  share bigint not null default 0,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index item_sales_open on billing.item_sales (account_id, mode, product, item) where state = 'open';
create unique index item_sales_by_invoice on billing.item_sales (mode, invoice) where invoice is not null;
create index item_sales_to_close on billing.item_sales (mode, closes_at) where state = 'open';
create index item_sales_of_item on billing.item_sales (mode, product, item);
call app.protect_tenant('billing.item_sales');

create table billing.payout_runs (
  id uuid primary key,
  mode text not null,
  -- A calendar month of UTC: `2026-11`.
  period text not null check (period ~ '^\d{4}-\d{2}$'),
  -- What is payable then is paid.
  as_of timestamptz not null,
  -- It asks again for what a former run was refused; the operator was told.
  repeats boolean not null default false,
  state text not null default 'running' check (state in ('running', 'done')),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create unique index payout_runs_running on billing.payout_runs (mode) where state = 'running';
create index payout_runs_by_period on billing.payout_runs (mode, period, created_at);
call app.protect_system('billing.payout_runs');

-- One transfer to a payee. open: it may be on its way; its id is the transfer's group and key at the provider.
create table billing.payouts (
  account_id uuid not null,
  id uuid not null,
  mode text not null,
  run_id uuid not null,
  period text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount > 0),
  destination text not null,
  state text not null default 'open' check (state in ('open', 'paid', 'refused')),
  transfer text,
  -- Why it was refused, in the provider's word.
  code text,
  asked_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check ((state = 'paid') = (transfer is not null))
);
create index payouts_open on billing.payouts (mode, asked_at) where state = 'open';
create index payouts_by_time on billing.payouts (mode, created_at, id);
create index payouts_of_run on billing.payouts (run_id, account_id, currency);
call app.protect_tenant('billing.payouts');

-- What the share of a sale changed by: never changed and never deleted, but for what settles it.
create table billing.shares (
  -- The payee.
  account_id uuid not null,
  id uuid not null,
  mode text not null,
  sale_id uuid not null,
  product text not null,
  item text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- Minor units: the payee's, and the total that it is a part of.
  amount bigint not null,
  total bigint not null,
  why text not null check (why in ('paid', 'refunded', 'disputed', 'won', 'corrected')),
  payable_at timestamptz not null,
  -- The payout that it is a part of; null: it is owed, or taken back of a transfer.
  payout_id uuid,
  -- It takes back what may have been transferred: a job decides where from.
  to_recover boolean not null default false,
  asked_at timestamptz,
  -- The transfer that it was taken back of, and the provider's id of that.
  reversed_payout uuid,
  reversal text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check (payout_id is null or reversal is null),
  check ((reversal is null) = (reversed_payout is null))
);
create index shares_owed on billing.shares (mode, account_id, currency, payable_at) where payout_id is null and reversal is null;
create index shares_to_recover on billing.shares (mode, asked_at) where to_recover;
create index shares_of_sale on billing.shares (account_id, sale_id);
create index shares_of_payout on billing.shares (account_id, payout_id) where payout_id is not null;
create index shares_by_time on billing.shares (account_id, created_at);
-- After the other indexes, so that a plan made on the empty table looks a row up by it.
alter table billing.shares add primary key (account_id, id);
call app.protect_tenant('billing.shares');

-- How our payouts differed from the provider's books when they were compared last.
create table billing.payout_looks (
  mode text primary key,
  looked_at timestamptz not null,
  differences jsonb not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_system('billing.payout_looks');
