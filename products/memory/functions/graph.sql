-- The graph of memory: sessions, decisions, patterns and files, and what joins them, as the transaction's member may see it. All of an answer
-- is of one snapshot: what was lowered before it is not in it.

-- Teams that a member is in; null: they are no member.
create or replace function coditect.teams_of(p_account uuid, p_user uuid) returns uuid[] language sql stable as $$
  select array(select t.team_id from accounts.team_members t where t.account_id = p_account and t.user_id = p_user)
  where exists (select from accounts.members m where m.account_id = p_account and m.user_id = p_user)
$$;

-- Whether a member may see what a row names is asked row by row in this file, by `(select true …)`: an `exists` or a join lets the planner begin
-- with all sessions or decisions of the account, and it did, for each node anew, in a database that nothing has analyzed yet.

-- Whether a member may see the name of a file: it stands in a session or in a decision's links that they may read.
create or replace function coditect.is_file_shown(p_account uuid, p_file uuid, p_user uuid, p_teams uuid[]) returns boolean
language sql stable as $$
  select exists (
      select from coditect.file_mentions m where m.account_id = p_account and m.file_id = p_file and (
        select true from coditect.memory_sessions s where s.account_id = p_account and s.id = m.session_id
          and (s.author_id = p_user or s.level = 'organization' or s.team_id = any(p_teams))))
    or exists (
      select from coditect.memory_links l where l.account_id = p_account and l.path_hash = uuid_send(p_file) and (
        select true from coditect.memory_decisions d where d.account_id = p_account and d.id = l.decision_id
          and (d.author_id = p_user or d.level = 'organization' or d.team_id = any(p_teams))))
$$;

-- What has an id: `session`, `decision`, `pattern`, `file`. Null: nothing that the member may see.
create or replace function coditect.node_kind(p_account uuid, p_node uuid, p_user uuid, p_teams uuid[]) returns text language sql stable as $$
  select case
    when p_teams is null then null
    when exists (select from coditect.memory_sessions s where s.account_id = p_account and s.id = p_node
      and (s.author_id = p_user or s.level = 'organization' or s.team_id = any(p_teams))) then 'session'
    when exists (select from coditect.memory_decisions d where d.account_id = p_account and d.id = p_node
      and (d.author_id = p_user or d.level = 'organization' or d.team_id = any(p_teams))) then 'decision'
    when exists (select from coditect.patterns p where p.account_id = p_account and p.id = p_node
      and (p.author_id = p_user or p.level = 'organization' or p.team_id = any(p_teams)) and coditect.are_sources_shown(p.id)) then 'pattern'
    when coditect.is_file_shown(p_account, p_node, p_user, p_teams) then 'file' end
$$;

-- Edges of nodes that a member may see, to nodes that they may see: of each node at most `p_each` of a type and direction, and `p_most` in all.
-- Each of these statements is planned once, as planning takes longer than running it, and ends when it has enough.
-- Here: files that sessions name.
create or replace function coditect.mention_edges(
  p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer
) returns setof coditect.graph_edge language plpgsql stable set plan_cache_mode to force_generic_plan set enable_seqscan to off as $$
begin
  return query
  -- Files that a session names, and sessions that name a file.
  select n.id, m.file_id, 'file', 'mentions', n.id, m.file_id, m.message_id, m.first, m.last, null::uuid, null::uuid, null::timestamptz
  from unnest(p_nodes) n (id) cross join lateral (
    select distinct on (o.file_id) o.* from coditect.file_mentions o
    where o.account_id = p_account and o.session_id = n.id order by o.file_id, o.message_id limit p_each) m
  where 'file' = any(p_kinds) and 'mentions' = any(p_types)
  union all
  select n.id, m.session_id, 'session', 'mentions', m.session_id, n.id, m.message_id, m.first, m.last, null, null, null
  from unnest(p_nodes) n (id) cross join lateral (
    select distinct on (o.session_id) o.* from coditect.file_mentions o
    where o.account_id = p_account and o.file_id = n.id and (
      select true from coditect.memory_sessions s where s.account_id = p_account and s.id = o.session_id
        and (s.author_id = p_user or s.level = 'organization' or s.team_id = any(p_teams)))
    order by o.session_id desc, o.message_id limit p_each) m
  where 'session' = any(p_kinds) and 'mentions' = any(p_types)
  limit p_most;
end $$;

