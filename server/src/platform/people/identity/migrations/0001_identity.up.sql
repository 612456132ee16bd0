-- People, how they prove who they are, and the keys that act for them.
create schema identity;

create table identity.users (
  user_id uuid primary key,
  -- As its owner writes it; compared without regard to case.
  email text not null check (length(email) between 3 and 254),
  -- Argon2id in PHC form, or one of another system's forms behind `imported:`, until the next log-in; none for those who
  -- only sign in elsewhere.
  password_hash text,
  -- Rises with each new password, and not when the same one is hashed anew.
  password_version integer not null default 1,
  full_name text,
  avatar_url text,
  email_verified boolean not null default false,
  role text not null default 'user' check (role in ('user', 'admin')),
  -- closed: by themselves; it can be undone for 14 days, and then they are erased (docs/erasure.md).
  status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  -- As the system that they were imported from calls them.
  external_id text check (length(external_id) between 1 and 200),
  closed_at timestamptz check ((closed_at is not null) = (status = 'closed')),
  -- The account of a call that names none.
  default_account_id uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create unique index users_by_email on identity.users (lower(email));
create unique index users_by_external_id on identity.users (external_id) where external_id is not null;
create index users_closed on identity.users (closed_at) where closed_at is not null;
call app.protect_user('identity.users');

-- A log-in on one device, and the family of its refresh tokens.
create table identity.sessions (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  id uuid not null,
  -- How it was opened, and when its user last proved who they are.
  method text not null check (method in ('password', 'google', 'firebase', 'sso', 'passkey')),
  proven_at timestamptz not null default app.now(),
  ip text not null,
  -- The address, of IPv6 the /64: where it was opened from, as guesses are counted.
  ip_block text not null,
  user_agent text not null,
  -- What the user agent says it is, and what whoever signed in calls it.
  device text not null,
  device_name text,
  last_used_at timestamptz not null default app.now(),
  -- When the last of the refreshes that still count is forgotten: one a minute, so that it tells how many there are.
  refreshes_forgotten_at timestamptz not null default app.now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_for text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, id)
);
create index sessions_by_place on identity.sessions (ip_block, user_id);
call app.protect_user('identity.sessions');

-- SHA-256 of each refresh token that was given out. A rotated one stays until it would have expired, so that
-- whoever comes back with it is noticed. Its successor is made of itself and a master key, and kept as a hash alone.
create table identity.refresh_tokens (
  user_id uuid not null,
  session_id uuid not null,
  token_hash text not null,
  rotated_at timestamptz,
  -- Where it was used up: an address, of IPv6 the /64.
  rotated_from text,
  successor_hash text,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  primary key (user_id, session_id, token_hash),
  foreign key (user_id, session_id) references identity.sessions (user_id, id) on delete cascade,
  check ((rotated_at is null) = (successor_hash is null))
);
-- Not unique: 256 random bits don't meet, and a unique key would tell one user of another's token.
create index refresh_tokens_by_hash on identity.refresh_tokens (token_hash);
call app.protect_user('identity.refresh_tokens');

-- Several at once, so that one can take over from another: each is published before it signs, and verifies after the next one
-- signs until its last token has ended (docs/keys.md).
create table identity.signing_keys (
  kid text primary key,
  public_jwk jsonb not null,
  -- Sealed.
  private_jwk text not null,
  signs_from timestamptz not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('identity.signing_keys');

-- Keys act for an account in the name of a user, so its admins can see and revoke them.
create table identity.api_keys (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null references identity.users (user_id) on delete cascade,
  name text not null,
  -- The first characters, to tell keys apart by.
  prefix text not null,
  token_hash text not null,
  scopes text[] not null,
  -- The keys that it comes from, the first one first: its maker is the last. It stands while all of them do.
  makers uuid[] not null default '{}' check (cardinality(makers) <= 5 and array_position(makers, null) is null),
  -- What calls with it and with all keys that come from it may cost in a month of UTC, in all products; null: as much as the account may.
  monthly_budget_micros bigint check (monthly_budget_micros >= 0),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create index api_keys_by_hash on identity.api_keys (token_hash);
create index api_keys_of_user on identity.api_keys (user_id);
call app.protect_tenant('identity.api_keys');

-- Links in mails that let in, once: the SHA-256 of each. There is one of a kind for a user, so that a new one ends the
-- one before; one that was used is gone.
create table identity.email_tokens (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  kind text not null check (kind in ('verify_email', 'reset_password', 'change_email', 'restore')),
  token_hash text not null,
  -- Where it was sent; of a change of email, the new address.
  email text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, kind)
);
-- Not unique: 256 random bits don't meet.
create index email_tokens_by_hash on identity.email_tokens (token_hash);
call app.protect_user('identity.email_tokens');

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
call app.protect_user('identity.totp');

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
call app.protect_user('identity.code_misses');

-- SHA-256 of each code that is not used yet: 100 random bits need no slow hash.
create table identity.recovery_codes (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  code_hash text not null,
  created_at timestamptz not null default app.now(),
  primary key (user_id, code_hash)
);
call app.protect_user('identity.recovery_codes');

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
call app.protect_user('identity.passkeys');

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
call app.protect_user('identity.mfa_challenges');

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

-- Wrong guesses of passwords, codes, links and keys (docs/identity.md, Guessing). A count runs down like a leaky bucket: one
-- guess is forgotten every so many seconds, so that the time when the last one is tells how many there are.
create table identity.guesses (
  -- Which count, and a digest of whose: what people type is not written down.
  key text primary key,
  forgotten_at timestamptz not null,
  -- Nothing is tried before.
  waits_until timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
) with (fillfactor = 50);
call app.protect_system('identity.guesses');

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
call app.protect_user('identity.identities');

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
call app.protect_user('identity.sign_in_codes');

-- ID tokens that were exchanged, until they would be too old anyway: each lets in once.
create table identity.used_id_tokens (
  token_hash text primary key,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
create index used_id_tokens_by_end on identity.used_id_tokens (expires_at);
call app.protect_system('identity.used_id_tokens');

-- Links that make a platform admin of whoever opens them, once: the SHA-256 of each. An operator makes them (`plinth admin
-- invite`); a newer one for an address ends the one before, and one that was used is gone.
create table identity.admin_invitations (
  id uuid primary key,
  email text not null check (length(email) between 3 and 254),
  token_hash text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create unique index admin_invitations_by_email on identity.admin_invitations (lower(email));
-- Not unique: 256 random bits don't meet.
create index admin_invitations_by_hash on identity.admin_invitations (token_hash);
call app.protect_system('identity.admin_invitations');
