-- What the functions before are made of runs as they do: it is called by them alone, and needs no change of role.
revoke all on all functions in schema limits from public;
grant execute on all functions in schema limits to plinth_system;
grant execute on function limits.gauge_here(text, text, bigint), limits.take_seat(text, text, text, uuid, interval),
  limits.renew_seat(text, text, text, integer, interval), limits.free_seat(text, text, text, integer) to plinth_tenant;
