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
grant select, insert, update, delete on orbit.scope_heads, orbit.scope_changes, orbit.activities, orbit.presence, orbit.comments,
  orbit.comment_mentions, orbit.templates, orbit.public_templates, orbit.favourites to plinth_system;
grant select, insert, update on orbit.scope_heads to plinth_tenant;
grant select, insert on orbit.scope_changes, orbit.activities to plinth_tenant;
grant select, update on orbit.presence to plinth_tenant;
grant select, insert, update, delete on orbit.comments to plinth_tenant;
grant select, insert, update on orbit.comment_mentions to plinth_tenant;
grant select, insert, update, delete on orbit.templates to plinth_tenant;
grant select, insert, delete on orbit.favourites to plinth_tenant;


-- Documents.
grant select, insert, update, delete on orbit.documents, orbit.document_pages to plinth_system;
grant select, insert, update, delete on orbit.documents to plinth_tenant;
grant select, insert on orbit.document_pages to plinth_tenant;

-- Extraction and analysis.
grant select, insert, update, delete on orbit.extractions, orbit.extraction_chunks, orbit.analyses to plinth_system;
grant select, insert, update on orbit.extractions to plinth_tenant;
grant select, insert, update on orbit.extraction_chunks to plinth_tenant;
grant select, insert, update on orbit.analyses to plinth_tenant;


-- Exports.
grant select, insert, update, delete on orbit.exports to plinth_system;
grant select, insert, update, delete on orbit.exports to plinth_tenant;
