-- What failed with which code, counted by the hour: written by each process every few seconds (src/platform/limits/usage/call-errors.ts).
create table limits.errors (
  account_id uuid not null references accounts.accounts on delete cascade,
  hour timestamptz not null,
  route text not null,
  code text not null,
  status integer not null,
  failed bigint not null check (failed > 0),
  -- Of the last one.
  last_at timestamptz not null,
  last_request_id text not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, hour, route, code)
);
-- By an expression, as of limits.denials.
create index errors_by_hour on limits.errors ((hour at time zone 'UTC'));
call app.protect_tenant('limits.errors');
