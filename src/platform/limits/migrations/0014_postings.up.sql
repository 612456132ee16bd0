-- What was posted and is in no sum of the reports yet: src/platform/reports takes it from here. One row for each statement
-- that posted something, in its commit, whichever way of posting it was: a sum can miss nothing and count nothing twice.
-- The rows have no order that anybody relies on, so that a commit that comes late is taken late, and is not passed over.
create table limits.postings (
  id uuid primary key default gen_random_uuid(),
  accounts uuid[] not null,
  events uuid[] not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('limits.postings');

-- A posted row never changes again (0001): what is posted after an update was posted by it. One array of many ids costs a
-- settlement of a hundred permits as good as nothing; a row for each would cost as much as the ledger's own.
create function limits.note_postings() returns trigger language plpgsql as $$
begin
  insert into limits.postings (accounts, events)
    select array_agg(account_id), array_agg(id) from changed where state = 'posted' having count(*) > 0;
  return null;
end $$;
create trigger usage_events_posted after update on limits.usage_events referencing new table as changed
  for each statement execute function limits.note_postings();

-- Corrections are posted as they are written. What admission inserts is not, and costs no more than this comparison.
create function limits.note_posting() returns trigger language plpgsql as $$
begin
  insert into limits.postings (accounts, events) values (array[new.account_id], array[new.id]);
  return null;
end $$;
create trigger usage_events_born_posted after insert on limits.usage_events
  for each row when (new.state = 'posted') execute function limits.note_posting();

revoke all on function limits.note_postings(), limits.note_posting() from public;
