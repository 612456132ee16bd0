-- The schema of Adiuva; who may what of records and backups. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema adiuva to plinth_tenant, plinth_system;

grant select, insert, update, delete on adiuva.member_heads, adiuva.records, adiuva.backups to plinth_system;
grant select, insert, update, delete on adiuva.member_heads, adiuva.records to plinth_tenant;
grant select, insert, delete on adiuva.backups to plinth_tenant;
