-- A posted row never changes again (usage_events_final): what is posted after an update was posted by it. One array of many ids costs a
-- settlement of a hundred permits as good as nothing; a row for each would cost as much as the ledger's own.
create or replace function limits.note_postings() returns trigger language plpgsql as $$
begin
  insert into limits.postings (accounts, events)
    select array_agg(account_id), array_agg(id) from changed where state = 'posted' having count(*) > 0;
  return null;
end $$;
create or replace trigger usage_events_posted after update on limits.usage_events referencing new table as changed
  for each statement execute function limits.note_postings();

-- Corrections are posted as they are written. What admission inserts is not, and costs no more than this comparison.
create or replace function limits.note_posting() returns trigger language plpgsql as $$
begin
  insert into limits.postings (accounts, events) values (array[new.account_id], array[new.id]);
  return null;
end $$;
create or replace trigger usage_events_born_posted after insert on limits.usage_events
  for each row when (new.state = 'posted') execute function limits.note_posting();
