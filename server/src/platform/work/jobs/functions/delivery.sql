-- Claims the first jobs of a lane's fair order that are not announced yet, so that no more than p_most of the lane are
-- announced or running. Answers how many more it would have claimed.
create or replace function jobs.announce_lane(p_holder uuid, p_kinds text[], p_lane text, p_most integer) returns integer language plpgsql as $$
declare
  v_room integer := p_most - (select count(*) from jobs.deliveries where lane = p_lane)
    - (select count(*) from jobs.jobs where state = 'running' and lane = p_lane);
  v_claimed integer;
begin
  insert into jobs.deliveries (account_id, job_id, fence, lane, holder)
    select j.account_id, j.id, j.fence, j.lane, p_holder from jobs.jobs j
    where j.state = 'ready' and j.lane = p_lane and j.kind = any(p_kinds)
      and not exists (select from jobs.deliveries d where d.account_id = j.account_id and d.job_id = j.id)
    order by j.turn, j.run_at, j.id limit greatest(v_room, 0);
  get diagnostics v_claimed = row_count;
  return v_room - v_claimed;
end $$;

-- Claims what p_holder is to publish now: jobs that are due and not announced; what an earlier claim of its own, or of a
-- dead holder, did not get published (under the same number: it may have been, and its answer lost); what was published
-- p_lost ago and not taken up since (under the next). Batch jobs when no interactive one is left over, or when one has waited for 30 seconds.
create or replace function jobs.announce(p_holder uuid, p_kinds text[], p_most integer, p_batch_most integer, p_lost interval)
returns table (account uuid, job uuid, fence integer, number integer) language plpgsql as $$
declare
  v_now timestamptz := app.now();
begin
  perform jobs.check_lease(p_holder, v_now);
  -- Two at a time would pass the bounds together.
  perform pg_advisory_xact_lock(hashtextextended('jobs.announce', 0));
  perform jobs.promote(v_now, p_kinds);
  delete from jobs.deliveries d where not exists (select from jobs.jobs j
    where j.account_id = d.account_id and j.id = d.job_id and j.state = 'ready' and j.fence = d.fence);
  update jobs.deliveries d set holder = p_holder, published_at = null, updated_at = v_now,
      number = d.number + case when d.published_at is null then 0 else 1 end
    where d.published_at <= v_now - p_lost or d.published_at is null
      and not exists (select from limits.holders h where h.id = d.holder and h.expires_at > v_now);
  if jobs.announce_lane(p_holder, p_kinds, 'interactive', p_most) > 0 or jobs.is_batch_late(p_kinds, v_now) then
    perform jobs.announce_lane(p_holder, p_kinds, 'batch', p_batch_most);
  end if;
  return query select d.account_id, d.job_id, d.fence, d.number
    from jobs.deliveries d join jobs.jobs j on j.account_id = d.account_id and j.id = d.job_id
    where d.holder = p_holder and d.published_at is null order by j.lane = 'batch', j.turn, j.run_at, j.id;
end $$;

-- Says of claimed jobs that they were published.
create or replace function jobs.announced(p_holder uuid, p_jobs uuid[]) returns void language plpgsql as $$
begin
  update jobs.deliveries set holder = null, published_at = app.now(), updated_at = app.now()
    where holder = p_holder and job_id = any(p_jobs);
end $$;

-- Has a job announced once more by the process that looks next: QStash does not try its last announcement again. The publisher of that
-- one may not have said so yet: it is no more theirs to say.
create or replace function jobs.announce_anew(p_account uuid, p_job uuid) returns void language plpgsql as $$
begin
  update jobs.deliveries set number = number + 1, holder = null, published_at = null, updated_at = app.now()
    where account_id = p_account and job_id = p_job;
end $$;
