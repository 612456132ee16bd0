-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema erasure to plinth_tenant, plinth_system;

grant select, insert, update, delete on erasure.exports, erasure.export_parts to plinth_system;
grant select, insert on erasure.proofs to plinth_system;
grant select on erasure.exports to plinth_tenant;
grant select on erasure.export_parts to plinth_tenant;
