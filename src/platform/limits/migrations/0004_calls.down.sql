drop function limits.bear(limits.permits, bigint, timestamptz);
drop function limits.post_calls(limits.permits, jsonb, boolean, integer, timestamptz);
drop function limits.spoken_for(uuid, uuid, uuid);
