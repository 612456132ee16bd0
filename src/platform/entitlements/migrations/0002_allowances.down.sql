drop function entitlements.most_included(uuid, text, text, timestamptz, timestamptz);
drop table entitlements.allowances;
