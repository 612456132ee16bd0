-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema sample to plinth_tenant, plinth_system;

grant select, insert, update, delete on sample.answers to plinth_system;
grant select, insert, update on sample.answers to plinth_tenant;