-- Of links of decisions.
create or replace function coditect.link_edges(
  p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer
) returns setof coditect.graph_edge language plpgsql stable set plan_cache_mode to force_generic_plan set enable_seqscan to off as $$
begin
  return query
  -- What a decision is linked with.
  select n.id, l.target_id, l.kind, l.type, n.id, l.target_id, l.message_id, null::integer, null::integer, null::uuid, null::uuid, null::timestamptz
  from unnest(p_nodes) n (id) cross join lateral (
    select o.type, o.message_id, coalesce(o.about_session_id, o.to_decision_id, encode(o.path_hash, 'hex')::uuid) as target_id,
      case when o.about_session_id is not null then 'session' when o.to_decision_id is not null then 'decision' else 'file' end as kind
    from coditect.memory_links o where o.account_id = p_account and o.decision_id = n.id and o.type = any(p_types) and (o.path_hash is not null
      or (select true from coditect.memory_sessions s where s.account_id = p_account and s.id = o.about_session_id
        and (s.author_id = p_user or s.level = 'organization' or s.team_id = any(p_teams)))
      or (select true from coditect.memory_decisions d where d.account_id = p_account and d.id = o.to_decision_id
        and (d.author_id = p_user or d.level = 'organization' or d.team_id = any(p_teams))))
    order by o.created_at, o.id) l
  where l.kind = any(p_kinds)
  union all
  -- Decisions that are linked with it.
  select n.id, l.decision_id, 'decision', l.type, l.decision_id, n.id, l.message_id, null, null, null, null, null
  from unnest(p_nodes) n (id) cross join lateral (
    select o.* from (
      select x.decision_id, x.type, x.message_id from coditect.memory_links x where x.account_id = p_account and x.about_session_id = n.id
      union all
      select x.decision_id, x.type, null from coditect.memory_links x where x.account_id = p_account and x.to_decision_id = n.id
      union all
      select x.decision_id, x.type, null from coditect.memory_links x where x.account_id = p_account and x.path_hash = uuid_send(n.id)) o
    where o.type = any(p_types) and (select true from coditect.memory_decisions d where d.account_id = p_account and d.id = o.decision_id
      and (d.author_id = p_user or d.level = 'organization' or d.team_id = any(p_teams)))
    limit p_each) l
  where 'decision' = any(p_kinds)
  limit p_most;
end $$;

-- Of patterns, of decisions that took the place of others, and of merged names.
create or replace function coditect.other_edges(
  p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer
) returns setof coditect.graph_edge language plpgsql stable set plan_cache_mode to force_generic_plan set enable_seqscan to off as $$
begin
  return query
  -- What a pattern is drawn from, and patterns that are drawn from a session.
  select n.id, x.session_id, 'session', 'drawn_from', n.id, x.session_id, x.message_id, x.first, null::integer, null::uuid, null::uuid, null::timestamptz
  from unnest(p_nodes) n (id) cross join lateral (
    select distinct on (o.session_id) o.* from coditect.pattern_sources o
    where o.account_id = p_account and o.pattern_id = n.id order by o.session_id, o.message_id, o.first) x
  where 'session' = any(p_kinds) and 'drawn_from' = any(p_types)
  union all
  select n.id, x.pattern_id, 'pattern', 'drawn_from', x.pattern_id, n.id, x.message_id, x.first, null, null, null, null
  from unnest(p_nodes) n (id) cross join lateral (
    select distinct on (o.pattern_id) o.* from coditect.pattern_sources o
    where o.account_id = p_account and o.session_id = n.id and (select true from coditect.patterns p where p.account_id = p_account and p.id = o.pattern_id
      and (p.author_id = p_user or p.level = 'organization' or p.team_id = any(p_teams)) and coditect.are_sources_shown(p.id))
    order by o.pattern_id, o.message_id, o.first limit p_each) x
  where 'pattern' = any(p_kinds) and 'drawn_from' = any(p_types)
  union all
  -- A decision and those whose place it has taken.
  select n.id, d.id, 'decision', 'supersedes', n.id, d.id, null, null, null, null, null, null
  from unnest(p_nodes) n (id) cross join lateral (
    select o.id from coditect.memory_decisions o where o.account_id = p_account and o.superseded_by = n.id
      and (o.author_id = p_user or o.level = 'organization' or o.team_id = any(p_teams)) limit p_each) d
  where 'decision' = any(p_kinds) and 'supersedes' = any(p_types)
  union all
  select d.id, o.id, 'decision', 'supersedes', o.id, d.id, null, null, null, null, null, null
  from unnest(p_nodes) n (id) cross join lateral (
    select c.id, c.superseded_by from coditect.memory_decisions c where c.account_id = p_account and c.id = n.id offset 0) d
    cross join lateral (
    select c.id from coditect.memory_decisions c where c.account_id = p_account and c.id = d.superseded_by
      and (c.author_id = p_user or c.level = 'organization' or c.team_id = any(p_teams)) offset 0) o
  where 'decision' = any(p_kinds) and 'supersedes' = any(p_types)
  union all
  -- Names of one file.
  select n.id, g.next_id, 'file', 'same_as', g.source_id, g.target_id, null, null, null, g.id, g.author_id, g.created_at
  from unnest(p_nodes) n (id) cross join lateral (
    select o.*, o.target_id as next_id from coditect.file_merges o where o.account_id = p_account and o.source_id = n.id
    union all
    select o.*, o.source_id from coditect.file_merges o where o.account_id = p_account and o.target_id = n.id) g
  where 'file' = any(p_kinds) and 'same_as' = any(p_types) and coditect.is_file_shown(p_account, g.next_id, p_user, p_teams)
  limit p_most;
