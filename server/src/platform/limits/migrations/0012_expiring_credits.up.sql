-- That credits are about to expire is told once.
alter table limits.credits add column expiry_told_at timestamptz;
create index credits_expiring on limits.credits (expires_at) where expiry_told_at is null and source in ('top_up', 'admin');
