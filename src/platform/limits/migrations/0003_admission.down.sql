drop function limits.admit(jsonb, jsonb, boolean);
drop function limits.repeated(jsonb, text, timestamptz);
drop function limits.charge(uuid, text, text, bigint, bigint);
drop function limits.instant(bigint);
drop function limits.window_end(text, bigint);
drop function limits.window_start(text, timestamptz);
