-- Links that make a platform admin of whoever opens them, once: the SHA-256 of each. An operator makes them (`plinth admin
-- invite`); a newer one for an address ends the one before, and one that was used is gone.
create table identity.admin_invitations (
  id uuid primary key,
  email text not null check (length(email) between 3 and 254),
  token_hash text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create unique index admin_invitations_by_email on identity.admin_invitations (lower(email));
-- Not unique: 256 random bits don't meet.
create index admin_invitations_by_hash on identity.admin_invitations (token_hash);
call app.protect_system('identity.admin_invitations');
