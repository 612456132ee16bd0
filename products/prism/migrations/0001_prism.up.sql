-- Prism: what a person says of themselves, thoughts turned, conversations with the mirror and what was drawn out of them, and goals.
create schema prism;

-- The time zone is not here: it is the account's, by which limits count their days.
create table prism.profiles (
  account_id uuid not null primary key,
  user_id uuid not null,
  display_name text,
  locale text,
  pronouns text,
  focus_areas text[] not null default '{}',
  -- Consents: that fragments are drawn out of messages; research; news.
  insights boolean not null default true,
  research boolean not null default false,
  news boolean not null default false,
  -- Counts changes; the ETag.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_tenant('prism.profiles');

create table prism.turns (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  thought text not null,
  style text not null check (style in ('gentle', 'direct', 'playful')),
  distortion text,
  turn text not null,
  question text not null,
  safety text not null check (safety in ('ok', 'caution', 'concern', 'crisis')),
  safety_kinds text[] not null,
  helpful boolean,
  feedback text,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  -- In the trash since; 30 days later it is purged.
  deleted_at timestamptz,
  trashed boolean not null generated always as (deleted_at is not null) stored,
  primary key (account_id, id)
);
create index turns_by_time on prism.turns (account_id, trashed, created_at desc, id desc);
create index turns_to_purge on prism.turns (deleted_at) where deleted_at is not null;
call app.protect_tenant('prism.turns');

create table prism.mirror_sessions (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  title text,
  -- Closing: a job sums it up.
  status text not null default 'open' check (status in ('open', 'closing', 'closed')),
  summary text,
  -- Why a session was closed without a summary.
  summary_error text,
  -- Places that were given out: each message takes one, and its reply the next.
  positions integer not null default 0,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  closed_at timestamptz,
  deleted_at timestamptz,
  trashed boolean not null generated always as (deleted_at is not null) stored,
  primary key (account_id, id),
  check (summary is null or status = 'closed')
);
create index mirror_sessions_by_time on prism.mirror_sessions (account_id, trashed, created_at desc, id desc);
create index mirror_sessions_to_purge on prism.mirror_sessions (deleted_at) where deleted_at is not null;
call app.protect_tenant('prism.mirror_sessions');

create table prism.mirror_messages (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  position integer not null check (position >= 1),
  role text not null check (role in ('user', 'mirror')),
  content text not null,
  -- A message waits for its reply, or has one; a reply is whole, or was cut short.
  status text not null check (status in ('waiting', 'answered', 'whole', 'cut')),
  -- Nobody answers it any more after this.
  waits_until timestamptz,
  safety text not null check (safety in ('ok', 'caution', 'concern', 'crisis')),
  safety_kinds text[] not null,
  -- The day on which it was said, where its writer was.
  day date not null,
  -- Fragments of it: its writer wants none; there was no budget for them; a job will draw them, or has.
  drawing text not null default 'off' check (drawing in ('off', 'missed', 'due', 'drawn')),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (session_id, account_id, position),
  foreign key (account_id, session_id) references prism.mirror_sessions (account_id, id) on delete cascade,
  check ((status = 'waiting') = (waits_until is not null)),
  check ((role = 'user') = (status in ('waiting', 'answered')))
);
call app.protect_tenant('prism.mirror_messages');

create table prism.mirror_fragments (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  message_id uuid not null,
  kind text not null check (kind in ('feeling', 'theme', 'need', 'strength', 'value')),
  text text not null,
  intensity double precision not null check (intensity between 0 and 1),
  day date not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  -- Whoever draws them twice stores none twice.
  unique (message_id, account_id, kind, text),
  foreign key (account_id, session_id) references prism.mirror_sessions (account_id, id) on delete cascade,
  foreign key (account_id, message_id) references prism.mirror_messages (account_id, id) on delete cascade
);
create index mirror_fragments_of_session on prism.mirror_fragments (session_id, account_id);
create index mirror_fragments_by_day on prism.mirror_fragments (account_id, day);
call app.protect_tenant('prism.mirror_fragments');

create table prism.lens_goals (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  title text not null,
  why text,
  target_date date,
  status text not null default 'active' check (status in ('active', 'paused', 'achieved', 'dropped')),
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  deleted_at timestamptz,
  trashed boolean not null generated always as (deleted_at is not null) stored,
  primary key (account_id, id)
);
create index lens_goals_by_time on prism.lens_goals (account_id, trashed, created_at desc, id desc);
create index lens_goals_to_purge on prism.lens_goals (deleted_at) where deleted_at is not null;
call app.protect_tenant('prism.lens_goals');

create table prism.lens_actions (
  account_id uuid not null,
  id uuid not null,
  goal_id uuid not null,
  title text not null,
  due date,
  -- Written by the person, or accepted of what was suggested.
  source text not null check (source in ('own', 'suggested')),
  done_at timestamptz,
  -- The day on which it was done, where the person was: streaks count these.
  done_on date,
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, goal_id) references prism.lens_goals (account_id, id) on delete cascade,
  check ((done_at is null) = (done_on is null))
);
create index lens_actions_of_goal on prism.lens_actions (goal_id, account_id, created_at, id);
call app.protect_tenant('prism.lens_actions');
