-- What clients of the assistant keep here: octets that they have encrypted. Their bytes are files of the account; here stands what they are.
create schema adiuva;

-- Who keeps something here, and how many changes that has had. Its row is locked from a change to its commit, so that numbers are committed
-- in their order.
create table adiuva.member_heads (
  account_id uuid not null,
  user_id uuid not null,
  seq bigint not null check (seq > 0),
  -- Deletions up to this one are told no more.
  pruned bigint not null default 0 check (pruned between 0 and seq),
  -- When it was seen that they are no member any more.
  left_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, user_id)
);
call app.protect_tenant('adiuva.member_heads');

-- A record is of the member who wrote it. Its version is the number of its last change; of one that is deleted its row stays for some time.
create table adiuva.records (
  account_id uuid not null,
  user_id uuid not null,
  -- Chosen by the client, or here.
  id uuid not null,
  table_name text not null check (table_name ~ '^[A-Za-z0-9_-]{1,64}$'),
  seq bigint not null,
  blob_id uuid,
  bytes bigint not null check (bytes >= 0),
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  deleted_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  foreign key (account_id, user_id) references adiuva.member_heads (account_id, user_id) on delete cascade,
  check ((deleted_at is null) = (blob_id is not null))
);
create unique index records_by_seq on adiuva.records (account_id, user_id, seq);
create index records_by_time on adiuva.records (account_id, user_id, created_at desc, id desc) where deleted_at is null;
create index records_of_table on adiuva.records (account_id, user_id, table_name, created_at desc, id desc) where deleted_at is null;
create index records_to_prune on adiuva.records (deleted_at) where deleted_at is not null;
-- After the other indexes, so that a plan made on the empty table looks a row up by it.
alter table adiuva.records add primary key (account_id, user_id, id);
call app.protect_tenant('adiuva.records');
