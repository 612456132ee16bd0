-- Months of an account's ledger that lie in files beside those of accounts, as CSV, and no longer in limits.usage_events. A row is written once its
-- file was read back; what it says is deleted after that (src/platform/reports/archives). Rows that backends reported stay: their ids count once for ever.
create table reports.ledger_archives (
  account_id uuid not null,
  -- The first day of the UTC month in which its rows were posted or voided.
  month date not null,
  key text not null,
  -- Of the file, in hex.
  sha256 text not null,
  bytes bigint not null,
  events bigint not null,
  -- Micro-dollars.
  cost bigint not null,
  charged bigint not null,
  last_call_at timestamptz not null,
  -- A digest of the account's sums of the month: they don't change any more.
  cells text not null,
  -- When the last of its rows was deleted; null: some may be there.
  deleted_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, month)
);
create index ledger_archives_to_delete on reports.ledger_archives (account_id, month) where deleted_at is null;
call app.protect_tenant('reports.ledger_archives');