end $$;

-- Of all kinds; those that a node has most of come last.
create or replace function coditect.edges_of(
  p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer
) returns coditect.graph_edge[] language sql stable as $$
  select array(
    select e from coditect.other_edges(p_account, p_nodes, p_types, p_kinds, p_user, p_teams, p_each, p_most) e
    union all
    select e from coditect.link_edges(p_account, p_nodes, p_types, p_kinds, p_user, p_teams, p_each, p_most) e
    union all
    select e from coditect.mention_edges(p_account, p_nodes, p_types, p_kinds, p_user, p_teams, p_each, p_most) e
    limit p_most)
$$;

-- Of edges those that lead to further nodes, one for each; newest nodes first.
create or replace function coditect.further(p_edges coditect.graph_edge[], p_seen uuid[]) returns coditect.graph_edge[] language sql immutable as $$
  select array(
    select distinct on (e.next_id) e from unnest(p_edges) e where e.next_id in (select x.next_id from unnest(p_edges) x except select unnest(p_seen))
    order by e.next_id desc, e.type, e.source_id)
$$;

-- By which edges a node was reached: from it on back (1), or up to it (-1).
create or replace function coditect.edges_back(p_edges coditect.graph_edge[], p_node uuid, p_order integer) returns coditect.graph_edge[]
language sql immutable as $$
  with recursive back as (
    select e as edge, 1 as steps from unnest(p_edges) e where e.next_id = p_node
    union all
    select e, b.steps + 1 from back b join unnest(p_edges) e on e.next_id = (b.edge).node_id)
  select array(select b.edge from back b order by b.steps * p_order)
$$;

-- Whether more edges of a node may be there than were read.
create or replace function coditect.are_edges_cut(p_edges coditect.graph_edge[], p_each integer, p_most integer) returns boolean
language sql immutable as $$
  select cardinality(p_edges) >= p_most or exists (
    select from unnest(p_edges) e group by e.node_id, e.source_id = e.node_id, e.next_kind having count(*) >= p_each)
$$;

-- Nodes as they are shown, in their order, with what their sealed names are bound to.
create or replace function coditect.shown_nodes(p_account uuid, p_ids uuid[], p_kinds text[], p_depths integer[], p_user uuid, p_teams uuid[])
returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'kind', n.kind, 'depth', n.depth, 'name', encode(named.name, 'base64'),
    'named_by', named.id, 'name_is_of', named.is_of) order by n.position), '[]')
  from unnest(p_ids, p_kinds, p_depths) with ordinality n (id, kind, depth, position)
  left join lateral (
    select s.title as name, s.id, 'session' as is_of from coditect.memory_sessions s where n.kind = 'session' and s.account_id = p_account and s.id = n.id
    union all
    select v.title, v.id, 'decision' from coditect.memory_decisions d
      join coditect.memory_decision_versions v on v.account_id = p_account and v.decision_id = d.id and v.version = d.version
    where n.kind = 'decision' and d.account_id = p_account and d.id = n.id
    union all
    select p.title, p.id, 'pattern' from coditect.patterns p where n.kind = 'pattern' and p.account_id = p_account and p.id = n.id
    union all
    (select m.name, m.id, 'mention' from coditect.file_mentions m
     where n.kind = 'file' and m.account_id = p_account and m.file_id = n.id
       and (select true from coditect.memory_sessions s where s.account_id = p_account and s.id = m.session_id
         and (s.author_id = p_user or s.level = 'organization' or s.team_id = any(p_teams))) limit 1)
    union all
    (select l.path, l.id, 'link' from coditect.memory_links l
     where n.kind = 'file' and l.account_id = p_account and l.path_hash = uuid_send(n.id)
       and (select true from coditect.memory_decisions d where d.account_id = p_account and d.id = l.decision_id
         and (d.author_id = p_user or d.level = 'organization' or d.team_id = any(p_teams))) limit 1)
    limit 1) named on true
