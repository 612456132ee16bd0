-- Differentially private releases of what accounts have in common (docs/privacy-releases.md says why they are).
create schema privacy;

-- Accounts that count in releases. Nobody does who has not said so, and nothing else is kept of who takes part.
create table privacy.participants (
  account_id uuid primary key references accounts.accounts (account_id) on delete cascade,
  created_at timestamptz not null default app.now()
);
call app.protect_tenant('privacy.participants');

-- The ε that releases of a period have spent, of 1. It is one row for all accounts: each release is about every account, those too
-- that are not in it, and a sum that hung on who takes part would tell who does. No two periods have a day in common.
create table privacy.budgets (
  starts_on date primary key,
  ends_on date not null,
  -- Fractions are whole numbers of any length: a sum of floats would not be exact.
  spent_numerator numeric not null default 0,
  spent_denominator numeric not null default 1 check (spent_denominator > 0),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check (ends_on > starts_on),
  check (spent_numerator between 0 and spent_denominator),
  exclude using gist (daterange(starts_on, ends_on) with &&)
);
call app.protect_system('privacy.budgets');

-- What was shown, once and for ever. Counts without noise, and those that are not shown, are in no table.
create table privacy.releases (
  product text not null check (length(product) between 2 and 30),
  starts_on date not null references privacy.budgets (starts_on),
  epsilon_numerator bigint not null check (epsilon_numerator > 0),
  epsilon_denominator bigint not null check (epsilon_denominator > 0),
  -- To how many kinds one account adds at most 1.
  most_kinds integer not null check (most_kinds > 0),
  minimum_group integer not null check (minimum_group > 0),
  -- How many kinds the closed list has.
  kinds integer not null check (kinds > 0),
  -- [{"kind": "retry", "count": 120}]
  counts jsonb not null,
  created_at timestamptz not null default app.now(),
  primary key (product, starts_on)
);
create index releases_by_period on privacy.releases (starts_on, product);
call app.protect_system('privacy.releases');
