-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema privacy to plinth_tenant, plinth_system;

grant select, insert, delete on privacy.participants to plinth_tenant;
-- An update is never made: to lock rows `for share` takes the right to one.
grant select, update, delete on privacy.participants to plinth_system;
grant select, insert, update, delete on privacy.default_levels to plinth_tenant;
grant select, delete on privacy.default_levels to plinth_system;
grant select, insert, update on privacy.budgets to plinth_system;
grant select, insert on privacy.releases to plinth_system;
