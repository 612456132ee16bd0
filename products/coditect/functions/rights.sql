-- The schema of Coditect; what lies in it, its parts give rights to.
grant usage on schema coditect to plinth_tenant, plinth_system;
