-- The document that operators work on in the console (docs/plans-file.md): one at most, and without effect.
create sequence plans.draft_numbers;

create table plans.drafts (
  draft_id boolean primary key default true check (draft_id),
  document text not null,
  -- The version of the plans that it began with; 0: there was none.
  base integer not null check (base >= 0),
  version integer not null default nextval('plans.draft_numbers'),
  -- The person who changed it last; null: their user was erased.
  changed_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_system('plans.drafts');
