-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema app to plinth_tenant, plinth_system;

grant select, insert, update, delete on app.installation to plinth_system;
-- A process that serves looks whether the schema is up to date.
grant select on public.plinth_migrations to plinth_system;
grant select on app.clock to plinth_tenant, plinth_system;

-- Tenants may call these, and nothing that is a part of them.
grant execute on function app.now() to plinth_tenant;
grant execute on function app.account() to plinth_tenant;
grant execute on function app.user_id() to plinth_tenant;
