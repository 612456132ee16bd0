create or replace function sso.domain_of(p_email text) returns text language sql immutable as $$
  select lower(split_part(p_email, '@', -1))
$$;

-- What single sign-on says of a user, in each organization that has one and a proven domain which is that of their address, or of
-- the one they last came with. What an organization requires does not bind the platform's admins, for whom no provider speaks.
create or replace function sso.bindings(p_user uuid)
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

-- Signs members out who must come by single sign-on from now on, and did not; owners keep their sessions. Answers who.
create or replace function sso.end_other_sessions() returns setof uuid language sql as $$
  with bound as (
    select m.user_id from accounts.members m, sso.bindings(m.user_id) b
    where m.account_id = app.account() and b.account_id = m.account_id and b.enforced and b.role <> 'owner'),
  ended as (
    update identity.sessions s set revoked_at = app.now(), revoked_for = 'sso_enforced', updated_at = app.now()
    from bound where s.user_id = bound.user_id and s.revoked_at is null and s.method <> 'sso' returning s.user_id)
  select distinct user_id from ended
$$;

-- Signs out whom the provider meant, all or one, before they are forgotten: it is not, or no longer, the one that let them in.
-- Answers who.
create or replace function sso.end_sessions_of_links(p_user uuid) returns setof uuid language sql as $$
  with ended as (
    update identity.sessions s set revoked_at = app.now(), revoked_for = 'sso_ended', updated_at = app.now()
    from sso.links l
    where l.account_id = app.account() and (p_user is null or l.user_id = p_user)
      and s.user_id = l.user_id and s.revoked_at is null and s.method = 'sso' returning s.user_id)
  select distinct user_id from ended
$$;
