-- Customers of the operator's own backend: accounts that it names by an id of its own.
create table accounts.customers (
  account_id uuid primary key references accounts.accounts (account_id) on delete cascade,
  -- Compared exactly, in the whole server.
  external_id text collate "C" not null check (external_id ~ '^[A-Za-z0-9_.:@|+~=-]{1,200}$' and external_id not in ('.', '..')),
  -- The user without an address in whose name calls for it spend, and who made the account; a customer may have other owners besides.
  owner_id uuid not null,
  -- Where the payment provider sends receipts. No way to sign in.
  email text check (length(email) between 3 and 254),
  locale text check (length(locale) between 2 and 35),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  archived_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
-- Names one account of all: only the operator's backend gives them.
alter table accounts.customers add constraint customers_external_id_key unique (external_id);
create index customers_by_part on accounts.customers using gin (lower(external_id) public.gin_trgm_ops, lower(email) public.gin_trgm_ops);
call app.protect_tenant('accounts.customers');

-- Their members, by the operator's ids of its users. A row stays when the member leaves, so that who comes back is the same user.
create table accounts.customer_members (
  account_id uuid not null references accounts.customers (account_id) on delete cascade,
  external_user_id text collate "C" not null check (external_user_id ~ '^[A-Za-z0-9_.:@|+~=-]{1,200}$' and external_user_id not in ('.', '..')),
  -- A user of this customer alone, without an address.
  user_id uuid not null references identity.users (user_id) on delete cascade,
  email text check (length(email) between 3 and 254),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, external_user_id)
);
create index customer_members_of_user on accounts.customer_members (user_id);
call app.protect_tenant('accounts.customer_members');
