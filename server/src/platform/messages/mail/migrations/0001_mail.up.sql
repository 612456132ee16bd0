-- Mails on their way, and the log of those that went (docs/mail.md). No bodies: what a mail says is made when it is sent.
create schema mail;

create table mail.messages (
  -- Of a mail that is no account's (to a person, about their sign-in), the nil UUID.
  account_id uuid not null,
  id uuid not null,
  -- The person it is for, where that is known.
  user_id uuid,
  recipient text not null,
  template text not null,
  -- asked: an address was typed, and whether a mail goes there is not looked up yet.
  status text not null check (status in ('asked', 'waiting', 'sent', 'refused', 'failed')),
  -- What the template is filled with: links may stand here, so it is sealed, and gone once the mail is sent or given up.
  facts text check (facts is not null or status not in ('asked', 'waiting')),
  -- Of two mails of one key, the second is none.
  once text,
  attempts integer not null default 0,
  error text,
  -- When it is tried next, and after when it no longer makes sense.
  due_at timestamptz not null default app.now(),
  expires_at timestamptz not null default app.now() + interval '1 day',
  sent_at timestamptz,
  request_id text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, once)
);
create index messages_log on mail.messages (id desc);
create index messages_over on mail.messages (updated_at) where status in ('sent', 'refused', 'failed');
create index messages_to on mail.messages (lower(recipient), template, created_at);
create index messages_of_user on mail.messages (user_id) where user_id is not null;
call app.protect_tenant('mail.messages');
