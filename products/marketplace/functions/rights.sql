-- Who may what of the marketplace; its product opens the schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant select, insert, update, delete on adiuva.developers, adiuva.developer_keys, adiuva.plugins, adiuva.plugin_versions,
  adiuva.plugin_installs, adiuva.market_keys to plinth_system;
grant select on adiuva.developers to plinth_tenant;
grant select, insert, update on adiuva.developer_keys to plinth_tenant;
grant select, insert, update on adiuva.plugin_installs to plinth_tenant;
