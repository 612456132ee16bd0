-- Links in mails that let in, once: the SHA-256 of each. There is one of a kind for a user, so that a new one ends the
-- one before; one that was used is gone.
create table identity.email_tokens (
  user_id uuid not null references identity.users (user_id) on delete cascade,
  kind text not null check (kind in ('verify_email', 'reset_password', 'change_email', 'restore')),
  token_hash text not null,
  -- Where it was sent; of a change of email, the new address.
  email text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, kind)
);
-- Not unique: 256 random bits don't meet.
create index email_tokens_by_hash on identity.email_tokens (token_hash);
call app.protect_user('identity.email_tokens', 'select (user_id, kind, email, expires_at, created_at, updated_at)');
