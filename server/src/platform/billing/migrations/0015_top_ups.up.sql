-- That an account agreed to buy packs by itself: which, at which price, with which card, when less than the threshold is left of a limit.
create table billing.top_ups (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  mode text not null,
  product text not null,
  limit_name text not null,
  add_on text not null,
  threshold bigint not null check (threshold > 0),
  -- Minor units before tax, of a calendar month of UTC. Attempts count towards it.
  monthly_cap bigint not null check (monthly_cap > 0),
  -- One pack, as it was agreed to.
  credits bigint not null check (credits > 0),
  unit_amount bigint not null check (unit_amount > 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- At the provider.
  customer text not null,
  card text not null,
  card_brand text not null,
  card_last4 text not null,
  agreed_by uuid not null,
  agreed_at timestamptz not null,
  -- Units of packs of the limit whose money had gone back by then.
  taken bigint not null,
  -- When the need was looked at last: who has set it may begin a purchase, until another process sets it.
  looked_at timestamptz,
  stopped_for text check (stopped_for in ('monthly_cap', 'payment_failed', 'price_changed', 'money_back')),
  stopped_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, mode, product, limit_name),
  check ((stopped_for is null) = (stopped_at is null))
);
create index top_ups_to_look on billing.top_ups (looked_at nulls first, mode);
call app.protect_tenant('billing.top_ups');

-- One purchase of it: one invoice, which can be paid once. unpaid: it waits on its page for the customer.
create table billing.top_up_attempts (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null,
  mode text not null,
  product text not null,
  limit_name text not null,
  add_on text not null,
  quantity integer not null check (quantity > 0),
  unit_amount bigint not null check (unit_amount > 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  customer text not null,
  card text not null,
  -- When the consent was given that it was begun under.
  agreed_at timestamptz not null,
  state text not null default 'open' check (state in ('open', 'unpaid', 'paid', 'void')),
  invoice text,
  url text,
  -- Until when an unpaid one can be paid.
  closes_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index top_up_attempts_under_way on billing.top_up_attempts (account_id, mode) where state in ('open', 'unpaid');
create index top_up_attempts_of_month on billing.top_up_attempts (product, limit_name, account_id, mode, created_at);
create index top_up_attempts_to_go_on on billing.top_up_attempts (mode, updated_at) where state in ('open', 'unpaid');
call app.protect_tenant('billing.top_up_attempts');
