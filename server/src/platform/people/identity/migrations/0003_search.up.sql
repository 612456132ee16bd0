-- Operators find people by a part of their email, and keys by their id or by what is shown of them.
create extension if not exists pg_trgm with schema public;
create index users_by_part on identity.users using gin (lower(email) public.gin_trgm_ops);
create index api_keys_by_id on identity.api_keys (id);
create index api_keys_by_prefix on identity.api_keys (prefix);
