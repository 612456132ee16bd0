-- The queue: a table of our own, because a job owns a permit (docs/decisions/0003), in a fair order (0009; docs/jobs.md).
create schema jobs;

create table jobs.jobs (
  -- Of a job that nobody ordered, the nil UUID.
  account_id uuid not null,
  id uuid not null,
  kind text not null,
  lane text not null check (lane in ('interactive', 'batch')),
  -- Ids only, never user text.
  payload jsonb not null,
  permit_id uuid,
  -- ready → running → done, dead or cancelled; what is not due yet is delayed, where no take-up passes over it.
  state text not null check (state in ('ready', 'delayed', 'running', 'done', 'dead', 'cancelled')),
  run_at timestamptz not null default app.now(),
  -- Its place in the lane: lower goes first. Jobs that an account has waiting take turns of their own, one after the other.
  turn bigint check (turn is not null or state <> 'ready'),
  attempt integer not null default 0,
  attempts integer not null check (attempts > 0),
  -- How often in a row a provider had no room, and (without a permit, which says it itself) until when that is borne.
  postponed integer not null default 0,
  overdue_at timestamptz,
  holder uuid,
  -- Each take-up and each cancel raises it: only who has the newest may write.
  fence integer not null default 0,
  progress_done integer,
  progress_total integer,
  error text,
  request_id text not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, permit_id) references limits.permits (account_id, id)
) with (fillfactor = 70);
create index jobs_ready on jobs.jobs (lane, turn, run_at, id) where state = 'ready';
create index jobs_own on jobs.jobs (account_id, lane, turn) where state = 'ready';
create index jobs_oldest on jobs.jobs (lane, run_at) where state = 'ready';
create index jobs_delayed on jobs.jobs (run_at) where state = 'delayed';
create index jobs_running on jobs.jobs (holder) where state = 'running';
create index jobs_over on jobs.jobs (updated_at) where state in ('done', 'cancelled');
create index jobs_of_state on jobs.jobs (state, id);
call app.protect_tenant('jobs.jobs');

-- Which ready jobs are announced to QStash, so that it calls a process that runs them (docs/qstash.md). The job stays the
-- truth: what is announced twice, late or never changes nothing but when it begins.
create table jobs.deliveries (
  account_id uuid not null,
  job_id uuid not null,
  -- That of the job when it was announced: a job that is taken up has another, and its announcement is over.
  fence integer not null,
  -- With job and fence the Deduplication-Id. A lost announcement is followed by the next number.
  number integer not null default 1,
  lane text not null,
  -- Who is about to publish it; published_at is null until that is done.
  holder uuid,
  published_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, job_id),
  foreign key (account_id, job_id) references jobs.jobs (account_id, id) on delete cascade
);
call app.protect_tenant('jobs.deliveries');

-- Schedules by name and expression, and when their next job is due (src/platform/jobs/schedules.ts).
create table jobs.schedules (
  name text not null,
  cron text not null,
  -- In milliseconds, as processes tell time: whoever advances it names the instant that it saw.
  next_at timestamptz(3) not null,
  last_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (name, cron)
);
call app.protect_system('jobs.schedules');
