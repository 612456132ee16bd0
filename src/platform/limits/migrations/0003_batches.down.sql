drop function limits.admit;
