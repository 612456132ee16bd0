-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema vectors to plinth_tenant, plinth_system;

grant select, insert, update, delete on vectors.collections, vectors.items, vectors.signs, vectors.points, vectors.stray_points to plinth_system;
grant select, insert, update, delete on vectors.collections to plinth_tenant;
grant select, insert, update, delete on vectors.items to plinth_tenant;
grant select, insert, update, delete on vectors.signs to plinth_tenant;
grant select, insert, delete on vectors.points to plinth_tenant;

-- Tenants may call this, and nothing that is a part of it.
grant execute on function vectors.expect_points(uuid, text, integer, uuid[]) to plinth_tenant;

-- Also where a member's own scope deletes a collection: nobody writes gauges but the system.
call app.run_as_system('vectors.give_storage_back()');

-- Strays are the system's: they stay when an account is erased, until the store has deleted them.
call app.run_as_system('vectors.expect_points(uuid, text, integer, uuid[])');
call app.run_as_system('vectors.claim_points()');
call app.run_as_system('vectors.give_points_up()');
