#!/bin/sh
# Run once by the image of PostgreSQL, in a new database: the owner of the schema, and the two logins that the processes have (docs/keys.md).
set -eu
secret() { cat "/run/secrets/$1"; }
psql -v ON_ERROR_STOP=1 -U postgres -d plinth \
  -v owner="$(secret owner_password)" -v app="$(secret app_password)" -v worker="$(secret worker_password)" -v glitchtip="$(secret glitchtip_password)" <<'SQL'
create role plinth_tenant nologin;
create role plinth_system nologin;
-- The first migration makes roles where they are missing, and asks for that right in any case.
create role plinth login createrole password :'owner';
grant plinth_tenant, plinth_system to plinth;
create role plinth_app login password :'app' in role plinth_tenant;
create role plinth_worker login password :'worker' in role plinth_system;
alter database plinth owner to plinth;
alter schema public owner to plinth;
create role glitchtip login password :'glitchtip';
create database glitchtip owner glitchtip;
SQL
