-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema idempotency to plinth_tenant, plinth_system;

grant select, insert, update, delete on idempotency.salts, idempotency.keys, idempotency.user_keys to plinth_system;
grant select, insert, update, delete on idempotency.keys to plinth_tenant;
grant select, insert, update, delete on idempotency.user_keys to plinth_tenant;
