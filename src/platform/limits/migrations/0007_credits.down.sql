drop function limits.return_credits(uuid, jsonb, timestamptz);
drop function limits.draw(uuid, text, text, bigint, timestamptz);
drop function limits.refill(uuid, text, limits.rule, bigint, timestamptz);
drop function limits.credits_due(uuid, text, limits.rule, bigint, timestamptz);
drop function limits.new_id(timestamptz);
drop table limits.credits;
