-- Files of sessions of memory. Their bytes are files of the platform, sealed under the account's data key; their names are sealed here.
create table coditect.memory_files (
  account_id uuid not null,
  session_id uuid not null,
  id uuid not null,
  -- The client's name for it: the same again is the same file.
  client_id text not null check (length(client_id) between 1 and 200),
  -- A keyed hash of its bytes: a session keeps the same ones once.
  content_hash bytea not null check (octet_length(content_hash) = 32),
  name bytea not null,
  type text not null check (length(type) between 1 and 127),
  -- Before they are sealed.
  bytes integer not null check (bytes > 0),
  -- Where the bytes are, and for which file of the session they were sealed: for this one, or another that has the same ones.
  blob_id uuid not null,
  sealed_for uuid not null,
  created_at timestamptz not null default app.now(),
  unique (account_id, session_id, client_id),
  foreign key (account_id, session_id) references coditect.memory_sessions (account_id, id) on delete cascade
);
create index memory_files_by_time on coditect.memory_files (account_id, session_id, created_at desc, id desc);
alter table coditect.memory_files add primary key (account_id, id);
-- A file is read with its session, and written by the session's author.
alter table coditect.memory_files enable row level security;
alter table coditect.memory_files force row level security;
create policy reads_with_session on coditect.memory_files for select to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_files.account_id and s.id = session_id));
create policy author_adds on coditect.memory_files for insert to plinth_tenant with check (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_files.account_id and s.id = session_id
    and s.author_id = (select app.user_id())));
create policy author_deletes on coditect.memory_files for delete to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_files.account_id and s.id = session_id
    and s.author_id = (select app.user_id())));
create policy system on coditect.memory_files to plinth_system using (true) with check (true);
