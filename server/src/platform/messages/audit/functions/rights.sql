-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema audit to plinth_tenant, plinth_system;

grant select, insert on audit.events to plinth_tenant, plinth_system;
grant update (ip, user_agent, changes) on audit.events to plinth_system;

-- Tenants may call these, and nothing that is a part of them.
grant execute on function audit.may_append(uuid, uuid) to plinth_tenant;
