-- What recurs in sessions of memory: drawn from them, and read by those alone who may read all of them.
create table coditect.patterns (
  account_id uuid not null,
  id uuid not null,
  -- Whoever had it extracted.
  author_id uuid not null,
  -- At most that of the most private of its sources.
  level text not null check (level in ('private', 'team', 'organization')),
  team_id uuid,
  kind text not null check (kind in ('workflow', 'problem_solution', 'practice')),
  -- A keyed hash of kind and normalised content: the same again is the same pattern.
  key bytea not null check (octet_length(key) = 16),
  -- Of the program's closed list.
  tools text[] not null,
  -- In how many sessions it was otherwise.
  against integer not null check (against >= 0),
  -- What its author calls it; null: it is called by the words of its first source.
  title bytea,
  -- When it was seen that its author is no member any more: of private ones alone.
  left_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((level = 'team') = (team_id is not null)),
  check (left_at is null or level = 'private'),
  unique (account_id, author_id, key),
  foreign key (account_id, team_id) references accounts.teams (account_id, id)
);
create index patterns_by_time on coditect.patterns (account_id, created_at desc, id desc);
create index patterns_of_team on coditect.patterns (account_id, team_id) where team_id is not null;
create index patterns_of_author on coditect.patterns (author_id);
create index patterns_departed on coditect.patterns (left_at) where left_at is not null;
alter table coditect.patterns add primary key (account_id, id);
call app.protect_member('coditect.patterns');

-- Where a pattern occurs. All that it shows of what was said stands here, and goes with the session.
create table coditect.pattern_sources (
  account_id uuid not null,
  id uuid not null,
  pattern_id uuid not null,
  session_id uuid not null,
  -- Where it begins. Messages go with their session alone.
  message_id uuid not null,
  first integer not null check (first >= 0),
  key bytea not null check (octet_length(key) = 16),
  -- Of each step, of problem and solution, or of the statement: message, first and last unit of UTF-16.
  spans jsonb not null,
  -- Their words, sealed.
  texts bytea not null,
  created_at timestamptz not null default app.now(),
  unique (account_id, pattern_id, message_id, first),
  foreign key (account_id, pattern_id) references coditect.patterns (account_id, id) on delete cascade,
  foreign key (account_id, session_id) references coditect.memory_sessions (account_id, id) on delete cascade
);
create index pattern_sources_by_key on coditect.pattern_sources (account_id, key);
create index pattern_sources_of_session on coditect.pattern_sources (account_id, session_id);
alter table coditect.pattern_sources add primary key (account_id, id);

-- What members who may read a pattern think of it.
create table coditect.pattern_ratings (
  account_id uuid not null,
  pattern_id uuid not null,
  user_id uuid not null,
  is_helpful boolean not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, pattern_id, user_id),
  foreign key (account_id, pattern_id) references coditect.patterns (account_id, id) on delete cascade
);
create index pattern_ratings_of_user on coditect.pattern_ratings (user_id);

-- A source is read with its session, whoever may read the pattern, and written by the pattern's author. A rating is its member's.
alter table coditect.pattern_sources enable row level security;
alter table coditect.pattern_sources force row level security;
create policy reads_with_session on coditect.pattern_sources for select to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.patterns p where p.account_id = pattern_sources.account_id and p.id = pattern_id)
  and exists (select from coditect.memory_sessions s where s.account_id = pattern_sources.account_id and s.id = session_id));
create policy author_adds on coditect.pattern_sources for insert to plinth_tenant with check (account_id = (select app.account())
  and exists (select from coditect.patterns p where p.account_id = pattern_sources.account_id and p.id = pattern_id
    and p.author_id = (select app.user_id()))
  and exists (select from coditect.memory_sessions s where s.account_id = pattern_sources.account_id and s.id = session_id));
create policy system on coditect.pattern_sources to plinth_system using (true) with check (true);
alter table coditect.pattern_ratings enable row level security;
alter table coditect.pattern_ratings force row level security;
create policy reads_with_pattern on coditect.pattern_ratings for select to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.patterns p where p.account_id = pattern_ratings.account_id and p.id = pattern_id));
create policy member_rates on coditect.pattern_ratings for insert to plinth_tenant with check (account_id = (select app.account())
  and user_id = (select app.user_id())
  and exists (select from coditect.patterns p where p.account_id = pattern_ratings.account_id and p.id = pattern_id));
create policy member_changes on coditect.pattern_ratings for update to plinth_tenant using (account_id = (select app.account())
  and user_id = (select app.user_id())) with check (account_id = (select app.account()) and user_id = (select app.user_id()));
create policy member_removes on coditect.pattern_ratings for delete to plinth_tenant using (account_id = (select app.account())
  and user_id = (select app.user_id()));
create policy system on coditect.pattern_ratings to plinth_system using (true) with check (true);
