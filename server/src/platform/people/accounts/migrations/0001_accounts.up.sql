-- Accounts own data and pay; members are the users who act for them.
create schema accounts;

-- A name of the time zone database, such as `Europe/Berlin`; neither an offset nor a rule of its own.
create function accounts.is_time_zone(p_name text) returns boolean language plpgsql stable as $$
begin
  perform timestamptz 'epoch' at time zone p_name;
  return p_name ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$';
exception when invalid_parameter_value then
  return false;
end $$;

create table accounts.accounts (
  account_id uuid primary key,
  kind text not null check (kind in ('personal', 'organization')),
  name text not null check (length(name) between 1 and 200),
  -- A suspended account is read but spends nothing.
  status text not null default 'active' check (status in ('active', 'suspended')),
  -- Where its days, weeks and months begin, for limits that count in them.
  time_zone text not null default 'UTC' check (accounts.is_time_zone(time_zone)),
  created_by uuid not null,
  deleted_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create index accounts_closed on accounts.accounts (deleted_at) where deleted_at is not null;
create unique index accounts_one_personal on accounts.accounts (created_by) where kind = 'personal';

create table accounts.members (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  user_id uuid not null references identity.users (user_id) on delete cascade,
  role text not null check (role in ('viewer', 'member', 'admin', 'owner')),
  -- Whether calls of the member that name no account went to this one when it was closed: an undo brings that back too.
  was_default boolean not null default false,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, user_id)
);
create index members_of_user on accounts.members (user_id, account_id);

-- The accounts that this transaction may read (`viewer`) or manage (`admin`): in the scope of a user those that the
-- user belongs to in such a role; in the scope of an account that one; in neither, app.account() raises.
create function accounts.reachable(p_least text) returns uuid[] language plpgsql stable as $$
declare
  v_user text := nullif(current_setting('app.user', true), '');
begin
  if v_user is null then
    return array[app.account()];
  end if;
  return coalesce((
    select array_agg(m.account_id)
    from accounts.members m join accounts.accounts a using (account_id)
    where m.user_id = v_user::uuid and a.deleted_at is null and (p_least = 'viewer' or m.role in ('admin', 'owner'))
  ), '{}');
end $$;

alter table accounts.accounts enable row level security;
alter table accounts.accounts force row level security;
create policy reads on accounts.accounts for select to plinth_tenant
  using (account_id = any ((select accounts.reachable('viewer'))::uuid[]));
create policy manages on accounts.accounts for update to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.accounts to plinth_system using (true) with check (true);
alter table accounts.members enable row level security;
alter table accounts.members force row level security;
create policy reads on accounts.members for select to plinth_tenant
  using (account_id = any ((select accounts.reachable('viewer'))::uuid[]));
create policy adds on accounts.members for insert to plinth_tenant
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy changes on accounts.members for update to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]))
  with check (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy removes on accounts.members for delete to plinth_tenant
  using (account_id = any ((select accounts.reachable('admin'))::uuid[]));
create policy system on accounts.members to plinth_system using (true) with check (true);

-- Who spends: a user, through a key or in a session, for an account.
create type accounts.spender as (account_id uuid, user_id uuid, key_id uuid, session_id uuid);

-- What a key and all keys that come from it may spend together in a month.
create type accounts.key_budget as (key_id uuid, micros bigint);

-- Whether one may at this moment: null, or the reason why not; and the budgets of the key and of those that it comes from, if any has one.
create type accounts.standing as (refused text, key_budgets accounts.key_budget[]);

-- Which of the accounts that somebody made came first, so that what each person is given for nothing (a product's default plan) is
-- given in the first few of them. Once by all of their accounts, for products that are for both kinds, and once by their organizations alone.
create table accounts.places (
  -- Without a foreign key: a place is taken for a while after its account is gone.
  account_id uuid not null,
  holds text not null check (holds in ('organization', 'both')),
  -- Who made the account; a transfer changes nothing of it.
  created_by uuid not null,
  place integer not null check (place > 0),
  -- From when on another account that they make may have it; null: its account is open.
  free_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, holds)
);
create index places_of_maker on accounts.places (created_by, holds, place);
call app.protect_tenant('accounts.places');

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
