-- Leases of processes, and what happens to the permits of those that are gone.

create function limits.start_holder(p_id uuid, p_kind text, p_ttl interval) returns timestamptz language plpgsql as $$
declare
  v_expires timestamptz := app.now() + p_ttl;
begin
  insert into limits.holders (id, kind, expires_at) values (p_id, p_kind, v_expires);
  return v_expires;
end $$;

-- Null: the lease has run out, and a dead holder never revives.
create function limits.renew_holder(p_id uuid, p_ttl interval) returns timestamptz language plpgsql as $$
declare
  v_now timestamptz := app.now();
  v_expires timestamptz;
begin
  update limits.holders set expires_at = v_now + p_ttl where id = p_id and expires_at > v_now returning expires_at into v_expires;
  return v_expires;
end $$;

-- A process that stops in good order, or (none named) all others: the embedded database has one process at a time,
-- so whoever holds the data folder's lock knows that every earlier holder is dead.
create function limits.end_holders(p_id uuid, p_others boolean) returns void language plpgsql as $$
begin
  update limits.holders set expires_at = least(expires_at, app.now()) where (id = p_id) <> p_others;
end $$;

-- Closes permits that nobody runs any more: those of dead holders, those that are not over when they had to be, and queued
-- ones that never got their job. A permit with a job is the job's affair. Answers how many were closed.
create function limits.sweep(p_max integer) returns integer language plpgsql as $$
declare
  r record;
  v_now timestamptz := app.now();
  v_closed integer := 0;
begin
  for r in
    select s as permit, case when s.state = 'queued' then 'no job' when s.due_at <= v_now then 'overdue' else 'holder dead' end as reason
    from limits.permits s
    where s.state in ('queued', 'running') and s.job_id is null
      and case s.state when 'queued' then s.updated_at < v_now - interval '60 seconds'
        else s.due_at <= v_now or not exists (select from limits.holders h where h.id = s.holder and h.expires_at > v_now) end
    order by s.account_id, s.product, s.id limit p_max
  loop
    if limits.abandon(r.permit, r.reason) then v_closed := v_closed + 1; end if;
  end loop;
  -- Passing over what another sweep deletes: it holds meters that this one would wait with.
  delete from limits.holders where id in (
    select h.id from limits.holders h where h.expires_at < v_now - interval '1 day'
      and not exists (select from limits.permits s where s.holder = h.id and s.state in ('queued', 'running')) for update skip locked);
  return v_closed;
end $$;

call app.run_as_system('limits.start_holder(uuid, text, interval)');
call app.run_as_system('limits.renew_holder(uuid, interval)');
call app.run_as_system('limits.end_holders(uuid, boolean)');
call app.run_as_system('limits.sweep(integer)');
