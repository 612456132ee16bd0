drop function limits.room_for_members(jsonb, integer);
drop function limits.gauge_here(text, text, bigint);
drop table limits.gauges;
