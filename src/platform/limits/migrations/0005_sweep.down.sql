drop function limits.cancel(uuid, uuid, boolean);
drop function limits.sweep(integer);
drop function limits.abandon(limits.permits, text);
drop function limits.end_holders(uuid, boolean);
drop function limits.renew_holder(uuid, interval);
drop function limits.start_holder(uuid, text, interval);
