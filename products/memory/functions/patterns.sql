-- Who may read a pattern, and what becomes of it with its sources.

-- Whether the transaction's member may read all sessions that a pattern is drawn from.
create or replace function coditect.are_sources_shown(p_pattern uuid) returns boolean language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
begin
  return not exists (
    select from coditect.pattern_sources x join coditect.memory_sessions s on s.account_id = v_account and s.id = x.session_id
    where x.account_id = v_account and x.pattern_id = p_pattern and s.author_id <> v_user and s.level <> 'organization' and not exists (
      select from accounts.team_members t where t.account_id = v_account and t.team_id = s.team_id and t.user_id = v_user));
end $$;

-- Makes patterns as private as the most private of their sources, where they are less so. Of two teams none has all of it: it is its author's.
create or replace function coditect.lower_patterns(p_account uuid, p_patterns uuid[]) returns void language sql as $$
  update coditect.patterns p
    set level = case when l.is_private then 'private' else 'team' end, team_id = case when not l.is_private then l.teams[1] end, updated_at = app.now()
  from (
    select one.id, bool_or(one.level = 'private') or count(distinct one.team_id) > 1 as is_private,
      array_agg(distinct one.team_id) filter (where one.team_id is not null) as teams
    from (
      select o.id, o.level, o.team_id from coditect.patterns o where o.account_id = p_account and o.id = any(p_patterns)
      union all
      select x.pattern_id, s.level, s.team_id from coditect.pattern_sources x
        join coditect.memory_sessions s on s.account_id = p_account and s.id = x.session_id
      where x.account_id = p_account and x.pattern_id = any(p_patterns)) one
    group by one.id) l
  where p.account_id = p_account and p.id = l.id and p.level <> 'private' and (l.is_private or (p.level = 'organization' and l.teams is not null))
$$;

-- After the transaction's member has stored patterns: what their pattern was drawn from and they may read no more is no source of it, and it has
-- the level of the others.
create or replace function coditect.settle_patterns(p_patterns uuid[]) returns void language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
begin
  delete from coditect.pattern_sources x using coditect.patterns p, coditect.memory_sessions s
    where x.account_id = v_account and x.pattern_id = any(p_patterns) and p.account_id = v_account and p.id = x.pattern_id and p.author_id = v_user
      and s.account_id = v_account and s.id = x.session_id and not coditect.is_shown(s.author_id, s.level, s.team_id);
  perform coditect.lower_patterns(v_account, p_patterns);
end $$;

-- Lowers what is drawn from a session with it, however that was lowered: by its author, an admin, or the end of its team. A large session that
-- is deleted is nobody's first, and goes bit by bit: nothing is drawn from it from then on.
create or replace function coditect.follow_session() returns trigger language plpgsql as $$
begin
  if new.author_id <> old.author_id then
    delete from coditect.pattern_sources x where x.account_id = new.account_id and x.session_id = new.id;
  else
    perform coditect.lower_patterns(new.account_id, array(
      select distinct x.pattern_id from coditect.pattern_sources x where x.account_id = new.account_id and x.session_id = new.id));
  end if;
  return null;
end $$;

create or replace trigger follow_session after update of author_id, level, team_id on coditect.memory_sessions
  for each row execute function coditect.follow_session();

-- Holds the patterns of a session before it goes or gets another level: two that share some wait for each other before either changes one.
create or replace function coditect.hold_patterns() returns trigger language plpgsql as $$
begin
  perform from coditect.patterns p where p.account_id = old.account_id and p.id in (
    select x.pattern_id from coditect.pattern_sources x where x.account_id = old.account_id and x.session_id = old.id) order by p.id for update;
  return coalesce(new, old);
end $$;

create or replace trigger hold_patterns before delete or update of author_id, level, team_id on coditect.memory_sessions
  for each row execute function coditect.hold_patterns();

-- Deletes patterns that have lost sources and are of one session or none now: nothing recurs.
create or replace function coditect.delete_bare_patterns() returns trigger language plpgsql as $$
begin
  delete from coditect.patterns p where (p.account_id, p.id) in (select g.account_id, g.pattern_id from gone g) and (
    select count(distinct x.session_id) from coditect.pattern_sources x where x.account_id = p.account_id and x.pattern_id = p.id) < 2;
  return null;
end $$;

create or replace trigger delete_bare_patterns after delete on coditect.pattern_sources
  referencing old table as gone for each statement execute function coditect.delete_bare_patterns();

-- Holds sessions as they are until the transaction ends: what deletes or lowers one of them waits. Answers those that its member may read.
create or replace function coditect.hold_sessions(p_sessions uuid[]) returns setof uuid language plpgsql as $$
declare
  v_account uuid := app.account();
begin
  return query select s.id from coditect.memory_sessions s where s.account_id = v_account and s.id = any(p_sessions)
    and coditect.is_shown(s.author_id, s.level, s.team_id) order by s.id for share;
end $$;

-- Gives a pattern another level, none above that of one of its sources: its author any, an admin who may read it a lower one.
-- Answers what came of it.
create or replace function coditect.set_pattern_level(p_pattern uuid, p_level text, p_team uuid) returns text language plpgsql as $$
declare
  v_account uuid := app.account();
  v_outcome text;
begin
  perform coditect.hold_sessions(array(
    select x.session_id from coditect.pattern_sources x where x.account_id = v_account and x.pattern_id = p_pattern));
  select coditect.level_outcome(p.author_id, p.level, p.team_id, p_level, p_team) into v_outcome
    from coditect.patterns p where p.account_id = v_account and p.id = p_pattern and coditect.are_sources_shown(p.id) for update;
  if v_outcome is distinct from 'changed' then return coalesce(v_outcome, 'missing'); end if;
  if exists (
    select from coditect.pattern_sources x join coditect.memory_sessions s on s.account_id = v_account and s.id = x.session_id
    where x.account_id = v_account and x.pattern_id = p_pattern
      and (coditect.height(s.level) < coditect.height(p_level) or (p_level = 'team' and s.level = 'team' and s.team_id <> p_team))) then
    return 'sources';
  end if;
  update coditect.patterns p set level = p_level, team_id = p_team, left_at = null, updated_at = app.now()
    where p.account_id = v_account and p.id = p_pattern;
  return 'changed';
exception when foreign_key_violation then
  -- The team was deleted meanwhile.
  return 'no_team';
end $$;

-- What kinds of patterns accounts had in some days of UTC, those of the most sessions first: `workflow:git`, `practice`. It counts what all of an
-- organization sees, and in a personal account what its person has. Of an account's rows its own data alone decides.
create or replace function coditect.shared_kinds(p_accounts uuid[], p_starts date, p_ends date) returns table (account_id uuid, kinds text[])
language sql stable as $$
  select c.account_id, array_agg(c.name order by c.sessions desc, c.name) from (
    select p.account_id, k.name, count(distinct x.session_id) as sessions
    from coditect.patterns p join accounts.accounts a on a.account_id = p.account_id
      join coditect.pattern_sources x on x.account_id = p.account_id and x.pattern_id = p.id
      cross join lateral (
        select p.kind || ':' || tool as name from unnest(p.tools) as tool union all select p.kind where cardinality(p.tools) = 0) k
    where p.account_id = any(p_accounts) and (p.level = 'organization' or a.kind = 'personal')
      and x.created_at >= p_starts::timestamp at time zone 'UTC' and x.created_at < p_ends::timestamp at time zone 'UTC'
    group by p.account_id, k.name) c
  group by c.account_id
$$;
