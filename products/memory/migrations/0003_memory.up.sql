-- What members said in sessions with their tools. Titles and texts are sealed under the account's data key; words are keyed hashes.
create table coditect.memory_sessions (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null check (level in ('private', 'team', 'organization')),
  team_id uuid,
  -- The author's name for it: the same again is the same session.
  client_id text not null check (length(client_id) between 1 and 200),
  title bytea,
  started_at timestamptz not null,
  last_said_at timestamptz,
  messages integer not null default 0 check (messages >= 0),
  -- Of the texts that are kept, before they are sealed, and what each message takes beside.
  bytes bigint not null default 0 check (bytes >= 0),
  -- When it was seen that its author is no member any more: of private ones alone.
  left_at timestamptz,
  -- After which message, by its client_id, some wait for what follows from another level or from deletion. Null: none.
  pending_after text,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((level = 'team') = (team_id is not null)),
  check (left_at is null or level = 'private'),
  unique (account_id, author_id, client_id),
  -- Who deletes a team waits for who gives something its level.
  foreign key (account_id, team_id) references accounts.teams (account_id, id)
);
create index memory_sessions_by_time on coditect.memory_sessions (account_id, created_at desc, id desc);
create index memory_sessions_of_team on coditect.memory_sessions (account_id, team_id) where team_id is not null;
create index memory_sessions_of_author on coditect.memory_sessions (author_id);
create index memory_sessions_departed on coditect.memory_sessions (left_at) where left_at is not null;
create index memory_sessions_pending on coditect.memory_sessions (account_id) where pending_after is not null;
-- After the other indexes, so that a plan made on the empty table looks a row up by it.
alter table coditect.memory_sessions add primary key (account_id, id);
call app.protect_member('coditect.memory_sessions');

create table coditect.memory_messages (
  account_id uuid not null,
  session_id uuid not null,
  id uuid not null,
  -- The client's name for it: the same again is the same message.
  client_id text not null check (length(client_id) between 1 and 200),
  role text not null check (role in ('user', 'assistant', 'system', 'tool')),
  said_at timestamptz not null,
  -- It came out of a recall: its text is in memory already.
  recalled boolean not null,
  -- A keyed hash of who said what: two messages with the same one are repetitions of each other.
  text_hash bytea not null check (octet_length(text_hash) = 16),
  -- Of the text, before it is sealed.
  size integer not null check (size >= 0),
  -- Null where it is kept elsewhere: of a recalled message, and of a repetition of another one of the session.
  text bytea,
  speaker bytea,
  -- Keyed hashes of its words, each of a rank by how much it is about that word (memory/sessions/word-keys.ts), for its audience.
  words bigint[],
  -- The account, a team or an author; for a while after another level was chosen it is that of the one before.
  audience uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((text is null) = (words is null)),
  check ((words is null) = (audience is null)),
  unique (account_id, session_id, client_id),
  foreign key (account_id, session_id) references coditect.memory_sessions (account_id, id) on delete cascade
);
-- Neither gets smaller.
alter table coditect.memory_messages alter text set storage external;
alter table coditect.memory_messages alter words set storage external;
create index memory_messages_by_time on coditect.memory_messages (account_id, session_id, said_at, client_id);
-- What stands around a turn is found without those that have no text.
create index memory_messages_with_text on coditect.memory_messages (account_id, session_id, said_at, client_id) where text is not null;
create index memory_messages_by_hash on coditect.memory_messages (account_id, session_id, text_hash) where text is not null;
-- A pending list would be read whole by every search.
create index memory_messages_by_word on coditect.memory_messages using gin (words) with (fastupdate = off);
alter table coditect.memory_messages add primary key (account_id, id);
-- A message is read with its session, and written by the session's author.
alter table coditect.memory_messages enable row level security;
alter table coditect.memory_messages force row level security;
create policy reads_with_session on coditect.memory_messages for select to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_messages.account_id and s.id = session_id));
create policy author_adds on coditect.memory_messages for insert to plinth_tenant with check (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_messages.account_id and s.id = session_id
    and s.author_id = (select app.user_id())));
create policy author_changes on coditect.memory_messages for update to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_messages.account_id and s.id = session_id
    and s.author_id = (select app.user_id())));
create policy system on coditect.memory_messages to plinth_system using (true) with check (true);
