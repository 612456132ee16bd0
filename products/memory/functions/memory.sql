-- A search for words in memory, and what holds a session's words and storage together with it.

-- Hashes of words for an audience: the account, a team, or an author; and for none again. Who searches for one audience finds nothing of another.
create or replace function coditect.mask_words(p_words bigint[], p_audience uuid) returns bigint[] language sql immutable parallel safe as $$
  select array_agg(word # uuid_hash_extended(p_audience, 0)) from unnest(p_words) word
$$;

-- For whom a session's words are hashed.
create or replace function coditect.audience(p_session coditect.memory_sessions) returns uuid language sql immutable parallel safe as $$
  select case (p_session).level when 'private' then (p_session).author_id when 'team' then (p_session).team_id else (p_session).account_id end
$$;

-- Messages that one of these keys stands in, of any account: a key is of one. The order of their rows says nothing.
create or replace function coditect.messages_by_key(p_keys bigint[], p_masks bigint[]) returns uuid[] language sql stable set enable_seqscan to off as $$
  select array_agg(m.id) from (
    select id from coditect.memory_messages
    where words && array(select key # mask from unnest(p_keys) key cross join unnest(p_masks) mask) limit 4000) m
$$;

-- Of these messages those that the transaction's member has written.
create or replace function coditect.own_messages(p_ids uuid[]) returns uuid[] language sql stable as $$
  select array_agg(m.id) from coditect.memory_messages m
    join coditect.memory_sessions s on s.account_id = m.account_id and s.id = m.session_id
  where m.account_id = app.account() and m.id = any(p_ids) and s.author_id = app.user_id()
$$;

-- Of these messages those that the transaction's member may read.
create or replace function coditect.shown_messages(p_ids uuid[]) returns uuid[] language sql stable as $$
  select array_agg(m.id) from coditect.memory_messages m
    join coditect.memory_sessions s on s.account_id = m.account_id and s.id = m.session_id
  where m.account_id = app.account() and m.id = any(p_ids) and coditect.may_read(s, app.user_id())
$$;

-- Which audiences a member is of.
create or replace function coditect.audiences_of(p_account uuid, p_user uuid) returns bigint[] language sql stable as $$
  select array_agg(uuid_hash_extended(one.audience, 0)) from (
    select p_user as audience union select p_account
    union select t.team_id from accounts.team_members t where t.account_id = p_account and t.user_id = p_user) one
  where exists (select from accounts.members m where m.account_id = p_account and m.user_id = p_user)
$$;

-- Teams that they have left, where sessions of their own are: null of none.
create or replace function coditect.left_audiences_of(p_account uuid, p_user uuid) returns bigint[] language sql stable as $$
  select array_agg(distinct uuid_hash_extended(s.team_id, 0)) from coditect.memory_sessions s
  where s.account_id = p_account and s.author_id = p_user and s.team_id is not null and not exists (
    select from accounts.team_members t where t.account_id = p_account and t.user_id = p_user and t.team_id = s.team_id)
$$;

-- The turns that are most about some words, of those that the transaction's member may read: their ids, best first, and in how many of these
-- turns each word stands, about. `p_keys` has 24 keys of each word, of rank 0 to 23; the first word stands in every turn, and counts them.
-- With each rank half as many turns have a word, those that are more about it: ranks are read from the top until there are enough, so that
-- no search reads all turns of a frequent word. Who is in many teams asks for each key as often: words that are not looked up for that have
-- no frequency.
create or replace function coditect.find_turns(p_keys bigint[], p_most integer) returns table (ids uuid[], frequencies double precision[])
language plpgsql stable as $$
declare
  v_masks bigint[] := coditect.audiences_of(app.account(), app.user_id());
  -- What others said in a team that the member has left is not even counted.
  v_left_masks bigint[] := coditect.left_audiences_of(app.account(), app.user_id());
  -- While words have the audience of a level that was, what they lead to is held against the present one.
  v_is_pending boolean := exists (select from coditect.memory_sessions s where s.account_id = app.account() and s.pending_after is not null);
  v_keys bigint[];
  v_asked integer := 0;
  v_others uuid[];
  v_starts constant integer[] := array[12, 9, 6, 3, 0];
  -- Of each word: how many steps of ranks were read, and how many turns they had.
  v_steps integer[] := array_fill(0, array[cardinality(p_keys) / 24]);
  v_counts integer[] := v_steps;
  v_ids uuid[] := '{}';
  v_words integer[] := '{}';
  v_left integer := 3000;
  v_found uuid[];
  v_word integer;
  v_step integer;
  v_frequencies double precision[];
begin
  if v_masks is null then return; end if;
  loop
    v_word := coditect.next_word(v_steps, v_counts, v_left);
    exit when v_word is null or v_asked > 60000;
    v_step := v_steps[v_word] + 1;
    v_keys := p_keys[(v_word - 1) * 24 + 1 + v_starts[v_step] : (v_word - 1) * 24 + case v_step when 1 then 24 else v_starts[v_step - 1] end];
    v_asked := v_asked + cardinality(v_keys) * (cardinality(v_masks) + coalesce(cardinality(v_left_masks), 0));
    v_found := coalesce(coditect.messages_by_key(v_keys, v_masks), '{}');
    v_left := v_left - cardinality(v_found);
    if v_is_pending then v_found := coalesce(coditect.shown_messages(v_found), '{}'); end if;
    if v_left_masks is not null then
      v_others := coalesce(coditect.messages_by_key(v_keys, v_left_masks), '{}');
      v_left := v_left - cardinality(v_others);
      v_found := v_found || coalesce(coditect.own_messages(v_others), '{}');
    end if;
    v_steps[v_word] := v_step;
    v_counts[v_word] := v_counts[v_word] + cardinality(v_found);
    continue when v_word = 1 or cardinality(v_found) = 0;
    v_ids := v_ids || v_found;
    v_words := v_words || array_fill(v_word, array[cardinality(v_found)]);
  end loop;
  v_frequencies := array(select v_counts[word] * power(2, v_starts[v_steps[word]]) from generate_subscripts(v_steps, 1) word order by word);
  return query select array(
    select f.id from (
      select one.id, sum(ln(1 + v_frequencies[1] / v_frequencies[one.word])) as score from unnest(v_ids, v_words) one (id, word) group by one.id) f
    order by f.score desc, f.id limit p_most), v_frequencies;
end $$;

-- Of which word ranks are read next, by how many steps were read and how many turns they had. First every word until 40 turns of it are
-- found, then the rarest first, as long as there is time for all that its next ranks will have: each step has eight times as many.
create or replace function coditect.next_word(p_steps integer[], p_counts integer[], p_left integer) returns integer language plpgsql immutable as $$
declare
  v_best integer;
begin
  for word in 1 .. cardinality(p_steps) loop
    continue when p_steps[word] = 5;
    if p_counts[word] < 40 and p_left > 0 then return word; end if;
    continue when word = 1 or p_counts[word] * 7 > p_left;
    if v_best is null or p_counts[word] < p_counts[v_best] then v_best := word; end if;
  end loop;
  return v_best;
end $$;

-- Gives a session another level: its author any, an admin who may read it a lower one. Answers what came of it; who may not read it: `missing`.
create or replace function coditect.set_level(p_session uuid, p_level text, p_team uuid) returns text language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
  v_before coditect.memory_sessions;
  v_problem text := coditect.level_problem(p_level, p_team);
begin
  select s.* into v_before from coditect.memory_sessions s where s.account_id = v_account and s.id = p_session for no key update;
  if v_before.id is null or not coditect.may_read(v_before, v_user) then return 'missing'; end if;
  if v_before.level = p_level and v_before.team_id is not distinct from p_team then return 'unchanged'; end if;
  if v_before.author_id <> v_user and (coditect.height(p_level) >= coditect.height(v_before.level) or not exists (
      select from accounts.members m where m.account_id = v_account and m.user_id = v_user and m.role in ('admin', 'owner'))) then
    return 'not_yours';
  end if;
  if v_problem is not null then return v_problem; end if;
  update coditect.memory_sessions s set level = p_level, team_id = p_team, left_at = null, version = version + 1, updated_at = app.now()
    where s.account_id = v_account and s.id = p_session;
  return 'changed';
exception when foreign_key_violation then
  -- The team was deleted meanwhile.
  return 'no_team';
end $$;

-- Why the transaction's member can give nothing this level: they are none any more (`missing`), the account is `personal`, `no_team` of theirs.
-- Null: they can.
create or replace function coditect.level_problem(p_level text, p_team uuid) returns text language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
begin
  if not exists (select from accounts.members m where m.account_id = v_account and m.user_id = v_user) then return 'missing'; end if;
  if p_level = 'private' then return null; end if;
  if exists (select from accounts.accounts a where a.account_id = v_account and a.kind = 'personal') then return 'personal'; end if;
  if p_level = 'team' and not exists (
    select from accounts.team_members t where t.account_id = v_account and t.team_id = p_team and t.user_id = v_user) then
    return 'no_team';
  end if;
  return null;
end $$;

-- Whether somebody may read a session of their account.
create or replace function coditect.may_read(p_session coditect.memory_sessions, p_user uuid) returns boolean language sql stable as $$
  select exists (select from accounts.members m where m.account_id = (p_session).account_id and m.user_id = p_user)
    and ((p_session).author_id = p_user or (p_session).level = 'organization' or exists (
      select from accounts.team_members t
      where t.account_id = (p_session).account_id and t.team_id = (p_session).team_id and t.user_id = p_user))
$$;

-- How many people a level is for, by its rank.
create or replace function coditect.height(p_level text) returns integer language sql immutable as $$
  select array_position(array['private', 'team', 'organization'], p_level)
$$;

-- Gives the words of a session's messages after one of them its audience, some kilobytes of words at a time, and of one message at least:
-- 100,000 messages are more than one statement has time for. Answers after which message others wait; null: none.
create or replace function coditect.move_words_after(p_session coditect.memory_sessions, p_after text, p_bytes integer) returns text
language plpgsql as $$
declare
  v_audience uuid := coditect.audience(p_session);
  v_last text;
begin
  with looked as materialized (
    select m.id, m.client_id, case when m.audience <> v_audience then pg_column_size(m.words) else 0 end as bytes
    from coditect.memory_messages m where m.account_id = p_session.account_id and m.session_id = p_session.id and m.client_id > p_after
    order by m.client_id limit 1000),
  summed as (select l.*, sum(l.bytes) over (order by l.client_id) - l.bytes as before from looked l),
  taken as materialized (select * from summed where before < p_bytes),
  moved as (
    update coditect.memory_messages m
      set words = coditect.mask_words(coditect.mask_words(m.words, m.audience), v_audience), audience = v_audience, updated_at = app.now()
      from taken t where t.bytes > 0 and m.account_id = p_session.account_id and m.id = t.id)
  select case when count(*) = 1000 or count(*) < (select count(*) from looked) then max(t.client_id) end into v_last from taken t;
  return v_last;
end $$;

-- Begins it in the commit that changes the level, however that came to be: by its author, an admin, or the end of its team.
create or replace function coditect.move_words() returns trigger language plpgsql as $$
declare
  v_last text := coditect.move_words_after(new, '', 32768);
begin
  if v_last is distinct from new.pending_after then
    update coditect.memory_sessions s set pending_after = v_last where s.account_id = new.account_id and s.id = new.id;
  end if;
  return null;
end $$;

create or replace trigger move_words after update on coditect.memory_sessions
  for each row when (new.author_id = old.author_id and (old.level is distinct from new.level or old.team_id is distinct from new.team_id))
  execute function coditect.move_words();

-- Deletes a session of the transaction's member. A large one is nobody's from now on, read by nobody, and goes bit by bit. False: there is none of theirs.
create or replace function coditect.remove_session(p_session uuid) returns boolean language plpgsql as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
  v_session coditect.memory_sessions;
begin
  select s.* into v_session from coditect.memory_sessions s where s.account_id = v_account and s.id = p_session and s.author_id = v_user
    and exists (select from accounts.members m where m.account_id = v_account and m.user_id = v_user) for update;
  if v_session.id is null then return false; end if;
  -- A text is kept in pieces of 2,000 bytes; 100,000 rows took 2 s.
  if v_session.messages + v_session.bytes / 2000 <= 20000 then
    delete from coditect.memory_sessions s where s.account_id = v_account and s.id = p_session;
  else
    delete from coditect.memory_files f where f.account_id = v_account and f.session_id = p_session;
    update coditect.memory_sessions s set author_id = '00000000-0000-0000-0000-000000000000', client_id = s.id, level = 'private', team_id = null,
      title = null, summary = null, metadata = null, pending_after = '', updated_at = app.now() where s.account_id = v_account and s.id = p_session;
  end if;
  return true;
end $$;

-- Does some of what waits in one session, of any account: words get their audience, or messages of a deleted one go, and in the end itself.
-- False: nothing waits that nobody is at.
create or replace function coditect.do_pending(p_bytes integer, p_messages integer) returns boolean language plpgsql as $$
declare
  v_session coditect.memory_sessions;
  v_last text;
begin
  select s.* into v_session from coditect.memory_sessions s where s.pending_after is not null order by random() limit 1 for update skip locked;
  if v_session.id is null then return false; end if;
  if v_session.author_id <> '00000000-0000-0000-0000-000000000000' then
    v_last := coditect.move_words_after(v_session, v_session.pending_after, p_bytes);
  else
    with gone as (
      delete from coditect.memory_messages m where m.account_id = v_session.account_id and m.id = any(array(
        select o.id from coditect.memory_messages o where o.account_id = v_session.account_id and o.session_id = v_session.id
          and o.client_id > v_session.pending_after order by o.client_id limit p_messages)) returning m.client_id)
    select max(client_id) into v_last from gone;
    if v_last is null then
      delete from coditect.memory_sessions s where s.account_id = v_session.account_id and s.id = v_session.id;
    end if;
  end if;
  update coditect.memory_sessions s set pending_after = v_last where s.account_id = v_session.account_id and s.id = v_session.id;
  return true;
end $$;

-- What a session took is the account's again, however it goes. Nobody writes gauges but the system.
create or replace function coditect.give_memory_back() returns trigger language plpgsql as $$
begin
  update limits.gauges g set used = greatest(0, g.used - case g.name when 'memory_sessions' then 1 else old.bytes end), updated_at = app.now()
    where g.account_id = old.account_id and g.product = 'coditect' and g.name in ('memory_sessions', 'memory_bytes');
  return null;
end $$;

create or replace trigger give_memory_back after delete on coditect.memory_sessions
  for each row execute function coditect.give_memory_back();
