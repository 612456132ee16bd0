-- One that a backend of the account's own holds: what it says of its costs is nothing that the operator pays.
create or replace function limits.is_own(p_holder uuid) returns boolean language sql immutable parallel safe as $$
  select p_holder is not distinct from '00000000-0000-7000-8000-000000000001'
$$;

-- Of a permit that is lent to a backend outside of this program, that backend is the holder, and no process: one of the
-- account's own (…1), or one of the operator that serves many accounts (…2). It has no lease; its permit lives until it is due.
create or replace function limits.is_outside(p_holder uuid) returns boolean language sql immutable parallel safe as $$
  select p_holder in ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002')
$$;

-- The latest instant, in epoch microseconds, that a row may have been written at by a clock that was right: clocks of a database and
-- of the one that takes over from it are seconds apart. A row that was written later was written by one that has been set back
-- since: it is not waited for, or the account's windows would stand still until then.
create or replace function limits.trusted(p_now timestamptz) returns bigint language sql immutable parallel safe as $$
  select (extract(epoch from p_now) * 1000000)::bigint + 300000000
$$;

-- The time at which something is decided under a meter's lock: never behind the row's last.
create or replace function limits.time_after(p_seen bigint) returns timestamptz language plpgsql volatile as $$
declare
  v_now timestamptz := app.now();
begin
  if p_seen <= limits.trusted(v_now) then return greatest(v_now, timestamptz 'epoch' + p_seen * interval '1 microsecond'); end if;
  return v_now;
end $$;

create or replace function limits.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'a % usage event never changes', old.state using errcode = 'PL011';
end $$;
create or replace trigger usage_events_final before update on limits.usage_events
  for each row when (old.state in ('posted', 'voided')) execute function limits.refuse_change();
