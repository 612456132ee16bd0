-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema secrets to plinth_tenant, plinth_system;

grant select, insert, update, delete on secrets.master_keys, secrets.data_keys to plinth_system;
grant select, insert on secrets.data_keys to plinth_tenant;
