-- The level of what a member makes without saying one: an account's, and a member's own, which goes first. It goes with its member and its team.
create table privacy.default_levels (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  -- Null: the account's.
  user_id uuid,
  level text not null check (level in ('private', 'team', 'organization')),
  team_id uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check ((level = 'team') = (team_id is not null)),
  check (team_id is null or user_id is not null),
  unique nulls not distinct (account_id, user_id),
  foreign key (account_id, user_id) references accounts.members (account_id, user_id) on delete cascade,
  foreign key (account_id, team_id, user_id) references accounts.team_members (account_id, team_id, user_id) on delete cascade
);
create index default_levels_of_team on privacy.default_levels (account_id, team_id, user_id) where team_id is not null;
call app.protect_tenant('privacy.default_levels');
