drop index accounts.accounts_by_part;
-- Users are indexed by it too.
do $$ begin
  drop extension pg_trgm;
exception when dependent_objects_still_exist then
  null;
end $$;
