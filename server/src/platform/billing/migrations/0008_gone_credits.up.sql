-- Credit that a cheaper plan gave of money that has gone back since, by subscription; the provider is asked to take it.

-- due: how much is to be gone, by the rows. taken: how much the provider has taken, when it was asked last (asked_at; null: not since
-- due has changed). What was spent before cannot be taken, and stays due.
create table billing.gone_credits (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  store text not null,
  mode text not null,
  store_id text not null,
  currency text not null,
  due bigint not null check (due >= 0),
  taken bigint not null default 0,
  asked_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, store_id)
);
create index gone_credits_to_take on billing.gone_credits (store, mode, asked_at) where due <> taken;
call app.protect_tenant('billing.gone_credits');
