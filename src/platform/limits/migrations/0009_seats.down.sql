drop function limits.free_seat(text, text, text, integer);
drop function limits.renew_seat(text, text, text, integer, interval);
drop function limits.take_seat(text, text, text, uuid, interval);
drop table limits.seats;
