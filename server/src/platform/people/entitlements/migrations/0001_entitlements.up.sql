-- What accounts were granted, and what that amounts to. Tenants read; only the system role grants, so that nothing
-- that runs for a tenant can give itself a plan.
create schema entitlements;

-- One purchase or gift. A row is never deleted: a revoked one says when it ended.
create table entitlements.grants (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null,
  product text not null,
  plan text,
  add_on text,
  source text not null check (source in ('admin', 'owner', 'import', 'stripe', 'app_store', 'google_play')),
  -- Of a plan that is sold by the piece (by seats): how many.
  quantity integer not null default 1 check (quantity > 0),
  starts_at timestamptz not null,
  -- An exact end; null: none, or `days` say how long it lasts. At its beginning: it is never in effect.
  ends_at timestamptz check (ends_at >= starts_at),
  -- An add-on's days, which begin when those bought before are over.
  days integer check (days > 0),
  cause text not null,
  -- As the store, or the system that it was imported from, calls it.
  external_id text check (length(external_id) between 1 and 200),
  created_by uuid,
  request_id text,
  revoked_at timestamptz,
  revoked_by uuid,
  -- From when on its store bills units past its limits; null: from its beginning.
  metered_from timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check (num_nonnulls(plan, add_on) = 1),
  check (case when add_on is null then days is null else num_nonnulls(days, ends_at) = 1 end)
);
create index grants_by_product on entitlements.grants (product, account_id);
create unique index grants_by_external_id on entitlements.grants (account_id, source, external_id) where external_id is not null;
create index grants_by_id on entitlements.grants (id);
call app.protect_tenant('entitlements.grants');

-- What an account's grants in a product amount to, as of its newest version. Append-only: the older versions say what
-- was in effect before, and the cause of the next says why it changed.
-- timeline: [{from, until, plan, add_ons, source, grants}], ascending, without gaps, the last one without an end.
create table entitlements.snapshots (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  product text not null,
  version bigint not null,
  timeline jsonb not null check (jsonb_typeof(timeline) = 'array' and timeline <> '[]'),
  cause text not null check (cause in ('granted', 'revoked', 'store_changed', 'overage_chosen', 'catalogue_changed')),
  grant_id uuid,
  request_id text,
  created_at timestamptz not null default app.now(),
  primary key (account_id, product, version),
  foreign key (account_id, grant_id) references entitlements.grants (account_id, id) on delete cascade
);
call app.protect_tenant('entitlements.snapshots');

-- The timeline of accounts that were never granted anything in a product, whose data the product holds (accounts of the
-- other kind hold nothing in it) and that are among the first of whoever made them, and which state of the product's plans the snapshots were last rewritten to. Rows of the program, of no account: everybody may read them.
create table entitlements.defaults (
  product text primary key,
  timeline jsonb not null check (jsonb_typeof(timeline) = 'array' and timeline <> '[]'),
  holds text not null default 'both' check (holds in ('personal', 'organization', 'both')),
  -- In how many of the accounts that one person made it is in effect (accounts.places); the others hold no plan.
  accounts_per_user integer not null default 1 check (accounts_per_user > 0),
  digest text not null,
  complete boolean not null default false,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_system('entitlements.defaults');

create policy everybody on entitlements.defaults for select to plinth_tenant using (true);

-- How many units past a limit an account allows in each of its windows, to be paid for. No row: none, which is a hard cap.
create table entitlements.allowances (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  product text not null,
  limit_name text not null,
  most bigint not null check (most >= 0),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, product, limit_name)
);
call app.protect_tenant('entitlements.allowances');
