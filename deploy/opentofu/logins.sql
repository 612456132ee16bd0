-- Run once as the owner of the schema, before the first migration: the two logins that the processes have (docs/keys.md). On Cloud SQL, whose own
-- users may make roles, and on any PostgreSQL that others run. The passwords are those of the two secrets:
--
--   password() { gcloud secrets versions access latest --secret="plinth-$1" | sed 's#.*://[^:]*:\([^@]*\)@.*#\1#'; }
--   psql "host=… dbname=plinth user=plinth_owner" -v app="$(password database-url)" -v worker="$(password system-database-url)" -f logins.sql
\set ON_ERROR_STOP 1
create role plinth_tenant nologin;
create role plinth_system nologin;
create role plinth_app login password :'app' in role plinth_tenant;
create role plinth_worker login password :'worker' in role plinth_system;
