-- Which files are named in messages of memory. A file has no row: it is its normalised name, known by a keyed hash of the account.
create table coditect.file_mentions (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  message_id uuid not null,
  -- The hash, as an id.
  file_id uuid not null,
  -- Where it first stands in the message, in units of UTF-16.
  first integer not null check (first >= 0),
  last integer not null check (last > first),
  -- Sealed.
  name bytea not null,
  created_at timestamptz not null default app.now(),
  unique (account_id, message_id, file_id),
  foreign key (account_id, message_id) references coditect.memory_messages (account_id, id) on delete cascade
);
create index file_mentions_of_session on coditect.file_mentions (account_id, session_id, file_id, message_id);
-- Newest sessions first.
create index file_mentions_of_file on coditect.file_mentions (account_id, file_id, session_id desc, message_id);
alter table coditect.file_mentions add primary key (account_id, id);
-- A mention is read with its session, and written by the session's author.
alter table coditect.file_mentions enable row level security;
alter table coditect.file_mentions force row level security;
create policy reads_with_session on coditect.file_mentions for select to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = file_mentions.account_id and s.id = session_id));
create policy author_adds on coditect.file_mentions for insert to plinth_tenant with check (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = file_mentions.account_id and s.id = session_id
    and s.author_id = (select app.user_id())));
create policy system on coditect.file_mentions to plinth_system using (true) with check (true);

-- Two names that a member says are of one file. It holds hashes alone, and is shown to those who may see both names.
create table coditect.file_merges (
  account_id uuid not null,
  id uuid not null,
  source_id uuid not null,
  target_id uuid not null check (target_id <> source_id),
  -- Null: somebody who was erased.
  author_id uuid,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, source_id, target_id)
);
create index file_merges_by_target on coditect.file_merges (account_id, target_id);
create index file_merges_of_author on coditect.file_merges (author_id);
call app.protect_tenant('coditect.file_merges');

-- The session that a link is about: the one that it points to, or that of the message.
alter table coditect.memory_links add column about_session_id uuid;
alter table coditect.memory_links add column updated_at timestamptz not null default app.now();
-- Row security that is forced hides all rows from the tables' owner.
alter table coditect.memory_links no force row level security;
alter table coditect.memory_messages no force row level security;
update coditect.memory_links l set about_session_id = coalesce(l.session_id, (
  select m.session_id from coditect.memory_messages m where m.account_id = l.account_id and m.id = l.message_id)),
  -- A hash is an id of version 8 now.
  path_hash = set_byte(set_byte(l.path_hash, 6, get_byte(l.path_hash, 6) & 15 | 128), 8, get_byte(l.path_hash, 8) & 63 | 128);
alter table coditect.memory_links force row level security;
alter table coditect.memory_messages force row level security;
create index memory_links_about_session on coditect.memory_links (account_id, about_session_id) where about_session_id is not null;
create index memory_links_to_file on coditect.memory_links (account_id, path_hash) where path_hash is not null;
create index pattern_sources_by_session on coditect.pattern_sources (account_id, session_id, pattern_id);

-- An edge as it is met from one of its nodes.
create type coditect.graph_edge as (
  node_id uuid,
  next_id uuid,
  next_kind text,
  type text,
  source_id uuid,
  target_id uuid,
  -- Of what is drawn from words: where they stand.
  message_id uuid,
  first integer,
  last integer,
  -- Of a merge.
  merge_id uuid,
  author_id uuid,
  created_at timestamptz
);
