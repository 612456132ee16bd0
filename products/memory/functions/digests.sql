-- What follows for decisions that were drawn from a session, when the session is lowered or goes.

-- Deletes the decisions drawn from a session that nobody has accepted, superseded or written anew: they are what it says, and no more.
create or replace function coditect.delete_drawn(p_account uuid, p_session uuid) returns void language sql as $$
  delete from coditect.memory_decisions d using coditect.drawn_decisions x
    where x.account_id = p_account and x.session_id = p_session and d.account_id = p_account and d.id = x.id
      and d.status = 'proposed' and d.version = 1
$$;

-- Makes what is drawn from a session as private as the session is, however that was lowered. Of two teams none has all of it. A large session that
-- is deleted is nobody's first, and goes bit by bit.
create or replace function coditect.follow_drawn() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform coditect.delete_drawn(old.account_id, old.id);
    return old;
  end if;
  if new.author_id <> old.author_id then
    perform coditect.delete_drawn(old.account_id, old.id);
    delete from coditect.drawn_decisions x where x.account_id = new.account_id and x.session_id = new.id;
    delete from coditect.memory_summaries m where m.account_id = new.account_id and m.id = new.id;
    return new;
  end if;
  update coditect.memory_decisions d
    set level = case when new.level = 'team' and d.level = 'organization' then 'team' else 'private' end,
      team_id = case when new.level = 'team' and d.level = 'organization' then new.team_id end, updated_at = app.now()
    from coditect.drawn_decisions x
    where x.account_id = new.account_id and x.session_id = new.id and d.account_id = new.account_id and d.id = x.id
      and not coditect.is_within(d.level, d.team_id, new.level, new.team_id);
  return new;
end $$;

-- Whether all who may read an item of the first level may read the session, which has the second.
create or replace function coditect.is_within(p_level text, p_team uuid, p_session_level text, p_session_team uuid) returns boolean
language sql immutable as $$
  select p_level = 'private' or p_session_level = 'organization' or (p_level = 'team' and p_session_level = 'team' and p_team = p_session_team)
$$;

create or replace trigger follow_drawn before delete or update of author_id, level, team_id on coditect.memory_sessions
  for each row execute function coditect.follow_drawn();

-- Whether a decision may have a level: none above that of the session that it was drawn from, which is held as it is until the transaction ends.
create or replace function coditect.may_show_drawn(p_decision uuid, p_level text, p_team uuid) returns boolean language plpgsql as $$
declare
  v_account uuid := app.account();
  v_session coditect.memory_sessions;
begin
  select s.* into v_session from coditect.drawn_decisions x join coditect.memory_sessions s on s.account_id = v_account and s.id = x.session_id
    where x.account_id = v_account and x.id = p_decision for share of s;
  return v_session.id is null or coditect.is_within(p_level, p_team, v_session.level, v_session.team_id);
end $$;

-- Keeps what a session was summed up to, for a member who may read it. False: they may not, or more was said since.
create or replace function coditect.keep_summary(p_session uuid, p_drawn bytea, p_refined bytea, p_messages integer) returns boolean language plpgsql as $$
declare
  v_account uuid := app.account();
begin
  insert into coditect.memory_summaries (account_id, id, drawn, refined, messages)
    select v_account, s.id, p_drawn, p_refined, p_messages from coditect.memory_sessions s
      where s.account_id = v_account and s.id = p_session and s.messages = p_messages and coditect.may_read(s, app.user_id()) for no key update
    on conflict (account_id, id) do update set drawn = excluded.drawn, refined = excluded.refined, messages = excluded.messages, updated_at = app.now();
  return found;
end $$;
