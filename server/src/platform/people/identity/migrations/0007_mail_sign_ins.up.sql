-- Sign-ins by a code and a link that a mail brings. A row is written for every address that is typed; it has hashes once a mail was
-- made for it. Kept for an hour: the mails to an address are counted by it.
create table identity.mail_sign_ins (
  id uuid primary key,
  -- As it was typed.
  email text not null,
  -- Whose verified address it was when the mail was made.
  owner_id uuid references identity.users (user_id) on delete cascade,
  -- SHA-256 (base64url) of what whoever asked must say to get in.
  code_challenge text not null,
  return_to text not null,
  -- From where it was asked for, and whether its user was signed in from there before.
  ip_block text not null,
  from_known boolean,
  -- Keyed: eight letters could be tried out.
  code_hash text,
  link_hash text,
  tries integer not null default 0,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
create index mail_sign_ins_by_link on identity.mail_sign_ins (link_hash);
create index mail_sign_ins_by_email on identity.mail_sign_ins (lower(email), created_at);
create index mail_sign_ins_by_owner on identity.mail_sign_ins (owner_id);
create index mail_sign_ins_by_age on identity.mail_sign_ins (created_at);
call app.protect_system('identity.mail_sign_ins');

alter table identity.sessions drop constraint sessions_method_check,
  add constraint sessions_method_check
    check (method in ('password', 'google', 'apple', 'microsoft', 'github', 'firebase', 'sso', 'passkey', 'link', 'mail'));
