-- What the safety part found in what people wrote, and in what models replied: when, how grave, by which rules. Never a word of it.
-- They are a person's own: not even the owner of their account reads them.
create schema ai;

create table ai.safety_events (
  id uuid not null,
  account_id uuid not null,
  user_id uuid not null,
  product text not null,
  route text not null,
  -- Who found it: the rules, the provider's moderation, the check of a reply; or that the moderation did not answer.
  source text not null check (source in ('precheck', 'moderation', 'reply', 'moderation_failed')),
  status text not null check (status in ('ok', 'caution', 'concern', 'crisis')),
  kinds text[] not null,
  rules text[] not null,
  request_id text,
  -- A hash of Idempotency-Key and body: the same call again adds nothing.
  repeat_of text,
  created_at timestamptz not null default app.now(),
  primary key (user_id, id)
);
create unique index safety_events_once on ai.safety_events (repeat_of, user_id, source);
create index safety_events_of_account on ai.safety_events (account_id, created_at);
create index safety_events_by_time on ai.safety_events (created_at);
call app.protect_user('ai.safety_events');
