-- The turn of a job that becomes ready: after those that its account has waiting in the lane, but not before the lane's
-- first, where service has come to (start-time fair queuing, Goyal, Vin and Cheng 1996). One that had a turn keeps it
-- within these bounds. p_kinds: what is handled; a kind that nobody takes must not hold the lane's first turn down.
create or replace function jobs.turn_for(p_account uuid, p_lane text, p_kept bigint, p_kinds text[]) returns bigint language plpgsql as $$
begin
  return greatest(
    (select turn from jobs.jobs where state = 'ready' and lane = p_lane and kind = any(p_kinds) order by turn, run_at, id limit 1),
    least(p_kept, coalesce(1 + (select max(turn) from jobs.jobs where account_id = p_account and lane = p_lane and state = 'ready'), 0)));
end $$;

-- Makes up to a hundred delayed jobs ready that are due: a crowd of them shares the work with the take-ups that follow.
create or replace function jobs.promote(p_now timestamptz, p_kinds text[]) returns void language plpgsql as $$
declare
  j jobs.jobs;
begin
  for j in
    select * from jobs.jobs where state = 'delayed' and run_at <= p_now order by run_at limit 100 for update skip locked
  loop
    update jobs.jobs set state = 'ready', turn = jobs.turn_for(j.account_id, j.lane, j.turn, p_kinds)
      where account_id = j.account_id and id = j.id;
  end loop;
end $$;

-- Sets holder, attempt and fence of a job that its caller has locked, takes its permit and marks its call as sent, in this
-- one commit and before anything goes out. No job: a settlement has its permit at this moment (the cost of an earlier attempt comes late). It is
-- due again soon, for a take-up that waited with the permits of other jobs locked would wait in a circle with a batch of settlements.
create or replace function jobs.start(j jobs.jobs, p_holder uuid, p_now timestamptz, out job jsonb, out permit jsonb) language plpgsql as $$
begin
  if j.permit_id is not null
    and not exists (select from limits.permits p where p.account_id = j.account_id and p.id = j.permit_id for update skip locked)
    and exists (select from limits.permits p where p.account_id = j.account_id and p.id = j.permit_id)
  then
    update jobs.jobs set state = 'delayed', run_at = p_now + interval '20 milliseconds', updated_at = p_now
      where account_id = j.account_id and id = j.id;
    return;
  end if;
  permit := case when j.permit_id is null then null else limits.take(j.account_id, j.permit_id, p_holder) end;
  update jobs.jobs set state = 'running', holder = p_holder, attempt = j.attempt + 1, fence = j.fence + 1, updated_at = p_now
    where account_id = j.account_id and id = j.id;
  job := jsonb_build_object('id', j.id, 'account', j.account_id, 'kind', j.kind, 'lane', j.lane, 'payload', j.payload, 'permit', j.permit_id,
    'attempt', j.attempt + 1, 'attempts', j.attempts, 'postponed', j.postponed, 'fence', j.fence + 1, 'request_id', j.request_id,
    'waited', extract(epoch from p_now - j.run_at), 'traceparent', j.traceparent);
end $$;

