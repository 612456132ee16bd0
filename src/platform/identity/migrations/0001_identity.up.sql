-- People, how they prove who they are, and the keys that act for them.
create schema identity;
grant usage on schema identity to plinth_tenant, plinth_system;

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
-- Users read and change their profile; their hash, role and status are out of reach in their own scope.
call app.protect_user('identity.users',
  'select (user_id, email, full_name, avatar_url, email_verified, role, status, default_account_id, created_at, updated_at), update (full_name, avatar_url, updated_at)');

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
create index sessions_by_place on identity.sessions (user_id, ip_block);
call app.protect_user('identity.sessions', 'select, update (revoked_at, revoked_for, updated_at)');

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
call app.protect_user('identity.refresh_tokens', 'select (user_id, session_id, rotated_at, expires_at, created_at)');

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
-- Whether one of the keys that a key comes from was revoked: with it ends all that it made, at once.
create function identity.is_cut_off(p_account uuid, p_makers uuid[]) returns boolean language sql stable as $$
  select p_makers <> '{}' and exists (select from identity.api_keys k where k.account_id = p_account and k.id = any(p_makers) and k.revoked_at is not null)
$$;
create index api_keys_by_hash on identity.api_keys (token_hash);
create index api_keys_of_user on identity.api_keys (user_id);
call app.protect_tenant('identity.api_keys',
  'select (account_id, id, user_id, name, prefix, scopes, makers, monthly_budget_micros, expires_at, last_used_at, revoked_at, created_at, updated_at), insert, update (prefix, token_hash, last_used_at, revoked_at, updated_at)');
