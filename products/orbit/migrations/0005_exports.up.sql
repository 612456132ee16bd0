-- Orbit: scopes as files. A file is kept for some days, and takes of the storage meanwhile; then row and file go. A scope is purged long
-- after its last export is swept, so that nothing has to go with it.
create table orbit.exports (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  -- The version that the file shows.
  scope_version integer not null,
  format text not null check (format in ('pdf', 'docx', 'markdown')),
  citations boolean not null,
  -- SHA-256 of how it looks, and of all that the file is made from: whoever asks for the same gets the same file. None for what failed, and
  -- for what came out as another one did.
  branding_hash text not null,
  source_hash text,
  status text not null default 'queued' check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  job_id uuid not null,
  blob_id uuid,
  bytes bigint,
  -- What the file could not show: [{ what, name, characters }].
  missing jsonb not null default '[]',
  -- Why there is no file: { code, message }.
  failure jsonb,
  created_by uuid not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check ((status = 'completed') = (blob_id is not null))
);
create index exports_of_scope on orbit.exports (account_id, scope_id, created_at desc, id desc);
create unique index exports_by_source on orbit.exports (scope_id, source_hash, account_id) where source_hash is not null;
create index exports_due on orbit.exports (expires_at);
call app.protect_tenant('orbit.exports');
