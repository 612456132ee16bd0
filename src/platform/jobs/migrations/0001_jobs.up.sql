-- The queue: a table of our own, because a job owns a permit and shares its fence (docs/decisions).
create schema jobs;
grant usage on schema jobs to plinth_tenant, plinth_system;

create table jobs.jobs (
  account_id uuid not null,
  id uuid not null,
  kind text not null,
  lane text not null check (lane in ('interactive', 'batch')),
  -- Higher goes first.
  priority smallint not null,
  -- Ids only, never user text.
  payload jsonb not null,
  permit_id uuid,
  state text not null check (state in ('ready', 'running', 'done', 'dead')),
  run_at timestamptz not null default app.now(),
  attempt integer not null default 0,
  attempts integer not null check (attempts > 0),
  holder uuid,
  -- Of the permit where there is one, else the attempt: only who has the newest may finish the job.
  fence integer not null default 0,
  error text,
  request_id text not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, permit_id) references limits.permits (account_id, id)
) with (fillfactor = 70);
create index jobs_ready on jobs.jobs (priority desc, run_at, id) where state = 'ready';
create index jobs_next on jobs.jobs (run_at) where state = 'ready';
create index jobs_running on jobs.jobs (holder) where state = 'running';
create index jobs_dead on jobs.jobs (updated_at desc) where state = 'dead';
create index jobs_done on jobs.jobs (updated_at) where state = 'done';
call app.protect_tenant('jobs.jobs', 'select, insert');

-- Takes up to p_max jobs that are due, best first: holder, attempt and fence are set, their permits taken and their calls
-- marked as sent, in this one commit and before anything goes out.
create function jobs.take(p_holder uuid, p_max integer) returns table (job jsonb, permit jsonb) language plpgsql as $$
declare
  v_now timestamptz := app.now();
  j jobs.jobs;
begin
  -- A process whose lease has run out must not start anything: others may think it dead already.
  if not exists (select from limits.holders where id = p_holder and expires_at > v_now) then
    raise exception 'the holder is dead' using errcode = 'PL012';
  end if;
  for j in
    select * from jobs.jobs where state = 'ready' and run_at <= v_now order by priority desc, run_at, id limit p_max for update skip locked
  loop
    permit := case when j.permit_id is null then null else limits.take(j.account_id, j.permit_id, p_holder) end;
    update jobs.jobs set state = 'running', holder = p_holder, attempt = j.attempt + 1,
        fence = coalesce((permit->>'fence')::integer, j.attempt + 1), updated_at = v_now
      where account_id = j.account_id and id = j.id;
    job := jsonb_build_object('id', j.id, 'account', j.account_id, 'kind', j.kind, 'lane', j.lane, 'payload', j.payload, 'permit', j.permit_id,
      'attempt', j.attempt + 1, 'attempts', j.attempts, 'fence', coalesce((permit->>'fence')::integer, j.attempt + 1), 'request_id', j.request_id,
      'waited', extract(epoch from v_now - j.run_at));
    return next;
  end loop;
end $$;

-- Milliseconds until the next job is due, for a worker that found nothing; null when there is none.
create function jobs.next_due() returns double precision language sql volatile as $$
  select extract(epoch from min(run_at) - app.now()) * 1000 from jobs.jobs where state = 'ready'
$$;

-- Ends a job in the transaction of its effect. Whoever lost the fence undoes that transaction.
create function jobs.finish(p_job uuid, p_holder uuid, p_fence integer, p_state text, p_error text) returns void language plpgsql as $$
begin
  update jobs.jobs set state = p_state, error = p_error, holder = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'running' and holder = p_holder and fence = p_fence;
  if not found then
    raise exception 'the job is no longer held by this fence' using errcode = 'PL010';
  end if;
end $$;

-- Puts a job back, to be due after p_delay; its permit, if any, is requeued by the statement before, in the same commit.
create function jobs.retry(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text) returns void language plpgsql as $$
begin
  update jobs.jobs set state = 'ready', run_at = app.now() + p_delay, error = p_error, holder = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'running' and holder = p_holder and fence = p_fence;
  if not found then
    raise exception 'the job is no longer held by this fence' using errcode = 'PL010';
  end if;
end $$;

-- Jobs whose holder died are due again at once; so are those of p_holder, who asks, that it does not know (p_known): it
-- could not write how they ended. The attempt that came to nothing counts. Answers how many.
create function jobs.recover(p_holder uuid, p_known uuid[]) returns integer language plpgsql as $$
declare
  v_now timestamptz := app.now();
  v_count integer;
begin
  with abandoned as (
    select j.account_id, j.id, j.holder = p_holder as lost from jobs.jobs j
    where j.state = 'running' and (j.holder = p_holder and j.id <> all (p_known)
      or not exists (select from limits.holders h where h.id = j.holder and h.expires_at > v_now))
    for update of j skip locked
  )
  update jobs.jobs j set state = 'ready', run_at = v_now, holder = null, updated_at = v_now,
      error = case when a.lost then 'the end could not be written' else 'the worker died' end
    from abandoned a where j.account_id = a.account_id and j.id = a.id;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- Permits whose job ended and left them open, or is gone, are closed: nobody else would. Answers how many.
create function jobs.close_orphans() returns integer language plpgsql as $$
declare
  v_permit limits.permits;
  v_closed integer := 0;
begin
  for v_permit in
    select p.* from limits.permits p
    where p.state in ('queued', 'running') and p.job_id is not null and not exists (
      select from jobs.jobs j where j.account_id = p.account_id and j.id = p.job_id and j.state in ('ready', 'running'))
    order by p.account_id, p.product, p.id
  loop
    if limits.abandon(v_permit, 'job ended') then v_closed := v_closed + 1; end if;
  end loop;
  return v_closed;
end $$;

-- Done jobs have served; dead ones stay until somebody looks.
create function jobs.prune(p_older interval) returns integer language plpgsql as $$
declare
  v_count integer;
begin
  delete from jobs.jobs where state = 'done' and updated_at < app.now() - p_older;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

create function jobs.depth() returns table (lane text, state text, jobs bigint) language sql volatile as $$
  select lane, state, count(*) from jobs.jobs where state in ('ready', 'running', 'dead') group by lane, state
$$;

call app.run_as_system('jobs.take(uuid, integer)');
call app.run_as_system('jobs.next_due()');
call app.run_as_system('jobs.finish(uuid, uuid, integer, text, text)');
call app.run_as_system('jobs.retry(uuid, uuid, integer, interval, text)');
call app.run_as_system('jobs.recover(uuid, uuid[])');
call app.run_as_system('jobs.close_orphans()');
call app.run_as_system('jobs.prune(interval)');
call app.run_as_system('jobs.depth()');
grant execute on function jobs.finish(uuid, uuid, integer, text, text), jobs.retry(uuid, uuid, integer, interval, text) to plinth_tenant;
