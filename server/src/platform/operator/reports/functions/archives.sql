-- Why a month of an account stays in the ledger; null: it may be archived. p_below: ids from this one on were made after the month.
create or replace function reports.archive_refusal(p_account uuid, p_from timestamptz, p_until timestamptz, p_below uuid) returns text language sql stable as $$
  with invoices as (
    select i.id, i.issued_at, 'invoice' as why from billing.invoices i where i.account_id = p_account and i.state in ('draft', 'open')
    union all
    select i.id, coalesce(i.issued_at, d.occurred_at), 'dispute' from billing.disputes d
      left join billing.payments p on p.store = d.store and p.mode = d.mode and p.store_id = d.charge and p.account_id = d.account_id
      left join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice and i.account_id = d.account_id
      where d.account_id = p_account and d.state in ('inquiry', 'open')
  ), spans as (
    -- What an invoice without lines is for nobody knows: anything until it was issued.
    select o.why, coalesce(min(l.period_starts_at), '-infinity') as since, greatest(max(l.period_ends_at), o.issued_at) as till
      from invoices o left join billing.invoice_lines l on l.account_id = p_account and l.invoice_id = o.id group by o.id, o.why, o.issued_at
  )
  select case
    when exists (select from limits.permits where account_id = p_account and state in ('queued', 'running') and created_at < p_until) then 'permit'
    when exists (select from limits.usage_events where account_id = p_account and id < p_below and state in ('pending', 'sent') and created_at < p_until) then 'call'
    when exists (select from spans where since < p_until and till > p_from) then (select min(why) from spans where since < p_until and till > p_from)
    when exists (select from billing.overage_reports where account_id = p_account and state = 'due' and starts < extract(epoch from p_until) * 1000000) then 'overage'
    when exists (select from limits.postings where created_at < p_until + interval '1 hour' and p_account = any(accounts)) then 'sums'
  end
$$;

-- A digest of an account's sums between two instants.
create or replace function reports.cells_digest(p_account uuid, p_from timestamptz, p_until timestamptz) returns text language sql stable as $$
  select encode(sha256(convert_to(coalesce(string_agg(line, E'\n' order by line collate "C"), ''), 'UTF8')), 'hex') from (
    select concat_ws(' ', extract(epoch from slot), user_id, coalesce(plan, '-'), product, feature, coalesce(key_id::text, '-'), provider, model, own, calls, estimated_calls,
      prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged) as line
    from reports.usage_cells where account_id = p_account and slot >= p_from and slot < p_until) as cells
$$;

-- The rows of a month that an archive holds; all others of it stay.
create or replace function reports.archived_rows(p_account uuid, p_from timestamptz, p_until timestamptz, p_below uuid) returns setof limits.usage_events
language sql stable as $$
  select * from limits.usage_events where account_id = p_account and id < p_below and updated_at >= p_from and updated_at < p_until
    and state in ('posted', 'voided') and reported_id is null
$$;

-- Writes down that a month lies in a file of so many rows. Answers why not: something of it is open again, or the rows or the sums are others. Null: it is written.
create or replace function reports.note_archive(p_account uuid, p_from timestamptz, p_until timestamptz, p_below uuid, p_key text, p_sha256 text, p_bytes bigint,
  p_events bigint, p_cost bigint, p_charged bigint) returns text language plpgsql as $$
declare
  v_why text := reports.archive_refusal(p_account, p_from, p_until, p_below);
  v_rows record;
  v_all bigint[];
  v_sums bigint[];
begin
  if v_why is not null then return v_why; end if;
  select count(*) as events, coalesce(sum(cost), 0) as cost, coalesce(sum(charged), 0) as charged, max(created_at) as last_call_at
    into v_rows from reports.archived_rows(p_account, p_from, p_until, p_below);
  if (v_rows.events, v_rows.cost, v_rows.charged) is distinct from (p_events, p_cost, p_charged) then return 'rows'; end if;
  select array[count(*) filter (where corrects is null), count(*) filter (where corrects is null and estimated), coalesce(sum(prompt_tokens), 0),
      coalesce(sum(cached_tokens), 0), coalesce(sum(completion_tokens), 0), coalesce(sum(reasoning_tokens), 0), coalesce(sum(cost), 0), coalesce(sum(charged), 0)]
    into v_all from limits.usage_events where account_id = p_account and id < p_below and state = 'posted' and updated_at >= p_from and updated_at < p_until;
  select array[coalesce(sum(calls), 0), coalesce(sum(estimated_calls), 0), coalesce(sum(prompt_tokens), 0), coalesce(sum(cached_tokens), 0),
      coalesce(sum(completion_tokens), 0), coalesce(sum(reasoning_tokens), 0), coalesce(sum(posted + estimated + corrections), 0), coalesce(sum(charged), 0)]
    into v_sums from reports.usage_cells where account_id = p_account and slot >= p_from and slot < p_until;
  if v_all <> v_sums then return 'sums'; end if;
  insert into reports.ledger_archives (account_id, month, key, sha256, bytes, events, cost, charged, last_call_at, cells)
    values (p_account, (p_from at time zone 'UTC')::date, p_key, p_sha256, p_bytes, p_events, p_cost, p_charged, v_rows.last_call_at,
      reports.cells_digest(p_account, p_from, p_until))
    on conflict do nothing;
  -- Another file holds the month, and what is left in the table may be in neither.
  if not exists (select from reports.ledger_archives a where a.account_id = p_account and a.month = (p_from at time zone 'UTC')::date and a.key = p_key) then
    return 'archive';
  end if;
  return null;
end $$;

-- Deletes up to p_max rows that lie in an archive, and writes down when none is left. Answers how many; null: an export that began before the archive
-- was there is under way, and reads them.
create or replace function reports.delete_archived(p_account uuid, p_from timestamptz, p_until timestamptz, p_below uuid, p_max integer) returns integer
language plpgsql as $$
declare
  v_month date := (p_from at time zone 'UTC')::date;
  v_deleted integer;
begin
  if not exists (select from reports.ledger_archives a where a.account_id = p_account and a.month = v_month and a.deleted_at is null
      -- An archive becomes seen a moment after its time.
      and not exists (select from erasure.exports x where x.status = 'waiting' and x.created_at < a.created_at + interval '5 minutes')) then
    return null;
  end if;
  with chosen as materialized (
    select id from reports.archived_rows(p_account, p_from, p_until, p_below) order by id limit p_max
  )
  delete from limits.usage_events e using chosen where e.account_id = p_account and e.id = chosen.id;
  get diagnostics v_deleted = row_count;
  if v_deleted < p_max then
    update reports.ledger_archives set deleted_at = app.now(), updated_at = app.now() where account_id = p_account and month = v_month;
  end if;
  return v_deleted;
end $$;
