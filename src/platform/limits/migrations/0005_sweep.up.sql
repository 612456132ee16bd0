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

-- Closes permits that nobody runs any more: those of dead holders, and queued ones that never got their job.
-- A permit with a job is the job's affair. Answers how many were closed.
create function limits.sweep(p_max integer) returns integer language plpgsql as $$
declare
  r record;
  p limits.permits;
  v_now timestamptz := app.now();
  v_closed integer := 0;
begin
  for r in
    select s.account_id, s.id, s.product from limits.permits s
    where s.state in ('queued', 'running') and s.job_id is null
      and case s.state when 'queued' then s.created_at < v_now - interval '60 seconds'
        else not exists (select from limits.holders h where h.id = s.holder and h.expires_at > v_now) end
    order by s.account_id, s.product, s.id limit p_max
  loop
    perform from limits.meters where account_id = r.account_id and scope = r.product for update skip locked;
    -- Somebody is deciding there right now: the next sweep comes soon.
    if not found then continue; end if;
    select * into p from limits.permits where account_id = r.account_id and id = r.id and job_id is null and state in ('queued', 'running')
      and (state = 'queued' or not exists (select from limits.holders h where h.id = holder and h.expires_at > v_now)) for update;
    if not found then continue; end if;
    -- The next fence: a late settle of the old holder must find itself stale.
    update limits.permits set fence = fence + 1 where account_id = p.account_id and id = p.id;
    perform limits.finish(p, not exists (select from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.state in ('sent', 'posted')),
      case p.state when 'queued' then 'no job' else 'holder dead' end, v_now);
    v_closed := v_closed + 1;
  end loop;
  delete from limits.holders h where h.expires_at < v_now - interval '1 day'
    and not exists (select from limits.permits s where s.holder = h.id and s.state in ('queued', 'running'));
  return v_closed;
end $$;

call app.run_as_system('limits.start_holder(uuid, text, interval)');
call app.run_as_system('limits.renew_holder(uuid, interval)');
call app.run_as_system('limits.end_holders(uuid, boolean)');
call app.run_as_system('limits.sweep(integer)');
