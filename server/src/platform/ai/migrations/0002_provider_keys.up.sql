-- Keys of accounts at providers that the operator allows them for: calls of the account go out with its own and never with the operator's.
create table ai.provider_keys (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  provider text not null check (length(provider) between 1 and 41),
  sealed text not null,
  -- Its last characters, by which its owner tells it from others.
  ending text not null check (length(ending) = 4),
  -- The provider has taken it; not every vendor lists its models.
  checked boolean not null,
  set_by uuid not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, provider)
);
call app.protect_tenant('ai.provider_keys');
