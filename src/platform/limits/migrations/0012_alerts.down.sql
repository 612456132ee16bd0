drop function limits.due_alerts(integer);
drop function limits.spent(limits.alerts);
drop function limits.note_credits(uuid, text, limits.rule, bigint, timestamptz);
drop function limits.note_charge(uuid, text, text, text, text, text, bigint, bigint, boolean, timestamptz);
drop function limits.note(uuid, text, text, text, text, text, bigint, bigint, bigint, bigint, timestamptz);
drop table limits.alerts;
