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
create index assets_by_stemming on reel.assets (account_id, trashed, stemming);
-- Without a list of pending entries, which every search would have to read through.
create index assets_by_words on reel.assets using gin (section, platform, status, search, tags) with (fastupdate = off);
create index assets_to_purge on reel.assets (deleted_at) where deleted_at is not null;
call app.protect_tenant('reel.assets', 'select, insert, update');

-- The configurations among an account's assets, one look at the index for each.
create function reel.stemmings(p_account uuid, p_trashed boolean) returns setof text language sql stable as $$
  with recursive found as (
    (select stemming from reel.assets where account_id = p_account and trashed = p_trashed order by stemming limit 1)
    union all
    select (select a.stemming from reel.assets a
            where a.account_id = p_account and a.trashed = p_trashed and a.stemming > f.stemming order by a.stemming limit 1)
    from found f where f.stemming is not null)
  select stemming from found where stemming is not null
$$;

-- The newest assets of the transaction's account that have certain words (each in the stemming of its own language) and
-- tags, at most p_most of them, from one place in time down to another; and in a row of its own (`beyond`) where it goes on
-- below them.
--
-- It runs as the system, and asks for the account itself: `@@` and `@>` are not leakproof, so that behind a policy of row
-- security PostgreSQL never looks them up in an index.
--
-- What is frequent is found by walking down from the newest, what is rare by the index of words, which would have to fetch
-- all matches to tell the newest: of 100,000 assets 60,000 matches took 80 ms, the walk to the 400 newest of them 7 ms, ranks included
-- (PostgreSQL 18, two cores). The first 300 tell which it is. So the slow case that is left is a word that was frequent
-- for long and is rare of late.
create function reel.newest_matches(p_wanted jsonb, p_from timestamptz, p_from_id uuid, p_until timestamptz, p_until_id uuid, p_most integer)
returns table (id uuid, created_at timestamptz, rank real, beyond boolean) language plpgsql stable as $$
declare
  c_probe constant integer := 300;
  c_walk constant integer := 3000;
  -- A phrase is looked up by its words; each asset that has them must be read. Past so many the rest is left to the next block.
  c_words constant integer := 2000;
  v_account uuid := app.account();
  v_trashed boolean := coalesce((p_wanted->>'deleted')::boolean, false);
  v_platform text := p_wanted->>'platform';
  v_status text := p_wanted->>'status';
  v_tags text[] := array(select jsonb_array_elements_text(p_wanted->'tags'));
  v_text text := p_wanted->>'q';
  v_stemmings text[]; v_queries tsquery[]; v_broad tsquery[]; v_phrase boolean;
  v_way text := 'probe'; v_limit integer := c_probe;
  v_cursor refcursor; v_row record;
  v_ids uuid[]; v_read integer; v_near integer; v_next timestamptz; v_next_id uuid;
begin
  select array_agg(s), array_agg(q),
    -- A phrase with `&` in place of its distances; where one is negated that would be less and not more.
    array_agg(case when q::text like '%!(%' then q else regexp_replace(q::text, '<(-|\d+)>', '&', 'g')::tsquery end)
    into v_stemmings, v_queries, v_broad
    from reel.stemmings(v_account, v_trashed) s, websearch_to_tsquery(s::regconfig, v_text) q where v_text is null or numnode(q) > 0;
  v_phrase := v_text is not null and v_queries <> v_broad;
  -- There is nothing, or nothing is asked for: words that say nothing in every language that is there.
  if v_stemmings is null then return; end if;

  loop
    v_ids := '{}'; v_read := 0; v_near := 0; v_next := null; v_next_id := null;
    if v_way <> 'words' then
      open v_cursor for
        select a.id, a.created_at,
          -- The probe tells words that are frequent from a phrase that is; a walk asks for the phrase alone.
          (v_platform is null or a.platform = v_platform) and (v_status is null or a.status = v_status) and a.tags @> v_tags
            and (v_text is null or a.search @@ (case v_way when 'walk' then v_queries else v_broad end)[array_position(v_stemmings, a.stemming)]) as near,
          not v_phrase or v_way = 'walk' or a.search @@ v_queries[array_position(v_stemmings, a.stemming)] as fits
        from reel.assets a
        where a.account_id = v_account and a.trashed = v_trashed
          and (p_from is null or (a.created_at, a.id) <= (p_from, p_from_id))
          and (p_until is null or (a.created_at, a.id) > (p_until, p_until_id))
        order by a.created_at desc, a.id desc limit v_limit + 1;
    else
      open v_cursor for
        select c.id, c.created_at, true as near,
          not v_phrase or (
            select a.search @@ v_queries[array_position(v_stemmings, a.stemming)] from reel.assets a
            where a.account_id = v_account and a.id = c.id) as fits
        from (
          select a.id, a.created_at
          -- `offset 0`: the matches are found first and sorted then, never the other way round.
          from unnest(v_stemmings, v_broad) l (stemming, query) cross join lateral (
            select a.id, a.created_at from reel.assets a
            where a.section = reel.section(v_account, v_trashed, l.stemming) and (v_text is null or a.search @@ l.query)
              and (v_platform is null or a.platform = v_platform) and (v_status is null or a.status = v_status)
              and (v_tags = '{}' or a.tags @> v_tags)
              and (p_from is null or (a.created_at, a.id) <= (p_from, p_from_id))
              and (p_until is null or (a.created_at, a.id) > (p_until, p_until_id)) offset 0) a
          order by a.created_at desc, a.id desc limit v_limit + 1) c;
    end if;
    loop
      fetch v_cursor into v_row;
      exit when not found;
      if cardinality(v_ids) = p_most or v_read = v_limit then
        v_next := v_row.created_at; v_next_id := v_row.id;
        exit;
      end if;
      v_read := v_read + 1;
      if v_row.near then v_near := v_near + 1; end if;
      if v_row.near and v_row.fits then v_ids := v_ids || v_row.id; end if;
    end loop;
    close v_cursor;
    -- The whole stretch was read, or enough was found.
    exit when v_next_id is null or cardinality(v_ids) = p_most;
    if v_way = 'probe' then
      v_way := case when cardinality(v_ids) * 50 >= c_probe or v_near * 15 >= c_probe then 'walk' else 'words' end;
    elsif v_way = 'walk' and p_until is not null then
      -- A stretch with an end is read to its end.
      v_way := 'words';
    else
      exit;
    end if;
    v_limit := case when v_way = 'walk' then c_walk when p_until is null then c_words end;
  end loop;

  return query
    select a.id, a.created_at, case when v_text is null then 0 else ts_rank(a.search, v_queries[array_position(v_stemmings, a.stemming)]) end, false
    -- One by one: a join may read all of the account's assets for it.
    from unnest(v_ids) i cross join lateral (select * from reel.assets a where a.account_id = v_account and a.id = i offset 0) a
    union all select v_next_id, v_next, null, true where v_next_id is not null;
end $$;
-- Plans are made for the words at hand, and never read the whole table: it holds other accounts, too.
alter function reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer) set plan_cache_mode = force_custom_plan;
alter function reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer) set enable_seqscan = off;
alter function reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer) set jit = off;
call app.run_as_system('reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer)');
grant execute on function reel.newest_matches(jsonb, timestamptz, uuid, timestamptz, uuid, integer) to plinth_tenant;
