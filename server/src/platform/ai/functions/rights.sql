-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema ai to plinth_tenant, plinth_system;

grant select, insert, delete on ai.safety_events to plinth_system;
grant select, insert on ai.safety_events to plinth_tenant;

-- No tenant reads a sealed key: it is written or deleted.
grant select (account_id, provider, ending, checked, set_by, created_at, updated_at), insert, update, delete on ai.provider_keys to plinth_tenant;
grant select, update, delete on ai.provider_keys to plinth_system;
grant select, insert, update, delete on ai.routes to plinth_system;
grant usage on sequence ai.route_numbers to plinth_system;
