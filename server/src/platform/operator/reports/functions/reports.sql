-- One posted row as a cell. It counts in the quarter in which it was posted, and a correction in the one in which it was made:
-- what a report said of a day that is over stays so. p_times: 1, or -1 to take it away.
create or replace function reports.cell_of(e limits.usage_events, p limits.permits, p_times integer) returns setof reports.cell language sql stable as $$
  select e.account_id, date_bin('15 minutes', e.updated_at, 'epoch'), e.user_id, p.plan, e.product, e.feature, e.key_id, e.provider, e.model,
    limits.is_own(p.holder),
    p_times * (e.corrects is null)::integer::bigint, p_times * (e.corrects is null and e.estimated)::integer::bigint,
    p_times * e.prompt_tokens::bigint, p_times * e.cached_tokens::bigint, p_times * e.completion_tokens::bigint, p_times * e.reasoning_tokens::bigint,
    p_times * case when e.corrects is null and not e.estimated then e.cost else 0 end,
    p_times * case when e.corrects is null and e.estimated then e.cost else 0 end,
    p_times * case when e.corrects is not null then e.cost else 0 end,
    p_times * e.charged
$$;

-- What was posted and is in no cell yet.
create or replace function reports.tail() returns setof reports.cell language sql stable as $$
  select cell.* from limits.postings q
    cross join lateral unnest(q.accounts, q.events) as posted (account_id, id)
    join limits.usage_events e on e.account_id = posted.account_id and e.id = posted.id
    join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
    cross join lateral reports.cell_of(e, p, 1) as cell
$$;

-- What reports add up: the cells and the tail, of one instant when read by one statement.
create or replace function reports.usage(p_from timestamptz, p_until timestamptz) returns setof reports.cell language sql stable as $$
  select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, calls, estimated_calls,
      prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged
    from reports.usage_cells where slot >= p_from and slot < p_until
  union all
  select * from reports.tail() where slot >= p_from and slot < p_until
$$;

-- The same for the account of the transaction.
create or replace function reports.usage_here(p_from timestamptz, p_until timestamptz) returns setof reports.cell language plpgsql stable as $$
declare
  v_account uuid := app.account();
begin
  return query select * from reports.usage(p_from, p_until) where account_id = v_account;
end $$;

-- Adds to the cells, in the order in which everybody locks them.
create or replace function reports.add(p_cells reports.cell[]) returns void language sql as $$
  insert into reports.usage_cells as c (account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, calls, estimated_calls,
      prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged)
    select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, sum(calls), sum(estimated_calls),
      sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(posted), sum(estimated), sum(corrections), sum(charged)
    from unnest(p_cells) group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 order by 1, 2, 5, 6, 3, 9, 8, 4, 7, 10
  on conflict (account_id, slot, product, feature, user_id, model, provider, plan, key_id, own) do update set
    calls = c.calls + excluded.calls, estimated_calls = c.estimated_calls + excluded.estimated_calls,
    prompt_tokens = c.prompt_tokens + excluded.prompt_tokens, cached_tokens = c.cached_tokens + excluded.cached_tokens,
    completion_tokens = c.completion_tokens + excluded.completion_tokens, reasoning_tokens = c.reasoning_tokens + excluded.reasoning_tokens,
    posted = c.posted + excluded.posted, estimated = c.estimated + excluded.estimated, corrections = c.corrections + excluded.corrections,
    charged = c.charged + excluded.charged,
    updated_at = app.now()
$$;

-- Moves up to p_max rows of the queue into the cells: taken out and added in one commit, so that whatever dies, a row is in
-- one of the two. Rows that another run has taken are left to it. Answers how many were taken.
create or replace function reports.roll(p_max integer) returns integer language plpgsql as $$
declare
  v_taken integer;
  v_cells reports.cell[];
begin
  -- Chosen once: what stands in a condition may be asked again for each row, and then takes more than p_max.
  with chosen as materialized (
    select id from limits.postings limit p_max for update skip locked
  ), taken as (
    delete from limits.postings p using chosen where p.id = chosen.id returning p.id, p.accounts, p.events
  )
  select (select count(*) from taken), array_agg(cell::reports.cell) into v_taken, v_cells from taken t
    cross join lateral unnest(t.accounts, t.events) as posted (account_id, id)
    join limits.usage_events e on e.account_id = posted.account_id and e.id = posted.id
    join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
    cross join lateral reports.cell_of(e, p, 1) as cell;
  perform reports.add(v_cells);
  return v_taken;
end $$;

-- What the rows say less what reports say, cell by cell, where that is not 0. Both are of one instant, so that it may be asked
-- while calls are settled. Months that lie in an archive are left out: their sums are known by a digest (archives.sql).
create or replace function reports.differences(p_from timestamptz, p_until timestamptz) returns setof reports.cell language sql stable as $$
  select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, sum(calls)::bigint, sum(estimated_calls)::bigint,
      sum(prompt_tokens)::bigint, sum(cached_tokens)::bigint, sum(completion_tokens)::bigint, sum(reasoning_tokens)::bigint,
      sum(posted)::bigint, sum(estimated)::bigint, sum(corrections)::bigint, sum(charged)::bigint
    from (
      select cell.* from limits.usage_events e join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
        cross join lateral reports.cell_of(e, p, 1) as cell
        where e.state = 'posted' and e.updated_at >= p_from and e.updated_at < p_until
      union all
      select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, -calls, -estimated_calls, -prompt_tokens, -cached_tokens,
        -completion_tokens, -reasoning_tokens, -posted, -estimated, -corrections, -charged from reports.usage(p_from, p_until)
    ) as signed
    where not exists (select from reports.ledger_archives a where a.account_id = signed.account_id and a.month = date_trunc('month', signed.slot at time zone 'UTC')::date)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    having (sum(calls), sum(estimated_calls), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens),
      sum(posted), sum(estimated), sum(corrections), sum(charged)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    order by 1, 2, 5, 6, 3, 9, 8, 4, 7, 10
$$;

-- Makes the cells say what the rows say. Nobody rolls meanwhile; calls are settled as always. Answers how many cells changed.
create or replace function reports.repair(p_from timestamptz, p_until timestamptz) returns integer language plpgsql as $$
declare
  v_cells reports.cell[];
begin
  lock table reports.usage_cells in share row exclusive mode;
  select array_agg(d) into v_cells from reports.differences(p_from, p_until) as d;
  perform reports.add(v_cells);
  return coalesce(cardinality(v_cells), 0);
end $$;
