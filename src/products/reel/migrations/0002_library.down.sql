drop table reel.assets;
drop function reel.section(uuid, boolean, text);
drop function reel.search_vector(text, text, text, text, text[]);
drop function reel.stemming(text);
drop extension btree_gin;
