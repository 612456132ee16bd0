-- Levels of decisions and documents, and which decision takes the place of which.

-- What came of giving something another level, before it is written: `changed`, `unchanged`, or why not. The transaction's member asks.
create or replace function coditect.level_outcome(p_author uuid, p_from text, p_from_team uuid, p_to text, p_to_team uuid) returns text
language plpgsql stable as $$
begin
  if not coditect.is_shown(p_author, p_from, p_from_team) then return 'missing'; end if;
  if p_to = p_from and p_to_team is not distinct from p_from_team then return 'unchanged'; end if;
  if p_author <> app.user_id() and (coditect.height(p_to) >= coditect.height(p_from) or not coditect.is_admin()) then return 'not_yours'; end if;
  return coalesce(coditect.level_problem(p_to, p_to_team), 'changed');
end $$;

-- Whether the transaction's member may read what has this author and level.
create or replace function coditect.is_shown(p_author uuid, p_level text, p_team uuid) returns boolean language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
begin
  return exists (select from accounts.members m where m.account_id = v_account and m.user_id = v_user)
    and (p_author = v_user or p_level = 'organization' or exists (
      select from accounts.team_members t where t.account_id = v_account and t.team_id = p_team and t.user_id = v_user));
end $$;

-- Whether the transaction's member is an admin or owner of the account.
create or replace function coditect.is_admin() returns boolean language plpgsql stable as $$
declare
  v_account uuid := app.account();
  v_user uuid := app.user_id();
begin
  return exists (select from accounts.members m where m.account_id = v_account and m.user_id = v_user and m.role in ('admin', 'owner'));
end $$;

-- Gives a `decision` or a `document` another level, no decision one above that of the session that it was drawn from: its author any, an admin who
-- may read it a lower one. Answers what came of it.
create or replace function coditect.set_item_level(p_kind text, p_item uuid, p_level text, p_team uuid) returns text language plpgsql as $$
declare
  v_account uuid := app.account();
  v_table text := case p_kind when 'decision' then 'coditect.memory_decisions' when 'document' then 'coditect.memory_documents' end;
  v_outcome text;
  -- First: a call that lowers a session holds that before its decisions.
  v_is_shown boolean := p_kind <> 'decision' or coditect.may_show_drawn(p_item, p_level, p_team);
begin
  execute format('select coditect.level_outcome(t.author_id, t.level, t.team_id, $3, $4) from %s t where t.account_id = $1 and t.id = $2 for update', v_table)
    into v_outcome using v_account, p_item, p_level, p_team;
  if v_outcome = 'changed' and not v_is_shown then return 'sources'; end if;
  if v_outcome = 'changed' then
    execute format('update %s t set level = $3, team_id = $4, left_at = null, updated_at = app.now() where t.account_id = $1 and t.id = $2', v_table)
      using v_account, p_item, p_level, p_team;
  end if;
  return coalesce(v_outcome, 'missing');
exception when foreign_key_violation then
  -- The team was deleted meanwhile.
  return 'no_team';
end $$;

-- Puts a decision in the place of another: that one's author may, and an admin who may read it. Two at once are one after the other, so
-- that no circle is made by both. Answers `changed`, `unchanged`, `missing`, `not_yours` or `cycle`.
create or replace function coditect.supersede(p_decision uuid, p_by uuid) returns text language plpgsql as $$
declare
  v_account uuid := app.account();
  v_before coditect.memory_decisions;
begin
  perform pg_advisory_xact_lock(hashtextextended('coditect.supersede ' || v_account, 0));
  select d.* into v_before from coditect.memory_decisions d where d.account_id = v_account and d.id = p_decision for update;
  if v_before.id is null or not coditect.is_shown(v_before.author_id, v_before.level, v_before.team_id) or not exists (
      select from coditect.memory_decisions d where d.account_id = v_account and d.id = p_by
        and coditect.is_shown(d.author_id, d.level, d.team_id)) then
    return 'missing';
  end if;
  if v_before.superseded_by = p_by then return 'unchanged'; end if;
  if v_before.author_id <> app.user_id() and not coditect.is_admin() then return 'not_yours'; end if;
  if exists (
    with recursive chain as (
      select p_by as id
      union select d.superseded_by from chain join coditect.memory_decisions d on d.account_id = v_account and d.id = chain.id
        where d.superseded_by is not null)
    select from chain where id = p_decision) then
    return 'cycle';
  end if;
  update coditect.memory_decisions d set status = 'superseded', superseded_by = p_by, updated_at = app.now()
    where d.account_id = v_account and d.id = p_decision;
  return 'changed';
exception when foreign_key_violation then
  -- The other one was deleted meanwhile.
  return 'missing';
end $$;

-- What a decision or a document took is the account's again, however it goes.
create or replace function coditect.give_bytes_back() returns trigger language plpgsql as $$
begin
  update limits.gauges g set used = greatest(0, g.used - old.bytes), updated_at = app.now()
    where g.account_id = old.account_id and g.product = 'coditect' and g.name = 'memory_bytes';
  return null;
end $$;

create or replace trigger give_bytes_back after delete on coditect.memory_decisions
  for each row execute function coditect.give_bytes_back();
create or replace trigger give_bytes_back after delete on coditect.memory_documents
  for each row execute function coditect.give_bytes_back();
