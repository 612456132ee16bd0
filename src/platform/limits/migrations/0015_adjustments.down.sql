drop function limits.adjust_event(uuid, uuid, uuid, uuid, bigint);
drop function limits.adjust_limit(uuid, text, limits.rule, bigint);
drop function limits.adjust_credits(uuid, text, limits.rule, bigint, timestamptz);
drop table limits.adjustments;
