-- Single sign-on of organizations: the provider that signs their people in, the domains that are proven to be theirs,
-- and whom the provider knows under which subject.
create schema sso;

-- What an organization has agreed with its provider.
create table sso.connections (
  account_id uuid primary key references accounts.accounts (account_id) on delete cascade,
  -- Another one with each change: a sign-in that began before ends nowhere.
  version uuid not null,
  issuer text not null check (length(issuer) between 1 and 500),
  client_id text not null check (length(client_id) between 1 and 500),
  sealed_secret text not null,
  -- Whether members with a proven domain must come by it.
  enforced boolean not null default false,
  -- Whether whoever comes by it becomes a member.
  provisions boolean not null,
  default_role text not null check (default_role in ('viewer', 'member')),
  -- When somebody first came in by it as it is.
  proven_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_tenant('sso.connections');

-- Domains that an organization says are its own. Many may say so of one, and one proves it.
create table sso.domains (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  -- In ASCII and small letters, without a dot at its end.
  domain text not null check (length(domain) between 3 and 253),
  -- What the domain's TXT record must hold. No secret: DNS is public.
  challenge text not null,
  verified_at timestamptz,
  -- When DNS last gave an answer about a verified one, and since when that lacks the record.
  checked_at timestamptz,
  missing_since timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, domain)
);
create unique index domains_verified on sso.domains (domain) where verified_at is not null;
create index domains_to_check on sso.domains (checked_at) where verified_at is not null;
call app.protect_tenant('sso.domains');

-- Whom the provider means by a subject. A link outlives the membership: whoever was removed is known when they come back.
create table sso.links (
  account_id uuid not null references sso.connections (account_id) on delete cascade,
  subject text not null check (length(subject) between 1 and 255),
  user_id uuid not null references identity.users (user_id) on delete cascade,
  -- Of the address that they last came with: whoever takes another one later is still the organization's.
  domain text not null,
  last_used_at timestamptz not null default app.now(),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, subject),
  unique (account_id, user_id)
);
create index links_of_user on sso.links (user_id);
call app.protect_tenant('sso.links');
