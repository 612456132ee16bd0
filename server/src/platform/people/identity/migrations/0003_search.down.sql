drop index identity.users_by_part, identity.api_keys_by_id, identity.api_keys_by_prefix;
-- Accounts index by it too.
do $$ begin
  drop extension pg_trgm;
exception when dependent_objects_still_exist then
  null;
end $$;
