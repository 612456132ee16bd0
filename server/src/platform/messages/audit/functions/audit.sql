create or replace function audit.refuse_rewriting() returns trigger language plpgsql as $$
begin
  if coalesce(new.ip, old.ip) is distinct from old.ip or coalesce(new.user_agent, old.user_agent) is distinct from old.user_agent
    or new.changes not in (old.changes, '{}')
  then
    raise exception 'an event is emptied, and never rewritten' using errcode = '42501';
  end if;
  return new;
end $$;
create or replace trigger events_emptied before update on audit.events for each row execute function audit.refuse_rewriting();
