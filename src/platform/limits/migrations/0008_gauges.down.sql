drop function limits.gauge_here(text, text, bigint);
drop table limits.gauges;
