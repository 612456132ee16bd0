-- Customers who are moved from the terms at which they bought a plan to later ones (docs/plans-file.md). First all are told, then they pass, in pieces.
create table plans.moves (
  move_id uuid primary key,
  product text not null,
  plan text not null,
  from_versions integer[] not null check (cardinality(from_versions) > 0),
  to_version integer not null check (to_version > 0),
  -- With the first period that begins after `starts_at`, or all at `starts_at`.
  at text not null check (at in ('renewal', 'now')),
  starts_at timestamptz not null,
  state text not null default 'telling' check (state in ('telling', 'waiting', 'done', 'revoked')),
  -- The last account that was told.
  told_to uuid,
  -- Accounts that have passed, or will with their next period.
  accounts integer not null default 0 check (accounts >= 0),
  -- The person who ordered it; null: their user was erased.
  created_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create unique index moves_under_way on plans.moves (product, plan) where state in ('telling', 'waiting');
call app.protect_system('plans.moves');
