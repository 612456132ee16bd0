-- Operators find accounts by a part of their name.
create extension if not exists pg_trgm with schema public;
create index accounts_by_part on accounts.accounts using gin (lower(name) public.gin_trgm_ops);
