-- An answer is kept as the text that was sent: jsonb orders the members of an object anew, and a repeat was other bytes.
alter table idempotency.keys alter column answer type text using answer::text;
alter table idempotency.user_keys alter column answer type text using answer::text;
