-- Backups of the assistant's data, encrypted by the client. The newest are those that came last, whatever their clients' clocks say.
create table adiuva.backups (
  account_id uuid not null,
  user_id uuid not null,
  id uuid not null,
  seq bigint not null,
  blob_id uuid not null,
  bytes bigint not null check (bytes >= 0),
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  -- As the client says them: of its own form, when it was made (milliseconds since 1970), and in how many chunks.
  version integer not null check (version >= 0),
  made_at bigint not null check (made_at >= 0),
  chunk_count integer not null check (chunk_count > 0),
  created_at timestamptz not null default app.now(),
  -- Sent again, it is the same backup.
  unique (account_id, user_id, made_at, checksum, version),
  foreign key (account_id, user_id) references adiuva.member_heads (account_id, user_id) on delete cascade
);
create unique index backups_by_seq on adiuva.backups (account_id, user_id, seq desc);
-- After the other indexes, so that a plan made on the empty table looks a row up by it.
alter table adiuva.backups add primary key (account_id, user_id, id);
call app.protect_tenant('adiuva.backups');
