-- Files of accounts. Their bytes lie at a home, a folder or S3, under `key`; whose they are, and what they must be, stands here.
create schema blobs;

create table blobs.blobs (
  account_id uuid not null,
  id uuid not null,
  product text not null check (length(product) between 2 and 30),
  -- The gauge of the product that its bytes count in; null: none.
  gauge text check (length(gauge) between 1 and 60),
  purpose text not null check (length(purpose) between 1 and 60),
  key text collate "C" not null check (length(key) between 1 and 200),
  filename text not null check (length(filename) between 1 and 255),
  type text not null check (length(type) between 1 and 127),
  bytes bigint not null check (bytes >= 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Reserved: its bytes count, and may be sent. Forgotten: they count no more, and are about to be deleted.
  status text not null default 'reserved' check (status in ('reserved', 'stored', 'forgotten')),
  -- Of an upload in parts: its name at the home, how many there are, and how large each is but the last.
  upload_id text check (length(upload_id) between 1 and 1000),
  parts integer check (parts between 1 and 10000),
  part_bytes bigint check (part_bytes > 0),
  -- Until when bytes may come in; null: nobody but the server itself writes them.
  upload_until timestamptz,
  -- When a reserved one is given up, and a stored one deleted by itself; null: never.
  expires_at timestamptz,
  -- What that will be once it is stored.
  keep_until timestamptz,
  -- When the bytes of a forgotten one were deleted for the first time: what comes in after that is deleted too.
  swept_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check ((parts is null) = (part_bytes is null)),
  check (status <> 'reserved' or expires_at is not null)
);
-- Whoever has a signed request names the file alone.
create index blobs_by_id on blobs.blobs (id);
create index blobs_by_key on blobs.blobs (key);
create index blobs_due on blobs.blobs (expires_at) where expires_at is not null and status <> 'forgotten';
create index blobs_forgotten on blobs.blobs (coalesce(swept_at, '-infinity'), upload_until) where status = 'forgotten';
call app.protect_tenant('blobs.blobs');
