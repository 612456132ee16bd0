drop function jobs.announce_anew(uuid, uuid);
drop function jobs.announced(uuid, uuid[]);
drop function jobs.announce(uuid, text[], integer, integer, interval);
drop function jobs.announce_lane(uuid, text[], text, integer);
drop table jobs.deliveries;
