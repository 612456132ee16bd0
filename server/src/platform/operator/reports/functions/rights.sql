-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema reports to plinth_tenant, plinth_system;

grant select, insert, update, delete on reports.usage_cells, reports.proceeds, reports.ledger_archives to plinth_system;
grant select on reports.usage_cells to plinth_tenant;
-- What a store kept and what is earned (reports.proceeds) is the operator's affair: tenants have no grant. Nor have they one
-- on reports.ledger_archives: an export has what lies there.

-- These run as the system for every caller.
call app.run_as_system('reports.usage_here(timestamptz, timestamptz)');
call app.run_as_system('reports.tagged_here(timestamptz, timestamptz, text, text)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function reports.usage_here(timestamptz, timestamptz) to plinth_tenant;
grant execute on function reports.tagged_here(timestamptz, timestamptz, text, text) to plinth_tenant;
