-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema adiuva to plinth_tenant, plinth_system;

grant select, insert, update, delete on adiuva.member_heads, adiuva.records, adiuva.backups, adiuva.developers, adiuva.developer_keys,
  adiuva.plugins, adiuva.plugin_versions, adiuva.plugin_installs, adiuva.market_keys to plinth_system;
grant select, insert, update, delete on adiuva.member_heads, adiuva.records to plinth_tenant;
grant select, insert, delete on adiuva.backups to plinth_tenant;
grant select on adiuva.developers to plinth_tenant;
grant select, insert, update on adiuva.developer_keys to plinth_tenant;
grant select, insert, update on adiuva.plugin_installs to plinth_tenant;