-- A process whose lease has run out must not start anything: others may think it dead already.
create or replace function jobs.check_lease(p_holder uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  if not exists (select from limits.holders where id = p_holder and expires_at > p_now) then
    raise exception 'the holder is dead' using errcode = 'PL012';
  end if;
end $$;

-- Whether a job of the batch lane has waited for 30 seconds. Asked for the oldest one, because the index is in that order:
-- asked whether there is one so old, a plan that does not know the times reads the whole table.
create or replace function jobs.is_batch_late(p_kinds text[], p_now timestamptz) returns boolean language plpgsql as $$
begin
  return coalesce((select run_at from jobs.jobs where state = 'ready' and lane = 'batch' and kind = any(p_kinds) order by run_at limit 1)
    <= p_now - interval '30 seconds', false);
end $$;

-- Takes up to p_room jobs of kinds that the caller handles, at most p_batch_room of them from the batch lane: interactive
-- ones first; but while a job of the batch lane has waited for 30 seconds, the lanes take turns (p_after_batch: the last
-- one that the caller took was of the batch lane). p_room_of: kinds of which the caller has room for so many more; they count for turns.
create or replace function jobs.take(
  p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_room_of jsonb default '{}')
returns table (job jsonb, permit jsonb) language plpgsql as $$
declare
  v_now timestamptz := app.now();
  v_batch_room integer := p_batch_room;
  v_after_batch boolean := p_after_batch;
  v_late boolean;
  v_room_of jsonb := p_room_of;
  v_kinds text[] := array(select k from unnest(p_kinds) k where coalesce((p_room_of->>k)::integer > 0, true));
  -- A row is locked when it is fetched, and only one that is taken is fetched.
  v_interactive cursor for select * from jobs.jobs
    where state = 'ready' and lane = 'interactive' and kind = any(v_kinds) order by turn, run_at, id limit p_room for update skip locked;
  v_batch cursor for select * from jobs.jobs
    where state = 'ready' and lane = 'batch' and kind = any(v_kinds) order by turn, run_at, id limit p_batch_room for update skip locked;
  j jobs.jobs;
begin
  perform jobs.check_lease(p_holder, v_now);
  perform jobs.promote(v_now, p_kinds);
  open v_interactive;
  open v_batch;
  for v_place in 1 .. p_room loop
    j := null;
    if v_batch_room > 0 and not v_after_batch then
      v_late := coalesce(v_late, jobs.is_batch_late(v_kinds, v_now));
      if v_late then fetch v_batch into j; end if;
    end if;
    if j.id is null then fetch v_interactive into j; end if;
    if j.id is null and v_batch_room > 0 then fetch v_batch into j; end if;
    exit when j.id is null;
    select s.job, s.permit into job, permit from jobs.start(j, p_holder, v_now) s;
    continue when job is null;
    v_after_batch := j.lane = 'batch';
    if v_after_batch then
      v_batch_room := v_batch_room - 1;
      v_late := null;
    end if;
    return next;
    continue when not v_room_of ? j.kind;
    v_room_of := v_room_of || jsonb_build_object(j.kind, (v_room_of->>j.kind)::integer - 1);
    if v_room_of->>j.kind = '0' then
      v_kinds := array_remove(v_kinds, j.kind);
      v_late := null;
      close v_interactive;
      close v_batch;
      open v_interactive;
      open v_batch;
    end if;
  end loop;
  -- Else they stay until the end of the transaction, and before PostgreSQL 16 a second call in it finds their names taken.
  close v_interactive;
  close v_batch;
end $$;

-- Milliseconds until the next delayed job is due, for a worker that found nothing; null when there is none.
create or replace function jobs.next_due() returns double precision language sql volatile as $$
  select extract(epoch from min(run_at) - app.now()) * 1000 from jobs.jobs where state = 'delayed'
$$;

-- The same, and in a last row without a job when the next delayed one is due: all that a worker asks for, in one statement of its own.
create or replace function jobs.take_up(
  p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_room_of jsonb)
returns table (job jsonb, permit jsonb, due double precision) language plpgsql as $$
begin
  return query select t.job, t.permit, null::double precision from jobs.take(p_holder, p_kinds, p_room, p_batch_room, p_after_batch, p_room_of) t;
  return query select null::jsonb, null::jsonb, jobs.next_due();
end $$;

-- As programs of the version before call it. p_full: kinds that they have no room for.
create or replace function jobs.take_up(
  p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_full text[] default '{}')
returns table (job jsonb, permit jsonb, due double precision) language sql volatile as $$
  select * from jobs.take_up(p_holder, p_kinds, p_room, p_batch_room, p_after_batch,
    (select coalesce(jsonb_object_agg(k, 0), '{}') from unnest(p_full) k))
$$;

-- Takes one job out of its turn, for somebody who was told to run it: nothing when it is not due, final, or another's.
create or replace function jobs.take_one(p_holder uuid, p_account uuid, p_job uuid, p_kinds text[], p_lanes text[])
returns table (job jsonb, permit jsonb) language plpgsql as $$
declare
  v_now timestamptz := app.now();
  j jobs.jobs;
begin
  perform jobs.check_lease(p_holder, v_now);
  select * into j from jobs.jobs where account_id = p_account and id = p_job and kind = any(p_kinds) and lane = any(p_lanes)
    and state in ('ready', 'delayed') and run_at <= v_now for update skip locked;
  if not found then return; end if;
  select s.job, s.permit into job, permit from jobs.start(j, p_holder, v_now) s;
  if job is not null then return next; end if;
end $$;

-- Locks a job of this transaction's account for the process that runs it. One that lost the fence, or the job, has its whole
-- transaction undone. Locks everywhere: the job, then its permit's meter, the permit, the usage events.
create or replace function jobs.held(p_job uuid, p_holder uuid, p_fence integer) returns jobs.jobs language plpgsql as $$
declare
  j jobs.jobs;
begin
  select * into j from jobs.jobs where account_id = app.account() and id = p_job
    and state = 'running' and holder = p_holder and fence = p_fence for update;
  if not found then
    raise exception 'the job is no longer held by this fence' using errcode = 'PL010';
  end if;
  return j;
end $$;

-- Whether a job of this transaction's account runs or was tried: a product shows its work as running by this, without a commit that says so.
create or replace function jobs.has_begun(p_account uuid, p_job uuid) returns boolean language sql stable as $$
  select exists (select from jobs.jobs where account_id = p_account and id = p_job and (state = 'running' or attempt > 0))
$$;

-- Ends a job in the transaction of its effect.
create or replace function jobs.finish(p_job uuid, p_holder uuid, p_fence integer, p_state text, p_error text) returns void language plpgsql as $$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set state = p_state, error = p_error, holder = null, updated_at = app.now() where account_id = j.account_id and id = j.id;
end $$;

-- How far a job is, in the transaction of a part of its result.
create or replace function jobs.progress(p_job uuid, p_holder uuid, p_fence integer, p_done integer, p_total integer) returns void language plpgsql as $$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set progress_done = p_done, progress_total = p_total, updated_at = app.now() where account_id = j.account_id and id = j.id;
end $$;

-- Puts a job back, to be due after p_delay; its permit, if any, is requeued by the statement after, in the same commit.
create or replace function jobs.retry(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text) returns void language plpgsql as $$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set state = 'delayed', run_at = app.now() + p_delay, postponed = 0, error = p_error, holder = null, updated_at = app.now()
    where account_id = j.account_id and id = j.id;
end $$;

-- Puts back a job that found no room at its provider: the attempt does not count. Due after p_delay, but no later than its
-- last instant: that of its permit, or fifteen minutes after it was first put off. False: that has passed.
create or replace function jobs.postpone(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text) returns boolean language plpgsql as $$
declare
  v_now timestamptz := app.now();
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
  v_last timestamptz := coalesce((select due_at from limits.permits where account_id = j.account_id and id = j.permit_id),
    j.overdue_at, v_now + interval '15 minutes');
begin
  if v_last <= v_now then return false; end if;
  update jobs.jobs set state = 'delayed', run_at = least(v_now + p_delay, v_last), attempt = attempt - 1, postponed = postponed + 1,
      overdue_at = v_last, error = p_error, holder = null, updated_at = v_now
    where account_id = j.account_id and id = j.id;
  return true;
end $$;

-- Gives a job to the next process, because this process stops: it is due at once, and the attempt does not count.
create or replace function jobs.hand_over(p_job uuid, p_holder uuid, p_fence integer, p_kinds text[]) returns void language plpgsql as $$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set state = 'ready', turn = jobs.turn_for(j.account_id, j.lane, j.turn, p_kinds), run_at = app.now(), attempt = attempt - 1,
      holder = null, updated_at = app.now()
    where account_id = j.account_id and id = j.id;
end $$;

-- Cancels a job that is not final, in the transaction of its account, and closes its permit: p_keep, its work was used and
-- is charged; else quota comes back. The process that runs it has lost its fence. False: it was final already.
create or replace function jobs.cancel(p_account uuid, p_job uuid, p_keep boolean) returns boolean language plpgsql as $$
declare
  j jobs.jobs;
begin
  update jobs.jobs set state = 'cancelled', fence = fence + 1, error = null, holder = null, updated_at = app.now()
    where account_id = app.account() and account_id = p_account and id = p_job and state in ('ready', 'delayed', 'running') returning * into j;
  if not found then return false; end if;
  if j.permit_id is not null then perform limits.cancel(j.account_id, j.permit_id, p_keep); end if;
  return true;
end $$;

-- Jobs whose holder died are due again at once; so are those of p_holder, who asks, that it does not know (p_known): it
-- could not write how they ended. The attempt that came to nothing counts. Answers how many.
create or replace function jobs.recover(p_holder uuid, p_known uuid[], p_kinds text[]) returns integer language plpgsql as $$
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
  update jobs.jobs j set state = 'ready', turn = jobs.turn_for(j.account_id, j.lane, j.turn, p_kinds), run_at = v_now, holder = null,
      updated_at = v_now, error = case when a.lost then 'the end could not be written' else 'the worker died' end
    from abandoned a where j.account_id = a.account_id and j.id = a.id;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- Jobs that this process took up without ever hearing of it, for the answer of the take-up was lost: their calls are marked as sent
-- and never went out, and wait again; the attempt does not count. In one transaction with jobs.recover. p_begun: those that it did begin, whether they run or could not be ended.
create or replace function jobs.unbegin(p_holder uuid, p_begun uuid[]) returns void language sql as $$
  update jobs.jobs set attempt = attempt - 1 where state = 'running' and holder = p_holder and id <> all (p_begun);
  update limits.usage_events e set state = 'pending', updated_at = app.now()
  from jobs.jobs j join limits.permits p on p.account_id = j.account_id and p.id = j.permit_id
  where j.state = 'running' and j.holder = p_holder and j.id <> all (p_begun) and p.state = 'running' and p.holder = p_holder
    and e.account_id = p.account_id and e.permit_id = p.id and e.state = 'sent' and e.fence = p.fence
$$;

-- Permits whose job ended and left them open, or is gone, are closed: nobody else would. Answers how many.
create or replace function jobs.close_orphans() returns integer language plpgsql as $$
declare
  v_permit limits.permits;
  v_closed integer := 0;
begin
  for v_permit in
    select p.* from limits.permits p
    where p.state in ('queued', 'running') and p.job_id is not null and not exists (
      select from jobs.jobs j where j.account_id = p.account_id and j.id = p.job_id and j.permit_id = p.id
        and j.state in ('ready', 'delayed', 'running'))
    order by p.account_id, p.product, p.id
  loop
    if limits.abandon(v_permit, 'job ended', false) then v_closed := v_closed + 1; end if;
  end loop;
  return v_closed;
end $$;

-- Done and cancelled jobs have served; dead ones stay until somebody looks.
create or replace function jobs.prune(p_older interval) returns integer language plpgsql as $$
declare
  v_count integer;
begin
  delete from jobs.jobs where (account_id, id) in (
    select account_id, id from jobs.jobs where state in ('done', 'cancelled') and updated_at < app.now() - p_older for update skip locked);
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- An admin's second look at a dead job of this transaction's account: it is ready as if it were new, with a permit of its
-- own where it needs one. False: it is not dead.
create or replace function jobs.replay(p_job uuid, p_permit uuid, p_kinds text[]) returns boolean language plpgsql as $$
begin
  update jobs.jobs set state = 'ready', turn = jobs.turn_for(account_id, lane, null, p_kinds), run_at = app.now(), attempt = 0, postponed = 0,
      overdue_at = null, permit_id = p_permit, progress_done = null, progress_total = null, error = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'dead';
  return found;
end $$;

create or replace function jobs.depth() returns table (lane text, state text, count bigint) language sql volatile as $$
  select lane, state, count(*) from jobs.jobs where state in ('ready', 'delayed', 'running', 'dead') group by lane, state
$$;

-- How long the oldest job that could start has waited, in seconds; of every lane, 0 where nothing waits.
create or replace function jobs.oldest() returns table (lane text, seconds double precision) language sql volatile as $$
  select l.lane, coalesce(greatest(0, extract(epoch from app.now() - (
    select min(j.run_at) from jobs.jobs j where j.state = 'ready' and j.lane = l.lane))), 0)::double precision
  from unnest(array['interactive', 'batch']) as l(lane)
$$;
