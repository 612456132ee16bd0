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

-- Tenants may call what was granted to them by name, and nothing that is a part of it.
revoke all on all functions in schema jobs from public;
grant execute on all functions in schema jobs to plinth_system;
