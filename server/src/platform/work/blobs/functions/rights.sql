-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema blobs to plinth_tenant, plinth_system;

grant select, update, delete on blobs.blobs to plinth_system;
grant select, insert, update on blobs.blobs to plinth_tenant;

-- Tenants may call these, and nothing that is a part of them.
grant execute on function blobs.store_here(uuid, uuid, text) to plinth_tenant;
grant execute on function blobs.forget_here(uuid, text) to plinth_tenant;
grant execute on function blobs.replace_here(uuid, uuid[]) to plinth_tenant;
