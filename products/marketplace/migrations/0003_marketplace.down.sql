drop table adiuva.market_keys;
drop table adiuva.plugin_installs;
drop table adiuva.plugin_versions;
drop table adiuva.plugins;
drop table adiuva.developer_keys;
drop table adiuva.developers;
