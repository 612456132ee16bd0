-- Plugins of the marketplace: public data of no account. Their developers, buyers and ratings are accounts'.

create table adiuva.developers (
  account_id uuid primary key,
  -- Money can be sent to them, as the payment provider has told last.
  is_payable boolean not null default false,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_tenant('adiuva.developers');

-- Keys that developers sign packages with.
create table adiuva.developer_keys (
  account_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  -- SubjectPublicKeyInfo in PEM, of Ed25519.
  public_key text not null check (length(public_key) between 1 and 1000),
  revoked_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index developer_keys_once on adiuva.developer_keys (account_id, public_key);
call app.protect_tenant('adiuva.developer_keys');

-- What is in the catalogue, and every id that ever was: none comes back to another owner.
create table adiuva.plugins (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  -- What its name looks like: no other plugin looks so.
  folded text not null unique,
  -- The same of its id, which is of ASCII alone (foldName of the platform's texts).
  folded_id text not null unique
    generated always as (replace(replace(translate(id, '1i0-', 'llo'), 'rn', 'm'), 'vv', 'w')) stored,
  -- What its author's name looks like: no other developer goes by it.
  folded_author text,
  -- null: its developer is gone; buyers keep it, and nobody is sold it.
  developer uuid,
  -- draft: no version was approved yet.
  state text not null default 'draft' check (state in ('draft', 'offered', 'withdrawn', 'removed')),
  -- Paid, and its developer can't be paid: it is not offered.
  is_payable boolean not null default false,
  -- Of the newest approved version.
  version text,
  name text not null check (length(name) between 1 and 60),
  description text not null check (length(description) between 1 and 2000),
  author text not null check (length(author) between 1 and 100),
  category text not null,
  permissions text[] not null default '{}',
  price_cents integer not null check (price_cents = 0 or price_cents between 50 and 100000),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- Accounts that have ever installed it.
  installs bigint not null default 0,
  ratings bigint not null default 0,
  stars bigint not null default 0,
  -- As if ten people had given three stars before the first: a single five leads nothing.
  score double precision generated always as ((stars + 30)::double precision / (ratings + 10)) stored,
  words tsvector generated always as (setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', description), 'B')) stored,
  removed_because text,
  published_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create index plugins_by_score on adiuva.plugins (score desc, id)
  where state = 'offered' and (price_cents = 0 or (is_payable and developer is not null));
create index plugins_by_installs on adiuva.plugins (installs desc, id)
  where state = 'offered' and (price_cents = 0 or (is_payable and developer is not null));
create index plugins_by_age on adiuva.plugins (published_at desc, id)
  where state = 'offered' and (price_cents = 0 or (is_payable and developer is not null));
create index plugins_by_category on adiuva.plugins (category, score desc, id)
  where state = 'offered' and (price_cents = 0 or (is_payable and developer is not null));
create index plugins_by_words on adiuva.plugins using gin (words);
create index plugins_of_developer on adiuva.plugins (developer) where developer is not null;
create index plugins_by_author on adiuva.plugins (folded_author) where folded_author is not null;
call app.protect_system('adiuva.plugins');

create table adiuva.plugin_versions (
  plugin_id text not null references adiuva.plugins (id),
  version text not null,
  id uuid not null unique,
  -- By which versions rise: of 1.2.3 the numbers 1, 2, 3.
  numbers integer[] not null,
  -- Who sent it; null: they are gone.
  developer uuid,
  state text not null default 'pending_upload'
    check (state in ('pending_upload', 'pending_review', 'approved', 'rejected', 'withdrawn', 'removed')),
  manifest jsonb not null,
  permissions text[] not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes between 1 and 20971520),
  key_id uuid,
  public_key text not null,
  -- Of the developer, over the digest, in base64.
  signature text not null,
  -- As it was sent, among the files of its developer; null: it is published, or gone.
  upload_id uuid,
  -- The published bytes, among those of nobody's account.
  blob_id uuid,
  -- null: not checked yet.
  checklist jsonb,
  files jsonb,
  -- A hard check failed: nobody approves it.
  is_blocked boolean not null default false,
  notes text,
  reviewed_by uuid,
  reviewed_at timestamptz,
  -- Our own, over what was approved: {key_id, signed, signature}.
  countersignature jsonb,
  submitted_at timestamptz,
  removed_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (plugin_id, version)
);
create index plugin_versions_waiting on adiuva.plugin_versions (submitted_at, id) where state = 'pending_review';
create index plugin_versions_unsent on adiuva.plugin_versions (created_at) where state = 'pending_upload';
create index plugin_versions_of_developer on adiuva.plugin_versions (developer, created_at) where developer is not null;
create index plugin_versions_removed on adiuva.plugin_versions (removed_at) where removed_at is not null;
call app.protect_system('adiuva.plugin_versions');

-- What an account has of a plugin: a right that was bought stays when it is uninstalled.
create table adiuva.plugin_installs (
  account_id uuid not null,
  plugin_id text not null,
  is_installed boolean not null,
  -- That was handed out last, and what was consented to.
  version text,
  permissions text[] not null default '{}',
  -- The sale that was paid; null: it was free.
  sale_id uuid,
  -- The money has gone back.
  revoked_at timestamptz,
  stars smallint check (stars between 1 and 5),
  -- They were told that it was removed.
  told_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, plugin_id)
);
create index plugin_installs_by_plugin on adiuva.plugin_installs (plugin_id, account_id);
call app.protect_tenant('adiuva.plugin_installs');

-- Keys that approvals and the list of removed plugins are signed with.
create table adiuva.market_keys (
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
create unique index market_keys_present on adiuva.market_keys (kind) where retired_at is null;
call app.protect_system('adiuva.market_keys');
