-- What was answered under an Idempotency-Key, for 24 hours. Keys themselves are never kept: key_hash is an HMAC of the owner,
-- the route, the user, their API key and the Idempotency-Key, and body_hash one of the request, under the salt below.
create schema idempotency;

-- The salt, sealed under a master key: nobody finds out by guessing what keys and requests a copy of the database has seen.
create table idempotency.salts (
  id text primary key,
  salt text not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('idempotency.salts');

-- Keys of calls that are made for an account. `running` rows exist for calls that spend: admission writes them with
-- the permit, and the effect's transaction makes them `done`; and for calls whose effect takes several steps, at a vendor
-- maybe, where held_until is when another may take it over. For all other calls, row and effect are one commit.
create table idempotency.keys (
  account_id uuid not null,
  route text not null,
  key_hash text not null,
  body_hash text not null,
  permit_id uuid,
  held_until timestamptz,
  state text not null check (state in ('running', 'done')),
  status integer,
  headers jsonb,
  answer jsonb,
  -- In place of the answer where the route is private: sealed under the Idempotency-Key, and that under a master key.
  sealed text,
  created_at timestamptz not null default app.now(),
  expires_at timestamptz not null default app.now() + interval '24 hours',
  primary key (account_id, route, key_hash),
  constraint keys_done_has_status check (state = 'running' or status is not null)
);
call app.protect_tenant('idempotency.keys');
create index keys_by_expiry on idempotency.keys (expires_at);

-- Keys of calls that a user makes for no account (making an organization, an admin's grant): scoped to the user.
create table idempotency.user_keys (
  user_id uuid not null,
  route text not null,
  key_hash text not null,
  body_hash text not null,
  state text not null check (state = 'done'),
  status integer not null,
  headers jsonb,
  answer jsonb,
  sealed text,
  created_at timestamptz not null default app.now(),
  expires_at timestamptz not null default app.now() + interval '24 hours',
  primary key (user_id, route, key_hash)
);
call app.protect_user('idempotency.user_keys');
create index user_keys_by_expiry on idempotency.user_keys (expires_at);
