-- Second factors. A user with an authenticator app or a passkey is asked for one at each sign-in.
create table identity.totp (
  user_id uuid primary key references identity.users (user_id) on delete cascade,
  -- Both sealed under the master keys: the one in force, and one that waits for its first code.
  secret text,
  pending text,
  pending_at timestamptz,
  -- The step of time of the last code that was used: each is good once, and none before it.
  used_step integer not null default 0,
  confirmed_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((secret is null) = (confirmed_at is null)),
  check ((pending is null) = (pending_at is null))
);
call app.protect_user('identity.totp', 'select (user_id, confirmed_at, created_at, updated_at)');

-- Wrong codes of authenticator apps, by where they come from, and how long no code from there is looked at: so that nobody keeps
-- an owner from their own (docs/mfa.md). A day after the last one they are forgotten.
create table identity.code_misses (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  -- A device or an address that the user has shown a factor at; `elsewhere`: all others together.
  place text not null,
  misses integer not null,
  closed_until timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, place)
);
call app.protect_user('identity.code_misses', 'select (user_id, place, misses, closed_until, created_at, updated_at)');

-- SHA-256 of each code that is not used yet: 100 random bits need no slow hash.
create table identity.recovery_codes (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  code_hash text not null,
  created_at timestamptz not null default app.now(),
  primary key (user_id, code_hash)
);
call app.protect_user('identity.recovery_codes', 'select (user_id, created_at)');

create table identity.passkeys (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  id uuid not null,
  -- As its authenticator calls it, and its public key in COSE form; both base64url.
  credential_id text not null,
  public_key text not null,
  -- Rises with each use where the authenticator counts; else 0 for ever.
  counter bigint not null,
  transports text[] not null,
  -- Whether it is kept in several devices (a password manager), by what the authenticator says.
  synced boolean not null,
  name text not null,
  last_used_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, id),
  unique (user_id, credential_id)
);
call app.protect_user('identity.passkeys', 'select (user_id, id, synced, name, last_used_at, created_at, updated_at)');

-- Sign-ins that wait for a second factor; SHA-256 of the token that stands for each.
create table identity.mfa_challenges (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  token_hash text not null,
  method text not null,
  -- A new password ends those that were begun by the old one.
  password_version integer not null,
  tries integer not null default 0,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, token_hash)
);
-- Not unique: 256 random bits don't meet.
create index mfa_challenges_by_hash on identity.mfa_challenges (token_hash);
call app.protect_user('identity.mfa_challenges', 'select (user_id, method, tries, expires_at, created_at, updated_at)');

-- Random bytes that an authenticator is asked to sign, once. Of a sign-in nobody knows yet whose it is.
create table identity.passkey_ceremonies (
  challenge_hash text primary key,
  -- SHA-256 of what it was made for: one of another session or another purpose is none.
  bound_to text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
create index passkey_ceremonies_by_end on identity.passkey_ceremonies (expires_at);
call app.protect_system('identity.passkey_ceremonies');
