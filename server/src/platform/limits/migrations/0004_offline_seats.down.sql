drop type limits.renewal cascade;
drop index limits.seats_open;
alter table limits.seats reset (fillfactor);
create index seats_in_use on limits.seats (account_id, product, name, expires_at, machine);
alter table limits.seats drop column offline_minutes, drop column offline_until, drop column owed_until, drop column renewed_at,
  drop column ended, drop column ended_at;
