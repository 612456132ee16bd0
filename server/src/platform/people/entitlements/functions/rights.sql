-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema entitlements to plinth_tenant, plinth_system;

grant select, insert, update on entitlements.grants to plinth_system;
grant select, insert on entitlements.snapshots to plinth_system;
grant select, insert, update on entitlements.defaults to plinth_system;
grant select, insert, update on entitlements.allowances to plinth_system;
grant select, insert on entitlements.plan_versions to plinth_system;
grant select on entitlements.grants to plinth_tenant;
grant select on entitlements.snapshots to plinth_tenant;
grant select on entitlements.defaults to plinth_tenant;
grant select on entitlements.allowances to plinth_tenant;
grant select on entitlements.plan_versions to plinth_tenant;

-- Tenants may call these, and nothing that is a part of them.
grant execute on function entitlements.has_default(uuid, text, integer) to plinth_tenant;
grant execute on function entitlements.ungranted(uuid, text) to plinth_tenant;
grant execute on function entitlements.timeline(uuid, text) to plinth_tenant;
grant execute on function entitlements.segment_at(jsonb, timestamptz) to plinth_tenant;
grant execute on function entitlements.segment(uuid, text, timestamptz) to plinth_tenant;
