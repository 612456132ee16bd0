-- The configurations among an account's assets, one look at the index for each.
create or replace function reel.stemmings(p_account uuid, p_trashed boolean) returns setof text language sql stable as $$
  with recursive found as (
    (select stemming from reel.assets where account_id = p_account and trashed = p_trashed order by stemming limit 1)
    union all
    select (select a.stemming from reel.assets a
            where a.account_id = p_account and a.trashed = p_trashed and a.stemming > f.stemming order by a.stemming limit 1)
    from found f where f.stemming is not null)
  select stemming from found where stemming is not null
$$;

-- What a text asks for in each of the configurations that an account has assets in; and the same asked broadly, its phrases by their words.
create or replace function reel.queries_of(p_account uuid, p_trashed boolean, p_text text, out stemmings text[], out queries tsquery[], out broad tsquery[])
language sql stable as $$
  select array_agg(s), array_agg(q),
    -- A phrase with `&` in place of its distances; where one is negated that would be less and not more.
    array_agg(case when q::text like '%!(%' then q else regexp_replace(q::text, '<(-|\d+)>', '&', 'g')::tsquery end)
  from reel.stemmings(p_account, p_trashed) s, websearch_to_tsquery(s::regconfig, p_text) q where p_text is null or numnode(q) > 0
$$;

-- Reads a cursor until p_most matches are found or p_limit rows are read, and closes it. near: how many of the rows were near a match; next:
-- the first row that was not looked at.
create or replace function reel.read_matches(p_cursor refcursor, p_most integer, p_limit integer,
  out ids uuid[], out near integer, out next_at timestamptz, out next_id uuid) language plpgsql as $$
declare
  v_read integer := 0; v_row record;
begin
  ids := '{}'; near := 0;
  loop
    fetch p_cursor into v_row;
    exit when not found;
    if cardinality(ids) = p_most or v_read = p_limit then
      next_at := v_row.created_at; next_id := v_row.id;
      exit;
    end if;
    v_read := v_read + 1;
    if v_row.near then near := near + 1; end if;
    if v_row.near and v_row.fits then ids := ids || v_row.id; end if;
  end loop;
  close p_cursor;
end $$;

-- The newest assets of the transaction's account that have certain words (each in the stemming of its own language) and
-- tags, at most p_most of them, from one place in time down to another; and in a row of its own (`beyond`) where it goes on
-- below them.
--
-- It runs as the system, and asks for the account itself: `@@` and `@>` are not leakproof, so that behind a policy of row
-- security PostgreSQL never looks them up in an index.
--
-- A frequent word is found by walking down from the newest, a rare one by the index of words, which would have to fetch
-- all matches to tell the newest: of 100,000 assets 60,000 matches took 80 ms, the walk to the 400 newest of them 7 ms, ranks included
-- (PostgreSQL 18, two cores). The first 300 tell which it is. So the slow case that is left is a word that was frequent
-- for long and is rare of late.
create or replace function reel.newest_matches(p_wanted jsonb, p_from timestamptz, p_from_id uuid, p_until timestamptz, p_until_id uuid, p_most integer)
returns table (id uuid, created_at timestamptz, rank real, beyond boolean) language plpgsql stable
-- Plans are made for the words at hand, and never read the whole table: it holds other accounts, too.
set plan_cache_mode = force_custom_plan set enable_seqscan = off set jit = off
as $$
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
  v_cursor refcursor;
  v_ids uuid[]; v_near integer; v_next timestamptz; v_next_id uuid;
begin
  select stemmings, queries, broad into v_stemmings, v_queries, v_broad from reel.queries_of(v_account, v_trashed, v_text);
  v_phrase := v_text is not null and v_queries <> v_broad;
  -- There is nothing, or nothing is asked for: words that say nothing in every language that is there.
  if v_stemmings is null then return; end if;

  loop
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
    select ids, near, next_at, next_id into v_ids, v_near, v_next, v_next_id from reel.read_matches(v_cursor, p_most, v_limit);
    -- The whole stretch was read, or enough was found.
    exit when v_next_id is null or cardinality(v_ids) = p_most;
    -- A stretch with an end is read to its end.
    v_way := case when v_way = 'probe' then case when cardinality(v_ids) * 50 >= c_probe or v_near * 15 >= c_probe then 'walk' else 'words' end
      when v_way = 'walk' and p_until is not null then 'words' end;
    exit when v_way is null;
    v_limit := case when v_way = 'walk' then c_walk when p_until is null then c_words end;
  end loop;

  return query
    select a.id, a.created_at, case when v_text is null then 0 else ts_rank(a.search, v_queries[array_position(v_stemmings, a.stemming)]) end, false
    -- One by one: a join may read all of the account's assets for it.
    from unnest(v_ids) i cross join lateral (select * from reel.assets a where a.account_id = v_account and a.id = i offset 0) a
    union all select v_next_id, v_next, null, true where v_next_id is not null;
end $$;
