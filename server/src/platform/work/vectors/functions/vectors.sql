-- Gives the storage of a collection back that goes with its account or its user. A caller who deletes its items gives theirs back themselves.
create or replace function vectors.give_storage_back() returns trigger language plpgsql as $$
begin
  update limits.gauges g set used = greatest(0, g.used - old.bytes), updated_at = app.now()
    where g.account_id = old.account_id and g.product = old.product and g.name = old.gauge;
  return null;
end $$;

create or replace trigger give_storage_back after delete on vectors.collections
  for each row when (old.gauge is not null and old.bytes > 0) execute function vectors.give_storage_back();
