-- Who a user is elsewhere. A provider's subject never changes, its email may.
create table identity.identities (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  id uuid not null,
  provider text not null check (provider in ('google', 'firebase')),
  subject text not null check (length(subject) between 1 and 255),
  -- The address that the provider vouched for when it was linked.
  email text not null,
  last_used_at timestamptz not null default app.now(),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, id),
  -- Whoever comes with another subject of the same provider is another person, whatever their address.
  unique (user_id, provider)
);
create unique index identities_by_subject on identity.identities (provider, subject);
call app.protect_user('identity.identities', 'select, delete');

-- Browsers that were sent to a provider and are expected back: SHA-256 of what the provider hands on, and of what only
-- the browser holds. Nonce and code verifier are made of both, and so are nowhere.
create table identity.sign_in_states (
  state_hash text primary key,
  browser_hash text not null,
  provider text not null,
  return_to text not null,
  -- SHA-256 (base64url) of what whoever began it must say to get the tokens.
  code_challenge text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
create index sign_in_states_by_end on identity.sign_in_states (expires_at);
call app.protect_system('identity.sign_in_states');

-- Sign-ins that are through at the provider; the one-time code that a browser carries back is exchanged for tokens.
create table identity.sign_in_codes (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  code_hash text not null,
  method text not null,
  code_challenge text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  primary key (user_id, code_hash)
);
-- Not unique: 256 random bits don't meet.
create index sign_in_codes_by_hash on identity.sign_in_codes (code_hash);
call app.protect_user('identity.sign_in_codes', 'select (user_id, method, expires_at, created_at)');

-- ID tokens that were exchanged, until they would be too old anyway: each lets in once.
create table identity.used_id_tokens (
  token_hash text primary key,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
create index used_id_tokens_by_end on identity.used_id_tokens (expires_at);
call app.protect_system('identity.used_id_tokens');
