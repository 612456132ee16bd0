-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema webhooks to plinth_tenant, plinth_system;

grant select, insert, update, delete on webhooks.endpoints, webhooks.events, webhooks.deliveries to plinth_system;

-- These run as the system for every caller.
call app.run_as_system('webhooks.emit(uuid, text, uuid, text, jsonb)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function webhooks.emit(uuid, text, uuid, text, jsonb) to plinth_tenant;
