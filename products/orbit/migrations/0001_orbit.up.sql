-- Orbit: scopes of work, and the workspaces and projects that they are in. A workspace is an organization account.
create schema orbit;
-- So that one GIN index holds words together with their account.
create extension if not exists btree_gin with schema public;

-- What Orbit knows of a workspace beside what accounts knows: one row for an account.
create table orbit.workspaces (
  account_id uuid primary key references accounts.accounts (account_id) on delete cascade,
  -- In links. Unique among all workspaces: it says nothing but its name.
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) between 2 and 60),
  logo_blob_id uuid,
  -- Of exports: { primary, accent }, as #rrggbb.
  colours jsonb,
  -- no_models: nothing of the workspace is sent to a model.
  privacy text not null default 'standard' check (privacy in ('standard', 'no_models')),
  settings jsonb not null default '{}',
  -- By step: { state: done | skipped, at }, and what was said in it.
  onboarding jsonb not null default '{}',
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_tenant('orbit.workspaces');

create table orbit.projects (
  account_id uuid not null,
  id uuid not null,
  name text not null,
  client_name text,
  archived_at timestamptz,
  archived boolean not null generated always as (archived_at is not null) stored,
  client_key text collate "C" generated always as (lower(client_name)) stored,
  created_by uuid not null,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create index projects_by_time on orbit.projects (account_id, archived, created_at desc, id desc);
call app.protect_tenant('orbit.projects');

create table orbit.scopes (
  account_id uuid not null,
  id uuid not null,
  project_id uuid,
  title text not null,
  client_name text,
  status text not null default 'draft' check (status in ('draft', 'in_review', 'approved', 'sent', 'archived')),
  summary text not null default '',
  -- Of what was extracted, 0 to 1; null: nothing was.
  confidence numeric check (confidence between 0 and 1),
  -- ISO 4217.
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  created_by uuid not null,
  -- Counts changes of the scope and of its sections; the ETag of a scope.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  -- In the trash since; 30 days later it is purged.
  deleted_at timestamptz,
  trashed boolean not null generated always as (deleted_at is not null) stored,
  -- The words of its sections, written with them.
  section_words tsvector not null default '',
  -- What titles and clients are compared by.
  title_key text collate "C" not null generated always as (lower(title)) stored,
  client_key text collate "C" generated always as (lower(client_name)) stored,
  search tsvector not null generated always as (
    setweight(to_tsvector('simple'::regconfig, normalize(title || ' ' || coalesce(client_name, ''))), 'A')
    || setweight(to_tsvector('simple'::regconfig, normalize(left(summary, 20000))), 'B') || section_words) stored,
  primary key (account_id, id),
  foreign key (account_id, project_id) references orbit.projects (account_id, id) on delete set null (project_id)
);
-- Pages are slices of these, in each order of the list, and of one status or one project in the order that is asked for most.
create index scopes_by_creation on orbit.scopes (account_id, trashed, created_at desc, id desc);
create index scopes_by_change on orbit.scopes (account_id, trashed, updated_at desc, id desc);
create index scopes_by_title on orbit.scopes (account_id, trashed, title_key, id);
create index scopes_by_status on orbit.scopes (account_id, trashed, status, updated_at desc, id desc);
create index scopes_of_project on orbit.scopes (account_id, project_id, trashed, updated_at desc, id desc);
create index scopes_of_client on orbit.scopes (account_id, trashed, client_key, updated_at desc, id desc);
create index scopes_by_words on orbit.scopes using gin (account_id, search) with (fastupdate = off) where deleted_at is null;
create index scopes_to_purge on orbit.scopes (deleted_at) where deleted_at is not null;
call app.protect_tenant('orbit.scopes');

create table orbit.sections (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  type text not null check (type in ('overview', 'objectives', 'deliverables', 'timeline', 'budget', 'assumptions', 'exclusions',
    'risks', 'acceptance', 'other')),
  title text not null,
  -- Markdown.
  content text not null default '',
  -- Dates, durations and money that stand in it, parsed.
  fields jsonb not null default '{"dates": [], "durations": [], "money": []}',
  confidence numeric check (confidence between 0 and 1),
  -- [{ document_id, page, quote }]; null: nobody said where it is from.
  citations jsonb,
  -- Its place in the scope: a fractional index, compared by bytes, so that a move writes one row. Ties are broken by id.
  rank text collate "C" not null check (length(rank) between 1 and 500),
  -- Counts its changes; the ETag of a section. A move is none.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade
);
create index sections_in_order on orbit.sections (account_id, scope_id, rank, id);
call app.protect_tenant('orbit.sections');

-- A scope with its sections as it was. What one person edits within some minutes is one version: its number is that of their last change.
create table orbit.scope_versions (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  -- The version of the scope.
  number integer not null,
  snapshot jsonb not null,
  cause text not null,
  created_by uuid,
  began_at timestamptz not null default app.now(),
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, scope_id, number),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade
);
call app.protect_tenant('orbit.scope_versions');
