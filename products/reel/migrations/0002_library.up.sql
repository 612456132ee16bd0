-- Reel's library: what a creator keeps of drafts, or has written elsewhere, and finds again.
-- So that one GIN index holds words and tags together with plain columns.
create extension if not exists btree_gin with schema public;

-- The text-search configuration of a language (BCP 47), by its first part. Those that PostgreSQL 15 has: an index must
-- not change its meaning with the server's version.
create function reel.stemming(p_language text) returns text language sql immutable parallel safe as $$
  select case split_part(lower(p_language), '-', 1)
    when 'ar' then 'arabic' when 'ca' then 'catalan' when 'da' then 'danish' when 'de' then 'german' when 'el' then 'greek'
    when 'en' then 'english' when 'es' then 'spanish' when 'eu' then 'basque' when 'fi' then 'finnish' when 'fr' then 'french'
    when 'ga' then 'irish' when 'hi' then 'hindi' when 'hu' then 'hungarian' when 'hy' then 'armenian' when 'id' then 'indonesian'
    when 'it' then 'italian' when 'lt' then 'lithuanian' when 'nb' then 'norwegian' when 'ne' then 'nepali' when 'nl' then 'dutch'
    when 'nn' then 'norwegian' when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian' when 'ru' then 'russian'
    when 'sr' then 'serbian' when 'sv' then 'swedish' when 'ta' then 'tamil' when 'tr' then 'turkish' when 'yi' then 'yiddish'
    else 'simple' end
$$;

-- What an asset is found by: title and hook count most, then the body, then the rest. Of a hashtag the parser leaves the '#'
-- out. An ä may be written as one letter or as two: it is made one, as in queries.
create function reel.search_vector(p_stemming text, p_title text, p_hook text, p_body text, p_rest text[]) returns tsvector
language plpgsql immutable parallel safe as $$
declare
  v_stemming regconfig := p_stemming::regconfig;
begin
  return setweight(to_tsvector(v_stemming, normalize(concat_ws(E'\n', p_title, p_hook))), 'A')
    || setweight(to_tsvector(v_stemming, normalize(p_body)), 'B')
    || setweight(to_tsvector(v_stemming, normalize(array_to_string(p_rest, E'\n'))), 'C');
end $$;

-- Assets that are searched together: those of one account in one configuration, in use or in the trash. One word in the
-- index of words in place of three: each is a list of 100,000 entries that every search would have to intersect.
create function reel.section(p_account uuid, p_trashed boolean, p_stemming text) returns text language sql immutable parallel safe as $$
  select p_account::text || case when p_trashed then ' trash ' else ' ' end || p_stemming
$$;

create table reel.assets (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  -- Where it was copied from; what is changed there later does not change it.
  draft_id uuid,
  variant_id uuid,
  platform text not null check (platform in ('tiktok', 'instagram', 'youtube', 'x', 'linkedin')),
  language text not null,
  title text,
  hook text not null,
  body text not null,
  cta text not null,
  hashtags text[] not null,
  tags text[] not null,
  status text not null default 'ready' check (status in ('draft', 'ready', 'published', 'archived')),
  -- Counts changes; the ETag of an asset.
  version integer not null default 1,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  -- In the trash since; 30 days later it is purged.
  deleted_at timestamptz,
  trashed boolean not null generated always as (deleted_at is not null) stored,
  stemming text not null generated always as (reel.stemming(language)) stored,
  section text not null generated always as (reel.section(account_id, deleted_at is not null, reel.stemming(language))) stored,
  search tsvector not null generated always as
    (reel.search_vector(reel.stemming(language), title, hook, body, cta || hashtags || tags)) stored,
  primary key (account_id, id),
  foreign key (account_id, draft_id) references reel.drafts (account_id, id),
  foreign key (account_id, variant_id) references reel.variants (account_id, id),
  check ((draft_id is null) = (variant_id is null))
);
-- Pages are slices of these two: all, or those of one platform and one status.
create index assets_by_time on reel.assets (account_id, trashed, created_at desc, id desc);
create index assets_by_kind on reel.assets (account_id, trashed, platform, status, created_at desc, id desc);
-- Which languages an account has, read by skipping from one to the next.
create index assets_by_stemming on reel.assets (account_id, trashed, stemming, id);
-- Without a list of pending entries, which every search would have to read through.
create index assets_by_words on reel.assets using gin (section, platform, status, search, tags) with (fastupdate = off);
create index assets_to_purge on reel.assets (deleted_at) where deleted_at is not null;
call app.protect_tenant('reel.assets');
