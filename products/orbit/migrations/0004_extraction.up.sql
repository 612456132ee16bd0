-- One request to have documents read into sections of a scope.
create table orbit.extractions (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  -- The version of the scope when it was asked for, and that which its sections made.
  scope_version integer not null,
  result_version integer,
  document_ids uuid[] not null,
  -- The documents, whatever their order: who asks for the same ones again is answered with this one.
  documents_key text not null,
  -- The first of those that go on with each other: their chunks are its.
  root_id uuid not null,
  permit_id uuid not null,
  job_id uuid not null,
  status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  -- How often it was begun since a chunk was last stored: what kills a process ends by this.
  starts integer not null default 0,
  -- How many chunks the documents have; null until they are cut.
  chunks integer,
  -- What was made: { chunks, items, sections: [id], conflicts: [..] }.
  done jsonb,
  -- What was not read: [{ document_id, from_page, to_page, reason }].
  missing jsonb not null default '[]',
  confidence numeric check (confidence between 0 and 1),
  error_code text,
  error_message text,
  request_id text not null,
  created_by uuid not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade,
  check ((status = 'failed') = (error_code is not null))
);
create index extractions_of_scope on orbit.extractions (account_id, scope_id, created_at desc, id desc);
-- One at a time in a scope: two would tell it the same things.
create unique index extractions_under_way on orbit.extractions (account_id, scope_id) where status in ('queued', 'running');
call app.protect_tenant('orbit.extractions');

-- What a model said of a chunk, with its quotes checked: stored as it comes, so that nothing of it is asked for twice.
create table orbit.extraction_chunks (
  account_id uuid not null,
  -- That of `root_id` of its extractions.
  root_id uuid not null,
  document_id uuid not null,
  number integer not null check (number >= 1),
  -- Of its text and of the prompt that it was asked with.
  digest text not null,
  from_page integer not null,
  to_page integer not null,
  -- [{ type, title, text, certainty, citations, quoted }]
  items jsonb not null,
  -- The extraction whose sections have what it says.
  told_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, root_id, document_id, number),
  foreign key (account_id, root_id) references orbit.extractions (account_id, id) on delete cascade
);
call app.protect_tenant('orbit.extraction_chunks');

-- What a model thinks of a section (suggest) or of a whole scope (analyze).
create table orbit.analyses (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  -- The section, of suggestions.
  section_id uuid,
  kind text not null check (kind in ('suggest', 'analyze')),
  -- The version of the section or of the scope that it is about.
  version integer not null,
  permit_id uuid not null,
  job_id uuid not null,
  status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  result jsonb,
  error_code text,
  error_message text,
  request_id text not null,
  created_by uuid not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete cascade,
  check ((status = 'failed') = (error_code is not null)),
  check ((kind = 'suggest') = (section_id is not null))
);
create index analyses_of_scope on orbit.analyses (account_id, scope_id, created_at desc, id desc);
-- One of each version: who asks again is answered with it.
create unique index analyses_once on orbit.analyses (account_id, scope_id, kind, version, coalesce(section_id, scope_id))
  where status in ('queued', 'running', 'completed');
call app.protect_tenant('orbit.analyses');
