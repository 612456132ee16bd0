-- Sample: a question of an account and what the model answered.
create schema sample;

create table sample.answers (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  job_id uuid not null,
  request_id text not null,
  question text not null,
  title text,
  answer text,
  status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  error_code text,
  error_message text,
  -- Counts changes by callers; the ETag.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  -- In the trash since; 30 days later it is purged.
  deleted_at timestamptz,
  trashed boolean not null generated always as (deleted_at is not null) stored,
  primary key (account_id, id),
  check ((status = 'completed') = (answer is not null)),
  check ((status = 'failed') = (error_code is not null))
);
create index answers_by_time on sample.answers (account_id, trashed, created_at desc, id desc);
create index answers_to_purge on sample.answers (deleted_at) where deleted_at is not null;
call app.protect_tenant('sample.answers');
