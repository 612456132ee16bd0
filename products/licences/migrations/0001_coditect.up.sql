-- Coditect: a licence of an account, the machines that it is activated on, and who worked with it when.
create schema coditect;

-- One for an account: it keeps its key for life, and a plan that is bought again revives it. What it is worth at an instant is computed from
-- this row and from what the account holds then (coditect.heads): a lapse is no event. The columns below say how it stood when it was last
-- written, for lists and for its history.
create table coditect.licenses (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null,
  -- Of the key: a keyed hash, by which it is looked up, and the id of the master key that the hash follows from.
  key_hash text not null unique,
  key_hash_by text not null,
  -- Sealed: to be shown again.
  key_sealed text not null,
  -- The last four characters before the check character: for lists, and for whoever searches.
  key_tail text not null check (length(key_tail) = 4),
  -- The plan within the product, as of the last one that has seats.
  tier text not null,
  status text not null check (status in ('active', 'suspended', 'inactive')),
  -- Why it is not active: payment, dispute, pause, ended, account, admin.
  status_reason text check ((status = 'active') = (status_reason is null)),
  -- In place of the plan's, while a plan runs.
  seats_by_admin integer check (seats_by_admin between 0 and 100000),
  -- The longest offline lease that a session is given.
  offline_minutes integer not null default 30 check (offline_minutes between 0 and 43200),
  issued_at timestamptz not null default app.now(),
  -- By the first machine.
  activated_at timestamptz,
  suspended_at timestamptz,
  deactivated_at timestamptz,
  -- The end of what is paid for, or tried, as it was last told of; null: nothing ended it.
  period_end timestamptz,
  -- When what the account holds gives way to another plan or to none; null: nothing ends it.
  holds_until timestamptz,
  -- Raised by each change that a signed file tells of.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id)
);
create index licenses_by_id on coditect.licenses (id);
create index licenses_by_tail on coditect.licenses (key_tail);
create index licenses_by_time on coditect.licenses (issued_at, id);
-- Whose hash is of a former master key; and whose time is over.
create index licenses_by_hash_key on coditect.licenses (key_hash_by, id);
create index licenses_that_lapse on coditect.licenses (holds_until);
create index licenses_suspended on coditect.licenses (id) where status = 'suspended';
call app.protect_tenant('coditect.licenses');

-- A machine that was activated. A deactivated one is kept: those of a month are counted; activated again it is another row.
create table coditect.machines (
  account_id uuid not null,
  license_id uuid not null,
  id uuid not null,
  hardware_id text not null check (length(hardware_id) between 10 and 255),
  name text,
  platform text,
  activated_at timestamptz not null default app.now(),
  deactivated_at timestamptz,
  last_seen_at timestamptz not null default app.now(),
  last_ip text,
  last_agent text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, license_id) references coditect.licenses (account_id, id) on delete cascade
);
create unique index machines_live on coditect.machines (account_id, license_id, hardware_id) where deactivated_at is null;
create index machines_of_license on coditect.machines (license_id, account_id, activated_at);
create index machines_deactivated on coditect.machines (license_id, deactivated_at) where deactivated_at is not null;
call app.protect_tenant('coditect.machines');

-- Who worked with a licence, and when. The seat itself is a row of limits.seats, which decides; this is its history.
create table coditect.sessions (
  account_id uuid not null,
  -- Of the seat.
  id uuid not null,
  license_id uuid not null,
  machine_id uuid not null,
  -- Who was signed in; null: the key alone.
  user_id uuid,
  fence bigint not null,
  status text not null default 'active' check (status in ('active', 'released', 'expired', 'taken_over', 'suspended', 'forced')),
  started_at timestamptz not null default app.now(),
  ended_at timestamptz,
  last_heartbeat_at timestamptz not null default app.now(),
  -- As we saw them.
  ip text,
  agent text,
  -- As the client says.
  said_agent text,
  said_ip text,
  app_version text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, license_id) references coditect.licenses (account_id, id) on delete cascade,
  foreign key (account_id, machine_id) references coditect.machines (account_id, id),
  check ((status = 'active') = (ended_at is null))
);
create index sessions_of_license on coditect.sessions (license_id, started_at, id);
create index sessions_of_machine on coditect.sessions (machine_id, account_id);
create index sessions_by_time on coditect.sessions (started_at);
create index sessions_of_user on coditect.sessions (user_id) where user_id is not null;
call app.protect_tenant('coditect.sessions');

-- Keys that sign licence files and sessions. One that signs no more stays: what it signed is verified for ever.
create table coditect.signing_keys (
  -- The key id: SHA-256 of the public key in DER.
  id text primary key,
  kind text not null check (kind in ('rsa-4096', 'ed25519')),
  -- SubjectPublicKeyInfo in PEM.
  public_key text not null,
  -- Sealed PKCS #8 in PEM.
  private_sealed text not null,
  retired_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
-- One of a kind signs.
create unique index signing_keys_present on coditect.signing_keys (kind) where retired_at is null;
call app.protect_system('coditect.signing_keys');

-- Licence files that hold no more although their signatures and dates do: the licence was suspended or has ended. For whoever comes online.
create table coditect.revocations (
  account_id uuid not null,
  license_id uuid not null,
  -- Files of this version and of those before it.
  version integer not null,
  reason text not null,
  revoked_at timestamptz not null default app.now(),
  -- Past it the files have run out by themselves.
  listed_until timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, license_id),
  foreign key (account_id, license_id) references coditect.licenses (account_id, id) on delete cascade
);
create index revocations_listed on coditect.revocations (listed_until);
call app.protect_tenant('coditect.revocations');
