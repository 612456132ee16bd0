-- What is asked for: all of the words, and the last one as the beginning of a word, for who is still typing it.
create or replace function orbit.query_of(p_text text) returns tsquery language sql immutable as $$
  select plainto_tsquery('simple'::regconfig, coalesce(substring(t from '^(.*)\s\S+$'), ''))
    && to_tsquery('simple'::regconfig, '''' || replace(replace(substring(t from '\S+$'), '\', '\\'), '''', '''''') || ''':*')
  from (select regexp_replace(btrim(normalize(p_text)), '\s+', ' ', 'g') as t) as trimmed
$$;

-- The scopes in use of the transaction's account that have certain words and fit the filters, in no order; null where there are more than
-- p_most, which a walk down any list of scopes then soon meets.
--
-- It runs as the system, and asks for the account itself: `@@` is not leakproof, so that behind a policy of row security PostgreSQL
-- never looks it up in an index.
create or replace function orbit.scopes_with(p_text text, p_filters jsonb, p_most integer) returns uuid[] language plpgsql stable
-- Plans are made for the words at hand, and never read the whole table: it holds other accounts, too.
set plan_cache_mode = force_custom_plan set enable_seqscan = off set jit = off
as $$
declare
  v_account uuid := app.account();
  v_query tsquery := orbit.query_of(p_text);
  v_status text := p_filters->>'status';
  v_project uuid := p_filters->>'project_id';
  v_client text := lower(p_filters->>'client_name');
  v_creator uuid := p_filters->>'created_by';
  v_ids uuid[];
begin
  select array_agg(f.id) into v_ids from (
    select s.id from orbit.scopes s
    where s.account_id = v_account and s.search @@ v_query and s.deleted_at is null
      and (v_status is null or s.status = v_status) and (v_project is null or s.project_id = v_project)
      and (v_client is null or s.client_key = v_client) and (v_creator is null or s.created_by = v_creator)
    limit p_most + 1) f;
  if cardinality(v_ids) > p_most then return null; end if;
  return coalesce(v_ids, '{}');
end $$;
