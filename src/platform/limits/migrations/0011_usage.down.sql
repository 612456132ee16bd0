drop function limits.usage_here(jsonb);
