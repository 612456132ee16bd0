-- Decisions of members: who decided what, and why. Their texts are sealed under the account's data key; each version is kept.
create table coditect.memory_decisions (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null check (level in ('private', 'team', 'organization')),
  team_id uuid,
  -- The author's name for it: the same again is the same decision.
  client_id text not null check (length(client_id) between 1 and 200),
  status text not null check (status in ('proposed', 'accepted', 'superseded')),
  -- Null of a superseded one whose successor was deleted.
  superseded_by uuid,
  decided_at timestamptz not null,
  -- Of its texts; a level, a status and links are of all versions.
  version integer not null default 1,
  -- Of all versions, before they are sealed.
  bytes bigint not null check (bytes >= 0),
  -- When it was seen that its author is no member any more: of private ones alone.
  left_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((level = 'team') = (team_id is not null)),
  check (left_at is null or level = 'private'),
  check (superseded_by is null or (status = 'superseded' and superseded_by <> id)),
  unique (account_id, author_id, client_id),
  foreign key (account_id, team_id) references accounts.teams (account_id, id)
);
create index memory_decisions_by_time on coditect.memory_decisions (account_id, created_at desc, id desc);
create index memory_decisions_of_team on coditect.memory_decisions (account_id, team_id) where team_id is not null;
create index memory_decisions_of_author on coditect.memory_decisions (author_id);
create index memory_decisions_departed on coditect.memory_decisions (left_at) where left_at is not null;
create index memory_decisions_superseded on coditect.memory_decisions (account_id, superseded_by) where superseded_by is not null;
alter table coditect.memory_decisions add primary key (account_id, id);
alter table coditect.memory_decisions add foreign key (account_id, superseded_by) references coditect.memory_decisions (account_id, id)
  on delete set null (superseded_by);
call app.protect_member('coditect.memory_decisions');

create table coditect.memory_decision_versions (
  account_id uuid not null,
  id uuid not null,
  decision_id uuid not null,
  version integer not null check (version > 0),
  title bytea not null,
  context bytea not null,
  rationale bytea not null,
  consequences bytea,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, decision_id, version),
  foreign key (account_id, decision_id) references coditect.memory_decisions (account_id, id) on delete cascade
);

-- What a decision is about or comes from: one session, message, other decision or file. A link to what is deleted goes with it.
create table coditect.memory_links (
  account_id uuid not null,
  id uuid not null,
  decision_id uuid not null,
  type text not null check (type in ('relates_to', 'drawn_from', 'implements')),
  session_id uuid,
  message_id uuid,
  to_decision_id uuid check (to_decision_id <> decision_id),
  -- Of a file, sealed; and a keyed hash of it.
  path bytea,
  path_hash bytea check (octet_length(path_hash) = 16),
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check ((path is null) = (path_hash is null)),
  check (num_nonnulls(session_id, message_id, to_decision_id, path_hash) = 1),
  unique nulls not distinct (account_id, decision_id, type, session_id, message_id, to_decision_id, path_hash),
  foreign key (account_id, decision_id) references coditect.memory_decisions (account_id, id) on delete cascade,
  foreign key (account_id, session_id) references coditect.memory_sessions (account_id, id) on delete cascade,
  foreign key (account_id, message_id) references coditect.memory_messages (account_id, id) on delete cascade,
  foreign key (account_id, to_decision_id) references coditect.memory_decisions (account_id, id) on delete cascade
);
create index memory_links_to_session on coditect.memory_links (account_id, session_id) where session_id is not null;
create index memory_links_to_message on coditect.memory_links (account_id, message_id) where message_id is not null;
create index memory_links_to_decision on coditect.memory_links (account_id, to_decision_id) where to_decision_id is not null;

-- What a model should know of a business or a system before it begins: documents of members, by the author's name for each.
create table coditect.memory_documents (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null check (level in ('private', 'team', 'organization')),
  team_id uuid,
  kind text not null check (kind in ('business', 'technical')),
  name text not null check (length(name) between 1 and 200),
  version integer not null default 1,
  -- Of all versions, before they are sealed.
  bytes bigint not null check (bytes >= 0),
  left_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((level = 'team') = (team_id is not null)),
  check (left_at is null or level = 'private'),
  unique (account_id, author_id, kind, name),
  foreign key (account_id, team_id) references accounts.teams (account_id, id)
);
create index memory_documents_of_team on coditect.memory_documents (account_id, team_id) where team_id is not null;
create index memory_documents_of_author on coditect.memory_documents (author_id);
create index memory_documents_departed on coditect.memory_documents (left_at) where left_at is not null;
alter table coditect.memory_documents add primary key (account_id, id);
call app.protect_member('coditect.memory_documents');

create table coditect.memory_document_versions (
  account_id uuid not null,
  id uuid not null,
  document_id uuid not null,
  version integer not null check (version > 0),
  text bytea not null,
  -- Of the text, before it is sealed, and the tokens that it takes.
  size integer not null check (size >= 0),
  tokens integer not null check (tokens >= 0),
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, document_id, version),
  foreign key (account_id, document_id) references coditect.memory_documents (account_id, id) on delete cascade
);
-- It does not get smaller.
alter table coditect.memory_document_versions alter text set storage external;

-- Each is read with its decision or document, and written by that one's author.
do $$
declare
  v_child text;
  v_key text;
  v_parent text;
begin
  for v_child, v_key, v_parent in values ('memory_decision_versions', 'decision_id', 'memory_decisions'),
      ('memory_links', 'decision_id', 'memory_decisions'), ('memory_document_versions', 'document_id', 'memory_documents') loop
    execute format('alter table coditect.%I enable row level security', v_child);
    execute format('alter table coditect.%I force row level security', v_child);
    execute format('create policy reads_with_parent on coditect.%I for select to plinth_tenant using (account_id = (select app.account())
      and exists (select from coditect.%I p where p.account_id = %1$I.account_id and p.id = %3$I))', v_child, v_parent, v_key);
    execute format('create policy author_adds on coditect.%I for insert to plinth_tenant with check (account_id = (select app.account())
      and exists (select from coditect.%I p where p.account_id = %1$I.account_id and p.id = %3$I and p.author_id = (select app.user_id())))',
      v_child, v_parent, v_key);
    execute format('create policy author_removes on coditect.%I for delete to plinth_tenant using (account_id = (select app.account())
      and exists (select from coditect.%I p where p.account_id = %1$I.account_id and p.id = %3$I and p.author_id = (select app.user_id())))',
      v_child, v_parent, v_key);
    execute format('create policy system on coditect.%I to plinth_system using (true) with check (true)', v_child);
  end loop;
end $$;
