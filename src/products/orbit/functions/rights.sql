-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema orbit to plinth_tenant, plinth_system;

-- Workspaces, projects, scopes, sections, versions.
grant select, insert, update, delete on orbit.workspaces, orbit.projects, orbit.scopes, orbit.sections, orbit.scope_versions
  to plinth_system;
grant select, insert, update on orbit.workspaces to plinth_tenant;
grant select, insert, update, delete on orbit.projects to plinth_tenant;
grant select, insert, update on orbit.scopes to plinth_tenant;
grant select, insert, update, delete on orbit.sections to plinth_tenant;
grant select, insert, delete on orbit.scope_versions to plinth_tenant;
call app.run_as_system('orbit.scopes_with(text, jsonb, integer)');
grant execute on function orbit.scopes_with(text, jsonb, integer) to plinth_tenant;
grant execute on function orbit.query_of(text) to plinth_tenant;


-- Changes, comments, templates, favourites.


-- Documents.


-- Extraction and analysis.


-- Exports.
grant select, insert, update, delete on orbit.exports to plinth_system;
grant select, insert, update, delete on orbit.exports to plinth_tenant;
