-- What makes an organization more than one account of several: invitations, and an end that can be undone.

-- Who is asked to join an organization, by email. A row lasts until it is accepted or revoked, so that no address of a
-- stranger stays longer than it is needed; the audit says who joined by it.
create table accounts.invitations (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  invitation_id uuid not null,
  -- As the inviter wrote it; compared without regard to case.
  email text not null check (length(email) between 3 and 254),
  role text not null check (role in ('viewer', 'member', 'admin', 'owner')),
  -- SHA-256 of the token that was sent last; those sent before are worth nothing.
  token_hash text not null,
  sends integer not null default 1,
  -- Whoever sent it last, and vouches for it. They may be gone since: the invitation is the organization's.
  invited_by uuid not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, invitation_id)
);
create unique index invitations_by_email on accounts.invitations (account_id, lower(email));
-- Not unique: 256 random bits don't meet, and a unique key would tell one account of another's token.
create index invitations_by_token on accounts.invitations (token_hash);

alter table accounts.invitations enable row level security;
alter table accounts.invitations force row level security;
create policy managed on accounts.invitations to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.invitations to plinth_system using (true) with check (true);
grant select (account_id, invitation_id, email, role, sends, invited_by, expires_at, created_at, updated_at), insert, update, delete
  on accounts.invitations to plinth_tenant;
grant select, insert, update, delete on accounts.invitations to plinth_system;

-- Whether a member has this email: their rows are their own, and the list of members shows it to the same people.
create function accounts.has_member(p_account uuid, p_email text) returns boolean language sql stable as $$
  select p_account = any (accounts.reachable('admin')) and exists (
    select from identity.users u join accounts.members m on m.user_id = u.user_id and m.account_id = p_account
    where lower(u.email) = lower(p_email))
$$;
call app.run_as_system('accounts.has_member(uuid, text)');
grant execute on function accounts.has_member(uuid, text) to plinth_tenant;

-- How many owners an organization has besides one user, those not counted who have closed their own account: they will be
-- gone, and must not be the last.
create function accounts.other_owners(p_account uuid, p_user uuid) returns integer language sql stable as $$
  select count(*)::integer from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = p_account and m.role = 'owner' and m.user_id <> p_user and u.closed_at is null
    and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
$$;
call app.run_as_system('accounts.other_owners(uuid, uuid)');
grant execute on function accounts.other_owners(uuid, uuid) to plinth_tenant;

-- Whether a member may own an organization, as they do once this is asked at the end of the transaction: whoever closes their
-- account at the same time waits for it, and looks again; who has closed it will be gone. No more than the lock that a close
-- takes, so that two who ask never wait for each other's next write of the row.
create function accounts.may_own(p_account uuid, p_user uuid) returns boolean language sql as $$
  select exists (
    select from accounts.members m join identity.users u on u.user_id = m.user_id
    where m.account_id = p_account and m.user_id = p_user and u.status = 'active'
      and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
    for no key update of u)
$$;
call app.run_as_system('accounts.may_own(uuid, uuid)');
grant execute on function accounts.may_own(uuid, uuid) to plinth_tenant;

-- Whether calls of the member that name no account went to this one when it was closed: an undo brings that back too.
alter table accounts.members add column was_default boolean not null default false;

create function accounts.account_closed() returns trigger language plpgsql as $$
begin
  if new.deleted_at is not null then
    update accounts.members m set was_default = true, updated_at = app.now() from identity.users u
    where m.account_id = new.account_id and u.user_id = m.user_id and u.default_account_id = new.account_id;
    perform accounts.fall_back(new.account_id, m.user_id) from accounts.members m where m.account_id = new.account_id and m.was_default;
  else
    update identity.users u set default_account_id = new.account_id, updated_at = app.now() from accounts.members m
    where m.account_id = new.account_id and m.was_default and u.user_id = m.user_id;
    update accounts.members m set was_default = false, updated_at = app.now() where m.account_id = new.account_id and m.was_default;
  end if;
  return null;
end $$;
call app.run_as_system('accounts.account_closed()');
create trigger accounts_closed after update of deleted_at on accounts.accounts
  for each row when ((new.deleted_at is null) <> (old.deleted_at is null)) execute function accounts.account_closed();
