-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema sso to plinth_tenant, plinth_system;

grant select, insert, update, delete on sso.connections, sso.domains, sso.links to plinth_system;
grant select (account_id, version, issuer, client_id, enforced, provisions, default_role, proven_at, created_at, updated_at), insert, update, delete on sso.connections to plinth_tenant;
grant select, insert, update, delete on sso.domains to plinth_tenant;
grant select, insert, update, delete on sso.links to plinth_tenant;

-- These run as the system for every caller.
call app.run_as_system('sso.end_other_sessions()');
call app.run_as_system('sso.end_sessions_of_links(uuid)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function sso.end_other_sessions() to plinth_tenant;
grant execute on function sso.end_sessions_of_links(uuid) to plinth_tenant;
grant execute on function sso.domain_of(text) to plinth_tenant;
