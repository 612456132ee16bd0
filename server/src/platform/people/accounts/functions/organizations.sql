-- What makes an organization more than one account of several: invitations, and an end that can be undone.

-- Whether a member has this email: their rows are their own, and the list of members shows it to the same people.
create or replace function accounts.has_member(p_account uuid, p_email text) returns boolean language sql stable as $$
  select p_account = any (accounts.reachable('admin')) and exists (
    select from identity.users u join accounts.members m on m.user_id = u.user_id and m.account_id = p_account
    where lower(u.email) = lower(p_email))
$$;

-- How many owners an organization has besides one user, those not counted who have closed their own account: they will be
-- gone, and must not be the last.
create or replace function accounts.other_owners(p_account uuid, p_user uuid) returns integer language sql stable as $$
  select count(*)::integer from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = p_account and m.role = 'owner' and m.user_id <> p_user and u.closed_at is null
    and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
$$;

-- Whether a member may own an organization, as they do once this is asked at the end of the transaction: a user who closes their
-- account at the same time waits for it, and looks again; one who has closed it will be gone. No more than the lock that a close
-- takes, so that two who ask never wait for each other's next write of the row.
create or replace function accounts.may_own(p_account uuid, p_user uuid) returns boolean language sql as $$
  select exists (
    select from accounts.members m join identity.users u on u.user_id = m.user_id
    where m.account_id = p_account and m.user_id = p_user and u.status = 'active'
      and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
    for no key update of u)
$$;

create or replace function accounts.account_closed() returns trigger language plpgsql as $$
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
create or replace trigger accounts_closed after update of deleted_at on accounts.accounts
  for each row when ((new.deleted_at is null) <> (old.deleted_at is null)) execute function accounts.account_closed();
