drop function limits.prolong(limits.permits, jsonb, timestamptz);
drop function limits.settle(limits.permits, integer, timestamptz);
drop function limits.return_units(limits.permits, integer, timestamptz);
drop function limits.lend(uuid, uuid, integer, uuid, integer);
