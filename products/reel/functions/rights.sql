-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema reel to plinth_tenant, plinth_system;

grant select, insert, update, delete on reel.drafts, reel.generations, reel.variants, reel.assets to plinth_system;
grant select, insert, update on reel.drafts to plinth_tenant;
grant select, insert, update on reel.generations to plinth_tenant;
grant select, insert, update on reel.variants to plinth_tenant;
grant select, insert, update on reel.assets to plinth_tenant;

-- These run as the system for every caller.
call app.run_as_system('reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer) to plinth_tenant;
grant execute on function reel.stemming(text) to plinth_tenant;
grant execute on function reel.section(uuid, boolean, text) to plinth_tenant;
grant execute on function reel.search_vector(text, text, text, text, text[]) to plinth_tenant;
