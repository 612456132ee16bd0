-- Reel: a draft is what a creator works on; a generation is one request for variants of it.
create schema reel;

create table reel.drafts (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  platform text not null check (platform in ('tiktok', 'instagram', 'youtube', 'x', 'linkedin')),
  topic text not null,
  tone text,
  audience text,
  brand_voice text,
  language text not null,
  title text,
  -- What targeted regenerations change, and what is saved to the library.
  selected_variant_id uuid,
  -- Counts changes by the creator; the ETag of a draft.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create index drafts_by_time on reel.drafts (account_id, created_at desc, id desc);
call app.protect_tenant('reel.drafts');

create table reel.generations (
  account_id uuid not null,
  id uuid not null,
  draft_id uuid not null,
  permit_id uuid not null,
  job_id uuid not null,
  -- Where it came from: a create, or a regeneration of one part (`target`) or of the whole.
  mode text not null default 'create' check (mode in ('create', 'targeted', 'full')),
  target text check (target in ('hook', 'body', 'cta', 'hashtags')),
  instructions text,
  -- The variant that a targeted regeneration changes a part of.
  base_variant_id uuid,
  status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  -- How many variants were asked for.
  variants integer not null check (variants between 1 and 5),
  error_code text,
  error_message text,
  request_id text not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, draft_id) references reel.drafts (account_id, id),
  check ((status = 'failed') = (error_code is not null)),
  check ((mode = 'targeted') = (target is not null) and (mode = 'targeted') = (base_variant_id is not null))
);
create index generations_of_draft on reel.generations (draft_id, account_id);
call app.protect_tenant('reel.generations');

create table reel.variants (
  account_id uuid not null,
  id uuid not null,
  generation_id uuid not null,
  draft_id uuid not null,
  position integer not null check (position >= 1),
  hook text not null,
  body text not null,
  cta text not null,
  hashtags text[] not null,
  -- Longer than its platform takes.
  over_length boolean not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, generation_id, position),
  foreign key (account_id, generation_id) references reel.generations (account_id, id),
  foreign key (account_id, draft_id) references reel.drafts (account_id, id)
);

alter table reel.drafts add foreign key (account_id, selected_variant_id) references reel.variants (account_id, id);
alter table reel.generations add foreign key (account_id, base_variant_id) references reel.variants (account_id, id);
create index variants_of_draft on reel.variants (draft_id, account_id);
call app.protect_tenant('reel.variants');
