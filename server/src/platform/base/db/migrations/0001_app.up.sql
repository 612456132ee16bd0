-- What all modules share: the roles of row security, the scope of a transaction, and the database's time.
-- Roles belong to the whole cluster, so another database may have made them already, or be making them right now:
-- what is there is left alone, because two grants of one role at once fail.
do $$
declare
  v_role text;
  v_may text := case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end;
begin
  foreach v_role in array array['plinth_tenant', 'plinth_system'] loop
    begin
      execute format('create role %I nologin', v_role);
    exception when duplicate_object or unique_violation then null;
    end;
    if not pg_has_role(current_user, v_role, v_may) then
      execute format('grant %I to current_user', v_role);
    end if;
  end loop;
end $$;

create schema if not exists app;

-- One row. Only tests move `ahead`; the application's roles can't write it.
create table app.clock (
  one boolean primary key default true check (one),
  ahead interval not null default '0'
);
insert into app.clock default values;

-- The one clock of everything that is decided. Volatile: read after a lock it is the time after the lock.
create function app.now() returns timestamptz language plpgsql volatile parallel safe as $$
begin
  return clock_timestamp() + (select ahead from app.clock);
end $$;

-- The account of this transaction. After a finished transaction the setting reads as '', not null: both raise,
-- so that a forgotten scope is an error and never an empty list.
create function app.account() returns uuid language plpgsql stable parallel safe as $$
declare
  value text := current_setting('app.account', true);
begin
  if value is null or value = '' then
    raise exception 'no account is set in this transaction' using errcode = 'PL001';
  end if;
  return value::uuid;
end $$;

-- The user of this transaction, likewise.
create function app.user_id() returns uuid language plpgsql stable parallel safe as $$
declare
  value text := current_setting('app.user', true);
begin
  if value is null or value = '' then
    raise exception 'no user is set in this transaction' using errcode = 'PL002';
  end if;
  return value::uuid;
end $$;

-- Makes a table one of tenant data: row security forced, its account's rows only, all rows for the system role. What each role may do
-- with them stands in functions/rights.sql.
create procedure app.protect_tenant(target regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s to plinth_tenant using (account_id = (select app.account())) with check (account_id = (select app.account()))', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $$;

-- The same for a table whose rows belong to a user: not even the owner of the user's account reads it.
create procedure app.protect_user(target regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy own on %s to plinth_tenant using (user_id = (select app.user_id())) with check (user_id = (select app.user_id()))', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $$;

-- A table that nobody owns (holders, signing keys): the system role alone.
create procedure app.protect_system(target regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $$;

-- Which data this is, whatever it is kept in: a copy, a restored backup and what was moved elsewhere have the same id. One row.
create table app.installation (
  one boolean primary key default true check (one),
  id uuid not null default gen_random_uuid(),
  -- Where "plinth move" took everything, and when: nobody goes on with what was left behind.
  moved_to text,
  moved_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  check ((moved_to is null) = (moved_at is null))
);
insert into app.installation default values;
call app.protect_system('app.installation');
