drop function limits.disown(jsonb);
drop function limits.unserved(uuid, uuid, timestamptz);
