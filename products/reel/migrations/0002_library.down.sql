drop table reel.assets;
drop function reel.section(uuid, boolean, text);
drop function reel.search_vector(text, text, text, text, text[]);
drop function reel.stemming(text);
-- Both Orbit and Reel index by it: whoever is undone last takes it away.
do $$ begin
  drop extension btree_gin;
exception when dependent_objects_still_exist then
  null;
end $$;
