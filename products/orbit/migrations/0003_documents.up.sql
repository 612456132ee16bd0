-- Orbit: what clients brought, and the text that was read out of it.
create table orbit.documents (
  account_id uuid not null,
  id uuid not null,
  project_id uuid,
  scope_id uuid,
  -- null: the virus scanner found something in the file, and its bytes were deleted.
  blob_id uuid,
  name text not null check (length(name) between 1 and 255),
  -- As it was declared; a completed document is of that type.
  type text not null,
  bytes bigint not null check (bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  status text not null default 'pending' check (status in ('pending', 'processing', 'completed', 'failed')),
  -- When its upload was completed; null: the file is not there yet.
  uploaded_at timestamptz,
  -- { code, detail }
  failure jsonb check ((status = 'failed') = (failure is not null)),
  pages integer,
  -- Pages that OCR has read, and those that it is to read.
  ocr_pages integer not null default 0,
  ocr_left jsonb not null default '[]',
  -- [{ page, reason }]: pages whose text is not there.
  missing jsonb not null default '[]',
  -- Who reads it now.
  job_id uuid,
  created_by uuid not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, project_id) references orbit.projects (account_id, id) on delete set null (project_id),
  foreign key (account_id, scope_id) references orbit.scopes (account_id, id) on delete set null (scope_id)
);
create index documents_by_time on orbit.documents (account_id, created_at desc, id desc);
create index documents_of_scope on orbit.documents (account_id, scope_id, created_at desc, id desc);
create index documents_of_project on orbit.documents (account_id, project_id, created_at desc, id desc);
create index documents_not_uploaded on orbit.documents (created_at) where uploaded_at is null;
call app.protect_tenant('orbit.documents');

create table orbit.document_pages (
  account_id uuid not null,
  document_id uuid not null,
  page integer not null check (page >= 1),
  -- Markdown.
  text text not null,
  by_ocr boolean not null default false,
  created_at timestamptz not null default app.now(),
  primary key (account_id, document_id, page),
  foreign key (account_id, document_id) references orbit.documents (account_id, id) on delete cascade
);
call app.protect_tenant('orbit.document_pages');
