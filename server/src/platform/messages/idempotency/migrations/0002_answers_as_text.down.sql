alter table idempotency.user_keys alter column answer type jsonb using answer::jsonb;
alter table idempotency.keys alter column answer type jsonb using answer::jsonb;
