-- Who did what: one append-only table for all modules. Nobody's role may change or remove a row, but for what is personal in it:
-- erasure empties that, and can write nothing else (docs/erasure.md).
create schema audit;

create table audit.events (
  id uuid primary key,
  -- None for what belongs to no account: a log-in, an admin's work on a user.
  account_id uuid,
  actor_kind text not null check (actor_kind in ('user', 'key', 'system', 'store')),
  actor_id text,
  -- The person behind the actor, through a key too.
  user_id uuid,
  action text not null,
  target_kind text,
  target_id text,
  changes jsonb not null default '{}' check (jsonb_typeof(changes) = 'object'),
  ip text,
  user_agent text,
  request_id text,
  created_at timestamptz not null default app.now()
);
create index events_of_account on audit.events (account_id, created_at desc, id desc);
create index events_by_time on audit.events (created_at desc, id desc);
create index events_of_user on audit.events (user_id, created_at desc, id desc);
-- What was done to a person by others: their export and erasure ask for it.
create index events_about_user on audit.events (target_id) where target_kind = 'user' and account_id is null;

-- In the scope of an account its own events are written; in that of a user, those that the user caused.
create function audit.may_append(p_account uuid, p_user uuid) returns boolean language plpgsql stable parallel safe as $$
declare
  v_user text := nullif(current_setting('app.user', true), '');
begin
  if v_user is not null and p_user = v_user::uuid then
    return true;
  end if;
  if v_user is not null and nullif(current_setting('app.account', true), '') is null then
    return false;
  end if;
  return coalesce(p_account = app.account(), false);
end $$;

alter table audit.events enable row level security;
alter table audit.events force row level security;
create policy tenant_reads on audit.events for select to plinth_tenant using (account_id = (select app.account()));
create policy tenant_appends on audit.events for insert to plinth_tenant with check (audit.may_append(account_id, user_id));
create policy system_reads on audit.events for select to plinth_system using (true);
create policy system_appends on audit.events for insert to plinth_system with check (true);
create policy system_empties on audit.events for update to plinth_system using (true) with check (true);
