drop schema orbit cascade;
-- Both Orbit and Reel index by it: whoever is undone last takes it away.
do $$ begin
  drop extension btree_gin;
exception when dependent_objects_still_exist then
  null;
end $$;