$$;

create or replace function coditect.shown_edges(p_edges coditect.graph_edge[]) returns jsonb language sql immutable as $$
  select coalesce(jsonb_agg(to_jsonb(e) - '{node_id,next_id,next_kind}'::text[]), '[]') from unnest(p_edges) e
$$;

-- What lies around a node, up to some edges away: `p_most` nodes, the nearest ones. No row: it is none that the transaction's member may see.
create or replace function coditect.graph_around(p_node uuid, p_types text[], p_kinds text[], p_depth integer, p_most integer)
returns table (nodes jsonb, edges jsonb, is_cut boolean) language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
  v_teams uuid[] := coditect.teams_of(v_account, v_user);
  v_ids uuid[] := array[p_node];
  v_kinds text[] := array[coditect.node_kind(v_account, p_node, v_user, v_teams)];
  v_depths integer[] := array[0];
  v_frontier uuid[] := v_ids;
  v_all coditect.graph_edge[] := '{}';
  v_edges coditect.graph_edge[];
  v_new coditect.graph_edge[];
  -- Edges that one answer reads.
  v_left integer := 400 + 8 * p_most;
begin
  if v_kinds[1] is null then return; end if;
  is_cut := false;
  for depth in 1 .. p_depth loop
    exit when cardinality(v_frontier) = 0 or is_cut;
    v_edges := coditect.edges_of(v_account, v_frontier, p_types, p_kinds, v_user, v_teams, p_most + 1, v_left);
    is_cut := coditect.are_edges_cut(v_edges, p_most + 1, v_left);
    v_left := v_left - cardinality(v_edges);
    v_new := coditect.further(v_edges, v_ids);
    if cardinality(v_ids) + cardinality(v_new) > p_most then
      is_cut := true;
      v_new := v_new[1 : p_most - cardinality(v_ids)];
    end if;
    v_frontier := array(select x.next_id from unnest(v_new) x);
    v_ids := v_ids || v_frontier;
    v_kinds := v_kinds || array(select x.next_kind from unnest(v_new) x);
    v_depths := v_depths || array_fill(depth, array[cardinality(v_new)]);
    v_all := v_all || v_edges;
  end loop;
  nodes := coditect.shown_nodes(v_account, v_ids, v_kinds, v_depths, v_user, v_teams);
  edges := coditect.shown_edges(array(
    select distinct on (e.type, e.source_id, e.target_id, e.message_id) e from unnest(v_all) e where e.next_id = any(v_ids)
    order by e.type, e.source_id, e.target_id, e.message_id));
  return next;
end $$;

-- A shortest path between two nodes, from both ends at once. It looks at `p_most` nodes on either side: `is_cut` says that there may be one that
-- was not found. No row: one of them is none that the transaction's member may see.
create or replace function coditect.graph_path(p_from uuid, p_to uuid, p_types text[], p_kinds text[], p_depth integer, p_most integer)
returns table (nodes jsonb, edges jsonb, is_cut boolean) language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
  v_teams uuid[] := coditect.teams_of(v_account, v_user);
  v_from_kind text := coditect.node_kind(v_account, p_from, v_user, v_teams);
  v_to_kind text := coditect.node_kind(v_account, p_to, v_user, v_teams);
  -- By which edge each node was reached, from either end; and the ones that were reached last.
  v_from coditect.graph_edge[] := '{}';
  v_to coditect.graph_edge[] := '{}';
  v_from_frontier uuid[] := array[p_from];
  v_to_frontier uuid[] := array[p_to];
  v_is_from boolean;
  v_edges coditect.graph_edge[];
  v_new coditect.graph_edge[];
  v_path coditect.graph_edge[];
  v_middle uuid := case when p_from = p_to then p_from end;
  v_left integer := 8000;
