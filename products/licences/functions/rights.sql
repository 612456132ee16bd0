-- Who may what of licences; their product opens the schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant select, insert, update, delete on coditect.licenses, coditect.machines, coditect.sessions, coditect.signing_keys,
  coditect.revocations to plinth_system;
grant select, update on coditect.licenses to plinth_tenant;
grant select, insert, update on coditect.machines to plinth_tenant;
grant select, insert, update on coditect.sessions to plinth_tenant;
grant select on coditect.revocations to plinth_tenant;
grant select, insert, delete on coditect.days, coditect.rolled_days, coditect.denials to plinth_system;
grant select on coditect.days to plinth_tenant;
grant select, insert on coditect.denials to plinth_tenant;

-- Tenants may call these, and nothing that is a part of them.
grant execute on function coditect.subscription(uuid) to plinth_tenant;
grant execute on function coditect.renewed_at(billing.subscriptions) to plinth_tenant;
grant execute on function coditect.paid_until(billing.subscriptions) to plinth_tenant;
grant execute on function coditect.file_grace() to plinth_tenant;
grant execute on function coditect.head(uuid) to plinth_tenant;
