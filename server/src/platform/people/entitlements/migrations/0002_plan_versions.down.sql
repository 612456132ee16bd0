drop index entitlements.grants_without_terms;
alter table entitlements.grants drop column plan_version, drop column next_version;
drop table entitlements.plan_versions;