begin
  if v_from_kind is null or v_to_kind is null then return; end if;
  is_cut := false;
  for depth in 1 .. p_depth loop
    exit when v_middle is not null or is_cut or cardinality(v_from_frontier) = 0 or cardinality(v_to_frontier) = 0;
    v_is_from := cardinality(v_from_frontier) <= cardinality(v_to_frontier);
    v_edges := coditect.edges_of(v_account, case when v_is_from then v_from_frontier else v_to_frontier end,
      p_types, p_kinds || v_from_kind || v_to_kind, v_user, v_teams, p_most + 1, v_left);
    is_cut := coditect.are_edges_cut(v_edges, p_most + 1, v_left);
    v_left := v_left - cardinality(v_edges);
    -- The ends may be of kinds that nothing between them is of.
    v_new := array(select e from unnest(coditect.further(v_edges, case when v_is_from then p_from || array(select x.next_id from unnest(v_from) x)
      else p_to || array(select x.next_id from unnest(v_to) x) end)) e
      where e.next_kind = any(p_kinds) or e.next_id = case when v_is_from then p_to else p_from end);
    if v_is_from then
      v_from := v_from || v_new;
      v_from_frontier := array(select x.next_id from unnest(v_new) x);
    else
      v_to := v_to || v_new;
      v_to_frontier := array(select x.next_id from unnest(v_new) x);
    end if;
    v_middle := (select n.next_id from unnest(v_new) n where n.next_id = case when v_is_from then p_to else p_from end
      or n.next_id in (select x.next_id from unnest(case when v_is_from then v_to else v_from end) x) limit 1);
    is_cut := is_cut or cardinality(v_from) > p_most or cardinality(v_to) > p_most;
  end loop;
  if v_middle is null then
    nodes := '[]';
    edges := '[]';
  else
    is_cut := false;
    v_path := coditect.edges_back(v_from, v_middle, -1);
    v_edges := coditect.edges_back(v_to, v_middle, 1);
    nodes := coditect.shown_nodes(v_account, p_from || array(select x.next_id from unnest(v_path) x) || array(select x.node_id from unnest(v_edges) x),
      v_from_kind || array(select x.next_kind from unnest(v_path) x) || array(select x.next_kind from unnest(v_edges[2:]) x)
        || case when cardinality(v_edges) > 0 then array[v_to_kind] end, null, v_user, v_teams);
    edges := coditect.shown_edges(v_path || v_edges);
  end if;
  return next;
end $$;

-- Says that two names are of one file: both are names that the transaction's member may see. The same again is the same merge. Answers it;
-- no row: one name is none that they may see. `exhausted`: a name has 100 merges at most.
create or replace function coditect.merge_files(p_id uuid, p_source uuid, p_target uuid)
returns table (id uuid, author_id uuid, created_at timestamptz, is_new boolean, is_exhausted boolean) language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
  v_teams uuid[] := coditect.teams_of(v_account, v_user);
begin
  if v_teams is null or not coditect.is_file_shown(v_account, p_source, v_user, v_teams)
    or not coditect.is_file_shown(v_account, p_target, v_user, v_teams) then return; end if;
  perform pg_advisory_xact_lock(hashtextextended('coditect.merge_files ' || v_account, 0));
  is_exhausted := exists (
    select from unnest(array[p_source, p_target]) n (file_id) where 100 <= (
      select count(*) from coditect.file_merges g where g.account_id = v_account and n.file_id in (g.source_id, g.target_id)));
  select g.id, g.author_id, g.created_at into id, author_id, created_at from coditect.file_merges g
    where g.account_id = v_account and (g.source_id, g.target_id) in ((p_source, p_target), (p_target, p_source));
  is_new := id is null;
  if not is_new then is_exhausted := false; end if;
  if is_new and not is_exhausted then
    insert into coditect.file_merges as g (account_id, id, source_id, target_id, author_id) values (v_account, p_id, p_source, p_target, v_user)
      returning g.id, g.author_id, g.created_at into id, author_id, created_at;
  end if;
  return next;
end $$;

-- Takes a merge back: its author may, and admins and owners. Answers `gone`, `not_yours` or `missing`, also to those who may not see both names.
create or replace function coditect.unmerge_files(p_merge uuid) returns text language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
  v_teams uuid[] := coditect.teams_of(v_account, v_user);
  v_merge coditect.file_merges;
begin
  select g.* into v_merge from coditect.file_merges g where g.account_id = v_account and g.id = p_merge for update;
  if v_merge.id is null or v_teams is null or not coditect.is_file_shown(v_account, v_merge.source_id, v_user, v_teams)
    or not coditect.is_file_shown(v_account, v_merge.target_id, v_user, v_teams) then return 'missing'; end if;
  if v_merge.author_id is distinct from v_user and not coditect.is_admin() then return 'not_yours'; end if;
  delete from coditect.file_merges g where g.account_id = v_account and g.id = p_merge;
  return 'gone';
end $$;
