-- A key for each account, under which the account's texts are sealed; it is sealed itself, under a master key. Erasing the account
-- destroys it, and whoever comes too late makes no other.
create table secrets.data_keys (
  account_id uuid primary key references accounts.accounts (account_id) on delete cascade,
  sealed text not null,
  created_at timestamptz not null default app.now()
);
call app.protect_tenant('secrets.data_keys');
