alter table entitlements.grants drop column overrides;
