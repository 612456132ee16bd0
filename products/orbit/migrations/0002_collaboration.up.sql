-- What becomes of scopes, for those who follow them and for the feeds; who is here; comments, templates and favourites.

-- How many changes a scope has had. Its row is locked from a change to its commit, so that numbers are committed in their order.
create table orbit.scope_heads (
  account_id uuid not null,
  scope_id uuid not null,
  seq bigint not null check (seq > 0),
  -- Changes up to this one are deleted.
  pruned bigint not null default 0 check (pruned between 0 and seq),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, scope_id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade
);
call app.protect_tenant('orbit.scope_heads');

-- Ids, versions and names of fields: no text of a user stands in it.
create table orbit.scope_changes (
  account_id uuid not null,
  scope_id uuid not null,
  seq bigint not null,
  kind text not null,
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  -- None where the server did it.
  actor_user uuid,
  created_at timestamptz not null default app.now(),
  primary key (account_id, scope_id, seq),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade
);
create index scope_changes_to_prune on orbit.scope_changes (created_at);
call app.protect_tenant('orbit.scope_changes');

-- What was done in a workspace, as its members read it. Without a foreign key to the scope: that one was deleted is told too.
create table orbit.activities (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid,
  kind text not null,
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  actor_user uuid,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create index activities_by_time on orbit.activities (account_id, created_at desc, id desc);
create index activities_of_scope on orbit.activities (account_id, scope_id, created_at desc, id desc);
create index activities_of_kind on orbit.activities (account_id, kind, created_at desc, id desc);
create index activities_of_actor on orbit.activities (account_id, actor_user, created_at desc, id desc);
call app.protect_tenant('orbit.activities');

-- Who has a scope open, by the process that their streams end at: it says so again and again, and what it says no more runs out.
create table orbit.presence (
  account_id uuid not null,
  scope_id uuid not null,
  user_id uuid not null,
  process_id uuid not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, scope_id, user_id, process_id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade
);
create index presence_to_prune on orbit.presence (expires_at);
create index presence_of_process on orbit.presence (process_id);
call app.protect_tenant('orbit.presence');

create table orbit.comments (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  -- None: it is on the scope, or its section was deleted.
  section_id uuid,
  -- The comment that it replies to; none: it begins a thread.
  thread_id uuid,
  user_id uuid not null,
  body text not null,
  edited_at timestamptz,
  resolved_at timestamptz,
  resolved_by uuid,
  -- Emptied; it stays while it has replies.
  deleted_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade,
  foreign key (account_id, section_id) references orbit.sections (account_id, id) on delete set null (section_id),
  foreign key (account_id, thread_id) references orbit.comments (account_id, id) on delete cascade,
  check (thread_id is null or resolved_at is null),
  check ((resolved_at is null) = (resolved_by is null)),
  check (deleted_at is null or body = '')
);
create index comments_threads on orbit.comments (account_id, scope_id, created_at desc, id desc) where thread_id is null;
create index comments_of_scope on orbit.comments (account_id, scope_id);
create index comments_replies on orbit.comments (account_id, thread_id, created_at, id);
create index comments_of_section on orbit.comments (account_id, section_id) where section_id is not null;
call app.protect_tenant('orbit.comments');

create table orbit.comment_mentions (
  account_id uuid not null,
  comment_id uuid not null,
  user_id uuid not null,
  -- The comment mentions them no more. The row stays: whoever is mentioned anew has had their mail.
  removed_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, comment_id, user_id),
  foreign key (account_id, comment_id) references orbit.comments (account_id, id) on delete cascade
);
call app.protect_tenant('orbit.comment_mentions');

create table orbit.templates (
  account_id uuid not null,
  id uuid not null,
  name text not null,
  description text,
  sections jsonb not null check (jsonb_typeof(sections) = 'array'),
  created_by uuid not null,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create index templates_by_time on orbit.templates (account_id, created_at desc, id desc);
call app.protect_tenant('orbit.templates');

-- What the operator publishes for all workspaces.
create table orbit.public_templates (
  id uuid primary key,
  name text not null,
  description text,
  sections jsonb not null check (jsonb_typeof(sections) = 'array'),
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create index public_templates_by_time on orbit.public_templates (created_at desc, id desc);
call app.protect_system('orbit.public_templates');

create table orbit.favourites (
  account_id uuid not null,
  user_id uuid not null,
  scope_id uuid not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, user_id, scope_id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade
);
create index favourites_by_time on orbit.favourites (account_id, user_id, created_at desc, scope_id desc);
call app.protect_tenant('orbit.favourites');
