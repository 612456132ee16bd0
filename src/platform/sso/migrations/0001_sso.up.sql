-- Single sign-on of organizations: the provider that signs their people in, the domains that are proven to be theirs,
-- and whom the provider knows under which subject.
create schema sso;
grant usage on schema sso to plinth_tenant, plinth_system;

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
call app.protect_tenant('sso.connections',
  'select (account_id, version, issuer, client_id, enforced, provisions, default_role, proven_at, created_at, updated_at), insert, update, delete');

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
call app.protect_tenant('sso.domains', 'select, insert, update, delete');

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
call app.protect_tenant('sso.links', 'select, insert, update, delete');

create function sso.domain_of(p_email text) returns text language sql immutable as $$
  select lower(split_part(p_email, '@', -1))
$$;

-- What single sign-on says of a user, in each organization that has one and a proven domain which is that of their address, or of
-- the one they last came with. What an organization requires does not bind the platform's admins, for whom no provider speaks.
create function sso.bindings(p_user uuid)
returns table (account_id uuid, role text, enforced boolean, is_linked boolean, in_domain boolean) language sql stable as $$
  select c.account_id, m.role, c.enforced and u.role <> 'admin', bool_or(l.user_id is not null), bool_or(d.domain = sso.domain_of(u.email))
  from identity.users u join accounts.members m on m.user_id = u.user_id
    join accounts.accounts a on a.account_id = m.account_id and a.kind = 'organization' and a.deleted_at is null
    join sso.connections c on c.account_id = m.account_id
    left join sso.links l on l.account_id = m.account_id and l.user_id = m.user_id
    join sso.domains d on d.account_id = m.account_id and d.verified_at is not null
      and d.domain in (sso.domain_of(u.email), l.domain)
  where u.user_id = p_user
  group by c.account_id, m.role, c.enforced, u.role
$$;
revoke all on function sso.bindings(uuid) from public;
grant execute on function sso.bindings(uuid) to plinth_system;

-- Signs members out who must come by single sign-on from now on, and did not; owners keep their sessions. Answers who.
create function sso.end_other_sessions() returns setof uuid language sql as $$
  with bound as (
    select m.user_id from accounts.members m, sso.bindings(m.user_id) b
    where m.account_id = app.account() and b.account_id = m.account_id and b.enforced and b.role <> 'owner'),
  ended as (
    update identity.sessions s set revoked_at = app.now(), revoked_for = 'sso_enforced', updated_at = app.now()
    from bound where s.user_id = bound.user_id and s.revoked_at is null and s.method <> 'sso' returning s.user_id)
  select distinct user_id from ended
$$;
call app.run_as_system('sso.end_other_sessions()');
grant execute on function sso.end_other_sessions() to plinth_tenant;

-- Signs out whom the provider meant, all or one, before they are forgotten: it is not, or no longer, the one that let them in.
-- Answers who.
create function sso.end_sessions_of_links(p_user uuid) returns setof uuid language sql as $$
  with ended as (
    update identity.sessions s set revoked_at = app.now(), revoked_for = 'sso_ended', updated_at = app.now()
    from sso.links l
    where l.account_id = app.account() and (p_user is null or l.user_id = p_user)
      and s.user_id = l.user_id and s.revoked_at is null and s.method = 'sso' returning s.user_id)
  select distinct user_id from ended
$$;
call app.run_as_system('sso.end_sessions_of_links(uuid)');
grant execute on function sso.end_sessions_of_links(uuid) to plinth_tenant;
