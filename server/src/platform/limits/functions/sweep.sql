-- Leases of processes, and permits that others close: of processes that are gone, and of jobs that were cancelled.

create or replace function limits.start_holder(p_id uuid, p_kind text, p_ttl interval) returns void language plpgsql as $$
begin
  insert into limits.holders (id, kind, expires_at) values (p_id, p_kind, app.now() + p_ttl);
end $$;

-- Answers how many processes have a lease, and how many of them are older than this one: from both it knows its share of
-- what all of them may use. No row: the lease has run out, and a dead holder never revives.
create or replace function limits.renew_holder(p_id uuid, p_ttl interval) returns table (holders integer, older integer) language plpgsql as $$
declare
  v_now timestamptz;
begin
  perform from limits.holders where id = p_id for update;
  -- After the lock: a renewal that has waited would give the lease less time than it says, and judge it in the past.
  v_now := app.now();
  update limits.holders set expires_at = v_now + p_ttl where id = p_id and expires_at > v_now;
  if found then
    return query select count(*)::integer, (count(*) filter (where h.id < p_id))::integer from limits.holders h where h.expires_at > v_now;
  end if;
end $$;

-- A process that stops in good order, or (none named) all others: the embedded database has one process at a time,
-- so the holder of the data folder's lock knows that every earlier holder is dead.
create or replace function limits.end_holders(p_id uuid, p_others boolean) returns void language plpgsql as $$
begin
  update limits.holders set expires_at = least(expires_at, app.now()) where (id = p_id) <> p_others;
end $$;

-- Whether somebody else has the meter of a key that a permit charged; the others are locked from here on.
create or replace function limits.keys_are_locked(p_permit limits.permits) returns boolean language sql volatile as $$
  select exists (
    select from (select distinct split_part(charge->>0, '/', 1) as key_scope from jsonb_array_elements(p_permit.charges) as charge where charge->>0 like 'key:%') as keys
      cross join lateral (select from limits.meters t where t.account_id = p_permit.account_id and t.scope = key_scope) as there
      where not exists (select from limits.meters t where t.account_id = p_permit.account_id and t.scope = key_scope for update skip locked))
$$;

-- Closes a permit that its caller saw abandoned, if nobody has touched it since. Answers whether it did: without p_wait not while
-- somebody decides on the account's meter or on one of a key that it charged, for the next sweep comes soon, and holds what it has closed before.
create or replace function limits.abandon(p_seen limits.permits, p_reason text, p_wait boolean) returns boolean language plpgsql as $$
declare
  p limits.permits;
  v_now timestamptz := limits.lock_meter(p_seen.account_id, p_seen.product, p_wait);
  v_served boolean;
  v_moves limits.move[];
begin
  if v_now is null or not p_wait and limits.keys_are_locked(p_seen) then return false; end if;
  -- The next fence: a late settle of the old holder must find itself stale.
  update limits.permits set fence = fence + 1 where account_id = p_seen.account_id and id = p_seen.id
    and state = p_seen.state and fence = p_seen.fence and job_id is not distinct from p_seen.job_id returning * into p;
  if not found then return false; end if;
  v_served := exists (select from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.state in ('sent', 'posted'));
  select f.moves into v_moves from limits.finish(p, not v_served, p_reason, v_now) f;
  perform limits.move_windows(p.account_id, v_moves);
  return true;
end $$;

-- Closes permits that nobody runs any more: those of dead holders, those that are not over when they had to be, and queued
-- ones that never got their job. A permit with a job is the job's affair. Answers how many were closed.
create or replace function limits.sweep(p_max integer) returns integer language plpgsql as $$
declare
  r record;
  v_now timestamptz := app.now();
  v_closed integer := 0;
begin
  for r in
    select s as permit, case when s.state = 'queued' then 'no job' when s.due_at > v_now then 'holder dead'
      when limits.is_outside(s.holder) then 'expired' else 'overdue' end as reason
    from limits.permits s
    where s.state in ('queued', 'running') and s.job_id is null
      and case s.state when 'queued' then s.updated_at < v_now - interval '60 seconds'
        else s.due_at <= v_now or not (limits.is_outside(s.holder)
          or exists (select from limits.holders h where h.id = s.holder and h.expires_at > v_now)) end
    order by s.account_id, s.product, s.id limit p_max
  loop
    if limits.abandon(r.permit, r.reason, false) then v_closed := v_closed + 1; end if;
  end loop;
  -- Passing over what another sweep deletes: it holds meters that this one would wait with.
  delete from limits.holders where id in (
    select h.id from limits.holders h where h.expires_at < v_now - interval '1 day'
      and not exists (select from limits.permits s where s.holder = h.id and s.state in ('queued', 'running')) for update skip locked);
  return v_closed;
end $$;

-- Closes the permit of a job that its account cancelled, in the account's transaction, which has locked the job: p_keep,
-- the work was used; else quota and credits come back. A call under way is posted at its reserve, and the next fence makes
-- whatever its holder still writes stale, but for the figures of that call.
create or replace function limits.cancel(p_account uuid, p_permit uuid, p_keep boolean) returns void language plpgsql as $$
declare
  p limits.permits;
  v_now timestamptz := limits.lock_meter(p_account, (select product from limits.permits where account_id = p_account and id = p_permit), true);
  v_moves limits.move[];
begin
  update limits.permits set fence = fence + 1 where account_id = p_account and id = p_permit and state in ('queued', 'running') returning * into p;
  if not found then return; end if;
  select f.moves into v_moves from limits.finish(p, not p_keep, 'cancelled', v_now) f;
  perform limits.move_windows(p_account, v_moves);
end $$;
