-- Sums by the tags of calls, from the rows of the ledger themselves: tags have no cells, for who calls may give each call another.

-- The least UUIDv7 of an instant.
create or replace function reports.first_id(p_at timestamptz) returns uuid language sql immutable as $$
  select rpad(lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

-- Cells of an account by its values of the tag p_name (null: of none); p_tag: of calls with this tag alone, as `name:value`. The thousand
-- values that cost most are told, what the others have is `other`. A call that began more than a week before it was posted is not found.
create or replace function reports.tagged(p_account uuid, p_from timestamptz, p_until timestamptz, p_name text, p_tag text) returns table (tag text, cell reports.cell)
language plpgsql stable
-- As in admission: each call is two look-ups, however small the tables were when the plan was made.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_first uuid := reports.first_id(p_from - interval '7 days');
  v_after uuid := reports.first_id(p_until + interval '1 hour');
begin
  if (select count(*) from (select from limits.usage_events where account_id = p_account and id >= v_first and id < v_after limit 500001) as calls) > 500000 then
    raise exception 'too many calls for sums by tag' using errcode = 'PL020';
  end if;
  return query
    with cells as materialized (
      select p.tags->>p_name as value, (c.account_id, c.slot, c.user_id, c.plan, c.product, c.feature, c.key_id, c.provider, c.model, c.own, sum(c.calls)::bigint,
          sum(c.estimated_calls)::bigint, sum(c.prompt_tokens)::bigint, sum(c.cached_tokens)::bigint, sum(c.completion_tokens)::bigint, sum(c.reasoning_tokens)::bigint,
          sum(c.posted)::bigint, sum(c.estimated)::bigint, sum(c.corrections)::bigint, sum(c.charged)::bigint)::reports.cell as summed
        from limits.usage_events e join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id cross join lateral reports.cell_of(e, p, 1) as c
        where e.account_id = p_account and e.id >= v_first and e.id < v_after and e.state = 'posted' and e.updated_at >= p_from and e.updated_at < p_until
          and (p_tag is null or p.tags->>split_part(p_tag, ':', 1) = substr(p_tag, strpos(p_tag, ':') + 1))
        group by value, c.account_id, c.slot, c.user_id, c.plan, c.product, c.feature, c.key_id, c.provider, c.model, c.own
    ), told as materialized (
      select value from cells where value is not null group by value
        order by sum((summed).posted + (summed).estimated + (summed).corrections) desc, sum((summed).calls) desc, value limit 1000
    )
    select case when cells.value is null or cells.value in (select told.value from told) then cells.value else 'other' end, summed from cells;
end $$;

-- The same for the account of the transaction.
create or replace function reports.tagged_here(p_from timestamptz, p_until timestamptz, p_name text, p_tag text) returns table (tag text, cell reports.cell)
language sql stable as $$
  select * from reports.tagged(app.account(), p_from, p_until, p_name, p_tag)
$$;
