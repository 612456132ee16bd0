-- Versions of the plans that are data (docs/plans-file.md), each a whole document. The one with the highest number is in effect.
create schema plans;

create table plans.versions (
  version integer primary key check (version > 0),
  document text not null,
  -- Which of them a server read from its file, and which an admin sent.
  source text not null check (source in ('file', 'api')),
  -- The person who sent it; null: a file, or their user was erased.
  created_by uuid,
  created_at timestamptz not null default app.now()
);
call app.protect_system('plans.versions');
