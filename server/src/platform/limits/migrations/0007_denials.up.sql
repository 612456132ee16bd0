-- Who was denied by what, counted by the hour: written by each process every few seconds (src/platform/limits/usage/denials.ts).
create table limits.denials (
  account_id uuid not null references accounts.accounts on delete cascade,
  hour timestamptz not null,
  product text not null,
  feature text not null,
  name text not null,
  plan text not null,
  kind text not null,
  denied bigint not null check (denied > 0),
  -- Of the last one.
  used bigint not null,
  size bigint not null,
  last_at timestamptz not null,
  last_request_id text not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, hour, product, feature, name, plan)
);
-- By an expression, so that no plan that was made when the table was empty finds one row by its hour (test/kept-plans).
create index denials_by_hour on limits.denials ((hour at time zone 'UTC'));
call app.protect_tenant('limits.denials');
