-- The schema of the migrated database. Made by npm run generate; the check fails when it differs.

create extension btree_gin with schema public;

-- ==================== accounts

create type accounts.key_budget as (key_id uuid, micros bigint);

create type accounts.spender as (account_id uuid, user_id uuid, key_id uuid, session_id uuid);

create type accounts.standing as (refused text, key_budgets accounts.key_budget[]);

create table accounts.accounts (
  account_id uuid not null,
  kind text not null,
  name text not null,
  status text not null default 'active'::text,
  time_zone text not null default 'UTC'::text,
  created_by uuid not null,
  deleted_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint accounts_pkey PRIMARY KEY (account_id),
  constraint accounts_kind_check CHECK ((kind = ANY (ARRAY['personal'::text, 'organization'::text]))),
  constraint accounts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint accounts_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
  constraint accounts_time_zone_check CHECK (accounts.is_time_zone(time_zone))
);
CREATE INDEX accounts_closed ON accounts.accounts USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX accounts_one_personal ON accounts.accounts USING btree (created_by) WHERE (kind = 'personal'::text);
alter table accounts.accounts enable row level security, force row level security;
create policy manages on accounts.accounts for update to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[]))) with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy reads on accounts.accounts for select to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('viewer'::text) AS reachable)::uuid[])));
create policy system on accounts.accounts for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on accounts.accounts to plinth_system;
grant select on accounts.accounts to plinth_tenant;
CREATE TRIGGER accounts_closed AFTER UPDATE OF deleted_at ON accounts.accounts FOR EACH ROW WHEN (((new.deleted_at IS NULL) <> (old.deleted_at IS NULL))) EXECUTE FUNCTION accounts.account_closed();
CREATE TRIGGER accounts_free_places AFTER DELETE OR UPDATE OF deleted_at ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION accounts.free_places();
CREATE TRIGGER accounts_take_places AFTER INSERT ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION accounts.take_places();

create table accounts.invitations (
  account_id uuid not null,
  invitation_id uuid not null,
  email text not null,
  role text not null,
  token_hash text not null,
  sends integer not null default 1,
  invited_by uuid not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint invitations_pkey PRIMARY KEY (account_id, invitation_id),
  constraint invitations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint invitations_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  constraint invitations_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);
CREATE UNIQUE INDEX invitations_by_email ON accounts.invitations USING btree (account_id, lower(email));
CREATE INDEX invitations_by_token ON accounts.invitations USING btree (token_hash);
alter table accounts.invitations enable row level security, force row level security;
create policy managed on accounts.invitations for all to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[]))) with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy system on accounts.invitations for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on accounts.invitations to plinth_system;
grant delete, insert, update on accounts.invitations to plinth_tenant;

create table accounts.members (
  account_id uuid not null,
  user_id uuid not null,
  role text not null,
  was_default boolean not null default false,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint members_pkey PRIMARY KEY (account_id, user_id),
  constraint members_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint members_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint members_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);
CREATE INDEX members_of_user ON accounts.members USING btree (user_id, account_id);
alter table accounts.members enable row level security, force row level security;
create policy adds on accounts.members for insert to plinth_tenant with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy changes on accounts.members for update to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[]))) with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy reads on accounts.members for select to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('viewer'::text) AS reachable)::uuid[])));
create policy removes on accounts.members for delete to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy system on accounts.members for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on accounts.members to plinth_system;
grant delete, insert, select on accounts.members to plinth_tenant;
CREATE TRIGGER members_left AFTER DELETE ON accounts.members FOR EACH ROW EXECUTE FUNCTION accounts.member_left();

create table accounts.places (
  account_id uuid not null,
  holds text not null,
  created_by uuid not null,
  place integer not null,
  free_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint places_pkey PRIMARY KEY (account_id, holds),
  constraint places_holds_check CHECK ((holds = ANY (ARRAY['organization'::text, 'both'::text]))),
  constraint places_place_check CHECK ((place > 0))
);
CREATE INDEX places_of_maker ON accounts.places USING btree (created_by, holds, place);
alter table accounts.places enable row level security, force row level security;
create policy system on accounts.places for all to plinth_system using (true) with check (true);
create policy tenant on accounts.places for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on accounts.places to plinth_system;
grant select on accounts.places to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.account_closed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  if new.deleted_at is not null then
    update accounts.members m set was_default = true, updated_at = app.now() from identity.users u
    where m.account_id = new.account_id and u.user_id = m.user_id and u.default_account_id = new.account_id;
    perform accounts.fall_back(new.account_id, m.user_id) from accounts.members m where m.account_id = new.account_id and m.was_default;
  else
    update identity.users u set default_account_id = new.account_id, updated_at = app.now() from accounts.members m
    where m.account_id = new.account_id and m.was_default and u.user_id = m.user_id;
    update accounts.members m set was_default = false, updated_at = app.now() where m.account_id = new.account_id and m.was_default;
  end if;
  return null;
end $function$;
alter routine accounts.account_closed() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.can_spend(p_account uuid, p_user uuid, p_key uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select ((accounts.standings(array[row(p_account, p_user, p_key, null)::accounts.spender]))[1]).refused
$function$;
grant execute on routine accounts.can_spend(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.fall_back(p_account uuid, p_user uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  update identity.users u set updated_at = app.now(), default_account_id = (
    select a.account_id from accounts.accounts a where a.created_by = u.user_id and a.kind = 'personal')
  where u.user_id = p_user and u.default_account_id = p_account
$function$;
alter routine accounts.fall_back(uuid,uuid) owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.free_places()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update accounts.places p set updated_at = app.now(), free_at = case
    when tg_op = 'DELETE' then coalesce(p.free_at, app.now() + interval '33 days')
    else new.deleted_at + interval '33 days' end
  where p.account_id = old.account_id;
  return null;
end $function$;
alter routine accounts.free_places() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.has_member(p_account uuid, p_email text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select p_account = any (accounts.reachable('admin')) and exists (
    select from identity.users u join accounts.members m on m.user_id = u.user_id and m.account_id = p_account
    where lower(u.email) = lower(p_email))
$function$;
alter routine accounts.has_member(uuid,text) owner to plinth_system;
grant execute on routine accounts.has_member(uuid,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.is_time_zone(p_name text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform timestamptz 'epoch' at time zone p_name;
  return p_name ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$';
exception when invalid_parameter_value then
  return false;
end $function$;
grant execute on routine accounts.is_time_zone(text) to plinth_system;
grant execute on routine accounts.is_time_zone(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.key_budgets(p_account uuid, p_keys uuid[])
 RETURNS accounts.key_budget[]
 LANGUAGE sql
 STABLE
AS $function$
  select array_agg((k.id, k.monthly_budget_micros)::accounts.key_budget order by k.id) from identity.api_keys k
  where k.account_id = p_account and k.id = any(p_keys) and k.monthly_budget_micros is not null
$function$;
grant execute on routine accounts.key_budgets(uuid,uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.may_own(p_account uuid, p_user uuid)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select exists (
    select from accounts.members m join identity.users u on u.user_id = m.user_id
    where m.account_id = p_account and m.user_id = p_user and u.status = 'active'
      and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
    for no key update of u)
$function$;
alter routine accounts.may_own(uuid,uuid) owner to plinth_system;
grant execute on routine accounts.may_own(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.member_left()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update identity.api_keys set revoked_at = app.now(), updated_at = app.now()
  where account_id = old.account_id and user_id = old.user_id and revoked_at is null;
  perform accounts.fall_back(old.account_id, old.user_id);
  return null;
end $function$;
alter routine accounts.member_left() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.open_account(p_account uuid, p_kind text, p_name text, p_owner uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  if current_setting('role') = 'plinth_tenant' and app.user_id() <> p_owner then
    raise exception 'an account is opened for whoever asks' using errcode = '42501';
  end if;
  insert into accounts.accounts (account_id, kind, name, created_by) values (p_account, p_kind, p_name, p_owner);
  insert into accounts.members (account_id, user_id, role) values (p_account, p_owner, 'owner');
end $function$;
alter routine accounts.open_account(uuid,text,text,uuid) owner to plinth_system;
grant execute on routine accounts.open_account(uuid,text,text,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.other_owners(p_account uuid, p_user uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select count(*)::integer from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = p_account and m.role = 'owner' and m.user_id <> p_user and u.closed_at is null
    and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
$function$;
alter routine accounts.other_owners(uuid,uuid) owner to plinth_system;
grant execute on routine accounts.other_owners(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.owned_by(p_account uuid, p_user uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select count(*)::integer from accounts.members m join accounts.accounts a using (account_id)
  where m.user_id = p_user and m.role = 'owner' and a.kind = 'organization' and a.deleted_at is null
    and exists (select from accounts.members o where o.account_id = p_account and o.user_id = p_user)
    and case when current_setting('role') = 'plinth_tenant' then p_account = any (accounts.reachable('viewer')) else true end
$function$;
alter routine accounts.owned_by(uuid,uuid) owner to plinth_system;
grant execute on routine accounts.owned_by(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.people(p_account uuid, p_only uuid, p_after uuid, p_limit integer)
 RETURNS TABLE(user_id uuid, email text, full_name text, avatar_url text, role text, created_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select m.user_id, u.email, u.full_name, u.avatar_url, m.role, m.created_at
  from accounts.members m join identity.users u on u.user_id = m.user_id
  where m.account_id = p_account and p_account = any (accounts.reachable('viewer'))
    and (p_only is null or m.user_id = p_only) and (p_after is null or m.user_id > p_after)
  order by m.user_id
  limit p_limit
$function$;
alter routine accounts.people(uuid,uuid,uuid,integer) owner to plinth_system;
grant execute on routine accounts.people(uuid,uuid,uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.reachable(p_least text)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_user text := nullif(current_setting('app.user', true), '');
begin
  if v_user is null then
    return array[app.account()];
  end if;
  return coalesce((
    select array_agg(m.account_id)
    from accounts.members m join accounts.accounts a using (account_id)
    where m.user_id = v_user::uuid and a.deleted_at is null and (p_least = 'viewer' or m.role in ('admin', 'owner'))
  ), '{}');
end $function$;
alter routine accounts.reachable(text) owner to plinth_system;
grant execute on routine accounts.reachable(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.standing_of(p_account uuid, p_user uuid, p_key uuid, p_session uuid)
 RETURNS TABLE(refused text, key_budgets accounts.key_budget[])
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
  select case
      when a.status is distinct from 'active' or a.deleted_at is not null then 'account_suspended'
      when u.status is distinct from 'active' then 'user_suspended'
      when m.user_id is null then 'not_a_member'
      when p_key is not null and (
        k.id is null or k.user_id <> p_user or k.revoked_at is not null
        or (k.expires_at is not null and k.expires_at <= app.now()) or identity.is_cut_off(k.account_id, k.makers)) then 'key_revoked'
      when p_session is not null and (i.id is null or i.revoked_at is not null or i.expires_at <= app.now()) then 'session_over'
      end,
    case when k.makers <> '{}' then accounts.key_budgets(k.account_id, k.makers || k.id)
      when k.monthly_budget_micros is not null then array[(k.id, k.monthly_budget_micros)::accounts.key_budget] end
  from (select) as one
  -- Laterally: each is one look-up by its key, however large the tables were when the plan was made.
  left join lateral (select * from accounts.accounts x where x.account_id = p_account limit 1) a on true
  left join lateral (select * from identity.users x where x.user_id = p_user limit 1) u on true
  left join lateral (select * from accounts.members x where x.account_id = p_account and x.user_id = p_user limit 1) m on true
  left join lateral (select * from identity.api_keys x where x.account_id = p_account and x.id = p_key limit 1) k on true
  left join lateral (select * from identity.sessions x where x.user_id = p_user and x.id = p_session limit 1) i on true
$function$;
grant execute on routine accounts.standing_of(uuid,uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.standings(p_spenders accounts.spender[])
 RETURNS accounts.standing[]
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return (
    select array_agg((w.refused, w.key_budgets)::accounts.standing order by s.place)
    from unnest(p_spenders) with ordinality as s (account_id, user_id, key_id, session_id, place)
    cross join lateral accounts.standing_of(s.account_id, s.user_id, s.key_id, s.session_id) as w);
end $function$;
grant execute on routine accounts.standings(accounts.spender[]) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.take_places()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_holds text;
begin
  perform pg_advisory_xact_lock(hashtextextended('places ' || new.created_by, 0));
  foreach v_holds in array case new.kind when 'organization' then array['both', 'organization'] else array['both'] end loop
    delete from accounts.places p where p.created_by = new.created_by and p.holds = v_holds and p.free_at <= app.now();
    insert into accounts.places (account_id, holds, created_by, place)
    select new.account_id, v_holds, new.created_by, min(n)
    from generate_series(1, 1 + (select count(*) from accounts.places p where p.created_by = new.created_by and p.holds = v_holds)) n
    where not exists (select from accounts.places p where p.created_by = new.created_by and p.holds = v_holds and p.place = n);
  end loop;
  return null;
end $function$;
alter routine accounts.take_places() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.time_zone(p_account uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select time_zone from accounts.accounts where account_id = p_account
$function$;
grant execute on routine accounts.time_zone(uuid) to plinth_system;

-- ==================== ai

create table ai.safety_events (
  id uuid not null,
  account_id uuid not null,
  user_id uuid not null,
  product text not null,
  route text not null,
  source text not null,
  status text not null,
  kinds text[] not null,
  rules text[] not null,
  request_id text,
  repeat_of text,
  created_at timestamp with time zone not null default app.now(),
  constraint safety_events_pkey PRIMARY KEY (user_id, id),
  constraint safety_events_source_check CHECK ((source = ANY (ARRAY['precheck'::text, 'moderation'::text, 'reply'::text, 'moderation_failed'::text]))),
  constraint safety_events_status_check CHECK ((status = ANY (ARRAY['ok'::text, 'caution'::text, 'concern'::text, 'crisis'::text])))
);
CREATE INDEX safety_events_by_time ON ai.safety_events USING btree (created_at);
CREATE INDEX safety_events_of_account ON ai.safety_events USING btree (account_id, created_at);
CREATE UNIQUE INDEX safety_events_once ON ai.safety_events USING btree (repeat_of, user_id, source);
alter table ai.safety_events enable row level security, force row level security;
create policy own on ai.safety_events for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on ai.safety_events for all to plinth_system using (true) with check (true);
grant delete, insert, select on ai.safety_events to plinth_system;
grant insert, select on ai.safety_events to plinth_tenant;

-- ==================== app

create table app.clock (
  one boolean not null default true,
  ahead interval not null default '00:00:00'::interval,
  constraint clock_pkey PRIMARY KEY (one),
  constraint clock_one_check CHECK (one)
);
grant select on app.clock to plinth_system;
grant select on app.clock to plinth_tenant;

create table app.installation (
  one boolean not null default true,
  id uuid not null default gen_random_uuid(),
  moved_to text,
  moved_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint installation_pkey PRIMARY KEY (one),
  constraint installation_check CHECK (((moved_to IS NULL) = (moved_at IS NULL))),
  constraint installation_one_check CHECK (one)
);
alter table app.installation enable row level security, force row level security;
create policy system on app.installation for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on app.installation to plinth_system;

CREATE OR REPLACE FUNCTION app.account()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
declare
  value text := current_setting('app.account', true);
begin
  if value is null or value = '' then
    raise exception 'no account is set in this transaction' using errcode = 'PL001';
  end if;
  return value::uuid;
end $function$;
grant execute on routine app.account() to plinth_system;
grant execute on routine app.account() to plinth_tenant;

CREATE OR REPLACE FUNCTION app.now()
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 PARALLEL SAFE
AS $function$
begin
  return clock_timestamp() + (select ahead from app.clock);
end $function$;
grant execute on routine app.now() to plinth_system;
grant execute on routine app.now() to plinth_tenant;

CREATE OR REPLACE PROCEDURE app.protect_system(IN target regclass)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $procedure$;
grant execute on routine app.protect_system(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.protect_tenant(IN target regclass)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s to plinth_tenant using (account_id = (select app.account())) with check (account_id = (select app.account()))', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $procedure$;
grant execute on routine app.protect_tenant(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.protect_user(IN target regclass)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy own on %s to plinth_tenant using (user_id = (select app.user_id())) with check (user_id = (select app.user_id()))', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
end $procedure$;
grant execute on routine app.protect_user(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.run_as_system(IN target regprocedure)
 LANGUAGE plpgsql
AS $procedure$
declare
  home text := (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = target);
begin
  execute format('grant create on schema %I to plinth_system', home);
  execute format('alter function %s security definer', target);
  execute format('alter function %s set search_path = pg_catalog, pg_temp', target);
  -- Called by itself it has no transaction in which anybody could set it: who waits for a row for longer is told so.
  execute format('alter function %s set lock_timeout = ''10s''', target);
  execute format('alter function %s owner to plinth_system', target);
  execute format('revoke create on schema %I from plinth_system', home);
end $procedure$;
grant execute on routine app.run_as_system(regprocedure) to plinth_system;

CREATE OR REPLACE FUNCTION app.user_id()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
declare
  value text := current_setting('app.user', true);
begin
  if value is null or value = '' then
    raise exception 'no user is set in this transaction' using errcode = 'PL002';
  end if;
  return value::uuid;
end $function$;
grant execute on routine app.user_id() to plinth_system;
grant execute on routine app.user_id() to plinth_tenant;

-- ==================== audit

create table audit.events (
  id uuid not null,
  account_id uuid,
  actor_kind text not null,
  actor_id text,
  user_id uuid,
  action text not null,
  target_kind text,
  target_id text,
  changes jsonb not null default '{}'::jsonb,
  ip text,
  user_agent text,
  request_id text,
  created_at timestamp with time zone not null default app.now(),
  constraint events_pkey PRIMARY KEY (id),
  constraint events_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'key'::text, 'system'::text, 'store'::text]))),
  constraint events_changes_check CHECK ((jsonb_typeof(changes) = 'object'::text))
);
CREATE INDEX events_about_user ON audit.events USING btree (target_id) WHERE ((target_kind = 'user'::text) AND (account_id IS NULL));
CREATE INDEX events_by_time ON audit.events USING btree (created_at DESC, id DESC);
CREATE INDEX events_of_account ON audit.events USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX events_of_user ON audit.events USING btree (user_id, created_at DESC, id DESC);
alter table audit.events enable row level security, force row level security;
create policy system_appends on audit.events for insert to plinth_system with check (true);
create policy system_empties on audit.events for update to plinth_system using (true) with check (true);
create policy system_reads on audit.events for select to plinth_system using (true);
create policy tenant_appends on audit.events for insert to plinth_tenant with check (audit.may_append(account_id, user_id));
create policy tenant_reads on audit.events for select to plinth_tenant using ((account_id = ( SELECT app.account() AS account)));
grant insert, select on audit.events to plinth_system;
grant insert, select on audit.events to plinth_tenant;
CREATE TRIGGER events_emptied BEFORE UPDATE ON audit.events FOR EACH ROW EXECUTE FUNCTION audit.refuse_rewriting();

CREATE OR REPLACE FUNCTION audit.may_append(p_account uuid, p_user uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
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
end $function$;
grant execute on routine audit.may_append(uuid,uuid) to plinth_system;
grant execute on routine audit.may_append(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION audit.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if coalesce(new.ip, old.ip) is distinct from old.ip or coalesce(new.user_agent, old.user_agent) is distinct from old.user_agent
    or new.changes not in (old.changes, '{}')
  then
    raise exception 'an event is emptied, and never rewritten' using errcode = '42501';
  end if;
  return new;
end $function$;
grant execute on routine audit.refuse_rewriting() to plinth_system;

-- ==================== billing

create table billing.bodies (
  store text not null,
  mode text not null,
  kind text not null,
  object_id text not null,
  number bigint not null,
  body jsonb,
  created_at timestamp with time zone not null default app.now(),
  constraint bodies_pkey PRIMARY KEY (store, mode, kind, object_id, number)
);
CREATE INDEX bodies_by_time ON billing.bodies USING btree (created_at);
alter table billing.bodies enable row level security, force row level security;
create policy system on billing.bodies for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.bodies to plinth_system;

create table billing.buckets (
  store text not null,
  mode text not null,
  free_at timestamp with time zone not null,
  updated_at timestamp with time zone not null default app.now(),
  constraint buckets_pkey PRIMARY KEY (store, mode)
);
alter table billing.buckets enable row level security, force row level security;
create policy system on billing.buckets for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.buckets to plinth_system;

create table billing.checkouts (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  product text not null,
  plan text,
  add_on text,
  cycle text,
  quantity integer not null,
  asked jsonb,
  attempt integer not null default 0,
  fingerprint text not null,
  session text,
  url text,
  state text not null default 'making'::text,
  expires_at timestamp with time zone,
  created_by uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint checkouts_pkey PRIMARY KEY (account_id, id),
  constraint checkouts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint checkouts_check CHECK ((num_nonnulls(plan, add_on) = 1)),
  constraint checkouts_state_check CHECK ((state = ANY (ARRAY['making'::text, 'open'::text, 'complete'::text, 'expired'::text])))
);
CREATE UNIQUE INDEX checkouts_by_session ON billing.checkouts USING btree (store, mode, session);
CREATE UNIQUE INDEX checkouts_open ON billing.checkouts USING btree (account_id, store, mode, product, add_on) NULLS NOT DISTINCT WHERE (state = ANY (ARRAY['making'::text, 'open'::text]));
alter table billing.checkouts enable row level security, force row level security;
create policy system on billing.checkouts for all to plinth_system using (true) with check (true);
create policy tenant on billing.checkouts for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.checkouts to plinth_system;
grant insert, select, update on billing.checkouts to plinth_tenant;

create table billing.customers (
  account_id uuid not null,
  store text not null,
  mode text not null,
  customer text not null,
  erased_at timestamp with time zone,
  forgotten_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  named boolean not null default false,
  moved_at timestamp with time zone,
  constraint customers_pkey PRIMARY KEY (account_id, store, mode, customer),
  constraint customers_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text, 'sandbox'::text]))),
  constraint customers_store_check CHECK ((store = ANY (ARRAY['stripe'::text, 'app_store'::text, 'google_play'::text])))
);
CREATE UNIQUE INDEX customers_by_name ON billing.customers USING btree (store, mode, customer);
CREATE INDEX customers_to_forget ON billing.customers USING btree (erased_at) WHERE ((erased_at IS NOT NULL) AND (forgotten_at IS NULL));
alter table billing.customers enable row level security, force row level security;
create policy system on billing.customers for all to plinth_system using (true) with check (true);
create policy tenant on billing.customers for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.customers to plinth_system;
grant select on billing.customers to plinth_tenant;

create table billing.disputes (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  charge text not null,
  state text not null,
  amount bigint not null,
  fee bigint not null default 0,
  currency text not null,
  reason text,
  occurred_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint disputes_pkey PRIMARY KEY (account_id, id),
  constraint disputes_amount_check CHECK ((amount >= 0)),
  constraint disputes_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint disputes_state_check CHECK ((state = ANY (ARRAY['inquiry'::text, 'open'::text, 'won'::text, 'lost'::text])))
);
CREATE UNIQUE INDEX disputes_by_store_id ON billing.disputes USING btree (store, mode, store_id);
CREATE INDEX disputes_by_time ON billing.disputes USING btree (occurred_at);
CREATE INDEX disputes_of_charge ON billing.disputes USING btree (store, mode, charge);
alter table billing.disputes enable row level security, force row level security;
create policy system on billing.disputes for all to plinth_system using (true) with check (true);
create policy tenant on billing.disputes for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.disputes to plinth_system;
grant select on billing.disputes to plinth_tenant;

create table billing.drains (
  store text not null,
  mode text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint drains_pkey PRIMARY KEY (store, mode)
);
alter table billing.drains enable row level security, force row level security;
create policy system on billing.drains for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.drains to plinth_system;

create table billing.endings (
  account_id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  busy_until timestamp with time zone,
  ended_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint endings_pkey PRIMARY KEY (account_id, store, mode, store_id),
  constraint endings_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE
);
alter table billing.endings enable row level security, force row level security;
create policy system on billing.endings for all to plinth_system using (true) with check (true);
create policy tenant on billing.endings for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.endings to plinth_system;

create table billing.gone_credits (
  account_id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  currency text not null,
  due bigint not null,
  taken bigint not null default 0,
  asked_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint gone_credits_pkey PRIMARY KEY (account_id, store, mode, store_id),
  constraint gone_credits_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint gone_credits_due_check CHECK ((due >= 0))
);
CREATE INDEX gone_credits_to_take ON billing.gone_credits USING btree (store, mode, asked_at) WHERE (due <> taken);
alter table billing.gone_credits enable row level security, force row level security;
create policy system on billing.gone_credits for all to plinth_system using (true) with check (true);
create policy tenant on billing.gone_credits for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.gone_credits to plinth_system;

create table billing.inbox (
  store text not null,
  mode text not null,
  event_id text not null,
  type text not null,
  body text not null,
  kind text,
  object_id text,
  number bigint not null,
  occurred_at timestamp with time zone not null,
  via text not null,
  state text not null default 'received'::text,
  settled_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  answer_by timestamp with time zone,
  answer_at timestamp with time zone,
  constraint inbox_pkey PRIMARY KEY (store, mode, event_id),
  constraint inbox_check CHECK (((kind IS NULL) = (object_id IS NULL))),
  constraint inbox_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 255))),
  constraint inbox_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text, 'sandbox'::text]))),
  constraint inbox_state_check CHECK ((state = ANY (ARRAY['received'::text, 'applied'::text, 'waiting'::text, 'ignored'::text, 'dead'::text]))),
  constraint inbox_store_check CHECK ((store = ANY (ARRAY['stripe'::text, 'app_store'::text, 'google_play'::text]))),
  constraint inbox_via_check CHECK ((via = ANY (ARRAY['webhook'::text, 'reconciler'::text])))
);
CREATE INDEX inbox_by_number ON billing.inbox USING btree (number);
CREATE INDEX inbox_by_object ON billing.inbox USING btree (store, mode, kind, object_id, number) WHERE (state = ANY (ARRAY['received'::text, 'waiting'::text, 'dead'::text]));
CREATE INDEX inbox_by_state ON billing.inbox USING btree (state, number);
CREATE INDEX inbox_by_time ON billing.inbox USING btree (created_at, number);
CREATE INDEX inbox_to_answer ON billing.inbox USING btree (store, mode, answer_at) WHERE (answer_by IS NOT NULL);
alter table billing.inbox enable row level security, force row level security;
create policy system on billing.inbox for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.inbox to plinth_system;

create table billing.invoice_lines (
  account_id uuid not null,
  invoice_id uuid not null,
  store_id text not null,
  product text not null,
  plan text,
  add_on text,
  overage text,
  cycle text,
  quantity bigint not null,
  unit_amount bigint not null,
  amount bigint not null,
  discount bigint not null,
  tax bigint not null,
  proration boolean not null,
  period_starts_at timestamp with time zone not null,
  period_ends_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint invoice_lines_pkey PRIMARY KEY (account_id, invoice_id, store_id),
  constraint invoice_lines_account_id_invoice_id_fkey FOREIGN KEY (account_id, invoice_id) REFERENCES billing.invoices(account_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
  constraint invoice_lines_check CHECK ((num_nonnulls(plan, add_on, overage) = 1)),
  constraint invoice_lines_cycle_check CHECK ((cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$'::text))
);
CREATE INDEX invoice_lines_by_period ON billing.invoice_lines USING btree (period_ends_at) WHERE (plan IS NOT NULL);
alter table billing.invoice_lines enable row level security, force row level security;
create policy system on billing.invoice_lines for all to plinth_system using (true) with check (true);
create policy tenant on billing.invoice_lines for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.invoice_lines to plinth_system;
grant select on billing.invoice_lines to plinth_tenant;

create table billing.invoices (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  number text,
  state text not null,
  subscription text,
  reason text not null,
  currency text not null,
  subtotal bigint not null,
  discount bigint not null,
  tax bigint not null,
  total bigint not null,
  paid bigint not null,
  attempts integer not null default 0,
  last_charge text,
  next_attempt_at timestamp with time zone,
  url text,
  pdf_url text,
  issued_at timestamp with time zone not null,
  due_at timestamp with time zone,
  paid_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  asks_customer boolean not null default false,
  in_sandbox boolean not null default false,
  acknowledge_by timestamp with time zone,
  constraint invoices_pkey PRIMARY KEY (account_id, id),
  constraint invoices_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint invoices_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'open'::text, 'paid'::text, 'void'::text, 'uncollectible'::text])))
);
CREATE UNIQUE INDEX invoices_by_store_id ON billing.invoices USING btree (store, mode, store_id);
CREATE INDEX invoices_by_time ON billing.invoices USING btree (paid_at) WHERE (state = 'paid'::text);
CREATE INDEX invoices_of_account ON billing.invoices USING btree (account_id, issued_at, id);
CREATE INDEX invoices_of_subscription ON billing.invoices USING btree (store, mode, subscription);
CREATE INDEX invoices_to_acknowledge ON billing.invoices USING btree (store, mode, acknowledge_by) WHERE (acknowledge_by IS NOT NULL);
alter table billing.invoices enable row level security, force row level security;
create policy system on billing.invoices for all to plinth_system using (true) with check (true);
create policy tenant on billing.invoices for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.invoices to plinth_system;
grant select on billing.invoices to plinth_tenant;

create table billing.notices (
  account_id uuid not null,
  kind text not null,
  about text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint notices_pkey PRIMARY KEY (account_id, kind, about),
  constraint notices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE
);
alter table billing.notices enable row level security, force row level security;
create policy system on billing.notices for all to plinth_system using (true) with check (true);
create policy tenant on billing.notices for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.notices to plinth_system;
grant select on billing.notices to plinth_tenant;

create table billing.objects (
  store text not null,
  mode text not null,
  kind text not null,
  object_id text not null,
  number bigint not null,
  customer text,
  state text not null,
  account_id uuid,
  claims uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint objects_pkey PRIMARY KEY (store, mode, kind, object_id),
  constraint objects_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'waiting'::text, 'foreign'::text, 'gone'::text])))
);
CREATE INDEX objects_by_account ON billing.objects USING btree (account_id);
CREATE INDEX objects_by_customer ON billing.objects USING btree (customer, store, mode);
CREATE INDEX objects_claimed ON billing.objects USING btree (claims) WHERE ((claims IS NOT NULL) AND (state = 'waiting'::text));
alter table billing.objects enable row level security, force row level security;
create policy system on billing.objects for all to plinth_system using (true) with check (true);
create policy tenant on billing.objects for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.objects to plinth_system;

create table billing.overage (
  account_id uuid not null,
  product text not null,
  limit_name text not null,
  below uuid not null,
  open_since timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint overage_pkey PRIMARY KEY (account_id, product, limit_name),
  constraint overage_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE
);
CREATE INDEX overage_by_time ON billing.overage USING btree (updated_at);
alter table billing.overage enable row level security, force row level security;
create policy system on billing.overage for all to plinth_system using (true) with check (true);
create policy tenant on billing.overage for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.overage to plinth_system;
grant select on billing.overage to plinth_tenant;

create table billing.overage_reports (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  product text not null,
  limit_name text not null,
  starts bigint not null,
  units bigint not null,
  customer text,
  state text not null default 'due'::text,
  asked_at timestamp with time zone,
  refusal text,
  due_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint overage_reports_pkey PRIMARY KEY (account_id, id),
  constraint overage_reports_state_check CHECK ((state = ANY (ARRAY['due'::text, 'sent'::text, 'lost'::text, 'doubtful'::text]))),
  constraint overage_reports_units_check CHECK ((units > 0))
);
CREATE INDEX overage_reports_due ON billing.overage_reports USING btree (due_at) WHERE (state = 'due'::text);
alter table billing.overage_reports enable row level security, force row level security;
create policy system on billing.overage_reports for all to plinth_system using (true) with check (true);
create policy tenant on billing.overage_reports for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.overage_reports to plinth_system;
grant select on billing.overage_reports to plinth_tenant;

create table billing.overage_windows (
  account_id uuid not null,
  product text not null,
  limit_name text not null,
  starts bigint not null,
  base bigint not null default 0,
  counted bigint not null default 0,
  past bigint not null default 0,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint overage_windows_pkey PRIMARY KEY (account_id, product, limit_name, starts),
  constraint overage_windows_account_id_product_limit_name_fkey FOREIGN KEY (account_id, product, limit_name) REFERENCES billing.overage(account_id, product, limit_name) ON DELETE CASCADE
);
alter table billing.overage_windows enable row level security, force row level security;
create policy system on billing.overage_windows for all to plinth_system using (true) with check (true);
create policy tenant on billing.overage_windows for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.overage_windows to plinth_system;
grant select on billing.overage_windows to plinth_tenant;

create table billing.payments (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  payment text not null,
  invoice text,
  state text not null,
  failure_code text,
  amount bigint not null,
  currency text not null,
  fee bigint,
  occurred_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint payments_pkey PRIMARY KEY (account_id, id),
  constraint payments_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint payments_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX payments_by_payment ON billing.payments USING btree (store, mode, payment);
CREATE UNIQUE INDEX payments_by_store_id ON billing.payments USING btree (store, mode, store_id);
CREATE INDEX payments_by_time ON billing.payments USING btree (occurred_at);
CREATE INDEX payments_of_invoice ON billing.payments USING btree (store, mode, invoice);
alter table billing.payments enable row level security, force row level security;
create policy system on billing.payments for all to plinth_system using (true) with check (true);
create policy tenant on billing.payments for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.payments to plinth_system;
grant select on billing.payments to plinth_tenant;

create table billing.prices (
  store text not null,
  mode text not null,
  product text not null,
  plan text,
  add_on text,
  overage text,
  cycle text,
  price text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  currency text not null,
  constraint prices_unique UNIQUE NULLS NOT DISTINCT (store, mode, product, plan, add_on, overage, cycle, currency),
  constraint prices_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint prices_cycle_check CHECK ((cycle = ANY (ARRAY['monthly'::text, 'yearly'::text])))
);
alter table billing.prices enable row level security, force row level security;
create policy system on billing.prices for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.prices to plinth_system;

create table billing.reconciled (
  store text not null,
  mode text not null,
  what text not null,
  until timestamp with time zone not null,
  updated_at timestamp with time zone not null default app.now(),
  constraint reconciled_pkey PRIMARY KEY (store, mode, what)
);
alter table billing.reconciled enable row level security, force row level security;
create policy system on billing.reconciled for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.reconciled to plinth_system;

create table billing.refunds (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  charge text not null,
  state text not null,
  amount bigint not null,
  fee_returned bigint not null default 0,
  currency text not null,
  reason text,
  occurred_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint refunds_pkey PRIMARY KEY (account_id, id),
  constraint refunds_amount_check CHECK ((amount >= 0)),
  constraint refunds_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint refunds_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE UNIQUE INDEX refunds_by_store_id ON billing.refunds USING btree (store, mode, store_id);
CREATE INDEX refunds_by_time ON billing.refunds USING btree (occurred_at);
CREATE INDEX refunds_of_charge ON billing.refunds USING btree (store, mode, charge);
alter table billing.refunds enable row level security, force row level security;
create policy system on billing.refunds for all to plinth_system using (true) with check (true);
create policy tenant on billing.refunds for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.refunds to plinth_system;
grant select on billing.refunds to plinth_tenant;

create table billing.subscriptions (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  product text not null,
  plan text not null,
  cycle text not null,
  quantity integer not null,
  unit_amount bigint not null,
  currency text not null,
  state text not null,
  given_up boolean not null default false,
  starts_at timestamp with time zone not null,
  trial_ends_at timestamp with time zone,
  period_starts_at timestamp with time zone not null,
  period_ends_at timestamp with time zone not null,
  cancels_at timestamp with time zone,
  ended_at timestamp with time zone,
  failures integer not null default 0,
  grace_ends_at timestamp with time zone,
  suspends_at timestamp with time zone,
  suspended_by text,
  next_plan text,
  next_cycle text,
  next_quantity integer,
  next_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  pending_plan text,
  pending_cycle text,
  pending_quantity integer,
  pending_invoice text,
  pending_expires_at timestamp with time zone,
  in_sandbox boolean not null default false,
  kept_until timestamp with time zone,
  replaces text,
  acknowledge_by timestamp with time zone,
  extending_until timestamp with time zone,
  needs_follow_up boolean not null default false,
  constraint subscriptions_pkey PRIMARY KEY (account_id, id),
  constraint subscriptions_check CHECK (((suspends_at IS NULL) = (suspended_by IS NULL))),
  constraint subscriptions_check1 CHECK ((num_nonnulls(next_plan, next_cycle, next_quantity, next_at) = ANY (ARRAY[0, 4]))),
  constraint subscriptions_check2 CHECK ((num_nonnulls(pending_plan, pending_cycle, pending_quantity, pending_invoice, pending_expires_at) = ANY (ARRAY[0, 5]))),
  constraint subscriptions_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint subscriptions_cycle_check CHECK ((cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$'::text)),
  constraint subscriptions_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text, 'sandbox'::text]))),
  constraint subscriptions_next_cycle_check CHECK ((next_cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$'::text)),
  constraint subscriptions_next_quantity_check CHECK ((next_quantity >= 0)),
  constraint subscriptions_pending_cycle_check CHECK ((pending_cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$'::text)),
  constraint subscriptions_pending_quantity_check CHECK ((pending_quantity >= 0)),
  constraint subscriptions_quantity_check CHECK ((quantity >= 0)),
  constraint subscriptions_state_check CHECK ((state = ANY (ARRAY['incomplete'::text, 'trialing'::text, 'active'::text, 'past_due'::text, 'paused'::text, 'canceled'::text, 'expired'::text]))),
  constraint subscriptions_store_check CHECK ((store = ANY (ARRAY['stripe'::text, 'app_store'::text, 'google_play'::text]))),
  constraint subscriptions_suspended_by_check CHECK ((suspended_by = ANY (ARRAY['dispute'::text, 'pause'::text, 'payment'::text])))
);
CREATE INDEX subscriptions_by_id ON billing.subscriptions USING btree (id);
CREATE UNIQUE INDEX subscriptions_by_store_id ON billing.subscriptions USING btree (store, mode, store_id);
CREATE INDEX subscriptions_of_account ON billing.subscriptions USING btree (account_id, starts_at, id);
CREATE INDEX subscriptions_to_acknowledge ON billing.subscriptions USING btree (store, mode, acknowledge_by) WHERE (acknowledge_by IS NOT NULL);
CREATE INDEX subscriptions_to_follow_up ON billing.subscriptions USING btree (store, mode) WHERE (needs_follow_up OR (state = 'past_due'::text));
alter table billing.subscriptions enable row level security, force row level security;
create policy system on billing.subscriptions for all to plinth_system using (true) with check (true);
create policy tenant on billing.subscriptions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.subscriptions to plinth_system;
grant select on billing.subscriptions to plinth_tenant;

create table billing.told_failures (
  account_id uuid not null,
  store text not null,
  mode text not null,
  invoice text not null,
  nth integer not null,
  told_at timestamp with time zone not null,
  grace_ends_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint told_failures_pkey PRIMARY KEY (account_id, store, mode, invoice, nth),
  constraint told_failures_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint told_failures_nth_check CHECK ((nth >= 0))
);
alter table billing.told_failures enable row level security, force row level security;
create policy system on billing.told_failures for all to plinth_system using (true) with check (true);
create policy tenant on billing.told_failures for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.told_failures to plinth_system;
grant select on billing.told_failures to plinth_tenant;

create table billing.trials (
  account_id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  product text not null,
  created_by uuid not null,
  card text,
  refused_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint trials_pkey PRIMARY KEY (account_id, store, mode, store_id)
);
CREATE INDEX trials_of_card ON billing.trials USING btree (card, product);
CREATE INDEX trials_of_maker ON billing.trials USING btree (created_by, product);
alter table billing.trials enable row level security, force row level security;
create policy system on billing.trials for all to plinth_system using (true) with check (true);
create policy tenant on billing.trials for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.trials to plinth_system;

create table billing.wants (
  store text not null,
  mode text not null,
  kind text not null,
  object_id text not null,
  wanted bigint not null,
  fetching bigint,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default app.now(),
  dead boolean not null default false,
  low boolean not null default false,
  error text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  holder uuid,
  constraint wants_pkey PRIMARY KEY (store, mode, kind, object_id)
);
CREATE INDEX wants_dead ON billing.wants USING btree (wanted) WHERE dead;
CREATE INDEX wants_due ON billing.wants USING btree (store, mode, low, due_at) WHERE (NOT dead);
CREATE INDEX wants_held ON billing.wants USING btree (store, mode) WHERE (holder IS NOT NULL);
alter table billing.wants enable row level security, force row level security;
create policy system on billing.wants for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.wants to plinth_system;

CREATE OR REPLACE FUNCTION billing.a_year(p_cycle text, p_amount numeric)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case p_cycle when 'monthly' then p_amount * 12 when 'yearly' then p_amount
    else p_amount * case right(p_cycle, 1) when 'D' then 365 when 'W' then 365 / 7.0 when 'M' then 12 else 1 end
      / substr(p_cycle, 2, length(p_cycle) - 2)::numeric end
$function$;
grant execute on routine billing.a_year(text,numeric) to plinth_system;

CREATE OR REPLACE FUNCTION billing.begin_overage(p_account uuid, p_product text, p_limit text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_now timestamptz := app.now();
  v_first uuid := '00000000-0000-0000-0000-000000000000';
  v_below uuid := limits.settled_before(p_account, p_product, v_first, v_now);
  v_since timestamptz := limits.open_since(p_account, p_product, v_now);
begin
  insert into billing.overage (account_id, product, limit_name, below, open_since) values (p_account, p_product, p_limit, v_below, v_since)
    on conflict do nothing;
  if not found then return; end if;
  insert into billing.overage_windows (account_id, product, limit_name, starts, base, counted)
    select p_account, p_product, p_limit, s.starts, s.below, s.units + limits.adjusted_units(p_account, p_product, p_limit, s.per, s.starts)
    -- No window that still counts began longer ago.
    from limits.settled_units(p_account, p_product, p_limit, v_first, v_now - interval '32 days', v_below) s;
end $function$;
grant execute on routine billing.begin_overage(uuid,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.count_overage(p_account uuid, p_product text, p_limit text, p_mode text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  o billing.overage;
  w record;
  v_now timestamptz := app.now();
  v_below uuid;
  v_since timestamptz;
  v_included bigint;
  v_total bigint;
  v_past bigint;
  v_all bigint := 0;
begin
  select * into o from billing.overage where account_id = p_account and product = p_product and limit_name = p_limit for update;
  if not found then return 0; end if;
  -- Before the sums: a permit that is settled in between is in them, and is read again next time.
  v_below := greatest(o.below, limits.settled_before(p_account, p_product, o.below, v_now));
  v_since := limits.open_since(p_account, p_product, v_now);
  v_included := entitlements.most_included(p_account, p_product, p_limit, o.open_since - interval '1 minute', v_now);
  for w in select * from limits.settled_units(p_account, p_product, p_limit, o.below, '-infinity', v_below) order by starts loop
    insert into billing.overage_windows (account_id, product, limit_name, starts) values (p_account, p_product, p_limit, w.starts) on conflict do nothing;
    select t.base + w.units + limits.adjusted_units(p_account, p_product, p_limit, w.per, w.starts), greatest(t.counted, v_included)
      into v_total, v_past from billing.overage_windows t
      where t.account_id = p_account and t.product = p_product and t.limit_name = p_limit and t.starts = w.starts;
    v_past := greatest(0, v_total - v_past);
    update billing.overage_windows t set base = t.base + w.below, counted = greatest(t.counted, v_total), past = t.past + v_past, updated_at = v_now
      where t.account_id = p_account and t.product = p_product and t.limit_name = p_limit and t.starts = w.starts
        and (w.below > 0 or v_total > t.counted);
    if v_past > 0 then
      insert into billing.overage_reports (account_id, id, store, mode, product, limit_name, starts, units, customer, due_at, created_at)
        values (p_account, gen_random_uuid(), 'stripe', p_mode, p_product, p_limit, w.starts, v_past, billing.payer(p_account, p_product, p_mode), v_now, v_now);
      v_all := v_all + v_past;
    end if;
  end loop;
  update billing.overage set below = v_below, open_since = v_since, updated_at = v_now
    where account_id = p_account and product = p_product and limit_name = p_limit;
  return v_all;
end $function$;
grant execute on routine billing.count_overage(uuid,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.invoice_parts(p_store text, p_mode text, p_invoice text)
 RETURNS TABLE(product text, plan text, item text, amount bigint, tax bigint, amount_upto bigint, tax_upto bigint, total bigint, is_main boolean)
 LANGUAGE sql
 STABLE
AS $function$
  with i as (select * from billing.invoices where store = p_store and mode = p_mode and store_id = p_invoice),
    l as (
      select l.store_id, l.product, l.product || '.' || l.plan as plan, l.product || '.' || coalesce(l.plan, l.add_on, l.overage) as item,
        l.amount - l.discount + l.tax as amount, l.tax
      from i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id),
    rest as (select i.total - coalesce(sum(l.amount), 0)::bigint as amount, i.tax - coalesce(sum(l.tax), 0)::bigint as tax
      from i left join l on true group by i.total, i.tax),
    parts as (select store_id, product, plan, item, amount, tax from l union all select null, null, null, null, amount, tax from rest where (amount, tax) <> (0, 0))
  select product, plan, item, parts.amount, parts.tax, (sum(parts.amount) over upto)::bigint, (sum(parts.tax) over upto)::bigint, i.total,
      row_number() over (order by product is null, parts.amount desc, parts.store_id collate "C") = 1
    from parts cross join i where i.total <> 0
    window upto as (order by parts.store_id collate "C" nulls last rows unbounded preceding)
$function$;
grant execute on routine billing.invoice_parts(text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.is_told(p_store text, p_mode text, p_id text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (select from billing.invoices where store = p_store and mode = p_mode and store_id = p_id)
    or exists (
      select from billing.payments p join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
      where p.store = p_store and p.mode = p_mode and (p.store_id = p_id or p.payment = p_id))
    or exists (
      select from billing.refunds r join billing.payments p on p.store = r.store and p.mode = r.mode and p.store_id = r.charge
        join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
      where r.store = p_store and r.mode = p_mode and r.store_id = p_id)
    or exists (
      select from billing.disputes d join billing.payments p on p.store = d.store and p.mode = d.mode and p.store_id = d.charge
        join billing.invoices i on i.store = p.store and i.mode = p.mode and i.store_id = p.invoice
      where d.store = p_store and d.mode = p_mode and d.store_id = p_id)
$function$;
grant execute on routine billing.is_told(text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.movements(p_from timestamp with time zone, p_until timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, kind text, store text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint, fee_known boolean, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
  select m.account_id, m.kind, m.store, s.product, s.plan, s.item, m.currency, (m.kind = 'sale' and coalesce(s.is_main, true))::integer,
    coalesce(round(m.amount::numeric * s.amount_upto / s.total) - round(m.amount::numeric * (s.amount_upto - s.amount) / s.total), m.amount)::bigint,
    coalesce(round(m.fee::numeric * s.amount_upto / s.total) - round(m.fee::numeric * (s.amount_upto - s.amount) / s.total), m.fee, 0)::bigint,
    coalesce(round(m.amount::numeric * s.tax_upto / s.total) - round(m.amount::numeric * (s.tax_upto - s.tax) / s.total), 0)::bigint,
    m.fee is not null, m.occurred_at
  from billing.moves(p_from, p_until, p_mode) as m left join lateral billing.invoice_parts(m.store, p_mode, m.invoice) as s on true
  where s.total is null or s.product is not null
$function$;
grant execute on routine billing.movements(timestamp with time zone,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.moves(p_from timestamp with time zone, p_until timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, kind text, store text, store_id text, invoice text, currency text, amount bigint, fee bigint, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
  select p.account_id, 'sale', p.store, p.store_id, p.invoice, p.currency, p.amount, p.fee, p.occurred_at
    from billing.payments p
    where p.mode = p_mode and p.state = 'succeeded' and p.occurred_at >= p_from and p.occurred_at < p_until
      and exists (select from billing.invoices i where i.store = p.store and i.mode = p.mode and i.store_id = p.invoice)
      and p.amount <> 0
  union all
  select i.account_id, 'sale', i.store, i.store_id, i.store_id, i.currency, i.paid - c.charged, 0, i.paid_at
    from billing.invoices i
    cross join lateral (
      select coalesce(sum(p.amount), 0)::bigint as charged from billing.payments p
      where p.store = i.store and p.mode = i.mode and p.invoice = i.store_id and p.state = 'succeeded') as c
    where i.mode = p_mode and i.state = 'paid' and i.paid_at >= p_from and i.paid_at < p_until and i.paid > c.charged
  union all
  select r.account_id, 'refund', r.store, r.store_id, p.invoice, r.currency, -r.amount, -r.fee_returned, r.occurred_at
    from billing.refunds r join billing.payments p on p.store = r.store and p.mode = r.mode and p.store_id = r.charge
    where r.mode = p_mode and r.state = 'succeeded' and r.occurred_at >= p_from and r.occurred_at < p_until
      and exists (select from billing.invoices i where i.store = p.store and i.mode = p.mode and i.store_id = p.invoice)
  union all
  -- What was taken back; of one that was won, the fee alone.
  select d.account_id, 'dispute', d.store, d.store_id, p.invoice, d.currency, case when d.state = 'won' then 0 else -d.amount end, d.fee, d.occurred_at
    from billing.disputes d join billing.payments p on p.store = d.store and p.mode = d.mode and p.store_id = d.charge
    where d.mode = p_mode and d.state in ('open', 'won', 'lost') and d.occurred_at >= p_from and d.occurred_at < p_until
      and exists (select from billing.invoices i where i.store = p.store and i.mode = p.mode and i.store_id = p.invoice)
$function$;
grant execute on routine billing.moves(timestamp with time zone,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.past_here(p_product text, p_limit text, p_per text)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select coalesce(sum(w.past), 0)::bigint from billing.overage_windows w
  where w.account_id = app.account() and w.product = p_product and w.limit_name = p_limit
    and (limits.window_of(w.account_id, p_product, p_per, w.starts, app.now())).starts = w.starts
$function$;
alter routine billing.past_here(text,text,text) owner to plinth_system;
grant execute on routine billing.past_here(text,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION billing.payer(p_account uuid, p_product text, p_mode text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select o.customer from billing.subscriptions s
    join billing.objects o on o.store = s.store and o.mode = s.mode and o.kind = 'subscription' and o.object_id = s.store_id
  where s.account_id = p_account and s.product = p_product and s.store = 'stripe' and s.mode = p_mode
  order by s.state in ('trialing', 'active', 'past_due') desc, s.starts_at desc limit 1
$function$;
grant execute on routine billing.payer(uuid,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.recurring(p_at timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, store text, subscription text, product text, plan text, currency text, yearly bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select l.account_id, l.store, l.subscription, coalesce(now.product, l.product), coalesce(now.product || '.' || now.plan, l.product || '.' || l.plan), l.currency,
    round(billing.a_year(coalesce(now.cycle, l.cycle), case
      when now.plan is not null then now.unit_amount::numeric * now.quantity * l.share
      -- A part of a period says what a whole one costs, with the share of it that a discount leaves.
      when l.proration then round(l.unit_amount::numeric * l.quantity * l.share)
      else l.amount - l.discount
    end))::bigint
  from (
    select distinct on (i.store, i.subscription) i.account_id, i.store, i.subscription, i.currency, l.product, l.plan, l.cycle, l.quantity, l.unit_amount,
      l.amount, l.discount, l.proration, case when l.amount = 0 then 0 else (l.amount - l.discount)::numeric / l.amount end as share
    from billing.invoice_lines l join billing.invoices i on i.account_id = l.account_id and i.id = l.invoice_id
      left join billing.subscriptions kept on i.store <> 'stripe' and kept.store = i.store and kept.mode = i.mode and kept.store_id = i.subscription
    where l.plan is not null and l.cycle is not null and l.amount >= 0 and l.period_starts_at < p_at and (l.period_ends_at >= p_at
        or kept.state = 'past_due' and kept.period_starts_at = l.period_ends_at and kept.period_ends_at >= p_at
        or kept.state = 'active' and kept.period_starts_at = l.period_starts_at
          and coalesce(kept.cancels_at, kept.period_ends_at + interval '3 days') >= p_at
        or kept.store is not null and l.period_ends_at >= p_at - interval '7 days' and billing.was_recovered(i.id, i.account_id, l.period_ends_at))
      and i.mode = p_mode and i.subscription is not null and i.state in ('draft', 'open', 'paid')
      -- A change that is not paid is not made, unless the subscription is past due by it.
      and not (i.state = 'open' and i.reason = 'subscription_update' and exists (select from billing.subscriptions s
        where s.store = i.store and s.mode = i.mode and s.store_id = i.subscription and s.state in ('active', 'trialing')))
    order by i.store, i.subscription, l.period_starts_at desc, l.proration desc, i.issued_at desc, l.store_id collate "C" desc
  ) as l left join billing.subscriptions now on now.store = l.store and now.mode = p_mode and now.store_id = l.subscription
    and l.store = 'stripe' and now.updated_at <= p_at and now.state in ('active', 'past_due')
    and (now.product, now.plan, now.cycle, now.quantity, now.unit_amount) is distinct from (l.product, l.plan, l.cycle, l.quantity, l.unit_amount)
  where l.share > 0 and (now.plan is null or now.unit_amount * now.quantity > 0) and not exists (
    select from billing.subscriptions s where s.store = l.store and s.mode = p_mode and s.store_id = l.subscription
      -- One whose first payment did not come yet was not begun.
      and (s.state = 'incomplete' or least(s.ended_at, s.suspends_at) < p_at))
$function$;
grant execute on routine billing.recurring(timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.triable(p_mode text, p_products text[], p_most integer)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select product from unnest(p_products) as product
  where billing.tried_elsewhere(app.account(), p_mode, product, null) < p_most
    and not exists (select from billing.trials t where t.account_id = app.account() and t.mode = p_mode and t.product = product)
    and not exists (select from billing.subscriptions s where s.account_id = app.account() and s.mode = p_mode and s.product = product
      and s.state not in ('incomplete', 'expired'))
$function$;
alter routine billing.triable(text,text[],integer) owner to plinth_system;
grant execute on routine billing.triable(text,text[],integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION billing.tried_elsewhere(p_account uuid, p_mode text, p_product text, p_card text)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$
  select greatest(
    (select count(distinct t.account_id) from billing.trials t
     where t.created_by = (select a.created_by from accounts.accounts a where a.account_id = p_account)
       and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null),
    (select count(distinct t.account_id) from billing.trials t
     where t.card = p_card and t.mode = p_mode and t.product = p_product and t.account_id <> p_account and t.refused_at is null))::integer
$function$;
grant execute on routine billing.tried_elsewhere(uuid,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.was_recovered(p_invoice uuid, p_account uuid, p_ended timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from billing.invoices i join billing.invoices n on n.account_id = i.account_id and n.store = i.store and n.mode = i.mode and n.subscription = i.subscription
      join billing.invoice_lines l on l.account_id = n.account_id and l.invoice_id = n.id
    where i.account_id = p_account and i.id = p_invoice and n.reason = 'subscription_cycle' and l.period_starts_at > p_ended)
$function$;
grant execute on routine billing.was_recovered(uuid,uuid,timestamp with time zone) to plinth_system;

-- ==================== blobs

create table blobs.blobs (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  gauge text,
  purpose text not null,
  key text not null,
  filename text not null,
  type text not null,
  bytes bigint not null,
  sha256 text not null,
  status text not null default 'reserved'::text,
  upload_id text,
  parts integer,
  part_bytes bigint,
  upload_until timestamp with time zone,
  expires_at timestamp with time zone,
  keep_until timestamp with time zone,
  swept_at timestamp with time zone,
  created_by uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint blobs_pkey PRIMARY KEY (account_id, id),
  constraint blobs_bytes_check CHECK ((bytes >= 0)),
  constraint blobs_check CHECK (((parts IS NULL) = (part_bytes IS NULL))),
  constraint blobs_check1 CHECK (((status <> 'reserved'::text) OR (expires_at IS NOT NULL))),
  constraint blobs_filename_check CHECK (((length(filename) >= 1) AND (length(filename) <= 255))),
  constraint blobs_gauge_check CHECK (((length(gauge) >= 1) AND (length(gauge) <= 60))),
  constraint blobs_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  constraint blobs_part_bytes_check CHECK ((part_bytes > 0)),
  constraint blobs_parts_check CHECK (((parts >= 1) AND (parts <= 10000))),
  constraint blobs_product_check CHECK (((length(product) >= 2) AND (length(product) <= 30))),
  constraint blobs_purpose_check CHECK (((length(purpose) >= 1) AND (length(purpose) <= 60))),
  constraint blobs_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint blobs_status_check CHECK ((status = ANY (ARRAY['reserved'::text, 'stored'::text, 'forgotten'::text]))),
  constraint blobs_type_check CHECK (((length(type) >= 1) AND (length(type) <= 127))),
  constraint blobs_upload_id_check CHECK (((length(upload_id) >= 1) AND (length(upload_id) <= 1000)))
);
CREATE INDEX blobs_by_id ON blobs.blobs USING btree (id);
CREATE INDEX blobs_by_key ON blobs.blobs USING btree (key);
CREATE INDEX blobs_due ON blobs.blobs USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (status <> 'forgotten'::text));
CREATE INDEX blobs_forgotten ON blobs.blobs USING btree (COALESCE(swept_at, '-infinity'::timestamp with time zone), upload_until) WHERE (status = 'forgotten'::text);
alter table blobs.blobs enable row level security, force row level security;
create policy system on blobs.blobs for all to plinth_system using (true) with check (true);
create policy tenant on blobs.blobs for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, select, update on blobs.blobs to plinth_system;
grant insert, select, update on blobs.blobs to plinth_tenant;

CREATE OR REPLACE FUNCTION blobs.forget_here(p_id uuid, p_was text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  b blobs.blobs;
begin
  update blobs.blobs t set status = 'forgotten', updated_at = app.now()
    where t.account_id = app.account() and t.id = p_id and t.status <> 'forgotten'
      and (p_was is null or (t.status = p_was and t.expires_at <= app.now()))
    returning t.* into b;
  if not found then return false; end if;
  if b.gauge is not null then perform limits.gauge_here(b.product, b.gauge, -b.bytes); end if;
  return true;
end $function$;
grant execute on routine blobs.forget_here(uuid,text) to plinth_system;
grant execute on routine blobs.forget_here(uuid,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION blobs.store_here(p_id uuid, p_copy uuid, p_key text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  f blobs.blobs;
begin
  select * into f from blobs.blobs b where b.account_id = app.account() and b.id = p_id for update;
  if f.status = 'stored' then return; end if;
  if f.status is distinct from 'reserved' then
    raise exception 'the file is not there to be stored' using errcode = 'PL030';
  end if;
  update blobs.blobs b set status = 'stored', key = coalesce(p_key, b.key), expires_at = b.keep_until, updated_at = app.now()
    where b.account_id = app.account() and b.id = p_id;
  if p_copy is null then return; end if;
  insert into blobs.blobs (account_id, id, product, purpose, key, filename, type, bytes, sha256, status, upload_until)
    values (f.account_id, p_copy, f.product, f.purpose, f.key, 'upload', 'application/octet-stream', 0, f.sha256, 'forgotten', f.upload_until);
end $function$;
grant execute on routine blobs.store_here(uuid,uuid,text) to plinth_system;
grant execute on routine blobs.store_here(uuid,uuid,text) to plinth_tenant;

-- ==================== coditect

create table coditect.days (
  account_id uuid not null,
  license_id uuid not null,
  day date not null,
  seats integer not null,
  seats_used integer not null,
  subscriptions integer not null,
  trials integer not null,
  sessions integer not null,
  ended integer not null,
  ended_us bigint not null,
  worked_us bigint not null,
  denials integer not null,
  created_at timestamp with time zone not null default app.now(),
  constraint days_pkey PRIMARY KEY (account_id, day),
  constraint days_account_id_license_id_fkey FOREIGN KEY (account_id, license_id) REFERENCES coditect.licenses(account_id, id) ON DELETE CASCADE
);
CREATE INDEX days_by_day ON coditect.days USING btree (day);
alter table coditect.days enable row level security, force row level security;
create policy system on coditect.days for all to plinth_system using (true) with check (true);
create policy tenant on coditect.days for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select on coditect.days to plinth_system;
grant select on coditect.days to plinth_tenant;

create table coditect.denials (
  account_id uuid not null,
  id uuid not null,
  license_id uuid not null,
  denied integer not null,
  created_at timestamp with time zone not null default app.now(),
  constraint denials_pkey PRIMARY KEY (account_id, id),
  constraint denials_account_id_license_id_fkey FOREIGN KEY (account_id, license_id) REFERENCES coditect.licenses(account_id, id) ON DELETE CASCADE,
  constraint denials_denied_check CHECK ((denied > 0))
);
CREATE INDEX denials_by_time ON coditect.denials USING btree (created_at);
alter table coditect.denials enable row level security, force row level security;
create policy system on coditect.denials for all to plinth_system using (true) with check (true);
create policy tenant on coditect.denials for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select on coditect.denials to plinth_system;
grant insert, select on coditect.denials to plinth_tenant;

create table coditect.licenses (
  account_id uuid not null,
  id uuid not null,
  key_hash text not null,
  key_hash_by text not null,
  key_sealed text not null,
  key_tail text not null,
  tier text not null,
  status text not null,
  status_reason text,
  seats_by_admin integer,
  offline_minutes integer not null default 30,
  issued_at timestamp with time zone not null default app.now(),
  activated_at timestamp with time zone,
  suspended_at timestamp with time zone,
  deactivated_at timestamp with time zone,
  period_end timestamp with time zone,
  holds_until timestamp with time zone,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint licenses_pkey PRIMARY KEY (account_id, id),
  constraint licenses_account_id_key UNIQUE (account_id),
  constraint licenses_key_hash_key UNIQUE (key_hash),
  constraint licenses_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint licenses_check CHECK (((status = 'active'::text) = (status_reason IS NULL))),
  constraint licenses_key_tail_check CHECK ((length(key_tail) = 4)),
  constraint licenses_offline_minutes_check CHECK (((offline_minutes >= 0) AND (offline_minutes <= 43200))),
  constraint licenses_seats_by_admin_check CHECK (((seats_by_admin >= 0) AND (seats_by_admin <= 100000))),
  constraint licenses_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'inactive'::text])))
);
CREATE INDEX licenses_by_hash_key ON coditect.licenses USING btree (key_hash_by, id);
CREATE INDEX licenses_by_id ON coditect.licenses USING btree (id);
CREATE INDEX licenses_by_tail ON coditect.licenses USING btree (key_tail);
CREATE INDEX licenses_by_time ON coditect.licenses USING btree (issued_at, id);
CREATE INDEX licenses_suspended ON coditect.licenses USING btree (id) WHERE (status = 'suspended'::text);
CREATE INDEX licenses_that_lapse ON coditect.licenses USING btree (holds_until);
alter table coditect.licenses enable row level security, force row level security;
create policy system on coditect.licenses for all to plinth_system using (true) with check (true);
create policy tenant on coditect.licenses for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on coditect.licenses to plinth_system;
grant select, update on coditect.licenses to plinth_tenant;

create table coditect.machines (
  account_id uuid not null,
  license_id uuid not null,
  id uuid not null,
  hardware_id text not null,
  name text,
  platform text,
  activated_at timestamp with time zone not null default app.now(),
  deactivated_at timestamp with time zone,
  last_seen_at timestamp with time zone not null default app.now(),
  last_ip text,
  last_agent text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint machines_pkey PRIMARY KEY (account_id, id),
  constraint machines_account_id_license_id_fkey FOREIGN KEY (account_id, license_id) REFERENCES coditect.licenses(account_id, id) ON DELETE CASCADE,
  constraint machines_hardware_id_check CHECK (((length(hardware_id) >= 10) AND (length(hardware_id) <= 255)))
);
CREATE INDEX machines_deactivated ON coditect.machines USING btree (license_id, deactivated_at) WHERE (deactivated_at IS NOT NULL);
CREATE UNIQUE INDEX machines_live ON coditect.machines USING btree (account_id, license_id, hardware_id) WHERE (deactivated_at IS NULL);
CREATE INDEX machines_of_license ON coditect.machines USING btree (license_id, account_id, activated_at);
alter table coditect.machines enable row level security, force row level security;
create policy system on coditect.machines for all to plinth_system using (true) with check (true);
create policy tenant on coditect.machines for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on coditect.machines to plinth_system;
grant insert, select, update on coditect.machines to plinth_tenant;

create table coditect.revocations (
  account_id uuid not null,
  license_id uuid not null,
  version integer not null,
  reason text not null,
  revoked_at timestamp with time zone not null default app.now(),
  listed_until timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint revocations_pkey PRIMARY KEY (account_id, license_id),
  constraint revocations_account_id_license_id_fkey FOREIGN KEY (account_id, license_id) REFERENCES coditect.licenses(account_id, id) ON DELETE CASCADE
);
CREATE INDEX revocations_listed ON coditect.revocations USING btree (listed_until);
alter table coditect.revocations enable row level security, force row level security;
create policy system on coditect.revocations for all to plinth_system using (true) with check (true);
create policy tenant on coditect.revocations for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on coditect.revocations to plinth_system;
grant select on coditect.revocations to plinth_tenant;

create table coditect.rolled_days (
  day date not null,
  created_at timestamp with time zone not null default app.now(),
  constraint rolled_days_pkey PRIMARY KEY (day)
);
alter table coditect.rolled_days enable row level security, force row level security;
create policy system on coditect.rolled_days for all to plinth_system using (true) with check (true);
grant delete, insert, select on coditect.rolled_days to plinth_system;

create table coditect.sessions (
  account_id uuid not null,
  id uuid not null,
  license_id uuid not null,
  machine_id uuid not null,
  user_id uuid,
  fence bigint not null,
  status text not null default 'active'::text,
  started_at timestamp with time zone not null default app.now(),
  ended_at timestamp with time zone,
  last_heartbeat_at timestamp with time zone not null default app.now(),
  ip text,
  agent text,
  said_agent text,
  said_ip text,
  app_version text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint sessions_pkey PRIMARY KEY (account_id, id),
  constraint sessions_account_id_license_id_fkey FOREIGN KEY (account_id, license_id) REFERENCES coditect.licenses(account_id, id) ON DELETE CASCADE,
  constraint sessions_account_id_machine_id_fkey FOREIGN KEY (account_id, machine_id) REFERENCES coditect.machines(account_id, id),
  constraint sessions_check CHECK (((status = 'active'::text) = (ended_at IS NULL))),
  constraint sessions_status_check CHECK ((status = ANY (ARRAY['active'::text, 'released'::text, 'expired'::text, 'taken_over'::text, 'suspended'::text, 'forced'::text])))
);
CREATE INDEX sessions_by_end ON coditect.sessions USING btree (ended_at);
CREATE INDEX sessions_by_time ON coditect.sessions USING btree (started_at);
CREATE INDEX sessions_of_license ON coditect.sessions USING btree (license_id, started_at, id);
CREATE INDEX sessions_of_machine ON coditect.sessions USING btree (machine_id, account_id);
CREATE INDEX sessions_of_user ON coditect.sessions USING btree (user_id) WHERE (user_id IS NOT NULL);
alter table coditect.sessions enable row level security, force row level security;
create policy system on coditect.sessions for all to plinth_system using (true) with check (true);
create policy tenant on coditect.sessions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on coditect.sessions to plinth_system;
grant insert, select, update on coditect.sessions to plinth_tenant;

create table coditect.signing_keys (
  id text not null,
  kind text not null,
  public_key text not null,
  private_sealed text not null,
  retired_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint signing_keys_pkey PRIMARY KEY (id),
  constraint signing_keys_kind_check CHECK ((kind = ANY (ARRAY['rsa-4096'::text, 'ed25519'::text])))
);
CREATE UNIQUE INDEX signing_keys_present ON coditect.signing_keys USING btree (kind) WHERE (retired_at IS NULL);
alter table coditect.signing_keys enable row level security, force row level security;
create policy system on coditect.signing_keys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.signing_keys to plinth_system;

CREATE OR REPLACE FUNCTION coditect.day_starts(p_day date)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select p_day::timestamp at time zone 'UTC'
$function$;
grant execute on routine coditect.day_starts(date) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.figures_of(p_day date)
 RETURNS TABLE(account_id uuid, license_id uuid, seats integer, seats_used integer, subscriptions integer, trials integer, sessions integer, ended integer, ended_us bigint, worked_us bigint, denials integer)
 LANGUAGE sql
 STABLE
AS $function$
  with bounds as (select coditect.day_starts(p_day) as starts, least(coditect.day_starts(p_day + 1), app.now()) as ends),
  spans as materialized (
    select s.account_id, s.started_at, s.ended_at, b.starts, b.ends, greatest(s.started_at, b.starts) as came, least(s.ended_at, b.ends) as went
    from bounds b cross join lateral coditect.sessions_between(b.starts, b.ends) s),
  -- Whoever goes at an instant makes room for whoever comes then.
  moves as (
    select s.account_id, s.came as at, 1 as by from spans s where s.came < s.went
    union all select s.account_id, s.went, -1 from spans s where s.came < s.went),
  busy as (
    select c.account_id, max(c.used)::integer as used
    from (select m.account_id, sum(m.by) over (partition by m.account_id order by m.at, m.by) as used from moves m) c group by c.account_id),
  worked as (
    select s.account_id, count(*) filter (where s.started_at >= s.starts)::integer as sessions, count(*) filter (where s.ended_at < s.ends)::integer as ended,
      coalesce(sum(extract(epoch from s.ended_at - s.started_at) * 1000000) filter (where s.ended_at < s.ends), 0)::bigint as ended_us,
      sum(extract(epoch from s.went - s.came) * 1000000)::bigint as worked_us
    from spans s group by s.account_id),
  denied as (
    select d.account_id, sum(d.denied)::integer as denials from bounds b join coditect.denials d on d.created_at >= b.starts and d.created_at < b.ends
    group by d.account_id),
  -- Paid for, tried, or not paid while the promised days last.
  held as (
    select s.account_id, count(*)::integer as subscriptions, count(*) filter (where s.trial_ends_at >= b.ends)::integer as trials
    from bounds b join billing.subscriptions s on s.product = 'coditect' and s.state not in ('incomplete', 'expired') and s.starts_at < b.ends
      and (s.ended_at is null or s.ended_at >= b.ends) and (s.suspends_at is null or s.suspends_at >= b.ends)
    group by s.account_id),
  said as (
    select l.account_id, l.id, case when plan.seats > 0 then coalesce(l.seats_by_admin, plan.seats) else 0 end as seats, coalesce(u.used, 0) as used,
      coalesce(h.subscriptions, 0) as subscriptions, coalesce(h.trials, 0) as trials, coalesce(w.sessions, 0) as sessions, coalesce(w.ended, 0) as ended,
      coalesce(w.ended_us, 0) as ended_us, coalesce(w.worked_us, 0) as worked_us, coalesce(d.denials, 0) as denials
    from bounds b join coditect.licenses l on l.issued_at < b.ends
      cross join lateral (select coalesce((entitlements.segment(l.account_id, 'coditect', b.ends - interval '1 microsecond')->'grants'->>'seats')::integer, 0)
        as seats) as plan
      left join busy u on u.account_id = l.account_id left join worked w on w.account_id = l.account_id
      left join denied d on d.account_id = l.account_id left join held h on h.account_id = l.account_id)
  select s.* from said s where (s.seats, s.subscriptions, s.sessions, s.ended, s.worked_us, s.denials) <> (0, 0, 0, 0, 0, 0)
$function$;
grant execute on routine coditect.figures_of(date) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.file_grace()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
AS $function$ select interval '7 days' $function$;
grant execute on routine coditect.file_grace() to plinth_system;
grant execute on routine coditect.file_grace() to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.files_until(p_account uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select nullif(greatest(
    (select max(greatest(s.period_ends_at, s.grace_ends_at)) + coditect.file_grace() from billing.subscriptions s
     where s.account_id = p_account and s.product = 'coditect'),
    (select max(l.period_ends_at) + coditect.file_grace()
     from billing.invoices i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
     where i.account_id = p_account and l.product = 'coditect' and l.plan is not null and i.state = 'paid'),
    (select max(coalesce(g.ends_at, 'infinity')) from entitlements.grants g
     where g.account_id = p_account and g.product = 'coditect' and g.plan is not null and g.source in ('admin', 'owner', 'import'))
  ), 'infinity')
$function$;
grant execute on routine coditect.files_until(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.head(p_account uuid)
 RETURNS TABLE(id uuid, tier text, status text, reason text, seats integer, machines integer, features jsonb, offline_minutes integer, grace_ends_at timestamp with time zone, period_end timestamp with time zone, file_ends_at timestamp with time zone, trial_ends_at timestamp with time zone, next_billing_date timestamp with time zone, last_renewal_at timestamp with time zone, holds_until timestamp with time zone, now timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_license coditect.licenses;
  v_subscription billing.subscriptions;
  v_segment jsonb;
  v_seats integer;
  v_paid timestamptz;
  v_given timestamptz;
  v_account text;
begin
  now := app.now();
  select * into v_license from coditect.licenses l where l.account_id = p_account;
  -- What follows is done for an account without a licence too, so that the time it takes does not tell whether there is one.
  v_segment := entitlements.segment(p_account, 'coditect', now);
  v_seats := coalesce((v_segment->'grants'->>'seats')::integer, 0);
  v_subscription := coditect.subscription(p_account);
  select a.status into v_account from accounts.accounts a where a.account_id = p_account and a.deleted_at is null;

  id := v_license.id;
  offline_minutes := v_license.offline_minutes;
  tier := case when v_seats > 0 then split_part(v_segment->>'plan', '.', 2) else v_license.tier end;
  seats := case when v_seats > 0 then coalesce(v_license.seats_by_admin, v_seats) else 0 end;
  -- As many for each seat as the plan has; an operator who leaves none has no need for others.
  machines := coalesce((v_segment->'grants'->>'machines')::integer, 0);
  if seats > 0 then machines := ceil(machines::numeric * seats / v_seats); end if;
  -- Options of the plan that are granted.
  features := (select coalesce(jsonb_agg(g.key order by g.key), '[]') from jsonb_each(v_segment->'grants') g where g.value = 'true');
  holds_until := (v_segment->>'until')::timestamptz;
  v_paid := coditect.paid_until(v_subscription);
  -- An operator gave the same plan for longer: it works until then, whatever is paid.
  v_given := (select max(g.ends_at) from entitlements.grants g
    where g.account_id = p_account and g.product = 'coditect' and g.source = 'admin' and g.plan = tier and g.revoked_at is null
      and g.starts_at <= now and g.ends_at > now);

  -- A plan that was given by hand ends when that ends, whatever a subscription beside it says.
  if v_segment->>'source' in ('admin', 'owner', 'import') then
    period_end := holds_until;
    file_ends_at := holds_until;
  else
    period_end := v_paid;
    grace_ends_at := case when v_subscription.state = 'past_due' then v_subscription.grace_ends_at end;
    file_ends_at := least(v_subscription.cancels_at, greatest(period_end + coditect.file_grace(), grace_ends_at));
    period_end := greatest(period_end, v_given);
    file_ends_at := greatest(file_ends_at, v_given);
    if v_subscription.state in ('trialing', 'active', 'past_due') and v_subscription.cancels_at is null then
      next_billing_date := v_subscription.period_ends_at;
    end if;
  end if;
  if v_seats = 0 then period_end := coalesce(period_end, v_license.period_end); end if;
  trial_ends_at := v_subscription.trial_ends_at;
  last_renewal_at := coditect.renewed_at(v_subscription);

  status := 'active';
  -- First: it is what the row says of it that lasts, and it must not be written over by what else is in the way.
  if v_license.status = 'suspended' and v_license.status_reason = 'admin' then
    status := 'suspended'; reason := 'admin';
  elsif v_account is distinct from 'active' then
    status := 'suspended'; reason := 'account';
  elsif v_seats > 0 then
    reason := null;
  elsif v_subscription.state is null or v_subscription.state = 'canceled' or v_subscription.cancels_at <= now then
    status := 'inactive'; reason := 'ended';
  else
    status := 'suspended'; reason := coalesce(v_subscription.suspended_by, 'payment');
  end if;
  if id is not null then return next; end if;
end $function$;
grant execute on routine coditect.head(uuid) to plinth_system;
grant execute on routine coditect.head(uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.next_day()
 RETURNS date
 LANGUAGE sql
 STABLE
AS $function$
  select next.day from (
    select coalesce((select max(r.day) + 1 from coditect.rolled_days r), (select (min(l.issued_at) at time zone 'UTC')::date from coditect.licenses l)) as day
  ) as next where coditect.day_starts(next.day + 1) + interval '1 hour' <= app.now()
$function$;
grant execute on routine coditect.next_day() to plinth_system;

CREATE OR REPLACE FUNCTION coditect.paid_until(p_subscription billing.subscriptions)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select case
    when paid.until >= p_subscription.period_ends_at then p_subscription.period_ends_at
    when p_subscription.state not in ('trialing', 'active') then coalesce(paid.until, p_subscription.period_starts_at)
    when paid.until >= p_subscription.period_starts_at then paid.until
    else p_subscription.period_ends_at end
  from (
    select greatest(max(l.period_ends_at), p_subscription.trial_ends_at) as until
    from billing.invoices i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
    where i.account_id = p_subscription.account_id and i.store = p_subscription.store and i.mode = p_subscription.mode
      and i.subscription = p_subscription.store_id and l.product = 'coditect' and l.plan is not null and l.amount >= 0
      and (i.state = 'paid' or i.state = 'open' and i.due_at > app.now() or p_subscription.state = 'active'
        and (i.state in ('void', 'uncollectible') or i.state = 'draft' and i.next_attempt_at is null))
  ) as paid
$function$;
grant execute on routine coditect.paid_until(billing.subscriptions) to plinth_system;
grant execute on routine coditect.paid_until(billing.subscriptions) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.renewed_at(p_subscription billing.subscriptions)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select max(i.paid_at) from billing.invoices i
  where i.account_id = p_subscription.account_id and i.store = p_subscription.store and i.mode = p_subscription.mode
    and i.subscription = p_subscription.store_id and i.state = 'paid' and i.reason = 'subscription_cycle'
$function$;
grant execute on routine coditect.renewed_at(billing.subscriptions) to plinth_system;
grant execute on routine coditect.renewed_at(billing.subscriptions) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.roll_day()
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_day date := coditect.next_day();
begin
  if v_day is null then return false; end if;
  insert into coditect.rolled_days (day) values (v_day) on conflict (day) do nothing;
  if not found then return true; end if;
  insert into coditect.days (account_id, license_id, day, seats, seats_used, subscriptions, trials, sessions, ended, ended_us, worked_us, denials)
    select f.account_id, f.license_id, v_day, f.seats, f.seats_used, f.subscriptions, f.trials, f.sessions, f.ended, f.ended_us, f.worked_us, f.denials
    from coditect.figures_of(v_day) f;
  delete from coditect.denials d where d.created_at < coditect.day_starts(v_day + 1);
  return true;
end $function$;
grant execute on routine coditect.roll_day() to plinth_system;

CREATE OR REPLACE FUNCTION coditect.sessions_between(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS TABLE(account_id uuid, started_at timestamp with time zone, ended_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
  select s.account_id, s.started_at, s.ended_at from coditect.sessions s where s.ended_at >= p_from and s.started_at < p_until
  union all
  select s.account_id, s.started_at, seat.ended_at
  from coditect.sessions s
    left join limits.seats t on t.account_id = s.account_id and t.product = 'coditect' and t.name = 'seats' and t.machine = s.machine_id::text
      and t.id = s.id
    cross join lateral (select case when t.id is null then s.last_heartbeat_at when t.ended is not null then t.ended_at
      when t.expires_at <= app.now() then t.expires_at end as ended_at) as seat
  where s.ended_at is null and s.started_at < p_until and (seat.ended_at is null or seat.ended_at >= p_from)
$function$;
grant execute on routine coditect.sessions_between(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.subscription(p_account uuid)
 RETURNS billing.subscriptions
 LANGUAGE sql
 STABLE
AS $function$
  select s from billing.subscriptions s
  where s.account_id = p_account and s.product = 'coditect' and s.state not in ('incomplete', 'expired')
  order by (s.state = 'canceled'), s.starts_at desc, s.id desc limit 1
$function$;
grant execute on routine coditect.subscription(uuid) to plinth_system;
grant execute on routine coditect.subscription(uuid) to plinth_tenant;

-- ==================== entitlements

create table entitlements.allowances (
  account_id uuid not null,
  product text not null,
  limit_name text not null,
  most bigint not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint allowances_pkey PRIMARY KEY (account_id, product, limit_name),
  constraint allowances_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint allowances_most_check CHECK ((most >= 0))
);
alter table entitlements.allowances enable row level security, force row level security;
create policy system on entitlements.allowances for all to plinth_system using (true) with check (true);
create policy tenant on entitlements.allowances for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant insert, select, update on entitlements.allowances to plinth_system;
grant select on entitlements.allowances to plinth_tenant;

create table entitlements.defaults (
  product text not null,
  timeline jsonb not null,
  holds text not null default 'both'::text,
  accounts_per_user integer not null default 1,
  digest text not null,
  complete boolean not null default false,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint defaults_pkey PRIMARY KEY (product),
  constraint defaults_accounts_per_user_check CHECK ((accounts_per_user > 0)),
  constraint defaults_holds_check CHECK ((holds = ANY (ARRAY['personal'::text, 'organization'::text, 'both'::text]))),
  constraint defaults_timeline_check CHECK (((jsonb_typeof(timeline) = 'array'::text) AND (timeline <> '[]'::jsonb)))
);
alter table entitlements.defaults enable row level security, force row level security;
create policy everybody on entitlements.defaults for select to plinth_tenant using (true);
create policy system on entitlements.defaults for all to plinth_system using (true) with check (true);
grant insert, select, update on entitlements.defaults to plinth_system;
grant select on entitlements.defaults to plinth_tenant;

create table entitlements.grants (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  plan text,
  add_on text,
  source text not null,
  quantity integer not null default 1,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone,
  days integer,
  cause text not null,
  external_id text,
  created_by uuid,
  request_id text,
  revoked_at timestamp with time zone,
  revoked_by uuid,
  metered_from timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint grants_pkey PRIMARY KEY (account_id, id),
  constraint grants_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint grants_check CHECK ((ends_at >= starts_at)),
  constraint grants_check1 CHECK ((num_nonnulls(plan, add_on) = 1)),
  constraint grants_check2 CHECK (
CASE
    WHEN (add_on IS NULL) THEN (days IS NULL)
    ELSE (num_nonnulls(days, ends_at) = 1)
END),
  constraint grants_days_check CHECK ((days > 0)),
  constraint grants_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 200))),
  constraint grants_quantity_check CHECK ((quantity > 0)),
  constraint grants_source_check CHECK ((source = ANY (ARRAY['admin'::text, 'owner'::text, 'import'::text, 'stripe'::text, 'app_store'::text, 'google_play'::text])))
);
CREATE UNIQUE INDEX grants_by_external_id ON entitlements.grants USING btree (account_id, source, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX grants_by_id ON entitlements.grants USING btree (id);
CREATE INDEX grants_by_product ON entitlements.grants USING btree (product, account_id);
alter table entitlements.grants enable row level security, force row level security;
create policy system on entitlements.grants for all to plinth_system using (true) with check (true);
create policy tenant on entitlements.grants for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant insert, select, update on entitlements.grants to plinth_system;
grant select on entitlements.grants to plinth_tenant;

create table entitlements.snapshots (
  account_id uuid not null,
  product text not null,
  version bigint not null,
  timeline jsonb not null,
  cause text not null,
  grant_id uuid,
  request_id text,
  created_at timestamp with time zone not null default app.now(),
  constraint snapshots_pkey PRIMARY KEY (account_id, product, version),
  constraint snapshots_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint snapshots_account_id_grant_id_fkey FOREIGN KEY (account_id, grant_id) REFERENCES entitlements.grants(account_id, id) ON DELETE CASCADE,
  constraint snapshots_cause_check CHECK ((cause = ANY (ARRAY['granted'::text, 'revoked'::text, 'store_changed'::text, 'overage_chosen'::text, 'catalogue_changed'::text]))),
  constraint snapshots_timeline_check CHECK (((jsonb_typeof(timeline) = 'array'::text) AND (timeline <> '[]'::jsonb)))
);
alter table entitlements.snapshots enable row level security, force row level security;
create policy system on entitlements.snapshots for all to plinth_system using (true) with check (true);
create policy tenant on entitlements.snapshots for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant insert, select on entitlements.snapshots to plinth_system;
grant select on entitlements.snapshots to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.default_timeline(p_account uuid, p_product text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select d.timeline from entitlements.defaults d
  where d.product = p_product and entitlements.ungranted(p_account, p_product) is not null
$function$;
grant execute on routine entitlements.default_timeline(uuid,text) to plinth_system;

CREATE OR REPLACE FUNCTION entitlements.has_default(p_account uuid, p_holds text, p_most integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select p_holds = 'personal' or exists (
    select from accounts.places p where p.account_id = p_account and p.holds = p_holds and p.place <= p_most)
$function$;
grant execute on routine entitlements.has_default(uuid,text,integer) to plinth_system;
grant execute on routine entitlements.has_default(uuid,text,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.most_included(p_account uuid, p_product text, p_limit text, p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  with versions as (
    select s.timeline, s.created_at, lead(s.created_at) over (order by s.version) as replaced_at
    from entitlements.snapshots s where s.account_id = p_account and s.product = p_product
  )
  select max(coalesce((segment->'grants'->>p_limit)::bigint, 0) - coalesce((segment->'overage'->>p_limit)::bigint, 0))
  from versions v, jsonb_array_elements(v.timeline) as segment
  where v.created_at <= p_until and (v.replaced_at is null or v.replaced_at >= p_from)
    and (segment->>'from')::timestamptz <= p_until and (segment->>'until' is null or (segment->>'until')::timestamptz > p_from)
$function$;
grant execute on routine entitlements.most_included(uuid,text,text,timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION entitlements.segment(p_account uuid, p_product text, p_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select entitlements.segment_at(entitlements.timeline(p_account, p_product), p_at)
$function$;
grant execute on routine entitlements.segment(uuid,text,timestamp with time zone) to plinth_system;
grant execute on routine entitlements.segment(uuid,text,timestamp with time zone) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.segment_at(p_timeline jsonb, p_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
begin
  for v_place in reverse coalesce(jsonb_array_length(p_timeline), 0) - 1 .. 1 loop
    if (p_timeline->v_place->>'from')::timestamptz <= p_at then return p_timeline->v_place; end if;
  end loop;
  return p_timeline->0;
end $function$;
grant execute on routine entitlements.segment_at(jsonb,timestamp with time zone) to plinth_system;
grant execute on routine entitlements.segment_at(jsonb,timestamp with time zone) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.segments(p_accounts uuid[], p_products text[], p_at timestamp with time zone)
 RETURNS jsonb[]
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select array_agg(entitlements.segment_at(coalesce(
      (select s.timeline from entitlements.snapshots s where s.account_id = wanted.account and s.product = wanted.product order by s.version desc limit 1),
      entitlements.ungranted(wanted.account, wanted.product)), p_at) order by place)
    from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place));
end $function$;
grant execute on routine entitlements.segments(uuid[],text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION entitlements.timeline(p_account uuid, p_product text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select coalesce(
    (select s.timeline from entitlements.snapshots s where s.account_id = p_account and s.product = p_product order by s.version desc limit 1),
    entitlements.ungranted(p_account, p_product))
$function$;
grant execute on routine entitlements.timeline(uuid,text) to plinth_system;
grant execute on routine entitlements.timeline(uuid,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.ungranted(p_account uuid, p_product text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case
    when entitlements.has_default(p_account, d.holds, d.accounts_per_user) then d.timeline
    else '[{"from": "1970-01-01T00:00:00.000Z", "until": null, "plan": null, "add_ons": [], "source": null, "grants": {}}]'
  end
  from entitlements.defaults d where d.product = p_product
    and (d.holds = 'both' or d.holds = (select a.kind from accounts.accounts a where a.account_id = p_account))
$function$;
grant execute on routine entitlements.ungranted(uuid,text) to plinth_system;
grant execute on routine entitlements.ungranted(uuid,text) to plinth_tenant;

-- ==================== erasure

create table erasure.export_parts (
  user_id uuid not null,
  export_id uuid not null,
  part integer not null,
  bytes bytea not null,
  created_at timestamp with time zone not null default app.now(),
  constraint export_parts_pkey PRIMARY KEY (user_id, export_id, part),
  constraint export_parts_user_id_export_id_fkey FOREIGN KEY (user_id, export_id) REFERENCES erasure.exports(user_id, id) ON DELETE CASCADE
);
alter table erasure.export_parts enable row level security, force row level security;
create policy own on erasure.export_parts for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on erasure.export_parts for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on erasure.export_parts to plinth_system;
grant select on erasure.export_parts to plinth_tenant;

create table erasure.exports (
  user_id uuid not null,
  id uuid not null,
  organization_id uuid,
  status text not null default 'waiting'::text,
  attempt uuid,
  bytes bigint,
  expires_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint exports_pkey PRIMARY KEY (user_id, id),
  constraint exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint exports_check CHECK (((bytes IS NOT NULL) = (status = 'ready'::text))),
  constraint exports_check1 CHECK (((expires_at IS NULL) = (status = 'waiting'::text))),
  constraint exports_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'ready'::text, 'failed'::text])))
);
CREATE INDEX exports_of_organization ON erasure.exports USING btree (organization_id) WHERE (organization_id IS NOT NULL);
CREATE INDEX exports_over ON erasure.exports USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE UNIQUE INDEX exports_waiting ON erasure.exports USING btree (user_id, organization_id) NULLS NOT DISTINCT WHERE (status = 'waiting'::text);
alter table erasure.exports enable row level security, force row level security;
create policy own on erasure.exports for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on erasure.exports for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on erasure.exports to plinth_system;
grant select on erasure.exports to plinth_tenant;

-- ==================== idempotency

create table idempotency.keys (
  account_id uuid not null,
  route text not null,
  key_hash text not null,
  body_hash text not null,
  permit_id uuid,
  held_until timestamp with time zone,
  state text not null,
  status integer,
  headers jsonb,
  answer text,
  sealed text,
  created_at timestamp with time zone not null default app.now(),
  expires_at timestamp with time zone not null default (app.now() + '24:00:00'::interval),
  constraint keys_pkey PRIMARY KEY (account_id, route, key_hash),
  constraint keys_done_has_status CHECK (((state = 'running'::text) OR (status IS NOT NULL))),
  constraint keys_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])))
);
CREATE INDEX keys_by_expiry ON idempotency.keys USING btree (expires_at);
alter table idempotency.keys enable row level security, force row level security;
create policy system on idempotency.keys for all to plinth_system using (true) with check (true);
create policy tenant on idempotency.keys for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on idempotency.keys to plinth_system;
grant delete, insert, select, update on idempotency.keys to plinth_tenant;

create table idempotency.salts (
  id text not null,
  salt text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint salts_pkey PRIMARY KEY (id)
);
alter table idempotency.salts enable row level security, force row level security;
create policy system on idempotency.salts for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on idempotency.salts to plinth_system;

create table idempotency.user_keys (
  user_id uuid not null,
  route text not null,
  key_hash text not null,
  body_hash text not null,
  state text not null,
  status integer not null,
  headers jsonb,
  answer text,
  sealed text,
  created_at timestamp with time zone not null default app.now(),
  expires_at timestamp with time zone not null default (app.now() + '24:00:00'::interval),
  constraint user_keys_pkey PRIMARY KEY (user_id, route, key_hash),
  constraint user_keys_state_check CHECK ((state = 'done'::text))
);
CREATE INDEX user_keys_by_expiry ON idempotency.user_keys USING btree (expires_at);
alter table idempotency.user_keys enable row level security, force row level security;
create policy own on idempotency.user_keys for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on idempotency.user_keys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on idempotency.user_keys to plinth_system;
grant delete, insert, select, update on idempotency.user_keys to plinth_tenant;

-- ==================== identity

create table identity.admin_invitations (
  id uuid not null,
  email text not null,
  token_hash text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint admin_invitations_pkey PRIMARY KEY (id),
  constraint admin_invitations_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254)))
);
CREATE UNIQUE INDEX admin_invitations_by_email ON identity.admin_invitations USING btree (lower(email));
CREATE INDEX admin_invitations_by_hash ON identity.admin_invitations USING btree (token_hash);
alter table identity.admin_invitations enable row level security, force row level security;
create policy system on identity.admin_invitations for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.admin_invitations to plinth_system;

create table identity.api_keys (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  name text not null,
  prefix text not null,
  token_hash text not null,
  scopes text[] not null,
  makers uuid[] not null default '{}'::uuid[],
  monthly_budget_micros bigint,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint api_keys_pkey PRIMARY KEY (account_id, id),
  constraint api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint api_keys_makers_check CHECK (((cardinality(makers) <= 5) AND (array_position(makers, NULL::uuid) IS NULL))),
  constraint api_keys_monthly_budget_micros_check CHECK ((monthly_budget_micros >= 0))
);
CREATE INDEX api_keys_by_hash ON identity.api_keys USING btree (token_hash);
CREATE INDEX api_keys_of_user ON identity.api_keys USING btree (user_id);
alter table identity.api_keys enable row level security, force row level security;
create policy system on identity.api_keys for all to plinth_system using (true) with check (true);
create policy tenant on identity.api_keys for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on identity.api_keys to plinth_system;
grant insert on identity.api_keys to plinth_tenant;

create table identity.code_misses (
  user_id uuid not null,
  place text not null,
  misses integer not null,
  closed_until timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint code_misses_pkey PRIMARY KEY (user_id, place),
  constraint code_misses_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
alter table identity.code_misses enable row level security, force row level security;
create policy own on identity.code_misses for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.code_misses for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.code_misses to plinth_system;

create table identity.email_tokens (
  user_id uuid not null,
  kind text not null,
  token_hash text not null,
  email text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint email_tokens_pkey PRIMARY KEY (user_id, kind),
  constraint email_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint email_tokens_kind_check CHECK ((kind = ANY (ARRAY['verify_email'::text, 'reset_password'::text, 'change_email'::text, 'restore'::text])))
);
CREATE INDEX email_tokens_by_hash ON identity.email_tokens USING btree (token_hash);
alter table identity.email_tokens enable row level security, force row level security;
create policy own on identity.email_tokens for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.email_tokens for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.email_tokens to plinth_system;

create table identity.guesses (
  key text not null,
  forgotten_at timestamp with time zone not null,
  waits_until timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint guesses_pkey PRIMARY KEY (key)
) with (fillfactor=50);
alter table identity.guesses enable row level security, force row level security;
create policy system on identity.guesses for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.guesses to plinth_system;

create table identity.identities (
  user_id uuid not null,
  id uuid not null,
  provider text not null,
  subject text not null,
  email text not null,
  last_used_at timestamp with time zone not null default app.now(),
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint identities_pkey PRIMARY KEY (user_id, id),
  constraint identities_user_id_provider_key UNIQUE (user_id, provider),
  constraint identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint identities_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'firebase'::text]))),
  constraint identities_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 255)))
);
CREATE UNIQUE INDEX identities_by_subject ON identity.identities USING btree (provider, subject);
alter table identity.identities enable row level security, force row level security;
create policy own on identity.identities for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.identities for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.identities to plinth_system;
grant delete, select on identity.identities to plinth_tenant;

create table identity.mfa_challenges (
  user_id uuid not null,
  token_hash text not null,
  method text not null,
  password_version integer not null,
  tries integer not null default 0,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint mfa_challenges_pkey PRIMARY KEY (user_id, token_hash),
  constraint mfa_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
CREATE INDEX mfa_challenges_by_hash ON identity.mfa_challenges USING btree (token_hash);
alter table identity.mfa_challenges enable row level security, force row level security;
create policy own on identity.mfa_challenges for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.mfa_challenges for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.mfa_challenges to plinth_system;

create table identity.passkey_ceremonies (
  challenge_hash text not null,
  bound_to text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint passkey_ceremonies_pkey PRIMARY KEY (challenge_hash)
);
CREATE INDEX passkey_ceremonies_by_end ON identity.passkey_ceremonies USING btree (expires_at);
alter table identity.passkey_ceremonies enable row level security, force row level security;
create policy system on identity.passkey_ceremonies for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.passkey_ceremonies to plinth_system;

create table identity.passkeys (
  user_id uuid not null,
  id uuid not null,
  credential_id text not null,
  public_key text not null,
  counter bigint not null,
  transports text[] not null,
  synced boolean not null,
  name text not null,
  last_used_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint passkeys_pkey PRIMARY KEY (user_id, id),
  constraint passkeys_user_id_credential_id_key UNIQUE (user_id, credential_id),
  constraint passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
alter table identity.passkeys enable row level security, force row level security;
create policy own on identity.passkeys for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.passkeys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.passkeys to plinth_system;

create table identity.recovery_codes (
  user_id uuid not null,
  code_hash text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint recovery_codes_pkey PRIMARY KEY (user_id, code_hash),
  constraint recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
alter table identity.recovery_codes enable row level security, force row level security;
create policy own on identity.recovery_codes for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.recovery_codes for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.recovery_codes to plinth_system;

create table identity.refresh_tokens (
  user_id uuid not null,
  session_id uuid not null,
  token_hash text not null,
  rotated_at timestamp with time zone,
  rotated_from text,
  successor_hash text,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint refresh_tokens_pkey PRIMARY KEY (user_id, session_id, token_hash),
  constraint refresh_tokens_user_id_session_id_fkey FOREIGN KEY (user_id, session_id) REFERENCES identity.sessions(user_id, id) ON DELETE CASCADE,
  constraint refresh_tokens_check CHECK (((rotated_at IS NULL) = (successor_hash IS NULL)))
);
CREATE INDEX refresh_tokens_by_hash ON identity.refresh_tokens USING btree (token_hash);
alter table identity.refresh_tokens enable row level security, force row level security;
create policy own on identity.refresh_tokens for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.refresh_tokens for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.refresh_tokens to plinth_system;

create table identity.sessions (
  user_id uuid not null,
  id uuid not null,
  method text not null,
  proven_at timestamp with time zone not null default app.now(),
  ip text not null,
  ip_block text not null,
  user_agent text not null,
  device text not null,
  device_name text,
  last_used_at timestamp with time zone not null default app.now(),
  refreshes_forgotten_at timestamp with time zone not null default app.now(),
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  revoked_for text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint sessions_pkey PRIMARY KEY (user_id, id),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint sessions_method_check CHECK ((method = ANY (ARRAY['password'::text, 'google'::text, 'firebase'::text, 'sso'::text, 'passkey'::text])))
);
CREATE INDEX sessions_by_place ON identity.sessions USING btree (ip_block, user_id);
alter table identity.sessions enable row level security, force row level security;
create policy own on identity.sessions for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.sessions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.sessions to plinth_system;
grant select on identity.sessions to plinth_tenant;

create table identity.sign_in_codes (
  user_id uuid not null,
  code_hash text not null,
  method text not null,
  code_challenge text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint sign_in_codes_pkey PRIMARY KEY (user_id, code_hash),
  constraint sign_in_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
CREATE INDEX sign_in_codes_by_hash ON identity.sign_in_codes USING btree (code_hash);
alter table identity.sign_in_codes enable row level security, force row level security;
create policy own on identity.sign_in_codes for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.sign_in_codes for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.sign_in_codes to plinth_system;

create table identity.sign_in_states (
  state_hash text not null,
  browser_hash text not null,
  provider text not null,
  return_to text not null,
  code_challenge text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint sign_in_states_pkey PRIMARY KEY (state_hash)
);
CREATE INDEX sign_in_states_by_end ON identity.sign_in_states USING btree (expires_at);
alter table identity.sign_in_states enable row level security, force row level security;
create policy system on identity.sign_in_states for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.sign_in_states to plinth_system;

create table identity.signing_keys (
  kid text not null,
  public_jwk jsonb not null,
  private_jwk text not null,
  signs_from timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint signing_keys_pkey PRIMARY KEY (kid)
);
alter table identity.signing_keys enable row level security, force row level security;
create policy system on identity.signing_keys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.signing_keys to plinth_system;

create table identity.totp (
  user_id uuid not null,
  secret text,
  pending text,
  pending_at timestamp with time zone,
  used_step integer not null default 0,
  confirmed_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint totp_pkey PRIMARY KEY (user_id),
  constraint totp_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint totp_check CHECK (((secret IS NULL) = (confirmed_at IS NULL))),
  constraint totp_check1 CHECK (((pending IS NULL) = (pending_at IS NULL)))
);
alter table identity.totp enable row level security, force row level security;
create policy own on identity.totp for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.totp for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.totp to plinth_system;

create table identity.used_id_tokens (
  token_hash text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint used_id_tokens_pkey PRIMARY KEY (token_hash)
);
CREATE INDEX used_id_tokens_by_end ON identity.used_id_tokens USING btree (expires_at);
alter table identity.used_id_tokens enable row level security, force row level security;
create policy system on identity.used_id_tokens for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.used_id_tokens to plinth_system;

create table identity.users (
  user_id uuid not null,
  email text not null,
  password_hash text,
  password_version integer not null default 1,
  full_name text,
  avatar_url text,
  email_verified boolean not null default false,
  role text not null default 'user'::text,
  status text not null default 'active'::text,
  external_id text,
  closed_at timestamp with time zone,
  default_account_id uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint users_pkey PRIMARY KEY (user_id),
  constraint users_check CHECK (((closed_at IS NOT NULL) = (status = 'closed'::text))),
  constraint users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  constraint users_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 200))),
  constraint users_role_check CHECK ((role = ANY (ARRAY['user'::text, 'admin'::text]))),
  constraint users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'closed'::text])))
);
CREATE UNIQUE INDEX users_by_email ON identity.users USING btree (lower(email));
CREATE UNIQUE INDEX users_by_external_id ON identity.users USING btree (external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX users_closed ON identity.users USING btree (closed_at) WHERE (closed_at IS NOT NULL);
alter table identity.users enable row level security, force row level security;
create policy own on identity.users for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.users for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.users to plinth_system;

CREATE OR REPLACE FUNCTION identity.give_back_guess(p_keys text[], p_seconds integer[], p_whole boolean[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_key text;
begin
  for v_key in select k from unnest(p_keys) as k order by k loop
    perform pg_advisory_xact_lock(hashtextextended(v_key, 1));
  end loop;
  delete from identity.guesses g using unnest(p_keys, p_whole) as c (key, whole) where g.key = c.key and c.whole;
  update identity.guesses g set forgotten_at = g.forgotten_at - make_interval(secs => c.seconds), waits_until = least(g.waits_until, app.now()), updated_at = app.now()
    from unnest(p_keys, p_seconds) as c (key, seconds) where g.key = c.key;
end $function$;
grant execute on routine identity.give_back_guess(text[],integer[],boolean[]) to plinth_system;

CREATE OR REPLACE FUNCTION identity.is_cut_off(p_account uuid, p_makers uuid[])
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select p_makers <> '{}' and exists (select from identity.api_keys k where k.account_id = p_account and k.id = any(p_makers) and k.revoked_at is not null)
$function$;
grant execute on routine identity.is_cut_off(uuid,uuid[]) to plinth_system;
grant execute on routine identity.is_cut_off(uuid,uuid[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION identity.take_guess(p_keys text[], p_free integer[], p_seconds integer[], p_asks integer[], p_waits boolean[])
 RETURNS TABLE(verdict text, seconds integer)
 LANGUAGE plpgsql
AS $function$
declare
  v_key text;
  v_now timestamptz;
  v_wait timestamptz;
  v_asks boolean;
begin
  for v_key in select k from unnest(p_keys) as k order by k loop
    perform pg_advisory_xact_lock(hashtextextended(v_key, 1));
  end loop;
  -- Read after the locks: whoever waited for them must not decide by a time before that of the rows.
  v_now := app.now();
  select max(g.waits_until) filter (where c.waits and g.waits_until > v_now),
      bool_or(extract(epoch from g.forgotten_at - v_now) > c.asks * c.seconds - 1)
    into v_wait, v_asks
    from unnest(p_keys, p_seconds, p_asks, p_waits) as c (key, seconds, asks, waits) join identity.guesses g on g.key = c.key;
  if v_wait is not null then
    return query select 'wait', ceil(extract(epoch from v_wait - v_now))::integer;
    return;
  end if;
  if v_asks then
    return query select 'ask', 0;
    return;
  end if;
  insert into identity.guesses as g (key, forgotten_at, waits_until)
    select n.key, v_now + make_interval(secs => n.level * n.seconds),
        case when ceil(n.level) < n.free then v_now else v_now + make_interval(secs => least(900, 2 ^ (ceil(n.level) - n.free))) end
      from (
        -- Past twenty waits more it stays where it is. A few thousandths are those of the time that the guesses themselves took.
        select c.key, c.free, c.seconds, least(c.free + 20,
            1 + round(greatest(0, coalesce(extract(epoch from g.forgotten_at - v_now), 0)) / c.seconds, 2))::double precision as level
          from unnest(p_keys, p_free, p_seconds) as c (key, free, seconds) left join identity.guesses g on g.key = c.key
      ) n
    on conflict (key) do update set forgotten_at = excluded.forgotten_at, waits_until = excluded.waits_until, updated_at = v_now;
  return query select 'go', 0;
end $function$;
grant execute on routine identity.take_guess(text[],integer[],integer[],integer[],boolean[]) to plinth_system;

-- ==================== jobs

create table jobs.deliveries (
  account_id uuid not null,
  job_id uuid not null,
  fence integer not null,
  number integer not null default 1,
  lane text not null,
  holder uuid,
  published_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint deliveries_pkey PRIMARY KEY (account_id, job_id),
  constraint deliveries_account_id_job_id_fkey FOREIGN KEY (account_id, job_id) REFERENCES jobs.jobs(account_id, id) ON DELETE CASCADE
);
alter table jobs.deliveries enable row level security, force row level security;
create policy system on jobs.deliveries for all to plinth_system using (true) with check (true);
create policy tenant on jobs.deliveries for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on jobs.deliveries to plinth_system;
grant select on jobs.deliveries to plinth_tenant;

create table jobs.jobs (
  account_id uuid not null,
  id uuid not null,
  kind text not null,
  lane text not null,
  payload jsonb not null,
  permit_id uuid,
  state text not null,
  run_at timestamp with time zone not null default app.now(),
  turn bigint,
  attempt integer not null default 0,
  attempts integer not null,
  postponed integer not null default 0,
  overdue_at timestamp with time zone,
  holder uuid,
  fence integer not null default 0,
  progress_done integer,
  progress_total integer,
  error text,
  request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint jobs_pkey PRIMARY KEY (account_id, id),
  constraint jobs_account_id_permit_id_fkey FOREIGN KEY (account_id, permit_id) REFERENCES limits.permits(account_id, id),
  constraint jobs_attempts_check CHECK ((attempts > 0)),
  constraint jobs_check CHECK (((turn IS NOT NULL) OR (state <> 'ready'::text))),
  constraint jobs_lane_check CHECK ((lane = ANY (ARRAY['interactive'::text, 'batch'::text]))),
  constraint jobs_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'delayed'::text, 'running'::text, 'done'::text, 'dead'::text, 'cancelled'::text])))
) with (fillfactor=70);
CREATE INDEX jobs_delayed ON jobs.jobs USING btree (run_at) WHERE (state = 'delayed'::text);
CREATE INDEX jobs_of_state ON jobs.jobs USING btree (state, id);
CREATE INDEX jobs_oldest ON jobs.jobs USING btree (lane, run_at) WHERE (state = 'ready'::text);
CREATE INDEX jobs_over ON jobs.jobs USING btree (updated_at) WHERE (state = ANY (ARRAY['done'::text, 'cancelled'::text]));
CREATE INDEX jobs_own ON jobs.jobs USING btree (account_id, lane, turn) WHERE (state = 'ready'::text);
CREATE INDEX jobs_ready ON jobs.jobs USING btree (lane, turn, run_at, id) WHERE (state = 'ready'::text);
CREATE INDEX jobs_running ON jobs.jobs USING btree (holder) WHERE (state = 'running'::text);
alter table jobs.jobs enable row level security, force row level security;
create policy system on jobs.jobs for all to plinth_system using (true) with check (true);
create policy tenant on jobs.jobs for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on jobs.jobs to plinth_system;
grant insert, select on jobs.jobs to plinth_tenant;

create table jobs.schedules (
  name text not null,
  cron text not null,
  next_at timestamp(3) with time zone not null,
  last_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  constraint schedules_pkey PRIMARY KEY (name, cron)
);
alter table jobs.schedules enable row level security, force row level security;
create policy system on jobs.schedules for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on jobs.schedules to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announce(p_holder uuid, p_kinds text[], p_most integer, p_batch_most integer, p_lost interval)
 RETURNS TABLE(account uuid, job uuid, fence integer, number integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz := app.now();
begin
  perform jobs.check_lease(p_holder, v_now);
  -- Two at a time would pass the bounds together.
  perform pg_advisory_xact_lock(hashtextextended('jobs.announce', 0));
  perform jobs.promote(v_now, p_kinds);
  delete from jobs.deliveries d where not exists (select from jobs.jobs j
    where j.account_id = d.account_id and j.id = d.job_id and j.state = 'ready' and j.fence = d.fence);
  update jobs.deliveries d set holder = p_holder, published_at = null, updated_at = v_now,
      number = d.number + case when d.published_at is null then 0 else 1 end
    where d.published_at <= v_now - p_lost or d.published_at is null
      and not exists (select from limits.holders h where h.id = d.holder and h.expires_at > v_now);
  if jobs.announce_lane(p_holder, p_kinds, 'interactive', p_most) > 0 or jobs.is_batch_late(p_kinds, v_now) then
    perform jobs.announce_lane(p_holder, p_kinds, 'batch', p_batch_most);
  end if;
  return query select d.account_id, d.job_id, d.fence, d.number
    from jobs.deliveries d join jobs.jobs j on j.account_id = d.account_id and j.id = d.job_id
    where d.holder = p_holder and d.published_at is null order by j.lane = 'batch', j.turn, j.run_at, j.id;
end $function$;
alter routine jobs.announce(uuid,text[],integer,integer,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announce_anew(p_account uuid, p_job uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update jobs.deliveries set number = number + 1, published_at = null, updated_at = app.now()
    where account_id = p_account and job_id = p_job and published_at is not null;
end $function$;
alter routine jobs.announce_anew(uuid,uuid) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announce_lane(p_holder uuid, p_kinds text[], p_lane text, p_most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_room integer := p_most - (select count(*) from jobs.deliveries where lane = p_lane)
    - (select count(*) from jobs.jobs where state = 'running' and lane = p_lane);
  v_claimed integer;
begin
  insert into jobs.deliveries (account_id, job_id, fence, lane, holder)
    select j.account_id, j.id, j.fence, j.lane, p_holder from jobs.jobs j
    where j.state = 'ready' and j.lane = p_lane and j.kind = any(p_kinds)
      and not exists (select from jobs.deliveries d where d.account_id = j.account_id and d.job_id = j.id)
    order by j.turn, j.run_at, j.id limit greatest(v_room, 0);
  get diagnostics v_claimed = row_count;
  return v_room - v_claimed;
end $function$;
alter routine jobs.announce_lane(uuid,text[],text,integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announced(p_holder uuid, p_jobs uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update jobs.deliveries set holder = null, published_at = app.now(), updated_at = app.now()
    where holder = p_holder and job_id = any(p_jobs);
end $function$;
alter routine jobs.announced(uuid,uuid[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.cancel(p_account uuid, p_job uuid, p_keep boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  j jobs.jobs;
begin
  update jobs.jobs set state = 'cancelled', fence = fence + 1, error = null, holder = null, updated_at = app.now()
    where account_id = app.account() and account_id = p_account and id = p_job and state in ('ready', 'delayed', 'running') returning * into j;
  if not found then return false; end if;
  if j.permit_id is not null then perform limits.cancel(j.account_id, j.permit_id, p_keep); end if;
  return true;
end $function$;
alter routine jobs.cancel(uuid,uuid,boolean) owner to plinth_system;
grant execute on routine jobs.cancel(uuid,uuid,boolean) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.check_lease(p_holder uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from limits.holders where id = p_holder and expires_at > p_now) then
    raise exception 'the holder is dead' using errcode = 'PL012';
  end if;
end $function$;
grant execute on routine jobs.check_lease(uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.close_orphans()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_permit limits.permits;
  v_closed integer := 0;
begin
  for v_permit in
    select p.* from limits.permits p
    where p.state in ('queued', 'running') and p.job_id is not null and not exists (
      select from jobs.jobs j where j.account_id = p.account_id and j.id = p.job_id and j.permit_id = p.id
        and j.state in ('ready', 'delayed', 'running'))
    order by p.account_id, p.product, p.id
  loop
    if limits.abandon(v_permit, 'job ended', false) then v_closed := v_closed + 1; end if;
  end loop;
  return v_closed;
end $function$;
alter routine jobs.close_orphans() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.depth()
 RETURNS TABLE(lane text, state text, count bigint)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select lane, state, count(*) from jobs.jobs where state in ('ready', 'delayed', 'running', 'dead') group by lane, state
$function$;
alter routine jobs.depth() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.finish(p_job uuid, p_holder uuid, p_fence integer, p_state text, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set state = p_state, error = p_error, holder = null, updated_at = app.now() where account_id = j.account_id and id = j.id;
end $function$;
alter routine jobs.finish(uuid,uuid,integer,text,text) owner to plinth_system;
grant execute on routine jobs.finish(uuid,uuid,integer,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.hand_over(p_job uuid, p_holder uuid, p_fence integer, p_kinds text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set state = 'ready', turn = jobs.turn_for(j.account_id, j.lane, j.turn, p_kinds), run_at = app.now(), attempt = attempt - 1,
      holder = null, updated_at = app.now()
    where account_id = j.account_id and id = j.id;
end $function$;
alter routine jobs.hand_over(uuid,uuid,integer,text[]) owner to plinth_system;
grant execute on routine jobs.hand_over(uuid,uuid,integer,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.held(p_job uuid, p_holder uuid, p_fence integer)
 RETURNS jobs.jobs
 LANGUAGE plpgsql
AS $function$
declare
  j jobs.jobs;
begin
  select * into j from jobs.jobs where account_id = app.account() and id = p_job
    and state = 'running' and holder = p_holder and fence = p_fence for update;
  if not found then
    raise exception 'the job is no longer held by this fence' using errcode = 'PL010';
  end if;
  return j;
end $function$;
grant execute on routine jobs.held(uuid,uuid,integer) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.is_batch_late(p_kinds text[], p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  return coalesce((select run_at from jobs.jobs where state = 'ready' and lane = 'batch' and kind = any(p_kinds) order by run_at limit 1)
    <= p_now - interval '30 seconds', false);
end $function$;
grant execute on routine jobs.is_batch_late(text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.next_due()
 RETURNS double precision
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select extract(epoch from min(run_at) - app.now()) * 1000 from jobs.jobs where state = 'delayed'
$function$;
alter routine jobs.next_due() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.oldest()
 RETURNS TABLE(lane text, seconds double precision)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select l.lane, coalesce(greatest(0, extract(epoch from app.now() - (
    select min(j.run_at) from jobs.jobs j where j.state = 'ready' and j.lane = l.lane))), 0)::double precision
  from unnest(array['interactive', 'batch']) as l(lane)
$function$;
alter routine jobs.oldest() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.postpone(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz := app.now();
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
  v_last timestamptz := coalesce((select due_at from limits.permits where account_id = j.account_id and id = j.permit_id),
    j.overdue_at, v_now + interval '15 minutes');
begin
  if v_last <= v_now then return false; end if;
  update jobs.jobs set state = 'delayed', run_at = least(v_now + p_delay, v_last), attempt = attempt - 1, postponed = postponed + 1,
      overdue_at = v_last, error = p_error, holder = null, updated_at = v_now
    where account_id = j.account_id and id = j.id;
  return true;
end $function$;
alter routine jobs.postpone(uuid,uuid,integer,interval,text) owner to plinth_system;
grant execute on routine jobs.postpone(uuid,uuid,integer,interval,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.progress(p_job uuid, p_holder uuid, p_fence integer, p_done integer, p_total integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set progress_done = p_done, progress_total = p_total, updated_at = app.now() where account_id = j.account_id and id = j.id;
end $function$;
alter routine jobs.progress(uuid,uuid,integer,integer,integer) owner to plinth_system;
grant execute on routine jobs.progress(uuid,uuid,integer,integer,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.promote(p_now timestamp with time zone, p_kinds text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  j jobs.jobs;
begin
  for j in
    select * from jobs.jobs where state = 'delayed' and run_at <= p_now order by run_at limit 100 for update skip locked
  loop
    update jobs.jobs set state = 'ready', turn = jobs.turn_for(j.account_id, j.lane, j.turn, p_kinds)
      where account_id = j.account_id and id = j.id;
  end loop;
end $function$;
grant execute on routine jobs.promote(timestamp with time zone,text[]) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.prune(p_older interval)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_count integer;
begin
  delete from jobs.jobs where state in ('done', 'cancelled') and updated_at < app.now() - p_older;
  get diagnostics v_count = row_count;
  return v_count;
end $function$;
alter routine jobs.prune(interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.recover(p_holder uuid, p_known uuid[], p_kinds text[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz := app.now();
  v_count integer;
begin
  with abandoned as (
    select j.account_id, j.id, j.holder = p_holder as lost from jobs.jobs j
    where j.state = 'running' and (j.holder = p_holder and j.id <> all (p_known)
      or not exists (select from limits.holders h where h.id = j.holder and h.expires_at > v_now))
    for update of j skip locked
  )
  update jobs.jobs j set state = 'ready', turn = jobs.turn_for(j.account_id, j.lane, j.turn, p_kinds), run_at = v_now, holder = null,
      updated_at = v_now, error = case when a.lost then 'the end could not be written' else 'the worker died' end
    from abandoned a where j.account_id = a.account_id and j.id = a.id;
  get diagnostics v_count = row_count;
  return v_count;
end $function$;
alter routine jobs.recover(uuid,uuid[],text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.replay(p_job uuid, p_permit uuid, p_kinds text[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update jobs.jobs set state = 'ready', turn = jobs.turn_for(account_id, lane, null, p_kinds), run_at = app.now(), attempt = 0, postponed = 0,
      overdue_at = null, permit_id = p_permit, progress_done = null, progress_total = null, error = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'dead';
  return found;
end $function$;
alter routine jobs.replay(uuid,uuid,text[]) owner to plinth_system;
grant execute on routine jobs.replay(uuid,uuid,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.retry(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  j jobs.jobs := jobs.held(p_job, p_holder, p_fence);
begin
  update jobs.jobs set state = 'delayed', run_at = app.now() + p_delay, postponed = 0, error = p_error, holder = null, updated_at = app.now()
    where account_id = j.account_id and id = j.id;
end $function$;
alter routine jobs.retry(uuid,uuid,integer,interval,text) owner to plinth_system;
grant execute on routine jobs.retry(uuid,uuid,integer,interval,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.start(j jobs.jobs, p_holder uuid, p_now timestamp with time zone, OUT job jsonb, OUT permit jsonb)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
begin
  permit := case when j.permit_id is null then null else limits.take(j.account_id, j.permit_id, p_holder) end;
  update jobs.jobs set state = 'running', holder = p_holder, attempt = j.attempt + 1, fence = j.fence + 1, updated_at = p_now
    where account_id = j.account_id and id = j.id;
  job := jsonb_build_object('id', j.id, 'account', j.account_id, 'kind', j.kind, 'lane', j.lane, 'payload', j.payload, 'permit', j.permit_id,
    'attempt', j.attempt + 1, 'attempts', j.attempts, 'postponed', j.postponed, 'fence', j.fence + 1, 'request_id', j.request_id,
    'waited', extract(epoch from p_now - j.run_at));
end $function$;
grant execute on routine jobs.start(jobs.jobs,uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take(p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_room_of jsonb DEFAULT '{}'::jsonb)
 RETURNS TABLE(job jsonb, permit jsonb)
 LANGUAGE plpgsql
AS $function$
declare
  v_now timestamptz := app.now();
  v_batch_room integer := p_batch_room;
  v_after_batch boolean := p_after_batch;
  v_late boolean;
  v_room_of jsonb := p_room_of;
  v_kinds text[] := array(select k from unnest(p_kinds) k where coalesce((p_room_of->>k)::integer > 0, true));
  -- A row is locked when it is fetched, and only one that is taken is fetched.
  v_interactive cursor for select * from jobs.jobs
    where state = 'ready' and lane = 'interactive' and kind = any(v_kinds) order by turn, run_at, id limit p_room for update skip locked;
  v_batch cursor for select * from jobs.jobs
    where state = 'ready' and lane = 'batch' and kind = any(v_kinds) order by turn, run_at, id limit p_batch_room for update skip locked;
  j jobs.jobs;
begin
  perform jobs.check_lease(p_holder, v_now);
  perform jobs.promote(v_now, p_kinds);
  open v_interactive;
  open v_batch;
  for v_place in 1 .. p_room loop
    j := null;
    if v_batch_room > 0 and not v_after_batch then
      v_late := coalesce(v_late, jobs.is_batch_late(v_kinds, v_now));
      if v_late then fetch v_batch into j; end if;
    end if;
    if j.id is null then fetch v_interactive into j; end if;
    if j.id is null and v_batch_room > 0 then fetch v_batch into j; end if;
    exit when j.id is null;
    v_after_batch := j.lane = 'batch';
    if v_after_batch then
      v_batch_room := v_batch_room - 1;
      v_late := null;
    end if;
    select s.job, s.permit into job, permit from jobs.start(j, p_holder, v_now) s;
    return next;
    continue when not v_room_of ? j.kind;
    v_room_of := v_room_of || jsonb_build_object(j.kind, (v_room_of->>j.kind)::integer - 1);
    if v_room_of->>j.kind = '0' then
      v_kinds := array_remove(v_kinds, j.kind);
      v_late := null;
      close v_interactive;
      close v_batch;
      open v_interactive;
      open v_batch;
    end if;
  end loop;
  -- Else they stay until the end of the transaction, and before PostgreSQL 16 a second call in it finds their names taken.
  close v_interactive;
  close v_batch;
end $function$;
grant execute on routine jobs.take(uuid,text[],integer,integer,boolean,jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take_one(p_holder uuid, p_account uuid, p_job uuid, p_kinds text[], p_lanes text[])
 RETURNS TABLE(job jsonb, permit jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz := app.now();
  j jobs.jobs;
begin
  perform jobs.check_lease(p_holder, v_now);
  select * into j from jobs.jobs where account_id = p_account and id = p_job and kind = any(p_kinds) and lane = any(p_lanes)
    and state in ('ready', 'delayed') and run_at <= v_now for update skip locked;
  if not found then return; end if;
  select s.job, s.permit into job, permit from jobs.start(j, p_holder, v_now) s;
  return next;
end $function$;
alter routine jobs.take_one(uuid,uuid,uuid,text[],text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take_up(p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_room_of jsonb)
 RETURNS TABLE(job jsonb, permit jsonb, due double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  return query select t.job, t.permit, null::double precision from jobs.take(p_holder, p_kinds, p_room, p_batch_room, p_after_batch, p_room_of) t;
  return query select null::jsonb, null::jsonb, jobs.next_due();
end $function$;
alter routine jobs.take_up(uuid,text[],integer,integer,boolean,jsonb) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take_up(p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_full text[] DEFAULT '{}'::text[])
 RETURNS TABLE(job jsonb, permit jsonb, due double precision)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select * from jobs.take_up(p_holder, p_kinds, p_room, p_batch_room, p_after_batch,
    (select coalesce(jsonb_object_agg(k, 0), '{}') from unnest(p_full) k))
$function$;
alter routine jobs.take_up(uuid,text[],integer,integer,boolean,text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.turn_for(p_account uuid, p_lane text, p_kept bigint, p_kinds text[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  return greatest(
    (select turn from jobs.jobs where state = 'ready' and lane = p_lane and kind = any(p_kinds) order by turn, run_at, id limit 1),
    least(p_kept, coalesce(1 + (select max(turn) from jobs.jobs where account_id = p_account and lane = p_lane and state = 'ready'), 0)));
end $function$;
alter routine jobs.turn_for(uuid,text,bigint,text[]) owner to plinth_system;
grant execute on routine jobs.turn_for(uuid,text,bigint,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.unbegin(p_holder uuid, p_begun uuid[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  update limits.usage_events e set state = 'pending', updated_at = app.now()
  from jobs.jobs j join limits.permits p on p.account_id = j.account_id and p.id = j.permit_id
  where j.state = 'running' and j.holder = p_holder and j.id <> all (p_begun) and p.state = 'running' and p.holder = p_holder
    and e.account_id = p.account_id and e.permit_id = p.id and e.state = 'sent' and e.fence = p.fence
$function$;
alter routine jobs.unbegin(uuid,uuid[]) owner to plinth_system;

-- ==================== limits

create type limits.admitted as (reserve bigint, charges jsonb, slots text[], due_at timestamp with time zone, operator_budgets uuid[], plan text);

create type limits.basis as (feature text, longest double precision, since bigint, until bigint, version bigint, by_default jsonb, plan text, bounds limits.bound[], slots text[], places bigint[], charges jsonb, borne bigint, key_budgets accounts.key_budget[]);

create type limits.bound as (scope text, name text, start bigint, amount bigint, most bigint, kind text);

create type limits.charged as (product text, name text, subject text, since timestamp with time zone, charge jsonb);

create type limits.closing as (meter integer, account_id uuid, permit_id uuid, holder uuid, fence integer, failed boolean, reason text, event_id uuid, voided boolean, known boolean, tried boolean, estimated boolean, provider text, model text, provider_request_id text, prompt_tokens integer, cached_tokens integer, completion_tokens integer, reasoning_tokens integer, cost bigint, charged bigint, price_version text);

create type limits.feature as (requires text[], longest double precision, rules limits.rule[], concurrent boolean);

create type limits.move as (scope text, name text, start bigint, amount bigint);

create type limits.operator_state as (id uuid, product text, feature text, provider text, plan text, closed boolean);

create type limits.renewal as (account_id uuid, product text, name text, machine text, fence integer, seconds double precision, borrow integer);

create type limits.reported as (product text, name text, feature integer, id uuid, permit_id uuid, reported_id uuid, units integer, happened_at timestamp with time zone, subject text, provider text, model text, provider_request_id text, prompt_tokens integer, cached_tokens integer, completion_tokens integer, reasoning_tokens integer, cost bigint, price_version text);

create type limits.request as (account_id uuid, permit_id uuid, event_id uuid, user_id uuid, key_id uuid, product text, feature text, units integer, reserve bigint, "least" bigint, state text, subject text, provider text, model text, price_version text, request_id text, route text, key_hash text, body_hash text, twin integer);

create type limits.rule as (name text, kind text, per text, counts_by text, share integer, most bigint, bound integer);

create type limits.run as (first integer, last integer, meter integer, feature integer, product text, name text, subject text, needs jsonb);

create type limits.span as (starts bigint, ends timestamp with time zone);

create table limits.adjustments (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  name text,
  event_id uuid,
  counted_in text not null,
  asked bigint not null,
  applied bigint not null,
  reason text not null,
  made_by uuid not null,
  created_at timestamp with time zone not null default app.now(),
  constraint adjustments_pkey PRIMARY KEY (account_id, id),
  constraint adjustments_asked_check CHECK ((asked <> 0)),
  constraint adjustments_check CHECK ((num_nonnulls(name, event_id) = 1)),
  constraint adjustments_counted_in_check CHECK ((counted_in = ANY (ARRAY['units'::text, 'cost_micros'::text])))
);
CREATE INDEX adjustments_by_id ON limits.adjustments USING btree (id);
alter table limits.adjustments enable row level security, force row level security;
create policy system on limits.adjustments for all to plinth_system using (true) with check (true);
create policy tenant on limits.adjustments for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.adjustments to plinth_system;
grant select on limits.adjustments to plinth_tenant;

create table limits.alerts (
  account_id uuid not null,
  scope text not null,
  name text not null,
  starts bigint not null,
  size bigint not null,
  threshold integer not null,
  product text not null,
  kind text not null,
  used bigint not null,
  resets_at timestamp with time zone,
  told_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint alerts_pkey PRIMARY KEY (account_id, scope, name, starts, size, threshold),
  constraint alerts_kind_check CHECK ((kind = ANY (ARRAY['quota'::text, 'credits'::text, 'budget'::text, 'gauge'::text, 'seats'::text])))
);
CREATE INDEX alerts_untold ON limits.alerts USING btree (created_at) WHERE (told_at IS NULL);
alter table limits.alerts enable row level security, force row level security;
create policy system on limits.alerts for all to plinth_system using (true) with check (true);
create policy tenant on limits.alerts for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.alerts to plinth_system;
grant select on limits.alerts to plinth_tenant;

create table limits.anchors (
  account_id uuid not null,
  product text not null,
  starts_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint anchors_pkey PRIMARY KEY (account_id, product)
);
alter table limits.anchors enable row level security, force row level security;
create policy system on limits.anchors for all to plinth_system using (true) with check (true);
create policy tenant on limits.anchors for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.anchors to plinth_system;
grant select on limits.anchors to plinth_tenant;

create table limits.credits (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  name text not null,
  source text not null,
  amount bigint not null,
  remaining bigint not null,
  expires_at timestamp with time zone,
  period bigint,
  cause text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint credits_pkey PRIMARY KEY (account_id, id),
  constraint credits_account_id_product_name_source_period_key UNIQUE (account_id, product, name, source, period),
  constraint credits_amount_check CHECK ((amount > 0)),
  constraint credits_check CHECK (((remaining >= 0) AND (remaining <= amount))),
  constraint credits_check1 CHECK (((period IS NULL) = (source = ANY (ARRAY['top_up'::text, 'admin'::text])))),
  constraint credits_source_check CHECK ((source = ANY (ARRAY['plan'::text, 'rollover'::text, 'top_up'::text, 'admin'::text])))
);
CREATE INDEX credits_to_burn ON limits.credits USING btree (account_id, product, name, expires_at) WHERE (remaining > 0);
alter table limits.credits enable row level security, force row level security;
create policy system on limits.credits for all to plinth_system using (true) with check (true);
create policy tenant on limits.credits for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.credits to plinth_system;
grant select on limits.credits to plinth_tenant;

create table limits.gauges (
  account_id uuid not null,
  product text not null,
  name text not null,
  used bigint not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint gauges_pkey PRIMARY KEY (account_id, product, name),
  constraint gauges_used_check CHECK ((used >= 0))
) with (fillfactor=70);
alter table limits.gauges enable row level security, force row level security;
create policy system on limits.gauges for all to plinth_system using (true) with check (true);
create policy tenant on limits.gauges for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.gauges to plinth_system;
grant select on limits.gauges to plinth_tenant;

create table limits.holders (
  id uuid not null,
  kind text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint holders_pkey PRIMARY KEY (id)
);
alter table limits.holders enable row level security, force row level security;
create policy system on limits.holders for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on limits.holders to plinth_system;

create table limits.meters (
  account_id uuid not null,
  scope text not null,
  names text[] not null default '{}'::text[],
  starts bigint[] not null default '{}'::bigint[],
  used bigint[] not null default '{}'::bigint[],
  seen bigint not null default 0,
  created_at timestamp with time zone not null default app.now(),
  constraint meters_pkey PRIMARY KEY (account_id, scope)
) with (fillfactor=70);
CREATE INDEX meters_of_failures ON limits.meters USING btree (account_id, scope) WHERE ('failures'::text = ANY (names));
alter table limits.meters enable row level security, force row level security;
create policy system on limits.meters for all to plinth_system using (true) with check (true);
create policy tenant on limits.meters for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.meters to plinth_system;
grant select on limits.meters to plinth_tenant;

create table limits.operator_budgets (
  id uuid not null,
  product text,
  feature text,
  provider text,
  plan text,
  daily bigint,
  closed boolean not null default false,
  told_day bigint,
  told_daily bigint,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint operator_budgets_pkey PRIMARY KEY (id),
  constraint operator_budgets_product_feature_provider_plan_key UNIQUE NULLS NOT DISTINCT (product, feature, provider, plan),
  constraint operator_budgets_daily_check CHECK ((daily >= 0))
);
alter table limits.operator_budgets enable row level security, force row level security;
create policy system on limits.operator_budgets for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on limits.operator_budgets to plinth_system;

create table limits.operator_spending (
  budget_id uuid not null,
  day bigint not null,
  shard integer not null,
  spent bigint not null,
  constraint operator_spending_pkey PRIMARY KEY (budget_id, day, shard),
  constraint operator_spending_budget_id_fkey FOREIGN KEY (budget_id) REFERENCES limits.operator_budgets(id) ON DELETE CASCADE
) with (fillfactor=50);
alter table limits.operator_spending enable row level security, force row level security;
create policy system on limits.operator_spending for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on limits.operator_spending to plinth_system;

create table limits.permits (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  key_id uuid,
  product text not null,
  feature text not null,
  plan text,
  units integer not null,
  reserve bigint not null,
  state text not null,
  holder uuid not null,
  fence integer not null,
  slots text[] not null,
  charges jsonb not null,
  subject text,
  operator_budgets uuid[],
  job_id uuid,
  due_at timestamp with time zone not null,
  request_id text not null,
  reason text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint permits_pkey PRIMARY KEY (account_id, id),
  constraint permits_reserve_check CHECK ((reserve >= 0)),
  constraint permits_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'settled'::text, 'voided'::text]))),
  constraint permits_units_check CHECK ((units >= 0))
) with (fillfactor=80);
CREATE INDEX permits_open ON limits.permits USING btree (account_id, product, id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));
alter table limits.permits enable row level security, force row level security;
create policy system on limits.permits for all to plinth_system using (true) with check (true);
create policy tenant on limits.permits for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.permits to plinth_system;
grant select on limits.permits to plinth_tenant;

create table limits.postings (
  id uuid not null default gen_random_uuid(),
  accounts uuid[] not null,
  events uuid[] not null,
  created_at timestamp with time zone not null default app.now(),
  constraint postings_pkey PRIMARY KEY (id)
);
alter table limits.postings enable row level security, force row level security;
create policy system on limits.postings for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on limits.postings to plinth_system;

create unlogged table limits.rates (
  key text not null,
  starts_at timestamp with time zone not null,
  used integer not null,
  constraint rates_pkey PRIMARY KEY (key)
) with (fillfactor=50);
alter table limits.rates enable row level security, force row level security;
create policy system on limits.rates for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on limits.rates to plinth_system;

create table limits.seats (
  account_id uuid not null,
  product text not null,
  name text not null,
  machine text not null,
  id uuid not null,
  fence integer not null,
  taken_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  offline_minutes integer not null default 0,
  offline_until timestamp with time zone,
  owed_until timestamp with time zone,
  renewed_at timestamp with time zone not null default app.now(),
  ended text,
  ended_at timestamp with time zone,
  owed_fence integer,
  used_token integer not null default 0,
  first_token integer not null default 1,
  last_token integer not null default 1,
  constraint seats_pkey PRIMARY KEY (account_id, product, name, machine),
  constraint seats_check CHECK (((ended IS NULL) = (ended_at IS NULL))),
  constraint seats_ended_check CHECK ((ended = ANY (ARRAY['released'::text, 'expired'::text, 'forced'::text, 'suspended'::text]))),
  constraint seats_machine_check CHECK (((length(machine) >= 1) AND (length(machine) <= 200))),
  constraint seats_offline_minutes_check CHECK (((offline_minutes >= 0) AND (offline_minutes <= 43200)))
) with (fillfactor=70);
CREATE INDEX seats_open ON limits.seats USING btree (product, name) WHERE (ended IS NULL);
alter table limits.seats enable row level security, force row level security;
create policy system on limits.seats for all to plinth_system using (true) with check (true);
create policy tenant on limits.seats for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.seats to plinth_system;
grant select on limits.seats to plinth_tenant;

create table limits.usage_events (
  account_id uuid not null,
  id uuid not null,
  permit_id uuid not null,
  attempt integer not null,
  fence integer not null,
  user_id uuid not null,
  key_id uuid,
  product text not null,
  feature text not null,
  provider text not null,
  model text not null,
  provider_request_id text,
  prompt_tokens integer not null default 0,
  cached_tokens integer not null default 0,
  completion_tokens integer not null default 0,
  reasoning_tokens integer not null default 0,
  reserve bigint not null,
  cost bigint not null default 0,
  charged bigint not null default 0,
  price_version text not null,
  state text not null,
  estimated boolean not null default false,
  tried boolean not null default true,
  corrects uuid,
  adjustment_id uuid,
  reported_by uuid,
  reported_id uuid,
  happened_at timestamp with time zone,
  request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint usage_events_pkey PRIMARY KEY (account_id, id),
  constraint usage_events_attempt_check CHECK ((attempt > 0)),
  constraint usage_events_check CHECK ((((cost >= 0) AND (charged >= 0)) OR (corrects IS NOT NULL))),
  constraint usage_events_reserve_check CHECK ((reserve >= 0)),
  constraint usage_events_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'posted'::text, 'voided'::text])))
) with (fillfactor=80);
CREATE INDEX usage_events_of_permit ON limits.usage_events USING btree (permit_id, attempt);
CREATE UNIQUE INDEX usage_events_one_correction ON limits.usage_events USING btree (account_id, corrects) WHERE ((corrects IS NOT NULL) AND (adjustment_id IS NULL) AND (NOT estimated));
CREATE UNIQUE INDEX usage_events_reported_once ON limits.usage_events USING btree (account_id, reported_by, reported_id) WHERE (reported_id IS NOT NULL);
alter table limits.usage_events enable row level security, force row level security;
create policy system on limits.usage_events for all to plinth_system using (true) with check (true);
create policy tenant on limits.usage_events for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.usage_events to plinth_system;
grant select on limits.usage_events to plinth_tenant;
CREATE TRIGGER usage_events_born_posted AFTER INSERT ON limits.usage_events FOR EACH ROW WHEN ((new.state = 'posted'::text)) EXECUTE FUNCTION limits.note_posting();
CREATE TRIGGER usage_events_final BEFORE UPDATE ON limits.usage_events FOR EACH ROW WHEN ((old.state = ANY (ARRAY['posted'::text, 'voided'::text]))) EXECUTE FUNCTION limits.refuse_change();
CREATE TRIGGER usage_events_posted AFTER UPDATE ON limits.usage_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION limits.note_postings();

CREATE OR REPLACE FUNCTION limits.abandon(p_seen limits.permits, p_reason text, p_wait boolean)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
  v_now timestamptz := limits.lock_meter(p_seen.account_id, p_seen.product, p_wait);
  v_served boolean;
  v_moves limits.move[];
begin
  if v_now is null or not p_wait and limits.keys_are_locked(p_seen) then return false; end if;
  -- The next fence: a late settle of the old holder must find itself stale.
  update limits.permits set fence = fence + 1 where account_id = p_seen.account_id and id = p_seen.id
    and state = p_seen.state and fence = p_seen.fence and job_id is not distinct from p_seen.job_id returning * into p;
  if not found then return false; end if;
  v_served := exists (select from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.state in ('sent', 'posted'));
  select f.moves into v_moves from limits.finish(p, not v_served, p_reason, v_now) f;
  perform limits.move_windows(p.account_id, v_moves);
  return true;
end $function$;
grant execute on routine limits.abandon(limits.permits,text,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjust_credits(p_account uuid, p_product text, p_rule limits.rule, p_units bigint, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  v_size bigint := (entitlements.segment(p_account, p_product, p_now)->'grants'->>p_rule.name)::bigint;
  v_balance bigint := 0;
  v_left bigint := -p_units;
  v_row record;
begin
  if v_size is not null then v_balance := limits.refill(p_account, p_product, p_rule, v_size, p_now); end if;
  if p_units > 0 then
    perform limits.draw(p_account, p_product, p_rule.name, least(p_units, v_balance), p_now);
    perform limits.note_credits(p_account, p_product, p_rule, least(p_units, v_balance), p_now);
    return least(p_units, v_balance);
  end if;
  for v_row in
    select id, amount - remaining as used from limits.credits
    where account_id = p_account and product = p_product and name = p_rule.name and remaining < amount and (expires_at is null or expires_at > p_now)
    order by expires_at desc nulls first, id desc
  loop
    exit when v_left = 0;
    update limits.credits set remaining = remaining + least(v_left, v_row.used), updated_at = p_now where account_id = p_account and id = v_row.id;
    v_left := v_left - least(v_left, v_row.used);
  end loop;
  return p_units + v_left;
end $function$;
grant execute on routine limits.adjust_credits(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjust_event(p_account uuid, p_event uuid, p_adjustment uuid, p_id uuid, p_cost bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  e limits.usage_events;
  p limits.permits;
  v_now timestamptz;
  v_total bigint; v_total_charged bigint;
  v_applied bigint; v_charged bigint;
  v_charges jsonb;
  v_moves limits.move[];
begin
  select * into e from limits.usage_events where account_id = p_account and id = p_event and state = 'posted' and corrects is null;
  if not found then return null; end if;
  v_now := limits.lock_meter(p_account, e.product, true);
  select * into p from limits.permits where account_id = p_account and id = e.permit_id for update;
  select sum(cost), sum(charged) into v_total, v_total_charged from limits.usage_events where account_id = p_account and permit_id = p.id and (id = e.id or corrects = e.id);
  v_applied := greatest(p_cost, least(-v_total, 0));
  if v_applied = 0 then return 0; end if;
  v_charged := greatest(v_applied, least(-v_total_charged, 0));
  insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, reserve, cost, charged,
      price_version, state, corrects, adjustment_id, request_id, created_at, updated_at)
    values (e.account_id, p_id, e.permit_id, e.attempt, e.fence, e.user_id, e.key_id, e.product, e.feature, e.provider, e.model, 0, v_applied, v_charged,
      'adjustment', 'posted', e.id, p_adjustment, e.request_id, v_now, v_now);
  -- An open permit counts it when it is closed.
  if p.state in ('settled', 'voided') then
    select g.charges, g.moves into v_charges, v_moves from limits.give_back(p, -v_charged) g;
    update limits.permits set charges = v_charges, updated_at = v_now where account_id = p_account and id = p.id;
    if p.operator_budgets is not null then perform limits.count_spending(p, array[p_id], v_now); end if;
    perform limits.move_windows(p_account, v_moves);
  end if;
  return v_applied;
end $function$;
grant execute on routine limits.adjust_event(uuid,uuid,uuid,uuid,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjust_limit(p_account uuid, p_product text, p_rule limits.rule, p_amount bigint)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  m limits.meters;
  v_now timestamptz;
  v_at integer;
  v_start bigint;
  v_applied bigint;
begin
  insert into limits.meters (account_id, scope) values (p_account, p_product) on conflict do nothing;
  v_now := limits.lock_meter(p_account, p_product, true);
  if p_rule.kind = 'credits' then return limits.adjust_credits(p_account, p_product, p_rule, p_amount, v_now); end if;
  if p_rule.per = 'billing_period' then perform limits.drop_anchor(p_account, p_product, v_now); end if;
  select * into m from limits.meters where account_id = p_account and scope = p_product;
  v_at := array_position(m.names, p_rule.name);
  v_start := (limits.window_of(p_account, p_product, p_rule.per, m.starts[v_at], v_now)).starts;
  v_applied := greatest(p_amount, case when m.starts[v_at] = v_start then -m.used[v_at] else 0 end);
  perform limits.charge(p_account, p_product, p_rule.name, v_start, v_applied);
  perform limits.note_charge(p_account, p_product, p_product, p_rule.name, p_rule.kind, p_rule.per, v_start, v_applied, true, v_now);
  return v_applied;
end $function$;
grant execute on routine limits.adjust_limit(uuid,text,limits.rule,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjusted_units(p_account uuid, p_product text, p_limit text, p_per text, p_starts bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(sum(a.applied), 0)::bigint from limits.adjustments a
  where a.account_id = p_account and a.product = p_product and a.name = p_limit
    and (limits.window_of(p_account, p_product, p_per, p_starts, a.created_at)).starts = p_starts
$function$;
grant execute on routine limits.adjusted_units(uuid,text,text,text,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.admit(p_accounts uuid[], p_products text[], p_features limits.feature[], p_spenders accounts.spender[], p_runs limits.run[], p_requests limits.request[], p_holder uuid, p_wait boolean, p_repeats boolean)
 RETURNS TABLE(granted bigint, answer jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  -- Meters of the batch where we have the lock, and after them those of narrower scopes, which the former protect.
  v_meters limits.meters[]; v_dirty boolean[]; m limits.meters; v_row record;
  v_now timestamptz; v_now_us bigint := 0; v_bounds bigint[];
  -- A row whose last lies past it was written under a clock that was wrong; those rows, by their meters' places.
  v_trusted bigint := limits.trusted(app.now()); v_jumped integer[] := '{}';
  v_segments jsonb[]; v_standings accounts.standing[]; v_lease timestamptz; v_known integer[];
  v_governed boolean; v_states limits.operator_state[]; v_governing record; v_budgets uuid[];
  -- How many permits are open by meter; and where these might be too many, by slot; and those that this batch added to each.
  v_concurrent boolean := false; v_number_open bigint[]; v_open jsonb[]; v_added jsonb[];
  -- The run at hand: its limits, what they have room for, and what it was granted so far.
  r limits.run; who accounts.spender; standing accounts.standing; f limits.feature; c limits.rule; q limits.request;
  v_run integer := 0; v_rule integer; v_place integer; v_loaded integer; v_twin integer; v_scope text; v_start bigint;
  v_refused text; v_closed jsonb; v_grants jsonb; v_answer jsonb;
  v_scopes text[]; v_meter integer[]; v_at integer[]; v_max bigint[]; v_taken bigint[]; v_starts bigint[];
  v_units_left bigint; v_cost_left bigint; v_slots_left bigint; v_number bigint; v_units bigint; v_cost bigint;
  -- What failed of the account, what its calls that run may cost at most if they fail and when the last of them is over, by account what that
  -- is with those that this batch granted, and what may be borne.
  v_failed bigint; v_staked bigint; v_staked_until timestamptz; v_stakes jsonb := '{}'; v_borne bigint;
  v_reserve bigint; v_charge jsonb; v_charged integer; v_held text[]; v_purses text[]; v_purse text; v_due timestamptz;
  -- The answers in the order of the requests; or what the rows of a granted one are made of.
  v_answers jsonb[] := array_fill(null::jsonb, array[cardinality(p_requests)]);
  v_admitted limits.admitted[] := array_fill(null::limits.admitted, array[cardinality(p_requests)]);
begin
  if p_wait then
    for v_row in
      select place, meter from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place) cross join lateral (
        select meters as meter from limits.meters where account_id = account and scope = product for update) as held
    loop v_meters[v_row.place] := v_row.meter; end loop;
  else
    for v_row in
      select place, meter from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place) cross join lateral (
        select meters as meter from limits.meters where account_id = account and scope = product for update skip locked) as held
    loop v_meters[v_row.place] := v_row.meter; end loop;
  end if;
  for v_place in 1 .. cardinality(p_accounts) loop
    v_dirty[v_place] := false;
    if v_meters[v_place] is null then
      -- Somebody else's lock, or an account's first request.
      insert into limits.meters (account_id, scope) values (p_accounts[v_place], p_products[v_place]) on conflict do nothing returning * into m;
      if found then v_meters[v_place] := m; else v_meters[v_place] := null; end if;
    elsif (v_meters[v_place]).seen <= v_trusted then v_now_us := greatest(v_now_us, (v_meters[v_place]).seen);
    else v_jumped := v_jumped || v_place;
    end if;
  end loop;

  -- After the locks, and never behind a row's last: a waiter must not judge in the past.
  v_now := greatest(app.now(), timestamptz 'epoch' + v_now_us * interval '1 microsecond');
  v_now_us := (extract(epoch from v_now) * 1000000)::bigint;
  foreach v_place in array v_jumped loop v_meters[v_place] := limits.after_jump(v_meters[v_place], v_now); end loop;
  v_bounds := array[v_now_us - v_now_us % 60000000, v_now_us - v_now_us % 3600000000, v_now_us - v_now_us % 86400000000,
    limits.window_start('week', v_now), limits.window_start('month', v_now)];
  -- The operator's budgets are looked at when there are any.
  select expires_at, exists (select from limits.operator_budgets) into v_lease, v_governed from limits.holders where id = p_holder;
  if v_governed then v_states := limits.operator_states(v_now); end if;
  foreach f in array p_features loop v_concurrent := v_concurrent or f.concurrent; end loop;
  if v_concurrent then
    select array_agg((select count(*) from limits.permits p where p.account_id = account and p.product = wanted.product and p.state in ('queued', 'running')) order by place)
      into v_number_open from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place);
  end if;
  v_segments := entitlements.segments(p_accounts, p_products, v_now);
  v_standings := accounts.standings(p_spenders);
  -- The budgets of a key and of those that it comes from count for all products: their meters are locked too, in one order, after
  -- those of the products.
  if exists (select from unnest(v_standings) where key_budgets is not null) then
    insert into limits.meters (account_id, scope)
      select distinct w.account_id, 'key:' || b.key_id from unnest(p_spenders, v_standings) as w (account_id, user_id, key_id, session_id, refused, key_budgets)
        cross join lateral unnest(w.key_budgets) as b order by 1, 2
      on conflict do nothing;
    perform from limits.meters t where (t.account_id, t.scope) in (
      select w.account_id, 'key:' || b.key_id from unnest(p_spenders, v_standings) as w (account_id, user_id, key_id, session_id, refused, key_budgets)
        cross join lateral unnest(w.key_budgets) as b) order by t.account_id, t.scope for update;
  end if;
  if p_repeats then
    select array_agg(place::integer) into v_known from unnest(p_requests) with ordinality as asked (account_id, permit_id, event_id, user_id, key_id,
        product, feature, units, reserve, least, state, subject, provider, model, price_version, request_id, route, key_hash, body_hash, twin, place)
      where asked.key_hash is not null and (
        select true from idempotency.keys k where k.account_id = asked.account_id and k.route = asked.route and k.key_hash = asked.key_hash limit 1);
  end if;

  foreach r in array p_runs loop
    v_run := v_run + 1;
    if v_meters[r.meter] is null then
      for v_place in r.first .. r.last loop v_answers[v_place] := '{"kind": "busy"}'; end loop;
      continue;
    end if;
    who := p_spenders[v_run]; f := p_features[r.feature];
    standing := v_standings[v_run]; v_refused := standing.refused;
    if v_refused is null and (v_lease is null or v_lease <= v_now) then v_refused := 'holder_dead'; end if;
    v_grants := v_segments[r.meter]->'grants';
    v_closed := case when v_refused is not null then jsonb_build_object('kind', 'refused', 'reason', v_refused)
      when f.requires is not null or r.needs is not null or v_segments[r.meter]->>'plan' is null then limits.plan_required(f, r.needs, v_segments[r.meter]) end;

    if standing.key_budgets is not null then f.rules := f.rules || limits.key_rules(standing.key_budgets); end if;

    -- What all its limits together have room for.
    v_units_left := 9007199254740991; v_cost_left := v_units_left; v_slots_left := v_units_left;
    v_number := 0; v_units := 0; v_cost := 0; v_charged := null; v_held := '{}'; v_purses := null;
    v_rule := 0; v_loaded := 0;
    if v_closed is null then
    foreach c in array f.rules loop
      v_rule := v_rule + 1;
      v_max[v_rule] := (v_grants->>c.name)::bigint;
      if c.bound is not null then
        if v_loaded <> r.meter then m := v_meters[r.meter]; v_loaded := r.meter; end if;
        v_place := array_position(m.names, c.name);
        v_at[v_rule] := v_place; v_starts[v_rule] := v_bounds[c.bound]; v_meter[v_rule] := r.meter; v_scopes[v_rule] := r.product;
        v_taken[v_rule] := case when m.starts[v_place] = v_bounds[c.bound] then m.used[v_place] else 0 end;
        if c.kind = 'failures' then
          v_max[v_rule] := c.most;
          -- Those of other products count too, once there is one of this.
          if v_taken[v_rule] > 0 then v_taken[v_rule] := limits.failures(who.account_id, v_starts[v_rule]); end if;
          if v_taken[v_rule] >= c.most then v_slots_left := 0; end if;
          -- Calls that run may fail too, those that this batch granted before among them.
          v_failed := v_taken[v_rule]; v_borne := c.most;
          v_staked := (v_stakes->who.account_id::text->>0)::bigint; v_staked_until := (v_stakes->who.account_id::text->>1)::timestamptz;
          if v_staked is null then
            select coalesce(sum(o.reserve), 0), max(o.due_at) into v_staked, v_staked_until from limits.may_fail(who.account_id, v_now) o;
          end if;
        elsif c.kind = 'budget' then
          v_cost_left := least(v_cost_left, coalesce(v_max[v_rule] - v_taken[v_rule], -1));
        else
          v_units_left := least(v_units_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
        end if;
        continue;
      end if;
      if c.kind = 'credits' then
        v_purses := v_purses || c.name;
        v_units_left := least(v_units_left, case when v_max[v_rule] is null then 0 else limits.refill(who.account_id, r.product, c, v_max[v_rule], v_now) end);
        continue;
      end if;
      v_place := r.meter;
      v_scope := r.product;
      if c.counts_by <> 'account' then
        v_scope := case c.counts_by when 'member' then v_scope || '/member:' || who.user_id when 'key' then v_scope || '/key:' || coalesce(who.key_id::text, '')
          when 'subject' then v_scope || '/subject:' || r.subject else c.counts_by end;
        if v_scope = c.counts_by then v_max[v_rule] := c.most; end if;
      end if;
      if c.kind = 'concurrency' then
        v_scope := v_scope || ' ' || c.name; v_scopes[v_rule] := v_scope;
        v_held := v_held || v_scope;
        if v_number_open[r.meter] + cardinality(p_requests) <= v_max[v_rule] then
          -- There is room for them all, whichever slots they take and whoever holds them.
          v_taken[v_rule] := v_number_open[r.meter];
        else
          if v_open[r.meter] is null then v_open[r.meter] := (limits.open_permits(p_accounts[r.meter:r.meter], p_products[r.meter:r.meter], v_now))[1]; end if;
          v_taken[v_rule] := coalesce((v_open[r.meter]->>v_scope)::bigint, 0) + coalesce((v_added[r.meter]->>v_scope)::bigint, 0);
        end if;
        v_slots_left := least(v_slots_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
        continue;
      end if;
      if c.kind = 'sliding' then v_scope := v_scope || '/' || c.name; end if;
      if v_scope <> r.product then
        v_place := null;
        for v_other in cardinality(p_accounts) + 1 .. cardinality(v_meters) loop
          if (v_meters[v_other]).scope = v_scope and (v_meters[v_other]).account_id = who.account_id then v_place := v_other; exit; end if;
        end loop;
        if v_place is null then
          select * into m from limits.meters where account_id = who.account_id and scope = v_scope;
          if not found then
            m.account_id := who.account_id; m.scope := v_scope; m.names := '{}'; m.starts := '{}'; m.used := '{}'; m.seen := 0; m.created_at := v_now;
          elsif r.meter = any(v_jumped) then m := limits.after_jump(m, v_now);
          end if;
          v_place := cardinality(v_meters) + 1; v_loaded := v_place;
          v_meters[v_place] := m; v_dirty[v_place] := false;
        end if;
      end if;
      v_scopes[v_rule] := v_scope;
      if v_loaded <> v_place then m := v_meters[v_place]; v_loaded := v_place; end if;
      v_meter[v_rule] := v_place;
      v_place := array_position(m.names, c.name);
      v_at[v_rule] := v_place;
      if c.kind = 'sliding' then
        v_taken[v_rule] := limits.used_within(m, c.per, v_now_us);
        v_units_left := least(v_units_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
        continue;
      end if;
      if c.kind = 'cooldown' then
        v_starts[v_rule] := m.starts[v_place];
        -- One that ends later than it can was begun under a clock that was wrong; a plan that the account had may have had longer ones.
        v_taken[v_rule] := case when m.starts[v_place] > v_now_us and m.starts[v_place] <= v_now_us + greatest(v_max[v_rule], 3600) * 1000000 then 1 else 0 end;
        if v_taken[v_rule] = 1 or v_max[v_rule] is null then v_slots_left := 0;
        elsif v_max[v_rule] > 0 then v_slots_left := least(v_slots_left, 1); end if;
        continue;
      end if;
      if c.per = 'billing_period' then perform limits.drop_anchor(who.account_id, r.product, v_now); end if;
      v_start := (limits.window_of(who.account_id, r.product, c.per, m.starts[v_place], v_now)).starts;
      -- Another product's decision with this key may have been later than ours.
      if v_scope = c.counts_by and m.starts[v_place] <= v_trusted then v_start := greatest(v_start, m.starts[v_place]); end if;
      v_starts[v_rule] := v_start;
      v_taken[v_rule] := case when m.starts[v_place] = v_start then m.used[v_place] else 0 end;
      if c.kind = 'budget' then
        v_cost_left := least(v_cost_left, coalesce(v_max[v_rule] - v_taken[v_rule], -1));
      else
        v_units_left := least(v_units_left, coalesce(v_max[v_rule] - v_taken[v_rule], 0));
      end if;
    end loop;
    end if;

    v_due := v_now + make_interval(secs => f.longest);
    for v_place in r.first .. r.last loop
      q := p_requests[v_place];
      -- Why it gets no permit, if it gets none; but a repeat charges nothing, and is answered first.
      v_answer := null;
      if v_place = any(v_known) then v_answer := limits.repeated(q, p_holder, v_refused, v_now); end if;
      -- Of those before it under its key, one may have been denied and a later one admitted.
      v_twin := q.twin;
      while (v_admitted[v_twin]).reserve is null and v_twin is not null loop v_twin := (p_requests[v_twin]).twin; end loop;
      if v_answer is null and v_twin is not null then
        v_answer := jsonb_build_object('kind', case when (p_requests[v_twin]).body_hash = q.body_hash then 'running' else 'mismatch' end);
      end if;
      if v_answer is null then
        if v_closed is not null then v_answer := v_closed;
        elsif q.units > v_units_left or v_slots_left < 1 or q.least > v_cost_left then
          v_answer := limits.denial(f, r, q, v_scopes, v_segments[r.meter]->>'plan', v_now, v_max, v_taken, v_starts, v_number, v_units, v_cost);
        elsif q.state = 'running' and v_staked > 0 and v_failed + v_staked + least(q.reserve, v_cost_left) > v_borne then
          -- If the providers broke them all, more would be borne than may be. It waits as for a place.
          v_answer := jsonb_build_object('kind', 'denied', 'limit', 'failures', 'of', 'concurrency', 'used', v_failed + v_staked, 'max', v_borne,
            'resets_at', greatest(v_staked_until, v_now + interval '1 second'), 'now', v_now, 'plan', v_segments[r.meter]->>'plan');
        elsif v_states is not null then
          v_governing := limits.governing(v_states, r.product, r.name, v_segments[r.meter]->>'plan', q.provider);
          v_budgets := v_governing.budgets;
          if v_governing.closed is not null then
            v_answer := jsonb_build_object('kind', 'refused', 'reason', 'operator_budget_closed', 'budget', v_governing.closed);
          end if;
        end if;
        if v_answer is not null and q.key_hash is not null and not p_repeats then
          v_answer := coalesce(limits.repeated(q, p_holder, v_refused, v_now), v_answer);
        end if;
      end if;
      if v_answer is not null then v_answers[v_place] := v_answer; continue; end if;
      -- Less room than asked in a budget, but enough to make sense: the permit carries what is left.
      v_reserve := least(q.reserve, v_cost_left);
      v_number := v_number + 1; v_units := v_units + q.units; v_cost := v_cost + v_reserve;
      if q.state = 'running' and v_reserve > 0 then v_staked := v_staked + v_reserve; v_staked_until := greatest(v_staked_until, v_due); end if;
      v_slots_left := v_slots_left - 1; v_units_left := v_units_left - q.units; v_cost_left := v_cost_left - v_reserve;
      if v_charged is distinct from q.units then
        v_charged := q.units; v_charge := '[]'; v_rule := 0;
        foreach c in array f.rules loop
          v_rule := v_rule + 1;
          if c.kind in ('quota', 'budget') then
            v_charge := v_charge || jsonb_build_array(jsonb_build_array(v_scopes[v_rule], c.name, c.kind, v_starts[v_rule],
              case c.kind when 'quota' then q.units end, c.per));
          end if;
        end loop;
      end if;
      v_answer := v_charge;
      if v_purses is not null then
        foreach v_purse in array v_purses loop
          v_answer := v_answer || limits.draw(who.account_id, r.product, v_purse, q.units, v_now);
        end loop;
      end if;
      v_admitted[v_place] := row(v_reserve, v_answer, v_held, v_due, v_budgets, v_segments[r.meter]->>'plan')::limits.admitted;
    end loop;

    -- Write down in the meters what the run was granted.
    continue when v_number = 0;
    v_stakes := v_stakes || jsonb_build_object(who.account_id, jsonb_build_array(v_staked, v_staked_until));
    -- Its last instant is kept there, also where all its windows are in narrower scopes.
    v_dirty[r.meter] := true;
    v_rule := 0; v_loaded := 0;
    foreach c in array f.rules loop
      v_rule := v_rule + 1; v_place := v_at[v_rule];
      continue when c.kind = 'failures';
      if c.kind = 'credits' then
        perform limits.note_credits(who.account_id, r.product, c, v_units, v_now);
        continue;
      end if;
      if c.kind = 'concurrency' then
        v_added[r.meter] := coalesce(v_added[r.meter], '{}') || jsonb_build_object(v_scopes[v_rule], coalesce((v_added[r.meter]->>v_scopes[v_rule])::bigint, 0) + v_number);
        continue;
      end if;
      if v_loaded <> v_meter[v_rule] then
        if v_loaded > 0 then v_meters[v_loaded] := m; end if;
        v_loaded := v_meter[v_rule]; m := v_meters[v_loaded]; v_dirty[v_loaded] := true;
      end if;
      if c.kind = 'sliding' then
        m := limits.slide(m, c.name, c.per, v_now_us, v_units);
        continue;
      end if;
      if c.kind = 'cooldown' then v_starts[v_rule] := v_now_us + v_max[v_rule] * 1000000; end if;
      v_reserve := case c.kind when 'budget' then v_taken[v_rule] + v_cost when 'cooldown' then 1 else v_taken[v_rule] + v_units end;
      if v_reserve * 5 >= v_max[v_rule] * 4 and (v_taken[v_rule] * 5 < v_max[v_rule] * 4 or v_taken[v_rule] < v_max[v_rule] and v_reserve >= v_max[v_rule]) then
        perform limits.note(who.account_id, r.product, v_scopes[v_rule], c.name, c.kind, c.per, v_starts[v_rule], v_taken[v_rule], v_reserve, v_max[v_rule], v_now);
      end if;
      if v_place is null then
        m.names := m.names || c.name; m.starts := m.starts || v_starts[v_rule]; m.used := m.used || v_reserve;
      else
        m.starts[v_place] := v_starts[v_rule]; m.used[v_place] := v_reserve;
      end if;
    end loop;
    if v_loaded > 0 then v_meters[v_loaded] := m; end if;
  end loop;

  update limits.meters t set names = d.names, starts = d.starts, used = d.used, seen = v_now_us
    from unnest(v_meters[:cardinality(p_accounts)], v_dirty) as d (account_id, scope, names, starts, used, seen, created_at, dirty)
    where d.dirty and t.account_id = d.account_id and t.scope = d.scope;
  if cardinality(v_meters) > cardinality(p_accounts) then
    insert into limits.meters as t (account_id, scope, names, starts, used)
      select d.account_id, d.scope, d.names, d.starts, d.used
        from unnest(v_meters, v_dirty) with ordinality as d (account_id, scope, names, starts, used, seen, created_at, dirty, place)
        where d.dirty and d.place > cardinality(p_accounts)
      on conflict (account_id, scope) do update set names = excluded.names, starts = excluded.starts, used = excluded.used;
  end if;
  with admitted as materialized (
    select * from unnest(p_requests, v_admitted) as asked (account_id, permit_id, event_id, user_id, key_id, product, feature, units,
        wanted, least, state, subject, provider, model, price_version, request_id, route, key_hash, body_hash, twin, reserve, charges, slots, due_at, operator_budgets, plan)
      where reserve is not null
  ), permits as (
    insert into limits.permits (account_id, id, user_id, key_id, product, feature, units, reserve, state, holder, fence, slots, charges, subject, due_at,
        operator_budgets, plan, request_id, created_at, updated_at)
      select account_id, permit_id, user_id, key_id, product, feature, units, reserve, state, p_holder, 1, slots, charges, subject, due_at,
        operator_budgets, plan, request_id, v_now, v_now from admitted
  ), events as (
    insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, reserve, price_version,
        state, request_id, created_at, updated_at)
      select account_id, event_id, permit_id, 1, 1, user_id, key_id, product, feature, provider, model, reserve, price_version,
        case state when 'queued' then 'pending' else 'sent' end, request_id, v_now, v_now from admitted
  )
  insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state, created_at, expires_at)
    select account_id, route, key_hash, body_hash, permit_id, 'running', v_now, v_now + interval '24 hours' from admitted where key_hash is not null;
  return query select t.reserve, t.answer from unnest(v_admitted, v_answers) as t (reserve, charges, slots, due_at, operator_budgets, plan, answer);
end $function$;
alter routine limits.admit(uuid[],text[],limits.feature[],accounts.spender[],limits.run[],limits.request[],uuid,boolean,boolean) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.admit_within(p_who accounts.spender, p_product text, p_basis limits.basis, p_requests limits.request[], p_holder uuid, p_wait boolean)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  m limits.meters; others limits.meters[] := '{}'; b limits.bound;
  v record; v_now bigint; v_at integer; v_used bigint; v_budgets uuid[]; v_closed uuid; v_failed bigint := 0;
begin
  -- 1. The lock.
  if p_wait then
    select * into m from limits.meters where account_id = p_who.account_id and scope = p_product for update;
  else
    select * into m from limits.meters where account_id = p_who.account_id and scope = p_product for update skip locked;
  end if;
  -- Who waited and has none is the first, or was erased.
  if not found then return case when p_wait then 'new' else 'busy' end; end if;

  -- 2. What may change beside the counters, all of one instant.
  select t.now, m.seen > limits.trusted(c.clock) as is_ahead, w.refused, w.key_budgets,
      (select s.version from entitlements.snapshots s where s.account_id = p_who.account_id and s.product = p_product order by s.version desc limit 1) as version,
      exists (select from limits.holders h where h.id = p_holder and h.expires_at > t.now) as lives, exists (select from limits.operator_budgets) as governed,
      (select count(*) from limits.permits p where p.account_id = p_who.account_id and p.product = p_product and p.state in ('queued', 'running')) as open,
      (select coalesce(sum(f.reserve), 0) from limits.may_fail(p_who.account_id, t.now) f) as staked
    into v from (select app.now() offset 0) as c (clock) cross join lateral (select greatest(c.clock, limits.instant(m.seen)) offset 0) as t (now)
      cross join lateral accounts.standing_of(p_who.account_id, p_who.user_id, p_who.key_id, p_who.session_id) as w;
  v_now := limits.micros(v.now);
  if v.is_ahead or v_now < p_basis.since or v_now >= p_basis.until then return 'time'; end if;
  if v.refused is not null or v.key_budgets is distinct from p_basis.key_budgets then return 'spender'; end if;
  if not v.lives then return 'holder'; end if;
  if v.version is distinct from p_basis.version or v.version is null and entitlements.ungranted(p_who.account_id, p_product) is distinct from p_basis.by_default then return 'plan'; end if;
  if v.governed then
    select g.budgets, g.closed into v_budgets, v_closed from limits.governing(limits.operator_states(v.now), p_product, p_basis.feature, p_basis.plan, (p_requests[1]).provider) g;
    if v_closed is not null then return 'operator'; end if;
  end if;
  -- What failed today, and what may fail of calls that run and of these. Mostly that is far from the bound.
  if coalesce(m.used[array_position(m.names, 'failures')], 0) > 0 then v_failed := limits.failures(p_who.account_id, limits.window_start('day', v.now)); end if;
  if v_failed >= p_basis.borne then return 'failures'; end if;
  if (p_requests[1]).state = 'running' and (v.staked > 0 or cardinality(p_requests) > 1)
    and v_failed + v.staked + (select sum(reserve) from unnest(p_requests)) > p_basis.borne then return 'failures'; end if;
  -- Mostly there is room for all that are open, whichever slots they take and whoever holds them.
  if v.open + cardinality(p_requests) > any (p_basis.places) and (cardinality(p_requests) > any (p_basis.places) or exists (
    select from unnest(p_basis.slots, p_basis.places) as place (slot, most) cross join lateral limits.open_slots(p_who.account_id, p_product, v.now) as o
      where o.slot = place.slot and o.open + cardinality(p_requests) > place.most)) then return 'places'; end if;

  -- 3. The windows, with what is counted now. That a use comes to 80 or 100 percent is written down by limits.admit, and so left to it.
  foreach b in array p_basis.bounds loop
    if b.scope <> m.scope then
      others := others || m;
      select * into m from limits.meters t where t.account_id = p_who.account_id and t.scope = b.scope for update;
      -- A key's is made by limits.admit: other products make and lock it too.
      if not found and b.scope like 'key:%' then return 'new'; end if;
      if not found then m := (p_who.account_id, b.scope, '{}', '{}', '{}', 0, v.now); end if;
    end if;
    -- A burst that slides: the meter is its own.
    if b.kind in ('minute', 'hour') then
      if limits.used_within(m, b.kind, v_now) + b.amount > b.most then return 'full'; end if;
      m := limits.slide(m, b.name, b.kind, v_now, b.amount);
      continue;
    end if;
    v_at := array_position(m.names, b.name);
    if b.kind = 'pause' then
      if m.starts[v_at] > v_now then return 'pause'; end if;
      b.start := v_now + b.amount; v_used := 1;
    else
      if m.starts[v_at] > b.start or b.kind = 'stays' and m.starts[v_at] is distinct from b.start then return 'window'; end if;
      v_used := b.amount + case when m.starts[v_at] = b.start then m.used[v_at] else 0 end;
      if v_used > b.most then return 'full'; end if;
      if v_used * 5 >= b.most * 4 and ((v_used - b.amount) * 5 < b.most * 4 or v_used - b.amount < b.most and v_used >= b.most) then return 'alert'; end if;
    end if;
    v_at := coalesce(v_at, cardinality(m.names) + 1);
    m.names[v_at] := b.name; m.starts[v_at] := b.start; m.used[v_at] := v_used;
  end loop;
  if others <> '{}' then others := others || m; m := others[1]; end if;

  -- 4. The rows.
  update limits.meters set names = m.names, starts = m.starts, used = m.used, seen = v_now where account_id = m.account_id and scope = m.scope;
  if others <> '{}' then
    insert into limits.meters as t (account_id, scope, names, starts, used) select d.account_id, d.scope, d.names, d.starts, d.used from unnest(others[2:]) as d
      on conflict (account_id, scope) do update set names = excluded.names, starts = excluded.starts, used = excluded.used;
  end if;
  insert into limits.permits (account_id, id, user_id, key_id, product, feature, plan, units, reserve, state, holder, fence,
      slots, charges, subject, operator_budgets, due_at, request_id, created_at, updated_at)
    select p_who.account_id, q.permit_id, p_who.user_id, p_who.key_id, p_product, p_basis.feature, p_basis.plan, q.units, q.reserve, q.state, p_holder, 1,
      p_basis.slots, p_basis.charges, q.subject, v_budgets, v.now + make_interval(secs => p_basis.longest), q.request_id, v.now, v.now
    from unnest(p_requests) as q;
  insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, price_version,
      reserve, state, request_id, created_at, updated_at)
    select p_who.account_id, q.event_id, q.permit_id, 1, 1, p_who.user_id, p_who.key_id, p_product, p_basis.feature, q.provider, q.model, q.price_version,
      q.reserve, case q.state when 'queued' then 'pending' else 'sent' end, q.request_id, v.now, v.now
    from unnest(p_requests) as q;
  if (p_requests[1]).key_hash is null then return null; end if;
  -- One that is known violates its key: all of this is undone, and limits.admit looks it up.
  insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state, created_at, expires_at)
    select p_who.account_id, q.route, q.key_hash, q.body_hash, q.permit_id, 'running', v.now, v.now + interval '24 hours'
    from unnest(p_requests) as q;
  return null;
end $function$;
alter routine limits.admit_within(accounts.spender,text,limits.basis,limits.request[],uuid,boolean) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.after_jump(p_meter limits.meters, p_now timestamp with time zone)
 RETURNS limits.meters
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_zone text := accounts.time_zone(p_meter.account_id);
  v_ends bigint[];
begin
  select array_agg(limits.micros(limits.zoned_end(per, limits.zoned_start(per, p_now, v_zone), v_zone))) into v_ends
    from unnest(array['day', 'week', 'month']) as per;
  select coalesce(array_agg(name order by place), '{}'), coalesce(array_agg(start order by place), '{}'), coalesce(array_agg(used order by place), '{}')
    into p_meter.names, p_meter.starts, p_meter.used
    from unnest(p_meter.names, p_meter.starts, p_meter.used) with ordinality as t (name, start, used, place)
    where start <= limits.micros(p_now) or start = any(v_ends);
  return p_meter;
end $function$;
grant execute on routine limits.after_jump(limits.meters,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.anchor(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return coalesce(
    (select starts_at from limits.anchors where account_id = p_account and product = p_product),
    (select min((s->>'from')::timestamptz) from jsonb_array_elements(entitlements.timeline(p_account, p_product)) s
      where s->>'source' <> 'default' and (s->>'from')::timestamptz <= p_now),
    (select a.created_at from accounts.accounts a where a.account_id = p_account));
end $function$;
grant execute on routine limits.anchor(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.answer_here(p_permit uuid, p_route text, p_key_hash text, p_status integer, p_headers jsonb, p_body jsonb, p_sealed text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update idempotency.keys set state = 'done', status = p_status, headers = p_headers, answer = p_body #>> '{}', sealed = p_sealed
    where account_id = app.account() and route = p_route and key_hash = p_key_hash and permit_id = p_permit;
end $function$;
alter routine limits.answer_here(uuid,text,text,integer,jsonb,jsonb,text) owner to plinth_system;
grant execute on routine limits.answer_here(uuid,text,text,integer,jsonb,jsonb,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.attach(p_permit uuid, p_holder uuid, p_fence integer, p_job uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update limits.permits set job_id = p_job, updated_at = app.now()
    where account_id = app.account() and id = p_permit and state = 'queued' and holder = p_holder and fence = p_fence and job_id is null;
  if not found then
    raise exception 'the permit is no longer held by this fence' using errcode = 'PL010';
  end if;
end $function$;
alter routine limits.attach(uuid,uuid,integer,uuid) owner to plinth_system;
grant execute on routine limits.attach(uuid,uuid,integer,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.bear(p_permit limits.permits, p_amount bigint, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_start bigint := limits.window_start('day', p_now);
begin
  if p_amount > 0 then
    perform limits.charge(p_permit.account_id, p_permit.product, 'failures', v_start, p_amount);
  elsif p_amount < 0 then
    perform limits.move_windows(p_permit.account_id, array[row(p_permit.product, 'failures', v_start, p_amount)::limits.move]);
  end if;
end $function$;
grant execute on routine limits.bear(limits.permits,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.billing_period(p_anchor timestamp with time zone, p_now timestamp with time zone)
 RETURNS limits.span
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
declare
  v_anchor timestamp := p_anchor at time zone 'UTC';
  v_now timestamp := p_now at time zone 'UTC';
  v_months integer := (extract(year from v_now) - extract(year from v_anchor)) * 12 + extract(month from v_now) - extract(month from v_anchor);
begin
  -- Each is counted from the anchor itself, so that after a short month the 31st comes back.
  if v_anchor + make_interval(months => v_months) > v_now then v_months := v_months - 1; end if;
  return row(limits.micros((v_anchor + make_interval(months => v_months)) at time zone 'UTC'),
    (v_anchor + make_interval(months => v_months + 1)) at time zone 'UTC');
end $function$;
grant execute on routine limits.billing_period(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.cancel(p_account uuid, p_permit uuid, p_keep boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
  v_now timestamptz := limits.lock_meter(p_account, (select product from limits.permits where account_id = p_account and id = p_permit), true);
  v_moves limits.move[];
begin
  update limits.permits set fence = fence + 1 where account_id = p_account and id = p_permit and state in ('queued', 'running') returning * into p;
  if not found then return; end if;
  select f.moves into v_moves from limits.finish(p, not p_keep, 'cancelled', v_now) f;
  perform limits.move_windows(p_account, v_moves);
end $function$;
grant execute on routine limits.cancel(uuid,uuid,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.charge(p_account uuid, p_scope text, p_name text, p_start bigint, p_amount bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v limits.meters;
  v_at integer;
begin
  select * into v from limits.meters where account_id = p_account and scope = p_scope for update;
  if not found then
    insert into limits.meters (account_id, scope, names, starts, used)
      values (p_account, p_scope, array[p_name], array[p_start], array[p_amount]);
    return;
  end if;
  v_at := array_position(v.names, p_name);
  if v_at is null then
    v.names := v.names || p_name; v.starts := v.starts || p_start; v.used := v.used || p_amount;
  elsif v.starts[v_at] = p_start then
    v.used[v_at] := v.used[v_at] + p_amount;
  else
    v.starts[v_at] := p_start; v.used[v_at] := p_amount;
  end if;
  update limits.meters set names = v.names, starts = v.starts, used = v.used where account_id = p_account and scope = p_scope;
end $function$;
grant execute on routine limits.charge(uuid,text,text,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.charge_all(p_account uuid, p_user uuid, p_key uuid, p_budgets accounts.key_budget[], p_features limits.feature[], p_events limits.reported[], p_now timestamp with time zone)
 RETURNS limits.charged[]
 LANGUAGE plpgsql
AS $function$
declare
  g record;
  f limits.feature;
  c limits.rule;
  v_grants jsonb;
  v_scope text;
  v_one limits.charged;
  v_charged limits.charged[] := '{}';
begin
  for g in
    select t.product, t.feature, t.subject, array_agg(t::limits.reported) as events from unnest(p_events) as t group by 1, 2, 3 order by t.product collate "C", 2, 3
  loop
    f := p_features[g.feature];
    v_grants := entitlements.segment(p_account, g.product, p_now)->'grants';
    if p_budgets is not null then f.rules := f.rules || limits.key_rules(p_budgets); end if;
    foreach c in array f.rules loop
      v_scope := case c.counts_by when 'account' then g.product when 'member' then g.product || '/member:' || p_user
        when 'key' then g.product || '/key:' || coalesce(p_key::text, '') when 'subject' then g.product || '/subject:' || g.subject else c.counts_by end;
      if c.kind = 'sliding' then v_scope := v_scope || '/' || c.name; end if;
      v_one := limits.charge_reported(p_account, v_scope, c, (v_grants->>c.name)::bigint, g.events, p_now);
      if v_one is not null then v_charged := v_charged || v_one; end if;
    end loop;
  end loop;
  return v_charged;
end $function$;
grant execute on routine limits.charge_all(uuid,uuid,uuid,accounts.key_budget[],limits.feature[],limits.reported[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.charge_reported(p_account uuid, p_scope text, p_rule limits.rule, p_size bigint, p_events limits.reported[], p_now timestamp with time zone)
 RETURNS limits.charged
 LANGUAGE plpgsql
AS $function$
declare
  m limits.meters;
  e limits.reported := p_events[1];
  v_stored bigint;
  v_window limits.span;
  v_since timestamptz;
  v_amount bigint;
begin
  if p_rule.kind in ('concurrency', 'failures') then return null; end if;
  select sum(units) into v_amount from unnest(p_events);
  if p_rule.kind = 'credits' then
    perform limits.adjust_credits(p_account, e.product, p_rule, v_amount, p_now);
    return null;
  end if;
  select * into m from limits.meters where account_id = p_account and scope = p_scope for update;
  v_stored := m.starts[array_position(m.names, p_rule.name)];
  if p_rule.kind = 'cooldown' then
    select limits.micros(max(happened_at)) + p_size * 1000000 into v_amount from unnest(p_events);
    if v_amount > greatest(coalesce(v_stored, 0), limits.micros(p_now)) then perform limits.charge(p_account, p_scope, p_rule.name, v_amount, 1); end if;
    return null;
  end if;
  if p_rule.kind = 'sliding' then
    v_since := p_now - 60 * limits.sixtieth(p_rule.per) * interval '1 microsecond';
    select sum(units) into v_amount from unnest(p_events) where happened_at > v_since;
    if v_amount is null then return null; end if;
    insert into limits.meters (account_id, scope) values (p_account, p_scope) on conflict do nothing;
    select * into m from limits.meters where account_id = p_account and scope = p_scope for update;
    m := limits.slide(m, p_rule.name, p_rule.per, limits.micros(p_now), v_amount);
    update limits.meters set names = m.names, starts = m.starts, used = m.used where account_id = p_account and scope = p_scope;
    return null;
  end if;
  if p_rule.per = 'billing_period' then perform limits.drop_anchor(p_account, e.product, p_now); end if;
  v_window := limits.window_of(p_account, e.product, p_rule.per, v_stored, p_now);
  -- Another product's decision with this key may have been later than ours.
  if p_scope = p_rule.counts_by and v_stored > v_window.starts then v_window.starts := v_stored; end if;
  v_since := limits.window_begins(p_account, p_rule.per, v_window, p_now);
  select sum(case p_rule.kind when 'budget' then cost else units end) into v_amount from unnest(p_events) where happened_at >= v_since;
  if v_amount is null then return null; end if;
  perform limits.charge(p_account, p_scope, p_rule.name, v_window.starts, v_amount);
  perform limits.note_charge(p_account, e.product, p_scope, p_rule.name, p_rule.kind, p_rule.per, v_window.starts, v_amount, true, p_now);
  if p_rule.kind = 'burst' then return null; end if;
  return row(e.product, e.name, e.subject, v_since, jsonb_build_array(p_scope, p_rule.name, p_rule.kind, v_window.starts, null, p_rule.per));
end $function$;
grant execute on routine limits.charge_reported(uuid,text,limits.rule,bigint,limits.reported[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_plain(p_product text, c limits.closing)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  m limits.meters; v record; v_charge jsonb;
  v_now timestamptz; v_spent bigint; v_back bigint; v_at integer; v_moved boolean := false;
begin
  select * into m from limits.meters t where t.account_id = c.account_id and t.scope = p_product for update;
  if not found then return null; end if;
  v_now := limits.time_after(m.seen);
  -- A statement of its own, after the lock. The call at hand is open, and there is no other one.
  select p.reserve, p.charges, e.reserve as held into v
    from limits.permits p cross join lateral (
      select o.reserve from limits.usage_events o
      where o.account_id = p.account_id and o.id = c.event_id and o.permit_id = p.id and o.state in ('pending', 'sent')) as e
    where p.account_id = c.account_id and p.id = c.permit_id and p.product = p_product and p.holder = c.holder and p.fence = c.fence
      and (p.state = 'running' or p.state = 'queued' and p.job_id is null) and p.operator_budgets is null
      and not exists (select from limits.usage_events o where o.account_id = p.account_id and o.permit_id = p.id and o.id <> c.event_id)
    for update of p;
  if not found then return null; end if;
  v_spent := case when c.voided then 0 when c.known then c.cost else v.held end;
  if v_spent > v.reserve or c.charged <> c.cost then return null; end if;
  -- What goes back. Only windows of this very meter, and no credits: anything else is left as it is, to others.
  for v_place in 0 .. jsonb_array_length(v.charges) - 1 loop
    v_charge := v.charges->v_place;
    case v_charge->>2
      when 'budget' then
        if v_charge->>4 is not null then return null; end if;
        v_back := v.reserve - v_spent;
      when 'quota' then
        v_back := case when c.failed then (v_charge->>4)::bigint else 0 end;
      else
        return null;
    end case;
    continue when v_back = 0;
    if v_charge->>0 <> p_product then return null; end if;
    v_at := array_position(m.names, v_charge->>1);
    continue when v_at is null or m.starts[v_at] <> (v_charge->>3)::bigint;
    m.used[v_at] := greatest(0, m.used[v_at] - v_back);
    v_moved := true;
  end loop;

  update limits.usage_events e set state = case when c.voided then 'voided' else 'posted' end, updated_at = v_now,
      estimated = not c.voided and (not c.known or c.estimated), tried = c.tried,
      provider = coalesce(c.provider, e.provider), model = coalesce(c.model, e.model), price_version = coalesce(c.price_version, e.price_version),
      provider_request_id = c.provider_request_id, prompt_tokens = coalesce(c.prompt_tokens, 0), cached_tokens = coalesce(c.cached_tokens, 0),
      completion_tokens = coalesce(c.completion_tokens, 0), reasoning_tokens = coalesce(c.reasoning_tokens, 0), cost = v_spent, charged = v_spent
    where e.account_id = c.account_id and e.id = c.event_id;
  update limits.permits p set state = case when c.failed then 'voided' else 'settled' end, reason = c.reason, updated_at = v_now
    where p.account_id = c.account_id and p.id = c.permit_id;
  if v_moved then
    update limits.meters t set used = m.used where t.account_id = c.account_id and t.scope = p_product;
  end if;
  return v_spent;
end $function$;
alter routine limits.close_plain(text,limits.closing) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_plain(p_accounts uuid[], p_products text[], p_closings limits.closing[])
 RETURNS TABLE(cost bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_meters limits.meters[]; v_now timestamptz;
  v_costs bigint[]; v_reserves bigint[]; v_charges jsonb[];
begin
  select held, locked_at into v_meters, v_now from limits.lock_meters(p_accounts, p_products);
  select array_agg(case when event.is_plain and event.spent <= permit.reserve then event.spent end order by c.place), array_agg(permit.reserve order by c.place), array_agg(permit.charges order by c.place)
    into v_costs, v_reserves, v_charges
    from unnest(p_closings) with ordinality as c (meter, account_id, permit_id, holder, fence, failed, reason, event_id, voided, known, tried, estimated,
      provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, charged, price_version, place)
    left join lateral (
      select p.reserve, p.charges from limits.permits p
      where p.account_id = c.account_id and p.id = c.permit_id and p.product = p_products[c.meter] and p.fence = c.fence and p.holder = c.holder
        and (p.state = 'running' or p.state = 'queued' and p.job_id is null) and p.operator_budgets is null
        and not p.charges @? 'strict $[*] ? (@[2] == "credits" || @[2] == "budget" && @[4] != null)' for update
    ) as permit on true
    left join lateral (
      -- The call at hand is open, and no other one is.
      select permit.reserve is not null and count(*) filter (where e.id = c.event_id) = num_nonnulls(c.event_id)
          and bool_and((e.state in ('pending', 'sent')) = (e.id is not distinct from c.event_id))
          and c.charged is not distinct from c.cost and bool_and(e.charged = e.cost) as is_plain,
        coalesce(sum(case when e.id is distinct from c.event_id then case e.state when 'posted' then e.cost else 0 end
          when c.voided then 0 when c.known then c.cost else e.reserve end), 0)::bigint as spent
      from limits.usage_events e where e.account_id = c.account_id and e.permit_id = c.permit_id
    ) as event on true;

  perform limits.post_plain(p_closings, v_costs, v_now);
  perform limits.give_back_plain(v_meters, p_closings, v_costs, v_reserves, v_charges);
  return query select c from unnest(v_costs) as t (c);
end $function$;
alter routine limits.close_plain(uuid[],text[],limits.closing[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_seats(p_product text, p_name text, p_most integer)
 RETURNS SETOF limits.seats
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz := app.now();
begin
  return query update limits.seats s set ended = 'expired', ended_at = s.expires_at, updated_at = v_now
    from (
      select t.account_id, t.machine from limits.seats t where t.product = p_product and t.name = p_name and t.ended is null and t.expires_at <= v_now
      order by t.account_id, t.machine limit p_most for update skip locked) as due
    where s.account_id = due.account_id and s.product = p_product and s.name = p_name and s.machine = due.machine
    returning s.*;
end $function$;
alter routine limits.close_seats(text,text,integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.count_spending(p_permit limits.permits, p_corrections uuid[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into limits.operator_spending as s (budget_id, day, shard, spent)
    select b.id, limits.window_start('day', p_now), pg_backend_pid() % 64, cost from limits.operator_budgets b cross join lateral (
      select coalesce(sum(e.cost), 0)::bigint as cost from limits.usage_events e where e.account_id = p_permit.account_id
        and e.permit_id = p_permit.id and e.state = 'posted' and (b.provider is null or e.provider = b.provider)
        and (p_corrections is null or e.id = any(p_corrections))) as of_permit
      where b.id = any(p_permit.operator_budgets) and cost <> 0 order by b.id
    on conflict (budget_id, day, shard) do update set spent = s.spent + excluded.spent
$function$;
grant execute on routine limits.count_spending(limits.permits,uuid[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.credits_due(p_account uuid, p_product text, p_rule limits.rule, p_size bigint, p_now timestamp with time zone, OUT period limits.span, OUT planned bigint, OUT rolled bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_last timestamptz;
  v_left bigint;
begin
  period := limits.window_of(p_account, p_product, p_rule.per, null, p_now);
  planned := greatest(0, p_size - coalesce((select c.amount from limits.credits c where c.account_id = p_account and c.product = p_product
    and c.name = p_rule.name and c.source = 'plan' and c.period = (credits_due.period).starts), 0));
  rolled := 0;
  if coalesce(p_rule.share, 0) = 0 or exists (select from limits.credits c where c.account_id = p_account and c.product = p_product and c.name = p_rule.name
    and c.source in ('plan', 'rollover') and c.period = (credits_due.period).starts)
  then
    return;
  end if;
  v_last := limits.instant((period).starts) - interval '1 microsecond';
  select c.remaining into v_left from limits.credits c where c.account_id = p_account and c.product = p_product and c.name = p_rule.name and c.source = 'plan'
    and c.period = (limits.window_of(p_account, p_product, p_rule.per, null, v_last)).starts;
  -- Nobody asked for them in all that window: they are all left.
  if not found then v_left := (entitlements.segment(p_account, p_product, v_last)->'grants'->>p_rule.name)::bigint; end if;
  rolled := least(coalesce(v_left, 0) * p_rule.share / 100, p_rule.most);
end $function$;
grant execute on routine limits.credits_due(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.denial(p_feature limits.feature, p_run limits.run, p_request limits.request, p_scopes text[], p_plan text, p_now timestamp with time zone, p_max bigint[], p_taken bigint[], p_start bigint[], p_number bigint, p_units bigint, p_cost bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  c limits.rule;
  v_rule integer := 0;
  v_max bigint; v_least bigint; v_taken bigint; v_total bigint; v_resets timestamptz;
begin
  foreach c in array p_feature.rules loop
    v_rule := v_rule + 1;
    v_max := p_max[v_rule];
    if c.kind = 'failures' then
      continue when p_taken[v_rule] < v_max;
      return jsonb_build_object('kind', 'denied', 'limit', c.name, 'of', c.kind, 'used', p_taken[v_rule], 'max', v_max,
        'resets_at', limits.window_end('day', p_start[v_rule]), 'now', p_now, 'plan', p_plan);
    end if;
    v_least := case c.kind when 'concurrency' then 1 when 'cooldown' then 0 when 'budget' then p_request.least else p_request.units end;
    if c.kind = 'credits' and v_max is not null then
      select coalesce(sum(amount - remaining), 0), coalesce(sum(amount), 0) into v_taken, v_total from limits.credits
        where account_id = p_request.account_id and product = p_run.product and name = c.name and (expires_at is null or expires_at > p_now);
      continue when v_taken + v_least <= v_total;
      -- The next ones come with the next window, if the plan gives any.
      v_resets := case when v_max > 0 then (limits.window_of(p_request.account_id, p_run.product, c.per, null, p_now)).ends end;
      return jsonb_build_object('kind', 'denied', 'limit', c.name, 'of', c.kind, 'used', v_taken, 'max', v_total, 'size', v_max,
        'resets_at', v_resets, 'now', p_now, 'plan', p_plan);
    end if;
    -- More than the plan ever has room for: waiting would not help. A budget is money, and no part of what a plan includes: a call
    -- that is larger than all of it is told how large (needed).
    if v_max is null or v_max < v_least and (c.kind <> 'budget' or v_max = 0) and c.name <> 'key_budget' then
      return jsonb_build_object('kind', 'plan_required', 'grant', c.name, 'needed', greatest(v_least, 1), 'plan', p_plan);
    end if;
    if c.kind = 'cooldown' then
      continue when p_taken[v_rule] = 0 and (p_number = 0 or v_max = 0);
      v_resets := case p_taken[v_rule] when 0 then p_now + v_max * interval '1 second' else limits.instant(p_start[v_rule]) end;
      v_taken := 1; v_max := 1;
    else
      v_taken := p_taken[v_rule] + case c.kind when 'concurrency' then p_number when 'budget' then p_cost else p_units end;
      continue when v_taken + v_least <= v_max;
      if c.kind = 'concurrency' then
        -- The latest instant for it; those admitted by this batch are not written yet, so that their own due time stands in.
        select greatest(coalesce(min(due_at), p_now + make_interval(secs => p_feature.longest)), p_now + interval '1 second') into v_resets
          from limits.permits where account_id = p_request.account_id and product = p_run.product and p_scopes[v_rule] = any(slots) and state in ('queued', 'running');
      elsif c.kind = 'sliding' then
        v_resets := limits.slides_open(p_request.account_id, p_scopes[v_rule], c.per, p_now, v_max - v_least - p_units);
      else
        v_resets := (limits.window_of(p_request.account_id, p_run.product, c.per, p_start[v_rule], p_now)).ends;
      end if;
    end if;
    return jsonb_build_object('kind', 'denied', 'limit', c.name, 'of', case c.kind when 'sliding' then 'burst' else c.kind end, 'used', v_taken, 'max', v_max,
      'resets_at', v_resets, 'now', p_now, 'plan', p_plan) || case c.kind when 'budget' then jsonb_build_object('needed', v_least) else '{}' end;
  end loop;
  raise exception 'all limits of %.% have room, and yet it was denied', p_run.product, p_run.name;
end $function$;
grant execute on routine limits.denial(limits.feature,limits.run,limits.request,text[],text,timestamp with time zone,bigint[],bigint[],bigint[],bigint,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.disown(p_items jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  r jsonb;
  v_account uuid;
  v_now timestamptz;
  v_moves limits.move[];
begin
  perform limits.lock_for_steps(p_items);
  for r in select value from jsonb_array_elements(p_items) order by value->>'a', value->>'p', value->>'id' loop
    v_account := (r->>'a')::uuid;
    v_now := limits.lock_meter(v_account, r->>'p', true);
    -- It waits for an admission that has written its permit and not committed: of an account's first one the meter can't be locked.
    insert into limits.permits (account_id, id, user_id, product, feature, units, reserve, state, holder, fence, slots, charges, due_at, request_id,
        reason, created_at, updated_at)
      values (v_account, (r->>'id')::uuid, (r->>'user')::uuid, r->>'p', r->>'feature', 0, 0, 'voided', (r->>'h')::uuid, (r->>'f')::integer, '{}', '[]', v_now,
        r->>'request', r->>'reason', v_now, v_now)
      on conflict (account_id, id) do nothing;
    continue when found;
    v_now := limits.lock_meter(v_account, r->>'p', true);
    select s.moves into v_moves from limits.resolve(r, v_now) s;
    perform limits.move_windows(v_account, v_moves);
    v_moves := limits.unserved(v_account, (r->>'id')::uuid, r->>'reason', v_now);
    perform limits.move_windows(v_account, v_moves);
  end loop;
end $function$;
alter routine limits.disown(jsonb) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.draw(p_account uuid, p_product text, p_name text, p_units bigint, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_row record;
  v_left bigint := p_units;
  v_charges jsonb := '[]';
begin
  for v_row in
    select id, remaining from limits.credits
    where account_id = p_account and product = p_product and name = p_name and remaining > 0 and (expires_at is null or expires_at > p_now)
    order by expires_at nulls last, source = 'plan', id
  loop
    exit when v_left = 0;
    update limits.credits set remaining = remaining - least(v_left, v_row.remaining), updated_at = p_now where account_id = p_account and id = v_row.id;
    v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_row.id, p_name, 'credits', null, least(v_left, v_row.remaining)));
    v_left := v_left - least(v_left, v_row.remaining);
  end loop;
  if v_left > 0 then raise exception 'more credits were admitted than there are'; end if;
  return v_charges;
end $function$;
grant execute on routine limits.draw(uuid,text,text,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.drop_anchor(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from jsonb_array_elements(entitlements.timeline(p_account, p_product)) s
    where s->>'source' <> 'default' and (s->>'from')::timestamptz <= p_now)
  then
    insert into limits.anchors (account_id, product, starts_at) values (p_account, p_product, limits.anchor(p_account, p_product, p_now))
      on conflict do nothing;
  end if;
end $function$;
grant execute on routine limits.drop_anchor(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.due_alerts(p_max integer)
 RETURNS TABLE(alert limits.alerts, is_last boolean)
 LANGUAGE plpgsql
AS $function$
begin
  update limits.alerts t set used = seen.spent, updated_at = app.now() from (
    select a.account_id, a.scope, a.name, a.starts, a.size, a.threshold, limits.spent(a) as spent from limits.alerts a
      where a.told_at is null and a.kind = 'budget' for update skip locked) as seen
    where t.account_id = seen.account_id and t.scope = seen.scope and t.name = seen.name and t.starts = seen.starts and t.size = seen.size
      and t.threshold = seen.threshold and t.used <> seen.spent;
  return query
    select a, not exists (select from limits.alerts b where b.account_id = a.account_id and b.scope = a.scope and b.name = a.name
        and b.starts = a.starts and b.size = a.size and b.threshold > a.threshold and b.used * 100 >= b.size * b.threshold)
    from limits.alerts a where a.told_at is null and a.used * 100 >= a.size * a.threshold
    order by a.created_at, a.account_id, a.threshold limit p_max for update of a skip locked;
end $function$;
grant execute on routine limits.due_alerts(integer) to plinth_system;

CREATE OR REPLACE FUNCTION limits.end_holders(p_id uuid, p_others boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  update limits.holders set expires_at = least(expires_at, app.now()) where (id = p_id) <> p_others;
end $function$;
alter routine limits.end_holders(uuid,boolean) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.end_seats(p_product text, p_name text, p_machine text, p_why text)
 RETURNS SETOF limits.seats
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  return query select * from limits.end_seats_of(app.account(), p_product, p_name, p_machine, p_why);
end $function$;
alter routine limits.end_seats(text,text,text,text) owner to plinth_system;
grant execute on routine limits.end_seats(text,text,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.end_seats_of(p_account uuid, p_product text, p_name text, p_machine text, p_why text)
 RETURNS SETOF limits.seats
 LANGUAGE plpgsql
AS $function$
declare
  v_now timestamptz := limits.lock_seats(p_account, p_product, p_name);
begin
  perform from limits.seats s where s.account_id = p_account and s.product = p_product and s.name = p_name
    and (p_machine is null or s.machine = p_machine) and s.ended is null and s.expires_at > v_now order by s.machine for update;
  return query update limits.seats s set ended = p_why, ended_at = v_now, expires_at = greatest(v_now, s.offline_until), updated_at = v_now
    where s.account_id = p_account and s.product = p_product and s.name = p_name
      and (p_machine is null or s.machine = p_machine) and s.ended is null and s.expires_at > v_now
    returning s.*;
end $function$;
grant execute on routine limits.end_seats_of(uuid,text,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.extend(p_permit limits.permits, p_short bigint, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  c jsonb;
  v limits.meters;
  v_at integer; v_start bigint; v_taken bigint; v_max bigint;
  v_grants jsonb := entitlements.segment(p_permit.account_id, p_permit.product, p_now)->'grants';
  v_charges jsonb := p_permit.charges;
  v_newest jsonb;
  v_starts bigint[] := '{}';
begin
  -- Of each budget the newest charge, with its place.
  select coalesce(jsonb_agg(jsonb_build_array(value, place - 1)), '[]') into v_newest from (
    select distinct on (value->>0, value->>1) value, place from jsonb_array_elements(v_charges) with ordinality as t(value, place)
    where value->>2 = 'budget' order by value->>0, value->>1, place desc) as newest;
  for c in select value->0 from jsonb_array_elements(v_newest) loop
    select * into v from limits.meters where account_id = p_permit.account_id and scope = c->>0 for update;
    v_at := array_position(v.names, c->>1);
    v_max := (v_grants->>(c->>1))::bigint;
    -- A key that has no budget any more binds nobody.
    if c->>0 like 'key:%' then v_max := coalesce(limits.key_budget(p_permit.account_id, c->>0), 9007199254740991); end if;
    v_start := (limits.window_of(p_permit.account_id, p_permit.product, c->>5, v.starts[v_at], p_now)).starts;
    v_starts := v_starts || v_start;
    v_taken := case when v.starts[v_at] = v_start then v.used[v_at] else 0 end;
    if v_max is null or v_taken + p_short > v_max then
      return jsonb_build_object('kind', 'denied', 'limit', c->>1, 'of', 'budget', 'used', v_taken, 'max', coalesce(v_max, 0),
        'resets_at', (limits.window_of(p_permit.account_id, p_permit.product, c->>5, v_start, p_now)).ends, 'now', p_now);
    end if;
  end loop;
  for c, v_at, v_start in select value->0, (value->>1)::integer, v_starts[place] from jsonb_array_elements(v_newest) with ordinality as t(value, place) loop
    perform limits.charge(p_permit.account_id, c->>0, c->>1, v_start, p_short);
    perform limits.note_charge(p_permit.account_id, p_permit.product, c->>0, c->>1, 'budget', c->>5, v_start, p_short, true, p_now);
    if v_start <> (c->>3)::bigint then
      -- From now on two windows hold parts of the reserve: each charge says how much.
      if c->>4 is null then
        v_charges := jsonb_set(v_charges, array[v_at::text, '4'], to_jsonb(p_permit.reserve));
      end if;
      v_charges := v_charges || jsonb_build_array(jsonb_build_array(c->0, c->1, 'budget', v_start, p_short, c->5));
    elsif c->>4 is not null then
      v_charges := jsonb_set(v_charges, array[v_at::text, '4'], to_jsonb((c->>4)::bigint + p_short));
    end if;
  end loop;
  update limits.permits set reserve = reserve + p_short, charges = v_charges, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
  return null;
end $function$;
grant execute on routine limits.extend(limits.permits,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.failures(p_account uuid, p_day bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(sum(t.used), 0)::bigint from limits.meters m cross join lateral unnest(m.names, m.starts, m.used) as t (name, start, used)
  where m.account_id = p_account and 'failures' = any (m.names) and t.name = 'failures' and t.start = p_day
$function$;
grant execute on routine limits.failures(uuid,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.finish(p_permit limits.permits, p_failed boolean, p_reason text, p_now timestamp with time zone, p_kept boolean DEFAULT false, OUT cost bigint, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  c jsonb;
  v_charges jsonb;
  v_charged bigint;
  v_open boolean;
begin
  select coalesce(sum(e.cost) filter (where e.state = 'posted'), 0), coalesce(sum(e.charged) filter (where e.state = 'posted'), 0),
      coalesce(bool_or(e.state in ('pending', 'sent')), false) into cost, v_charged, v_open
    from limits.usage_events e where e.account_id = p_permit.account_id and e.permit_id = p_permit.id;
  if v_open then
    with closed as (
      update limits.usage_events e set state = case e.state when 'sent' then 'posted' else 'voided' end, estimated = e.state = 'sent',
          cost = case e.state when 'sent' then e.reserve else 0 end,
          charged = case e.state when 'sent' then e.reserve else 0 end, updated_at = p_now
        where e.account_id = p_permit.account_id and e.permit_id = p_permit.id and e.state in ('pending', 'sent') returning e.cost, e.charged
    )
    select finish.cost + sum(closed.cost), v_charged + sum(closed.charged) into cost, v_charged from closed;
  end if;
  perform limits.bear(p_permit, cost - v_charged, p_now);
  select g.charges, g.moves into v_charges, moves from limits.give_back(p_permit, p_permit.reserve - v_charged) g;
  if p_failed and not p_kept then
    for c in select value from jsonb_array_elements(v_charges) where value->>2 = 'quota' loop
      moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -(c->>4)::bigint)::limits.move;
    end loop;
    if jsonb_path_exists(v_charges, '$[*][2] ? (@ == "credits")') then perform limits.return_credits(p_permit.account_id, v_charges, p_now); end if;
  end if;
  if p_permit.operator_budgets is not null then perform limits.count_spending(p_permit, null, p_now); end if;
  update limits.permits set state = case when p_failed then 'voided' else 'settled' end, reason = p_reason, charges = v_charges, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
end $function$;
grant execute on routine limits.finish(limits.permits,boolean,text,timestamp with time zone,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.free_seat(p_product text, p_name text, p_machine text, p_fence integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz;
  v_seat limits.seats;
  v_is_ended boolean;
begin
  select * into v_seat from limits.seats s where s.account_id = app.account() and s.product = p_product and s.name = p_name and s.machine = p_machine
    and p_fence in (s.fence, s.owed_fence) for update;
  v_now := app.now();
  if v_seat.fence = p_fence and v_seat.expires_at > v_now then
    v_is_ended := v_seat.ended is not null;
    update limits.seats s set ended = coalesce(s.ended, 'released'), ended_at = coalesce(s.ended_at, v_now), offline_until = null, expires_at = v_now,
        updated_at = v_now
      where s.account_id = v_seat.account_id and s.product = p_product and s.name = p_name and s.machine = p_machine;
  elsif v_seat.owed_fence = p_fence then
    update limits.seats s set owed_until = null, owed_fence = null, updated_at = v_now
      where s.account_id = v_seat.account_id and s.product = p_product and s.name = p_name and s.machine = p_machine;
  end if;
  if v_is_ended is distinct from false then return null; end if;
  return jsonb_build_object('id', v_seat.id, 'ended', 'released', 'ended_at', v_now, 'renewed_at', v_seat.renewed_at);
end $function$;
alter routine limits.free_seat(text,text,text,integer) owner to plinth_system;
grant execute on routine limits.free_seat(text,text,text,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.gauge_here(p_product text, p_name text, p_delta bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_segment jsonb;
  v_used bigint;
  v_max bigint;
begin
  insert into limits.gauges as g (account_id, product, name, used) values (v_account, p_product, p_name, greatest(0, p_delta))
    on conflict (account_id, product, name) do update set used = greatest(0, g.used + p_delta), updated_at = app.now()
    returning g.used into v_used;
  if p_delta <= 0 then return v_used; end if;
  -- The plan after the lock: whoever waited must not grow by a plan that has ended.
  v_now := app.now();
  v_segment := entitlements.segment(v_account, p_product, v_now);
  v_max := coalesce((v_segment->'grants'->>p_name)::bigint, 0);
  if v_used > v_max then
    raise exception 'the gauge % of % has no room', p_name, p_product using errcode = 'PL013',
      detail = jsonb_build_object('limit', p_name, 'of', 'gauge', 'used', v_used - p_delta, 'max', v_max, 'resets_at', null, 'now', v_now,
        'plan', coalesce(v_segment->>'plan', ''))::text;
  end if;
  perform limits.note(v_account, p_product, p_product, p_name, 'gauge', null, limits.window_start('month', v_now), v_used - p_delta, v_used, v_max, v_now);
  return v_used;
end $function$;
alter routine limits.gauge_here(text,text,bigint) owner to plinth_system;
grant execute on routine limits.gauge_here(text,text,bigint) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.give_back(p_permit limits.permits, p_unused bigint, OUT charges jsonb, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  c jsonb;
  v_left jsonb := '{}';
  v_key text;
  v_give bigint;
begin
  charges := p_permit.charges;
  moves := '{}';
  if p_unused = 0 then return; end if;
  for v_at in reverse jsonb_array_length(charges) - 1 .. 0 loop
    c := charges->v_at;
    continue when c->>2 <> 'budget';
    v_key := (c->>0) || ' ' || (c->>1);
    v_give := coalesce((v_left->>v_key)::bigint, p_unused);
    if c->>4 is not null then
      v_left := v_left || jsonb_build_object(v_key, v_give - least(v_give, (c->>4)::bigint));
      v_give := least(v_give, (c->>4)::bigint);
      charges := jsonb_set(charges, array[v_at::text, '4'], to_jsonb((c->>4)::bigint - v_give));
    end if;
    moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -v_give)::limits.move;
    if v_give < 0 then
      perform limits.note_charge(p_permit.account_id, p_permit.product, c->>0, c->>1, 'budget', c->>5, (c->>3)::bigint, -v_give, false, app.now());
    end if;
  end loop;
end $function$;
grant execute on routine limits.give_back(limits.permits,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.give_back_plain(p_meters limits.meters[], p_closings limits.closing[], p_costs bigint[], p_reserves bigint[], p_charges jsonb[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_dirty boolean[] := array_fill(false, array[cardinality(p_meters)]);
  v_move record; m limits.meters; v_at integer;
begin
  for v_move in
    select c.meter, charge->>0 as scope, charge->>1 as name, (charge->>3)::bigint as start, sum(
        case charge->>2 when 'budget' then c.spent - c.reserve when 'quota' then case when c.failed then -(charge->>4)::bigint else 0 end end)::bigint as amount
      from unnest(p_closings, p_costs, p_reserves, p_charges) as c (meter, account_id, permit_id, holder, fence, failed, reason, event_id, voided, known, tried,
        estimated, provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, charged, price_version, spent, reserve, charges)
      cross join lateral jsonb_array_elements(c.charges) as charge
      where c.spent is not null and (charge->>2 = 'budget' and c.spent <> c.reserve or charge->>2 = 'quota' and c.failed)
      group by 1, 2, 3, 4, c.account_id
      -- Those of keys at last, in the order in which admission locks them: they are other products' too.
      order by charge->>0 like 'key:%', c.account_id, 2
  loop
    m := p_meters[v_move.meter];
    if v_move.scope <> m.scope then
      perform limits.move_windows(m.account_id, array[row(v_move.scope, v_move.name, v_move.start, v_move.amount)::limits.move]);
      continue;
    end if;
    v_at := array_position(m.names, v_move.name);
    continue when v_at is null or m.starts[v_at] <> v_move.start;
    m.used[v_at] := greatest(0, m.used[v_at] + v_move.amount);
    p_meters[v_move.meter] := m; v_dirty[v_move.meter] := true;
  end loop;
  update limits.meters t set used = d.used from unnest(p_meters, v_dirty) as d (account_id, scope, names, starts, used, seen, created_at, dirty)
    where d.dirty and t.account_id = d.account_id and t.scope = d.scope;
end $function$;
grant execute on routine limits.give_back_plain(limits.meters[],limits.closing[],bigint[],bigint[],jsonb[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.give_back_rates(p_keys text[], p_ends bigint[], p_counts integer[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  perform from unnest(p_keys) with ordinality as wanted (k, position) join limits.rates on rates.key = k
    order by position for update of rates;
  update limits.rates set used = rates.used - back.calls
    from unnest(p_keys, p_ends, p_counts) as back (rate, ends, calls)
    where rates.key = back.rate and extract(epoch from rates.starts_at + interval '1 minute') * 1000000 = back.ends;
end $function$;
alter routine limits.give_back_rates(text[],bigint[],integer[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.governing(p_states limits.operator_state[], p_product text, p_feature text, p_plan text, p_provider text, OUT budgets uuid[], OUT closed uuid)
 RETURNS record
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select array_agg(s.id order by s.id), min(s.id::text) filter (where s.closed and (s.provider is null or s.provider = p_provider))::uuid
  from unnest(p_states) as s
  where (s.product is null or s.product = p_product) and (s.feature is null or s.feature = p_feature) and (s.plan is null or s.plan = p_plan)
$function$;
grant execute on routine limits.governing(limits.operator_state[],text,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.instant(p_micros bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select to_timestamp(p_micros / 1000000) + (p_micros % 1000000) * interval '1 microsecond'
$function$;
grant execute on routine limits.instant(bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.is_outside(p_holder uuid)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select p_holder in ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002')
$function$;
grant execute on routine limits.is_outside(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.is_own(p_holder uuid)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select p_holder is not distinct from '00000000-0000-7000-8000-000000000001'
$function$;
grant execute on routine limits.is_own(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.key_budget(p_account uuid, p_scope text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select monthly_budget_micros from identity.api_keys where account_id = p_account and id = substr(p_scope, 5)::uuid
$function$;
grant execute on routine limits.key_budget(uuid,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.key_rules(p_budgets accounts.key_budget[])
 RETURNS limits.rule[]
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select array_agg(('key_budget', 'budget', 'month', 'key:' || key_id, null, micros, null)::limits.rule order by place)
  from unnest(p_budgets) with ordinality as t (key_id, micros, place)
$function$;
grant execute on routine limits.key_rules(accounts.key_budget[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.keys_are_locked(p_permit limits.permits)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  select exists (
    select from (select distinct charge->>0 as key_scope from jsonb_array_elements(p_permit.charges) as charge where charge->>0 like 'key:%') as keys
      cross join lateral (select from limits.meters t where t.account_id = p_permit.account_id and t.scope = key_scope) as there
      where not exists (select from limits.meters t where t.account_id = p_permit.account_id and t.scope = key_scope for update skip locked))
$function$;
grant execute on routine limits.keys_are_locked(limits.permits) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lease_of(p_seat limits.seats, p_borrow integer, p_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when limits.leases_from(p_seat) <= p_at and greatest(p_seat.offline_minutes, p_borrow) > 0
    then p_at + make_interval(mins => greatest(p_seat.offline_minutes, p_borrow)) end
$function$;
grant execute on routine limits.lease_of(limits.seats,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.leases_from(p_seat limits.seats)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select greatest(p_seat.taken_at + interval '5 minutes', p_seat.owed_until)
$function$;
grant execute on routine limits.leases_from(limits.seats) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lend(p_permit uuid, p_holder uuid, p_fence integer, p_to uuid, p_seconds integer)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_account uuid := app.account();
  v_due timestamptz;
begin
  if not limits.is_outside(p_to) then raise exception 'a permit is lent to a backend outside'; end if;
  update limits.permits set state = 'running', holder = p_to, due_at = least(due_at, app.now() + make_interval(secs => p_seconds)), updated_at = app.now(),
      operator_budgets = case right(p_to::text, 1) when '2' then operator_budgets end
    where account_id = v_account and id = p_permit and state = 'queued' and holder = p_holder and fence = p_fence and job_id is null
    returning due_at into v_due;
  if not found then
    raise exception 'the permit is no longer held by this fence' using errcode = 'PL010';
  end if;
  update limits.usage_events set state = 'sent', fence = p_fence, updated_at = app.now()
    where account_id = v_account and permit_id = p_permit and state = 'pending';
  return v_due;
end $function$;
alter routine limits.lend(uuid,uuid,integer,uuid,integer) owner to plinth_system;
grant execute on routine limits.lend(uuid,uuid,integer,uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.lock_for_steps(p_steps jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform limits.lock_meters(array_agg(account order by account, product collate "C"), array_agg(product order by account, product collate "C")) from (
    select distinct (value->>'a')::uuid as account, value->>'p' as product from jsonb_array_elements(p_steps)) as steps;
  perform from (
      select distinct p.account_id as account, charge->>0 as key_scope from jsonb_array_elements(p_steps) as step
        cross join lateral (select * from limits.permits t where t.account_id = (step->>'a')::uuid and t.id = (step->>'id')::uuid limit 1) as p
        cross join lateral jsonb_array_elements(p.charges) as charge
        where charge->>0 like 'key:%' order by 1, 2) as keys
    cross join lateral (select from limits.meters t where t.account_id = account and t.scope = key_scope for update) as held;
end $function$;
grant execute on routine limits.lock_for_steps(jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_meter(p_account uuid, p_product text, p_wait boolean)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
declare
  v_seen bigint;
begin
  if p_wait then
    select seen into v_seen from limits.meters where account_id = p_account and scope = p_product for update;
  else
    select seen into v_seen from limits.meters where account_id = p_account and scope = p_product for update skip locked;
    if not found then return null; end if;
  end if;
  return limits.time_after(v_seen);
end $function$;
grant execute on routine limits.lock_meter(uuid,text,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_meters(p_accounts uuid[], p_products text[], OUT held limits.meters[], OUT locked_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  v_trusted bigint := limits.trusted(app.now());
  v_seen bigint := 0;
  v_found record;
begin
  held := '{}';
  for v_found in
    select place, meter from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place) cross join lateral (
      select meters as meter from limits.meters where account_id = account and scope = product for update) as locked
  loop
    held[v_found.place] := v_found.meter;
    if (v_found.meter).seen <= v_trusted then v_seen := greatest(v_seen, (v_found.meter).seen); end if;
  end loop;
  locked_at := greatest(app.now(), timestamptz 'epoch' + v_seen * interval '1 microsecond');
end $function$;
grant execute on routine limits.lock_meters(uuid[],text[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_rates(p_keys text[], OUT starts timestamp with time zone[], OUT used integer[], OUT locked_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  v_row record;
begin
  starts := array_fill(null::timestamptz, array[cardinality(p_keys)]);
  used := array_fill(0, array[cardinality(p_keys)]);
  insert into limits.rates (key, starts_at, used)
    select k, app.now(), 0 from unnest(p_keys) with ordinality as wanted (k, position) order by position
    on conflict do nothing;
  for v_row in
    select position, starts_at, used
      from unnest(p_keys) with ordinality as wanted (k, position) join limits.rates on key = k
      order by position for update of rates
  loop
    starts[v_row.position] := v_row.starts_at;
    used[v_row.position] := v_row.used;
  end loop;
  -- Read after the locks: whoever waited for them must not decide by a time before the row's.
  locked_at := app.now();
end $function$;
grant execute on routine limits.lock_rates(text[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_seats(p_account uuid, p_product text, p_name text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended('seats ' || p_account || p_product || '.' || p_name, 0));
  return app.now();
end $function$;
grant execute on routine limits.lock_seats(uuid,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.may_fail(p_account uuid, p_now timestamp with time zone)
 RETURNS TABLE(reserve bigint, due_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
  select p.reserve, p.due_at from limits.permits p
  where p.account_id = p_account and p.state = 'running' and p.job_id is null and p.reserve > 0 and p.due_at > p_now and not limits.is_outside(p.holder)
$function$;
grant execute on routine limits.may_fail(uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.micros(p_at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (extract(epoch from p_at) * 1000000)::bigint
$function$;
grant execute on routine limits.micros(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.move_windows(p_account uuid, p_moves limits.move[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  m record;
  v limits.meters;
  v_at integer;
begin
  for m in
    select scope, array_agg(name) as names, array_agg(start) as starts, array_agg(amount) as amounts
    from (select scope, name, start, sum(amount)::bigint as amount from unnest(p_moves) group by scope, name, start) as summed
    group by scope order by scope
  loop
    select * into v from limits.meters where account_id = p_account and scope = m.scope for update;
    continue when not found;
    for v_place in 1 .. cardinality(m.names) loop
      v_at := array_position(v.names, m.names[v_place]);
      if v.starts[v_at] = m.starts[v_place] then
        v.used[v_at] := greatest(0, v.used[v_at] + m.amounts[v_place]);
      end if;
    end loop;
    update limits.meters set used = v.used where account_id = p_account and scope = m.scope;
  end loop;
end $function$;
grant execute on routine limits.move_windows(uuid,limits.move[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.new_id(p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
AS $function$
  select (lpad(to_hex((extract(epoch from p_now) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$function$;
grant execute on routine limits.new_id(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note(p_account uuid, p_product text, p_scope text, p_name text, p_kind text, p_per text, p_start bigint, p_before bigint, p_after bigint, p_size bigint, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_kind not in ('quota', 'credits', 'budget', 'gauge', 'seats') or p_scope <> p_product and p_scope not like 'key:%' or p_size < 1
    or p_after * 5 < p_size * 4 or p_before >= p_size
  then
    return;
  end if;
  insert into limits.alerts (account_id, scope, name, starts, size, threshold, product, kind, used, resets_at)
    select p_account, p_scope, p_name, p_start, p_size, threshold, p_product, p_kind, p_after,
        case when p_per is not null then (limits.window_of(p_account, p_product, p_per, p_start, p_now)).ends end
      from unnest(array[80, 100]) as threshold where p_before * 100 < p_size * threshold and p_after * 100 >= p_size * threshold
    on conflict do nothing;
end $function$;
grant execute on routine limits.note(uuid,text,text,text,text,text,bigint,bigint,bigint,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_charge(p_account uuid, p_product text, p_scope text, p_name text, p_kind text, p_per text, p_start bigint, p_amount bigint, p_moved boolean, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_size bigint;
  v_used bigint;
begin
  if p_scope like 'key:%' then
    v_size := limits.key_budget(p_account, p_scope);
  else
    v_size := (entitlements.segment(p_account, p_product, p_now)->'grants'->>p_name)::bigint;
  end if;
  -- Of another window nothing is known any more: no alert.
  select m.used[array_position(m.names, p_name)] - case when p_moved then p_amount else 0 end into v_used
    from limits.meters m where m.account_id = p_account and m.scope = p_scope and m.starts[array_position(m.names, p_name)] = p_start;
  perform limits.note(p_account, p_product, p_scope, p_name, p_kind, p_per, p_start, v_used, v_used + p_amount, v_size, p_now);
end $function$;
grant execute on routine limits.note_charge(uuid,text,text,text,text,text,bigint,bigint,boolean,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_credits(p_account uuid, p_product text, p_rule limits.rule, p_units bigint, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_size bigint;
  v_used bigint;
begin
  select sum(amount), sum(amount - remaining) into v_size, v_used from limits.credits
    where account_id = p_account and product = p_product and name = p_rule.name and (expires_at is null or expires_at > p_now)
      and (remaining > 0 or updated_at = p_now);
  if v_used * 100 < v_size * 80 then return; end if;
  perform limits.note(p_account, p_product, p_product, p_rule.name, 'credits', p_rule.per,
    (limits.window_of(p_account, p_product, p_rule.per, null, p_now)).starts, v_used - p_units, v_used, v_size, p_now);
end $function$;
grant execute on routine limits.note_credits(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_posting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into limits.postings (accounts, events) values (array[new.account_id], array[new.id]);
  return null;
end $function$;
grant execute on routine limits.note_posting() to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_postings()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into limits.postings (accounts, events)
    select array_agg(account_id), array_agg(id) from changed where state = 'posted' having count(*) > 0;
  return null;
end $function$;
grant execute on routine limits.note_postings() to plinth_system;

CREATE OR REPLACE FUNCTION limits.occupied_until(p_seat limits.seats)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select greatest(p_seat.expires_at, p_seat.owed_until)
$function$;
grant execute on routine limits.occupied_until(limits.seats) to plinth_system;

CREATE OR REPLACE FUNCTION limits.open_permits(p_accounts uuid[], p_products text[], p_now timestamp with time zone)
 RETURNS jsonb[]
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select array_agg((select coalesce(jsonb_object_agg(o.slot, o.open), '{}') from limits.open_slots(wanted.account, wanted.product, p_now) as o) order by place)
    from unnest(p_accounts, p_products) with ordinality as wanted (account, product, place));
end $function$;
grant execute on routine limits.open_permits(uuid[],text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.open_since(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select least(p_now, min(created_at)) from limits.permits where account_id = p_account and product = p_product and state in ('queued', 'running')
$function$;
grant execute on routine limits.open_since(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.open_slots(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS TABLE(slot text, open bigint)
 LANGUAGE sql
 STABLE ROWS 3
AS $function$
  -- Those that are alike are counted before it is asked whether their holder lives: an account may have a thousand.
  select slot, sum(number)::bigint from (
    select p.slots, p.holder, p.job_id is not null or p.state = 'queued' as is_kept, count(*) as number from limits.permits p
      where p.account_id = p_account and p.product = p_product and p.state in ('queued', 'running') and (p.job_id is not null or p.state = 'queued' or p.due_at > p_now)
      group by 1, 2, 3) as alike
    cross join lateral unnest(slots) as slot
  where is_kept or limits.is_outside(holder) or exists (select from limits.holders h where h.id = holder and h.expires_at > p_now)
  group by slot
$function$;
grant execute on routine limits.open_slots(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.operator_states(p_now timestamp with time zone)
 RETURNS limits.operator_state[]
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select array_agg((b.id, b.product, b.feature, b.provider, b.plan, b.closed or b.daily <= (
      select coalesce(sum(s.spent), 0) from limits.operator_spending s where s.budget_id = b.id and s.day = limits.window_start('day', p_now)))::limits.operator_state)
    from limits.operator_budgets b);
end $function$;
grant execute on routine limits.operator_states(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.plan_required(p_feature limits.feature, p_needs jsonb, p_segment jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_name text;
  v_least bigint;
begin
  if p_segment->>'plan' is null then return jsonb_build_object('kind', 'plan_required', 'grant', null, 'plan', null); end if;
  foreach v_name in array coalesce(p_feature.requires, '{}') loop
    if not coalesce((p_segment->'grants'->>v_name)::boolean, false) then
      return jsonb_build_object('kind', 'plan_required', 'grant', v_name, 'needed', true, 'plan', p_segment->'plan');
    end if;
  end loop;
  for v_name, v_least in select key, value::bigint from jsonb_each_text(p_needs) loop
    if coalesce((p_segment->'grants'->>v_name)::bigint, 0) < v_least then
      return jsonb_build_object('kind', 'plan_required', 'grant', v_name, 'needed', v_least, 'plan', p_segment->'plan');
    end if;
  end loop;
  return null;
end $function$;
grant execute on routine limits.plan_required(limits.feature,jsonb,jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.post_calls(p_permit limits.permits, p_calls jsonb, p_held boolean, p_fence integer, p_now timestamp with time zone, OUT cost bigint, OUT charged bigint)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  o jsonb; u jsonb;
  e limits.usage_events;
  v_told record;
  v_voided boolean; v_estimated boolean;
  v_cost bigint; v_charged bigint;
begin
  cost := 0; charged := 0;
  for o in select value from jsonb_array_elements(coalesce(p_calls, '[]')) loop
    u := o->'u';
    v_voided := o->>'s' = 'voided';
    if p_held then
      update limits.usage_events set state = o->>'s', updated_at = p_now,
        estimated = not v_voided and (u is null or (u->>'estimated')::boolean), tried = coalesce((o->>'t')::boolean, true),
        provider = coalesce(u->>'provider', provider), model = coalesce(u->>'model', model),
        price_version = coalesce(u->>'price_version', price_version), provider_request_id = u->>'provider_request_id',
        prompt_tokens = coalesce((u->>'prompt_tokens')::integer, 0), cached_tokens = coalesce((u->>'cached_tokens')::integer, 0),
        completion_tokens = coalesce((u->>'completion_tokens')::integer, 0), reasoning_tokens = coalesce((u->>'reasoning_tokens')::integer, 0),
        cost = case when v_voided then 0 else coalesce((u->>'cost')::bigint, reserve) end,
        charged = case when v_voided then 0 else coalesce((u->>'charged')::bigint, (u->>'cost')::bigint, reserve) end
        where account_id = p_permit.account_id and id = (o->>'e')::uuid and permit_id = p_permit.id and state in ('pending', 'sent');
      continue when found;
    end if;
    select * into e from limits.usage_events where account_id = p_permit.account_id and id = (o->>'e')::uuid and permit_id = p_permit.id
      and (state = 'posted' and estimated or state = 'voided' and not v_voided and limits.is_outside(p_permit.holder)) and fence = p_fence;
    continue when not found or u is null and not v_voided;
    -- A call that was certainly not served is corrected to nothing; an estimate may be replaced by a closer one, and ends with the truth.
    if v_voided then u := '{}'; end if;
    v_estimated := coalesce((u->>'estimated')::boolean, false);
    select sum(t.prompt_tokens) as prompt_tokens, sum(t.cached_tokens) as cached_tokens, sum(t.completion_tokens) as completion_tokens,
        sum(t.reasoning_tokens) as reasoning_tokens, sum(t.cost) as cost, sum(t.charged) as charged,
        coalesce(bool_or(t.corrects is not null and not t.estimated), false) as is_known
      into v_told from limits.usage_events t
      where t.account_id = e.account_id and t.permit_id = e.permit_id and (t.id = e.id or t.corrects = e.id) and t.adjustment_id is null;
    v_cost := coalesce((u->>'cost')::bigint, 0) - v_told.cost;
    v_charged := coalesce((u->>'charged')::bigint, (u->>'cost')::bigint, 0) - v_told.charged;
    continue when v_told.is_known or v_estimated and v_cost = 0 and v_charged = 0;
    insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, provider_request_id,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, reserve, cost, charged, price_version, state, estimated, corrects, request_id, created_at, updated_at)
      values (e.account_id, (o->>'c')::uuid, e.permit_id, e.attempt, e.fence, e.user_id, e.key_id, e.product, e.feature,
        coalesce(u->>'provider', e.provider), coalesce(u->>'model', e.model), u->>'provider_request_id',
        coalesce((u->>'prompt_tokens')::integer, 0) - v_told.prompt_tokens, coalesce((u->>'cached_tokens')::integer, 0) - v_told.cached_tokens,
        coalesce((u->>'completion_tokens')::integer, 0) - v_told.completion_tokens, coalesce((u->>'reasoning_tokens')::integer, 0) - v_told.reasoning_tokens,
        0, v_cost, v_charged, coalesce(u->>'price_version', e.price_version), 'posted', v_estimated, e.id, e.request_id, p_now, p_now);
    post_calls.cost := post_calls.cost + v_cost; post_calls.charged := post_calls.charged + v_charged;
  end loop;
end $function$;
grant execute on routine limits.post_calls(limits.permits,jsonb,boolean,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.post_plain(p_closings limits.closing[], p_costs bigint[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  with closed as materialized (
    select * from unnest(p_closings, p_costs) as c (meter, account_id, permit_id, holder, fence, failed, reason, event_id, voided, known, tried, estimated,
      provider, model, provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, charged, price_version, spent) where spent is not null
  ), posted as (
    update limits.usage_events e set state = case when c.voided then 'voided' else 'posted' end, updated_at = p_now,
        estimated = not c.voided and (not c.known or c.estimated), tried = c.tried,
        provider = coalesce(c.provider, e.provider), model = coalesce(c.model, e.model), price_version = coalesce(c.price_version, e.price_version),
        provider_request_id = c.provider_request_id, prompt_tokens = coalesce(c.prompt_tokens, 0), cached_tokens = coalesce(c.cached_tokens, 0),
        completion_tokens = coalesce(c.completion_tokens, 0), reasoning_tokens = coalesce(c.reasoning_tokens, 0),
        cost = case when c.voided then 0 when c.known then c.cost else e.reserve end,
        charged = case when c.voided then 0 when c.known then c.cost else e.reserve end
      from closed c where e.account_id = c.account_id and e.id = c.event_id
  )
  update limits.permits p set state = case when c.failed then 'voided' else 'settled' end, reason = c.reason, updated_at = p_now
    from closed c where p.account_id = c.account_id and p.id = c.permit_id;
end $function$;
grant execute on routine limits.post_plain(limits.closing[],bigint[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.prolong(p_permit limits.permits, p_next jsonb, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_short bigint := greatest(0, (p_next->>'r')::bigint - p_permit.reserve);
  v_refused text := accounts.can_spend(p_permit.account_id, p_permit.user_id, p_permit.key_id);
  v_denial jsonb;
  v_due timestamptz;
begin
  if v_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', v_refused); end if;
  if v_short > 0 then
    v_denial := limits.extend(p_permit, v_short, p_now);
    if v_denial is not null then
      return v_denial || jsonb_build_object('plan', entitlements.segment(p_permit.account_id, p_permit.product, p_now)->'plan');
    end if;
    -- What is posted when nobody ever says what it cost.
    update limits.usage_events set reserve = reserve + v_short, updated_at = p_now
      where account_id = p_permit.account_id and permit_id = p_permit.id and state = 'sent';
  end if;
  update limits.permits set updated_at = p_now, due_at = greatest(due_at, case when p_next->>'s' is not null then
      least(p_now + make_interval(secs => (p_next->>'s')::integer), created_at + make_interval(secs => (p_next->>'l')::integer)) end)
    where account_id = p_permit.account_id and id = p_permit.id returning due_at into v_due;
  return jsonb_build_object('kind', 'extended', 'reserve', p_permit.reserve + v_short, 'due_at', v_due);
end $function$;
grant execute on routine limits.prolong(limits.permits,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.refill(p_account uuid, p_product text, p_rule limits.rule, p_size bigint, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  v_due record;
begin
  if p_rule.per = 'billing_period' then perform limits.drop_anchor(p_account, p_product, p_now); end if;
  select * into v_due from limits.credits_due(p_account, p_product, p_rule, p_size, p_now);
  insert into limits.credits as c (account_id, id, product, name, source, amount, remaining, expires_at, period, cause, created_at, updated_at)
    select p_account, limits.new_id(p_now), p_product, p_rule.name, source, amount, amount, (v_due.period).ends, (v_due.period).starts, 'window', p_now, p_now
      from (values ('plan', v_due.planned), ('rollover', v_due.rolled)) as due (source, amount) where amount > 0
    on conflict (account_id, product, name, source, period) do update
      set amount = c.amount + excluded.amount, remaining = c.remaining + excluded.amount, updated_at = excluded.updated_at;
  return (select coalesce(sum(remaining), 0)::bigint from limits.credits
    where account_id = p_account and product = p_product and name = p_rule.name and remaining > 0 and (expires_at is null or expires_at > p_now));
end $function$;
grant execute on routine limits.refill(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a % usage event never changes', old.state using errcode = 'PL011';
end $function$;
grant execute on routine limits.refuse_change() to plinth_system;

CREATE OR REPLACE FUNCTION limits.renew_holder(p_id uuid, p_ttl interval)
 RETURNS TABLE(holders integer, older integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_now timestamptz;
begin
  perform from limits.holders where id = p_id for update;
  -- After the lock: a renewal that has waited would give the lease less time than it says, and judge it in the past.
  v_now := app.now();
  update limits.holders set expires_at = v_now + p_ttl where id = p_id and expires_at > v_now;
  if found then
    return query select count(*)::integer, (count(*) filter (where h.id < p_id))::integer from limits.holders h where h.expires_at > v_now;
  end if;
end $function$;
alter routine limits.renew_holder(uuid,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.renew_seats(p_renewals limits.renewal[], p_tokens integer[] DEFAULT NULL::integer[])
 RETURNS TABLE(kind text, expires_at timestamp with time zone, offline_until timestamp with time zone, offline_from timestamp with time zone, at timestamp with time zone, token integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  r limits.renewal;
  v_seat limits.seats;
  v_before limits.renewal;
  v_segment jsonb;
  v_lease timestamptz;
  v_place integer := 0;
  v_shown integer;
  v_is_next boolean;
begin
  foreach r in array p_renewals loop
    v_place := v_place + 1;
    v_shown := p_tokens[v_place];
    select * into v_seat from limits.seats s
      where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine for update;
    -- After the lock, or whoever waited for it is judged in the past.
    at := app.now();
    offline_until := null;
    token := null;
    offline_from := limits.leases_from(v_seat);
    expires_at := coalesce(v_seat.ended_at, v_seat.expires_at);
    if v_seat.machine is null or v_seat.fence < r.fence then
      kind := 'unknown';
    elsif v_seat.fence > r.fence then
      kind := 'taken_over';
    elsif v_seat.ended is not null or v_seat.expires_at <= at then
      kind := coalesce(v_seat.ended, 'expired');
    elsif v_shown < v_seat.first_token and v_shown <> v_seat.used_token then
      kind := 'copied';
      expires_at := at;
      update limits.seats s set ended = 'expired', ended_at = at, expires_at = at, offline_until = null,
          owed_until = greatest(v_seat.owed_until, v_seat.offline_until), owed_fence = null, updated_at = at
        where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
    else
      if (v_before.account_id, v_before.product) is distinct from (r.account_id, r.product) then
        -- A token is all that its holder shows: that the account may still do anything is seen here alone.
        v_segment := case when exists (select from accounts.accounts a where a.account_id = r.account_id and a.status = 'active' and a.deleted_at is null)
          then entitlements.segment(r.account_id, r.product, at) end;
        v_before := r;
      end if;
      if v_segment->>'plan' is null or coalesce((v_segment->'grants'->>r.name)::bigint, 0) < 1 then
        kind := 'suspended';
        expires_at := at;
        update limits.seats s set ended = 'suspended', ended_at = at, expires_at = greatest(at, v_seat.offline_until), updated_at = at
          where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
      else
        kind := 'renewed';
        expires_at := at + make_interval(secs => r.seconds);
        v_lease := greatest(v_seat.offline_until, limits.lease_of(v_seat, r.borrow, at));
        if v_lease > at then offline_until := v_lease; end if;
        v_is_next := coalesce(v_shown >= v_seat.first_token, false);
        token := greatest(v_seat.last_token, v_shown) + 1;
        update limits.seats s set expires_at = greatest(v_seat.expires_at, renew_seats.expires_at, v_lease), offline_until = v_lease, renewed_at = at,
            used_token = case when v_is_next then v_shown else v_seat.used_token end,
            first_token = case when v_is_next then renew_seats.token else v_seat.first_token end, last_token = renew_seats.token, updated_at = at
          where s.account_id = r.account_id and s.product = r.product and s.name = r.name and s.machine = r.machine;
      end if;
    end if;
    return next;
  end loop;
end $function$;
alter routine limits.renew_seats(limits.renewal[],integer[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.repeated(p_request limits.request, p_holder uuid, p_refused text, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_key idempotency.keys;
  v_permit limits.permits;
  v_event limits.usage_events;
  v record;
begin
  -- In one statement, as of one instant: an answer is stored with the commit that closes or lends its permit, so that a key
  -- read before such a commit and a permit read after it would be a call of which nothing is known.
  select k, p, h.id is not null as held into v from idempotency.keys k
    left join limits.permits p on p.account_id = k.account_id and p.id = k.permit_id
    left join limits.holders h on h.id = p.holder and h.expires_at > p_now
    where k.account_id = p_request.account_id and k.route = p_request.route and k.key_hash = p_request.key_hash;
  if not found then return null; end if;
  v_key := v.k;
  v_permit := v.p;
  if v_key.expires_at <= p_now then
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_key.body_hash <> p_request.body_hash then return jsonb_build_object('kind', 'mismatch'); end if;
  if v_key.state = 'done' then
    return jsonb_build_object('kind', 'replay', 'status', v_key.status, 'headers', v_key.headers, 'answer', v_key.answer,
      'sealed', v_key.sealed);
  end if;
  if v_permit.id is null then return jsonb_build_object('kind', 'running'); end if;
  if v_permit.state = 'voided' then
    -- It came to nothing and charged nothing that it did not give back: the key is free again.
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_permit.state = 'settled' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  -- Its job runs it, whoever enqueued that; or its holder does.
  if v_permit.job_id is not null or v.held then return jsonb_build_object('kind', 'running'); end if;
  if v_permit.state = 'running' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  if p_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', p_refused); end if;
  update limits.permits set holder = p_holder, fence = fence + 1, request_id = p_request.request_id, updated_at = p_now
    where account_id = v_permit.account_id and id = v_permit.id and state = 'queued' and job_id is null and fence = v_permit.fence
    returning * into v_permit;
  -- Its holder, thought dead, enqueued the job at this very moment.
  if not found then return jsonb_build_object('kind', 'running'); end if;
  -- The planned call goes out for this request: its row is found by this one's id, as the permit is.
  update limits.usage_events set request_id = v_permit.request_id, updated_at = p_now
    where account_id = v_permit.account_id and permit_id = v_permit.id and state = 'pending' returning * into v_event;
  return jsonb_build_object('kind', 'permit', 'adopted', true, 'id', v_permit.id, 'fence', v_permit.fence,
    'reserve', v_permit.reserve, 'event', v_event.id);
end $function$;
grant execute on routine limits.repeated(limits.request,uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.report(p_user uuid, p_key uuid, p_holder uuid, p_request text, p_products text[], p_features limits.feature[], p_events limits.reported[])
 RETURNS TABLE(status text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_fresh uuid[];
  v_events limits.reported[];
  v_charged limits.charged[];
  v_states limits.operator_state[];
  v_budgets accounts.key_budget[] := accounts.key_budgets(v_account, (select makers || id from identity.api_keys where account_id = v_account and id = p_key));
  p limits.permits;
begin
  insert into limits.meters (account_id, scope) select v_account, product from unnest(p_products) as product on conflict do nothing;
  perform from limits.meters where account_id = v_account and scope = any(p_products) order by scope collate "C" for update;
  if v_budgets is not null then
    -- As in admission: after those of the products, in one order.
    insert into limits.meters (account_id, scope) select v_account, 'key:' || key_id from unnest(v_budgets) order by 2 on conflict do nothing;
    perform from limits.meters where account_id = v_account and scope in (select 'key:' || key_id from unnest(v_budgets)) order by scope for update;
  end if;
  select limits.time_after(max(seen) filter (where seen <= limits.trusted(app.now()))) into v_now from limits.meters where account_id = v_account and scope = any(p_products);
  select array_agg((product, name, feature, id, permit_id, reported_id, units, least(coalesce(happened_at, v_now), v_now), subject, provider, model,
      provider_request_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost, price_version)::limits.reported)
    into v_events from unnest(p_events);
  -- Ids are locked in one order, whichever products two reports are about.
  with written as (
    insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, provider_request_id,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, reserve, cost, charged, price_version, state, reported_by, reported_id, happened_at, request_id, created_at, updated_at)
      select v_account, id, permit_id, 1, 1, p_user, p_key, product, name, provider, model, provider_request_id,
        prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, 0, cost, cost, price_version, 'posted', p_holder, reported_id, happened_at, p_request, v_now, v_now
        from unnest(v_events) with ordinality order by reported_id, ordinality
      on conflict (account_id, reported_by, reported_id) where reported_id is not null do nothing
      returning id
  )
  select coalesce(array_agg(id), '{}') into v_fresh from written;
  select array_agg(t::limits.reported) into v_events from unnest(v_events) as t where t.id = any(v_fresh);
  if cardinality(v_fresh) > 0 then
    v_charged := limits.charge_all(v_account, p_user, p_key, v_budgets, p_features, v_events, v_now);
    if right(p_holder::text, 1) = '2' and exists (select from limits.operator_budgets) then v_states := limits.operator_states(v_now); end if;
    for p in
      with held as materialized (select product, entitlements.segment(v_account, product, v_now)->>'plan' as plan from unnest(p_products) as product)
      insert into limits.permits (account_id, id, user_id, key_id, product, feature, plan, units, reserve, state, holder, fence, slots, charges, subject, due_at,
          operator_budgets, request_id, created_at, updated_at)
        select v_account, e.permit_id, p_user, p_key, e.product, e.name, held.plan, e.units, e.cost, 'settled', p_holder, 1, '{}', coalesce((
              select jsonb_agg(case c.charge->>2 when 'quota' then jsonb_set(c.charge, '{4}', to_jsonb(e.units)) else c.charge end) from unnest(v_charged) as c
              where c.product = e.product and c.name = e.name and c.subject is not distinct from e.subject and c.since <= e.happened_at), '[]'),
            e.subject, v_now, (limits.governing(v_states, e.product, e.name, held.plan, e.provider)).budgets, p_request, v_now, v_now
          from unnest(v_events) as e join held on held.product = e.product
      returning *
    loop
      if p.operator_budgets is not null then perform limits.count_spending(p, null, v_now); end if;
    end loop;
    update limits.meters set seen = limits.micros(v_now) where account_id = v_account and scope = any(p_products);
  end if;
  return query
    select case when e.id = any(v_fresh) then 'posted'
        when u.product = e.product and u.feature = e.name and u.model = e.model and u.prompt_tokens = e.prompt_tokens and u.completion_tokens = e.completion_tokens
          and (u.cost = e.cost or u.price_version <> e.price_version)
          and e.units = (select units from limits.permits where account_id = v_account and id = u.permit_id) then 'duplicate' else 'mismatch' end
    from unnest(p_events) with ordinality as e join limits.usage_events u on u.account_id = v_account and u.reported_by = p_holder and u.reported_id = e.reported_id order by e.ordinality;
end $function$;
alter routine limits.report(uuid,uuid,uuid,text,text[],limits.feature[],limits.reported[]) owner to plinth_system;
grant execute on routine limits.report(uuid,uuid,uuid,text,text[],limits.feature[],limits.reported[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.resolve(p_item jsonb, p_now timestamp with time zone, OUT answer jsonb, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
  v_account uuid := (p_item->>'a')::uuid;
  v_fence integer := (p_item->>'f')::integer;
  v_held boolean; v_corrected record; v_charges jsonb; v_cost bigint;
begin
  moves := '{}';
  select * into p from limits.permits where account_id = v_account and id = (p_item->>'id')::uuid for update;
  if not found then
    answer := jsonb_build_object('kind', 'stale', 'state', 'unknown'); return;
  end if;
  if p.product <> p_item->>'p' then
    raise exception 'permit % is of another product, under another meter', p.id;
  end if;
  -- Expired is expired at its instant, whether the sweep has seen it or not.
  if p.state = 'running' and limits.is_outside(p.holder) and p.due_at <= p_now and limits.abandon(p, 'expired', true) then
    select * into p from limits.permits where account_id = v_account and id = p.id;
  end if;
  -- A queued permit with a job waits for a worker: nobody holds it.
  v_held := p.fence = v_fence and p.holder = (p_item->>'h')::uuid and (p.state = 'running' or p.state = 'queued' and p.job_id is null);
  select * into v_corrected from limits.post_calls(p, p_item->'calls', v_held, v_fence, p_now);
  if not v_held then
    -- It was closed with an estimate: the exact figure moves the budgets. An open permit counts it when it is closed.
    if (v_corrected.cost <> 0 or v_corrected.charged <> 0) and p.state in ('settled', 'voided') then
      select g.charges, g.moves into v_charges, moves from limits.give_back(p, -v_corrected.charged) g;
      update limits.permits set charges = v_charges, updated_at = p_now where account_id = v_account and id = p.id;
      perform limits.bear(p, v_corrected.cost - v_corrected.charged, p_now);
      if p.operator_budgets is not null then
        perform limits.count_spending(p, array(select (value->>'c')::uuid from jsonb_array_elements(p_item->'calls')), p_now);
      end if;
    end if;
    -- A sweep closed it as if its call had gone out, and it came to nothing.
    if p_item->>'op' = 'release' and p_item->>'k' is null and p.fence = v_fence + 1 and p.holder = (p_item->>'h')::uuid then
      moves := moves || limits.unserved(v_account, p.id, p_item->>'reason', p_now);
    end if;
    -- Closed under this very fence: by an earlier try of this same call.
    answer := jsonb_build_object('kind', case when p.state in ('settled', 'voided') and p.fence = v_fence then 'again' else 'stale' end, 'state', p.state);
    return;
  end if;
  case p_item->>'op'
    when 'send' then
      answer := limits.send(p, p_item->'next', p_now);
    when 'extend' then
      answer := limits.prolong(p, p_item->'next', p_now);
    when 'requeue' then
      update limits.usage_events set state = 'posted', estimated = true, cost = reserve, charged = reserve, updated_at = p_now
        where account_id = v_account and permit_id = p.id and state = 'sent';
      update limits.permits set state = 'queued', reason = p_item->>'reason', updated_at = p_now where account_id = v_account and id = p.id;
      answer := jsonb_build_object('kind', 'queued');
    when 'settle' then
      select f.cost, f.moves into v_cost, moves from limits.settle(p, (p_item->>'n')::integer, p_now) f;
      answer := jsonb_build_object('kind', 'settled', 'cost', v_cost);
    when 'release' then
      select f.cost, f.moves into v_cost, moves from limits.finish(p, true, p_item->>'reason', p_now, coalesce((p_item->>'k')::boolean, false)) f;
      answer := jsonb_build_object('kind', 'voided', 'cost', v_cost);
    else
      answer := jsonb_build_object('kind', 'reported');
  end case;
end $function$;
grant execute on routine limits.resolve(jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.resolve_batch(p_batch jsonb)
 RETURNS TABLE(i integer, answer jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  r jsonb;
  v_account uuid;
  v_group text := '';
  v_now timestamptz;
  v_more limits.move[];
  v_moves limits.move[] := '{}';
begin
  perform limits.lock_for_steps(p_batch);
  for r in
    select value from jsonb_array_elements(p_batch) with ordinality as t(value, place)
    order by value->>'a', value->>'p', value->>'op' in ('send', 'extend'), place
  loop
    if cardinality(v_moves) > 0 and (v_group <> (r->>'a') || ' ' || (r->>'p') or r->>'op' in ('send', 'extend')
      or exists (select from unnest(v_moves) as m where m.amount > 0)) then
      perform limits.move_windows(v_account, v_moves);
      v_moves := '{}';
    end if;
    if v_group <> (r->>'a') || ' ' || (r->>'p') then
      v_group := (r->>'a') || ' ' || (r->>'p');
      v_account := (r->>'a')::uuid;
      v_now := limits.lock_meter(v_account, r->>'p', true);
    end if;
    i := (r->>'i')::integer;
    select s.answer, s.moves into answer, v_more from limits.resolve(r, v_now) s;
    v_moves := v_moves || v_more;
    return next;
  end loop;
  perform limits.move_windows(v_account, v_moves);
end $function$;
alter routine limits.resolve_batch(jsonb) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.resolve_here(p_item jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_account uuid := app.account();
  v_answer jsonb;
  v_moves limits.move[];
begin
  select s.answer, s.moves into v_answer, v_moves
    from limits.resolve(p_item || jsonb_build_object('a', v_account), limits.lock_meter(v_account, p_item->>'p', true)) s;
  if v_answer->>'kind' = 'stale' then
    raise exception 'the permit is % and no longer held by this fence', v_answer->>'state' using errcode = 'PL010';
  end if;
  perform limits.move_windows(v_account, v_moves);
  return v_answer;
end $function$;
alter routine limits.resolve_here(jsonb) owner to plinth_system;
grant execute on routine limits.resolve_here(jsonb) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.return_credits(p_account uuid, p_charges jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
  -- At most what was given: an operator may have handed back what an open permit had drawn.
  update limits.credits c set remaining = least(c.amount, c.remaining + (charge->>4)::bigint), updated_at = p_now
  from jsonb_array_elements(p_charges) as charge
  where charge->>2 = 'credits' and c.account_id = p_account and c.id = (charge->>0)::uuid
$function$;
grant execute on routine limits.return_credits(uuid,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.return_units(p_permit limits.permits, p_units integer, p_now timestamp with time zone, OUT permit limits.permits, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  c jsonb;
  v_unused bigint := p_permit.units - p_units;
  v_left jsonb := '{}';
  v_key text;
  v_give bigint;
  v_credits jsonb := '[]';
begin
  permit := p_permit; permit.units := p_units; moves := '{}';
  -- Credits may come from several gifts: the one that was drawn from last gets its units back first.
  for v_at in reverse jsonb_array_length(p_permit.charges) - 1 .. 0 loop
    c := p_permit.charges->v_at;
    continue when c->>2 not in ('quota', 'credits');
    v_key := case c->>2 when 'quota' then v_at::text else c->>1 end;
    v_give := least(coalesce((v_left->>v_key)::bigint, v_unused), (c->>4)::bigint);
    v_left := v_left || jsonb_build_object(v_key, coalesce((v_left->>v_key)::bigint, v_unused) - v_give);
    permit.charges := jsonb_set(permit.charges, array[v_at::text, '4'], to_jsonb((c->>4)::bigint - v_give));
    if c->>2 = 'quota' then
      moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -v_give)::limits.move;
    else
      v_credits := v_credits || jsonb_build_array(jsonb_set(c, '{4}', to_jsonb(v_give)));
    end if;
  end loop;
  perform limits.return_credits(p_permit.account_id, v_credits, p_now);
  update limits.permits set units = p_units where account_id = p_permit.account_id and id = p_permit.id;
end $function$;
grant execute on routine limits.return_units(limits.permits,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.room_for_members(p_gauges jsonb, p_more integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  c jsonb;
  v_account uuid := app.account();
  v_now timestamptz := app.now();
  v_segment jsonb;
  v_members bigint;
  v_max bigint;
begin
  select count(*) + p_more into v_members from accounts.members m where m.account_id = v_account;
  for c in select value from jsonb_array_elements(p_gauges) loop
    v_segment := entitlements.segment(v_account, c->>'p', v_now);
    if v_segment->>'plan' is null then
      v_segment := entitlements.segment_at(entitlements.default_timeline(v_account, c->>'p'), v_now);
    end if;
    v_max := coalesce((v_segment->'grants'->>(c->>'n'))::bigint, 0);
    if p_more = 0 and v_members <= v_max then
      perform limits.note(v_account, c->>'p', c->>'p', c->>'n', 'gauge', null, limits.window_start('month', v_now), v_members - 1, v_members, v_max, v_now);
    end if;
    continue when v_segment->>'plan' is null or v_members <= v_max;
    continue when not exists (select from entitlements.snapshots s where s.account_id = v_account and s.product = c->>'p')
      and not exists (select from limits.meters m where m.account_id = v_account and m.scope = c->>'p')
      and not exists (select from limits.gauges g where g.account_id = v_account and g.product = c->>'p');
    raise exception 'the gauge % of % has no room', c->>'n', c->>'p' using errcode = 'PL013',
      detail = jsonb_build_object('limit', c->>'n', 'of', 'gauge', 'used', v_members - 1, 'max', v_max, 'resets_at', null, 'now', v_now,
        'plan', v_segment->>'plan')::text;
  end loop;
end $function$;
alter routine limits.room_for_members(jsonb,integer) owner to plinth_system;
grant execute on routine limits.room_for_members(jsonb,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.send(p_permit limits.permits, p_next jsonb, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_event uuid := (p_next->>'e')::uuid;
  v_short bigint := limits.spoken_for(p_permit.account_id, p_permit.id, v_event) + (p_next->>'r')::bigint - p_permit.reserve;
  v_denial jsonb;
  v_attempt integer;
begin
  v_denial := limits.try_too_many(p_permit, p_next, p_now);
  if v_denial is not null then return v_denial; end if;
  if v_short > 0 then
    v_denial := limits.extend(p_permit, v_short, p_now);
    if v_denial is not null then return v_denial; end if;
  end if;
  select coalesce(max(attempt), 0) + 1 into v_attempt from limits.usage_events where account_id = p_permit.account_id and permit_id = p_permit.id;
  insert into limits.usage_events as e (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, reserve,
      price_version, state, request_id, created_at, updated_at)
    values (p_permit.account_id, v_event, p_permit.id, v_attempt, p_permit.fence, p_permit.user_id, p_permit.key_id, p_permit.product, p_permit.feature,
      p_next->>'pr', p_next->>'m', (p_next->>'r')::bigint, p_next->>'v', 'sent', p_permit.request_id, p_now, p_now)
    on conflict (account_id, id) do update set provider = excluded.provider, model = excluded.model, reserve = excluded.reserve,
      price_version = excluded.price_version, state = 'sent', fence = excluded.fence, updated_at = p_now
      where e.permit_id = excluded.permit_id and e.state in ('pending', 'sent');
  return jsonb_build_object('kind', 'sent', 'reserve', p_permit.reserve + greatest(0, v_short));
end $function$;
grant execute on routine limits.send(limits.permits,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.set_operator_budget(p_id uuid, p_product text, p_feature text, p_provider text, p_plan text, p_daily bigint, p_closed boolean)
 RETURNS uuid
 LANGUAGE plpgsql
AS $function$
declare
  v_now timestamptz := app.now();
  v_id uuid;
begin
  insert into limits.operator_budgets as b (id, product, feature, provider, plan, daily, closed)
    values (p_id, p_product, p_feature, p_provider, p_plan, p_daily, coalesce(p_closed, false))
    on conflict (product, feature, provider, plan) do update
      set daily = coalesce(excluded.daily, b.daily), closed = coalesce(p_closed, b.closed), updated_at = v_now
    returning b.id into v_id;
  if v_id = p_id then
    -- The plan of a permit is the one of the account's present: of another one it had earlier today nothing is known.
    insert into limits.operator_spending (budget_id, day, shard, spent)
      select v_id, limits.window_start('day', v_now), -1, sum(e.cost) from limits.usage_events e
        where e.state = 'posted' and e.updated_at >= limits.instant(limits.window_start('day', v_now))
          and (p_product is null or e.product = p_product) and (p_feature is null or e.feature = p_feature) and (p_provider is null or e.provider = p_provider)
          and not exists (select from limits.permits p where p.account_id = e.account_id and p.id = e.permit_id and limits.is_own(p.holder))
          and (p_plan is null or entitlements.segment(e.account_id, e.product, v_now)->>'plan' = p_plan)
        having sum(e.cost) is not null;
  end if;
  return v_id;
end $function$;
grant execute on routine limits.set_operator_budget(uuid,text,text,text,text,bigint,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settle(p_permit limits.permits, p_units integer, p_now timestamp with time zone, OUT cost bigint, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  v_returned record;
  v_permit limits.permits := p_permit;
  v_moves limits.move[] := '{}';
begin
  if p_units < p_permit.units then
    select * into v_returned from limits.return_units(p_permit, p_units, p_now);
    v_permit := v_returned.permit; v_moves := v_returned.moves;
  end if;
  select f.cost, f.moves into cost, moves from limits.finish(v_permit, false, null, p_now) f;
  moves := v_moves || moves;
end $function$;
grant execute on routine limits.settle(limits.permits,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settled_before(p_account uuid, p_product text, p_from uuid, p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 STABLE
AS $function$
  select least(
    (select id from limits.permits where account_id = p_account and product = p_product and state in ('queued', 'running') order by id limit 1),
    coalesce((select id from limits.permits where account_id = p_account and product = p_product and id >= p_from
      and created_at < p_now - interval '15 minutes' order by id desc limit 1), p_from))
$function$;
grant execute on routine limits.settled_before(uuid,text,uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settled_units(p_account uuid, p_product text, p_limit text, p_from uuid, p_since timestamp with time zone, p_below uuid)
 RETURNS TABLE(starts bigint, per text, units bigint, below bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select (charge->>3)::bigint, min(charge->>5), sum(p.units)::bigint, coalesce(sum(p.units) filter (where p.id < p_below), 0)::bigint
  from limits.permits p cross join lateral jsonb_array_elements(p.charges) as charge
  where p.account_id = p_account and p.id >= p_from and p.created_at >= p_since and p.product = p_product and p.state = 'settled'
    and charge->>0 = p_product and charge->>1 = p_limit and charge->>2 = 'quota'
  group by 1
$function$;
grant execute on routine limits.settled_units(uuid,text,text,uuid,timestamp with time zone,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.sixtieth(p_per text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case p_per when 'minute' then 1000000 else 60000000 end::bigint
$function$;
grant execute on routine limits.sixtieth(text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.slide(p_meter limits.meters, p_name text, p_per text, p_now bigint, p_units bigint)
 RETURNS limits.meters
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
declare
  v_present bigint := p_now - p_now % limits.sixtieth(p_per);
begin
  select coalesce(array_agg(start order by start), '{}'), coalesce(array_agg(used order by start), '{}') into p_meter.starts, p_meter.used from (
    select start, sum(used)::bigint as used from (
      select * from unnest(p_meter.starts, p_meter.used) as t (start, used) union all select v_present, p_units) as all_of_them
    where start > p_now - 61 * limits.sixtieth(p_per) and start <= p_now group by start) as kept;
  p_meter.names := array_fill(p_name, array[cardinality(p_meter.starts)]);
  return p_meter;
end $function$;
grant execute on routine limits.slide(limits.meters,text,text,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.slides_open(p_account uuid, p_scope text, p_per text, p_now timestamp with time zone, p_room bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(
    (select limits.instant(min(begins) + 61 * limits.sixtieth(p_per)) from (
      select begins, sum(units) over (order by begins desc rows between unbounded preceding and 1 preceding) as later
      from limits.meters m, unnest(m.starts, m.used) as t (begins, units)
      where m.account_id = p_account and m.scope = p_scope and begins > limits.micros(p_now) - 61 * limits.sixtieth(p_per)
        and begins <= limits.micros(p_now)) as counted
      where coalesce(later, 0) <= p_room),
    p_now + 61 * limits.sixtieth(p_per) * interval '1 microsecond')
$function$;
grant execute on routine limits.slides_open(uuid,text,text,timestamp with time zone,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.spent(p_alert limits.alerts)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  m limits.meters;
  v_at integer;
begin
  select * into m from limits.meters t where t.account_id = p_alert.account_id and t.scope = p_alert.scope;
  v_at := array_position(m.names, p_alert.name);
  if m.starts[v_at] is distinct from p_alert.starts then return null; end if;
  return m.used[v_at] - coalesce((
    select sum(coalesce((charge->>4)::bigint, p.reserve)) from limits.permits p cross join lateral jsonb_array_elements(p.charges) as charge
    where p.account_id = p_alert.account_id and p.state in ('queued', 'running') and charge->>0 = p_alert.scope and charge->>1 = p_alert.name
      and (charge->>3)::bigint = p_alert.starts), 0);
end $function$;
grant execute on routine limits.spent(limits.alerts) to plinth_system;

CREATE OR REPLACE FUNCTION limits.spoken_for(p_account uuid, p_permit uuid, p_event uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(sum(case state when 'posted' then charged else reserve end), 0)::bigint from limits.usage_events
  where account_id = p_account and permit_id = p_permit and state <> 'voided' and id <> p_event
$function$;
grant execute on routine limits.spoken_for(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.start_holder(p_id uuid, p_kind text, p_ttl interval)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  insert into limits.holders (id, kind, expires_at) values (p_id, p_kind, app.now() + p_ttl);
end $function$;
alter routine limits.start_holder(uuid,text,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.sweep(p_max integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  r record;
  v_now timestamptz := app.now();
  v_closed integer := 0;
begin
  for r in
    select s as permit, case when s.state = 'queued' then 'no job' when s.due_at > v_now then 'holder dead'
      when limits.is_outside(s.holder) then 'expired' else 'overdue' end as reason
    from limits.permits s
    where s.state in ('queued', 'running') and s.job_id is null
      and case s.state when 'queued' then s.updated_at < v_now - interval '60 seconds'
        else s.due_at <= v_now or not (limits.is_outside(s.holder)
          or exists (select from limits.holders h where h.id = s.holder and h.expires_at > v_now)) end
    order by s.account_id, s.product, s.id limit p_max
  loop
    if limits.abandon(r.permit, r.reason, false) then v_closed := v_closed + 1; end if;
  end loop;
  -- Passing over what another sweep deletes: it holds meters that this one would wait with.
  delete from limits.holders where id in (
    select h.id from limits.holders h where h.expires_at < v_now - interval '1 day'
      and not exists (select from limits.permits s where s.holder = h.id and s.state in ('queued', 'running')) for update skip locked);
  return v_closed;
end $function$;
alter routine limits.sweep(integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.take(p_account uuid, p_permit uuid, p_holder uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
  e limits.usage_events;
  v_calls integer;
  v_refused text;
  v_now timestamptz := app.now();
begin
  update limits.permits set state = 'running', holder = p_holder, fence = fence + 1, updated_at = v_now
    where account_id = p_account and id = p_permit and state in ('queued', 'running') returning * into p;
  if not found then return null; end if;
  v_refused := accounts.can_spend(p.account_id, p.user_id, p.key_id);
  update limits.usage_events set state = 'posted', estimated = true, cost = reserve, charged = reserve, updated_at = v_now
    where account_id = p_account and permit_id = p_permit and state = 'sent';
  if v_refused is null then
    update limits.usage_events set state = 'sent', fence = p.fence, updated_at = v_now
      where account_id = p_account and permit_id = p_permit and state = 'pending' returning * into e;
  end if;
  select count(*) into v_calls from limits.usage_events
    where account_id = p_account and permit_id = p_permit and corrects is null and tried and id is distinct from e.id;
  return jsonb_build_object('id', p.id, 'account', p.account_id, 'user', p.user_id, 'key', p.key_id, 'product', p.product, 'feature', p.feature,
    'units', p.units, 'reserve', p.reserve, 'fence', p.fence, 'subject', p.subject, 'request_id', p.request_id, 'calls', v_calls, 'refused', v_refused,
    'event', e.id, 'planned', case when e.id is not null then
      jsonb_build_object('provider', e.provider, 'model', e.model, 'priceVersion', e.price_version, 'reserve', e.reserve) end);
end $function$;
grant execute on routine limits.take(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.take_rates(p_keys text[], p_callers integer[], p_slots integer[], p_maxima integer[], p_spares integer[], p_share integer)
 RETURNS TABLE(left_over integer, spare integer, ends bigint, milliseconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_total constant integer := cardinality(p_callers);
  v_starts timestamptz[];
  v_used integer[];
  v_touched boolean[] := array_fill(false, array[cardinality(p_keys)]);
  v_now timestamptz;
  v_first integer := 1;
  v_next integer;
  v_slot integer;
  v_least integer;
  v_over timestamptz;
begin
  select * into v_starts, v_used, v_now from limits.lock_rates(p_keys);

  while v_first <= v_total loop
    v_least := null;
    v_next := v_first;
    while v_next <= v_total and p_callers[v_next] = p_callers[v_first] loop
      v_slot := p_slots[v_next];
      if v_starts[v_slot] is null or v_starts[v_slot] + interval '1 minute' <= v_now or v_starts[v_slot] > v_now then
        v_starts[v_slot] := v_now;
        v_used[v_slot] := 0;
      end if;
      v_least := least(v_least, p_maxima[v_next] - v_used[v_slot]);
      v_next := v_next + 1;
    end loop;
    for v_entry in v_first .. v_next - 1 loop
      v_slot := p_slots[v_entry];
      left_over := p_maxima[v_entry] - v_used[v_slot];
      spare := 0;
      if v_least > 0 then
        spare := greatest(0, least(p_spares[v_entry], (left_over - 1) / p_share));
        v_used[v_slot] := v_used[v_slot] + 1 + spare;
        v_touched[v_slot] := true;
      end if;
      v_over := v_starts[v_slot] + interval '1 minute';
      ends := extract(epoch from v_over) * 1000000;
      milliseconds := floor(extract(epoch from v_over - v_now) * 1000);
      return next;
    end loop;
    v_first := v_next;
  end loop;

  update limits.rates set starts_at = counted.starts_at, used = counted.used
    from unnest(p_keys, v_starts, v_used, v_touched) as counted (key, starts_at, used, touched)
    where rates.key = counted.key and counted.touched;
end $function$;
alter routine limits.take_rates(text[],integer[],integer[],integer[],integer[],integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.take_rates_alone(p_keys text[], p_maxima integer[], p_spares integer[], p_share integer)
 RETURNS TABLE(left_over integer, spare integer, ends bigint, milliseconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  return query
  with locked as materialized (
    select a.position, a.most, a.wanted, r.key, r.starts_at, r.used
      from unnest(p_keys, p_maxima, p_spares) with ordinality as a (key, most, wanted, position) join limits.rates r on r.key = a.key
      order by a.position for update of r
  ), clock as materialized (
    -- Read when all are counted, and so locked: whoever waited must not decide by a time before the row's.
    select app.now() as now from (select count(*) as keys from locked offset 0) l where l.keys = cardinality(p_keys)
  ), decided as materialized (
    select l.position, l.key, c.now, m.began, m.used, l.most - m.used as room, min(l.most - m.used) over () > 0 as is_allowed,
        greatest(0, least(l.wanted, (l.most - m.used - 1) / p_share)) as lent
      from locked l cross join clock c
        cross join lateral (select l.starts_at + interval '1 minute' <= c.now or l.starts_at > c.now as is_over) o
        cross join lateral (select case when o.is_over then c.now else l.starts_at end as began, case when o.is_over then 0 else l.used end as used) m
  ), written as (
    update limits.rates r set starts_at = d.began, used = d.used + 1 + d.lent from decided d where r.key = d.key and d.is_allowed
  )
  select d.room, case when d.is_allowed then d.lent else 0 end, (extract(epoch from d.began + interval '1 minute') * 1000000)::bigint,
      floor(extract(epoch from d.began + interval '1 minute' - d.now) * 1000)::integer
    from decided d order by d.position;
end $function$;
alter routine limits.take_rates_alone(text[],integer[],integer[],integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.take_seat(p_product text, p_name text, p_machine text, p_id uuid, p_ttl interval, p_size bigint, p_offline integer, p_resumed integer, p_token integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_segment jsonb;
  v_max bigint;
  v_used bigint;
  v_resets timestamptz;
  v_owed record;
  v_closed jsonb;
  v_former limits.seats;
  v_seat limits.seats;
begin
  v_now := limits.lock_seats(v_account, p_product, p_name);
  perform from limits.seats where account_id = v_account and product = p_product and name = p_name
    and (machine = p_machine or ended is null and expires_at <= v_now) order by machine for update;
  with closed as (
    update limits.seats set ended = 'expired', ended_at = expires_at, updated_at = v_now
      where account_id = v_account and product = p_product and name = p_name and ended is null and expires_at <= v_now
      returning id, ended, ended_at, renewed_at
  )
  select coalesce(jsonb_agg(to_jsonb(closed)), '[]') into v_closed from closed;

  v_segment := entitlements.segment(v_account, p_product, v_now);
  v_max := (v_segment->'grants'->>p_name)::bigint;
  if v_segment->>'plan' is null or v_max is null or v_max < 1 then
    return jsonb_build_object('kind', 'plan_required', 'grant', p_name, 'needed', 1, 'plan', v_segment->'plan', 'closed', v_closed);
  end if;
  v_max := coalesce(p_size, v_max);
  select count(*), min(limits.occupied_until(s)) into v_used, v_resets from limits.seats s
    where account_id = v_account and product = p_product and name = p_name and machine <> p_machine and limits.occupied_until(s) > v_now;
  if v_used >= v_max then
    return jsonb_build_object('kind', 'denied', 'limit', p_name, 'of', 'seats', 'used', v_used, 'max', v_max, 'resets_at', v_resets, 'now', v_now,
      'plan', v_segment->'plan', 'closed', v_closed);
  end if;
  select * into v_former from limits.seats where account_id = v_account and product = p_product and name = p_name and machine = p_machine;
  if v_former.id is null or limits.occupied_until(v_former) <= v_now then
    perform limits.note(v_account, p_product, p_product, p_name, 'seats', null, limits.window_start('month', v_now), v_used, v_used + 1, v_max, v_now);
  end if;
  if v_former.fence = p_resumed and p_token < v_former.used_token then p_resumed := null; end if;
  select o.until, o.fence into v_owed from (values (v_former.offline_until, v_former.fence), (v_former.owed_until, v_former.owed_fence)) as o (until, fence)
    where o.until > v_now and o.fence is distinct from p_resumed order by o.until desc limit 1;
  insert into limits.seats as s (account_id, product, name, machine, id, fence, taken_at, expires_at, offline_minutes, renewed_at)
    values (v_account, p_product, p_name, p_machine, p_id, 1, v_now, v_now + p_ttl, p_offline, v_now)
    on conflict (account_id, product, name, machine) do update
      set id = excluded.id, fence = s.fence + 1, taken_at = v_now, expires_at = excluded.expires_at, updated_at = v_now,
        offline_minutes = excluded.offline_minutes, offline_until = null, owed_until = v_owed.until, owed_fence = v_owed.fence, renewed_at = v_now,
        ended = null, ended_at = null, used_token = 0, first_token = 1, last_token = 1
    returning * into v_seat;
  return jsonb_build_object('kind', 'seat', 'id', v_seat.id, 'fence', v_seat.fence, 'token', v_seat.last_token,
    'expires_at', v_now + p_ttl, 'now', v_now,
    'used', v_used + 1, 'max', v_max, 'closed', v_closed,
    'former', case when v_former.id is not null then jsonb_build_object('id', v_former.id, 'ended', coalesce(v_former.ended, 'taken_over'),
      'ended_at', coalesce(v_former.ended_at, v_now), 'renewed_at', v_former.renewed_at) end);
end $function$;
alter routine limits.take_seat(text,text,text,uuid,interval,bigint,integer,integer,integer) owner to plinth_system;
grant execute on routine limits.take_seat(text,text,text,uuid,interval,bigint,integer,integer,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.time_after(p_seen bigint)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
declare
  v_now timestamptz := app.now();
begin
  if p_seen <= limits.trusted(v_now) then return greatest(v_now, timestamptz 'epoch' + p_seen * interval '1 microsecond'); end if;
  return v_now;
end $function$;
grant execute on routine limits.time_after(bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.trusted(p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (extract(epoch from p_now) * 1000000)::bigint + 300000000
$function$;
grant execute on routine limits.trusted(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.try_too_many(p_permit limits.permits, p_next jsonb, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_start bigint := limits.window_start('day', p_now);
  v_failed bigint;
  v_most bigint := (p_next->>'b')::bigint;
begin
  if v_most is null or not exists (select from limits.usage_events e
    where e.account_id = p_permit.account_id and e.permit_id = p_permit.id and e.state = 'posted' and e.cost > e.charged) then return null; end if;
  select coalesce(sum(e.cost - e.charged), 0) into v_failed from limits.permits o join limits.usage_events e on e.account_id = o.account_id and e.permit_id = o.id
    where o.account_id = p_permit.account_id and o.state in ('queued', 'running') and e.state = 'posted';
  v_failed := v_failed + limits.failures(p_permit.account_id, v_start)
    + (select coalesce(sum(f.reserve), 0) from limits.may_fail(p_permit.account_id, p_now) f)
    + case when p_permit.job_id is null then 0 else (p_next->>'r')::bigint end;
  if v_failed <= v_most then return null; end if;
  return jsonb_build_object('kind', 'denied', 'limit', 'failures', 'of', 'failures', 'used', v_failed, 'max', v_most,
    'resets_at', limits.window_end('day', v_start), 'now', p_now);
end $function$;
grant execute on routine limits.try_too_many(limits.permits,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.unserved(p_account uuid, p_permit uuid, p_reason text, p_now timestamp with time zone)
 RETURNS limits.move[]
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
begin
  update limits.permits set state = 'voided', reason = p_reason, updated_at = p_now
    where account_id = p_account and id = p_permit and state = 'settled' and reason in ('holder dead', 'overdue')
      and (select coalesce(sum(e.cost), 0) from limits.usage_events e where e.account_id = p_account and e.permit_id = p_permit and e.state = 'posted') = 0
    returning * into p;
  if not found then return '{}'; end if;
  if jsonb_path_exists(p.charges, '$[*][2] ? (@ == "credits")') then perform limits.return_credits(p_account, p.charges, p_now); end if;
  return array(select row(value->>0, value->>1, (value->>3)::bigint, -(value->>4)::bigint)::limits.move
    from jsonb_array_elements(p.charges) where value->>2 = 'quota');
end $function$;
grant execute on routine limits.unserved(uuid,uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.usage_here(p_rules jsonb)
 RETURNS TABLE(product text, name text, used bigint, size bigint, resets_at timestamp with time zone, balance bigint, next_expiry timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  select * from limits.usage_of(app.account(), p_rules)
$function$;
alter routine limits.usage_here(jsonb) owner to plinth_system;
grant execute on routine limits.usage_here(jsonb) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.usage_of(p_account uuid, p_rules jsonb)
 RETURNS TABLE(product text, name text, used bigint, size bigint, resets_at timestamp with time zone, balance bigint, next_expiry timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
declare
  c jsonb;
  m limits.meters;
  v_account uuid := p_account;
  v_now timestamptz := app.now();
  v_segment jsonb;
  v_window limits.span;
  v_at integer;
  v_due record;
begin
  for c in select value from jsonb_array_elements(p_rules) loop
    if product is distinct from c->>'p' then
      product := c->>'p';
      v_segment := entitlements.segment(v_account, product, v_now);
      select * into m from limits.meters t where t.account_id = v_account and t.scope = product;
    end if;
    name := c->>'n'; size := (v_segment->'grants'->>name)::bigint; resets_at := null; balance := null; next_expiry := null;
    continue when v_segment->>'plan' is null or size is null;
    if c->>'k' = 'concurrency' then
      used := coalesce(((limits.open_permits(array[v_account], array[product], v_now))[1]->>(product || ' ' || name))::bigint, 0);
    elsif c->>'k' = 'sliding' then
      select limits.used_within(t, c->>'w', limits.micros(v_now)) into used from limits.meters t
        where t.account_id = v_account and t.scope = usage_of.product || '/' || usage_of.name;
      used := coalesce(used, 0);
      if used > 0 then resets_at := limits.slides_open(v_account, product || '/' || name, c->>'w', v_now, used - 1); end if;
    elsif c->>'k' = 'gauge' then
      used := coalesce((select g.used from limits.gauges g where g.account_id = v_account and g.product = usage_of.product and g.name = usage_of.name), 0);
    elsif c->>'k' = 'members' then
      select count(*) into used from accounts.members t where t.account_id = v_account;
    elsif c->>'k' = 'seats' then
      select count(*) into used from limits.seats t
        where t.account_id = v_account and t.product = usage_of.product and t.name = usage_of.name and limits.occupied_until(t) > v_now;
    elsif c->>'k' = 'credits' then
      select * into v_due from limits.credits_due(v_account, product, row(name, 'credits', c->>'w', 'account', (c->>'s')::integer, (c->>'m')::bigint, null)::limits.rule, size, v_now);
      select v_due.planned + v_due.rolled + coalesce(sum(t.amount), 0), v_due.planned + v_due.rolled + coalesce(sum(t.remaining), 0),
          least(case when v_due.planned + v_due.rolled > 0 then (v_due.period).ends end, min(t.expires_at) filter (where t.remaining > 0))
        into size, balance, next_expiry from limits.credits t
        where t.account_id = v_account and t.product = usage_of.product and t.name = usage_of.name and (t.expires_at is null or t.expires_at > v_now);
      used := size - balance;
      if (v_segment->'grants'->>name)::bigint > 0 then resets_at := (v_due.period).ends; end if;
    else
      v_at := array_position(m.names, name);
      v_window := limits.window_of(v_account, product, c->>'w', m.starts[v_at], v_now);
      used := case when m.starts[v_at] = v_window.starts then m.used[v_at] else 0 end;
      resets_at := v_window.ends;
    end if;
    return next;
  end loop;
end $function$;
grant execute on routine limits.usage_of(uuid,jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.used_within(p_meter limits.meters, p_per text, p_now bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(sum(used), 0)::bigint from unnest(p_meter.starts, p_meter.used) as t (start, used)
  where start > p_now - 61 * limits.sixtieth(p_per) and start <= p_now
$function$;
grant execute on routine limits.used_within(limits.meters,text,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_begins(p_account uuid, p_per text, p_span limits.span, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select case when right(p_per, 8) = '@account' then limits.zoned_start(left(p_per, -8), p_now, accounts.time_zone(p_account))
    else limits.instant((p_span).starts) end
$function$;
grant execute on routine limits.window_begins(uuid,text,limits.span,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_end(p_per text, p_start bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select (to_timestamp(p_start / 1000000) at time zone 'UTC' + ('1 ' || p_per)::interval) at time zone 'UTC'
$function$;
grant execute on routine limits.window_end(text,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_of(p_account uuid, p_product text, p_per text, p_stored bigint, p_now timestamp with time zone)
 RETURNS limits.span
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if p_per = 'billing_period' then return limits.billing_period(limits.anchor(p_account, p_product, p_now), p_now); end if;
  if right(p_per, 8) = '@account' then return limits.zoned_window(p_account, left(p_per, -8), p_stored, p_now); end if;
  return row(limits.window_start(p_per, p_now), limits.window_end(p_per, limits.window_start(p_per, p_now)));
end $function$;
grant execute on routine limits.window_of(uuid,text,text,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_start(p_per text, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select (extract(epoch from date_trunc(p_per, p_now, 'UTC')) * 1000000)::bigint
$function$;
grant execute on routine limits.window_start(text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.zoned_end(p_per text, p_at timestamp with time zone, p_zone text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select (date_trunc(p_per, p_at at time zone p_zone) + ('1 ' || p_per)::interval) at time zone p_zone
$function$;
grant execute on routine limits.zoned_end(text,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.zoned_start(p_per text, p_at timestamp with time zone, p_zone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
declare
  v_start timestamptz := date_trunc(p_per, p_at, p_zone);
begin
  if v_start > p_at then return date_trunc(p_per, p_at - interval '2 hours', p_zone); end if;
  return v_start;
end $function$;
grant execute on routine limits.zoned_start(text,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.zoned_window(p_account uuid, p_per text, p_stored bigint, p_now timestamp with time zone)
 RETURNS limits.span
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_zone text;
  v_last timestamptz := limits.instant(p_stored);
  v_shortest interval := case p_per when 'day' then interval '23 hours' when 'week' then interval '5 days' else interval '26 days' end;
  v_longest interval := case p_per when 'day' then interval '76 hours' when 'week' then interval '16 days' else interval '64 days' end;
  v_end timestamptz;
begin
  if p_now < v_last and v_last <= p_now + v_longest then return row(p_stored, v_last); end if;
  -- It can't end so late: it began under a clock that was wrong.
  if v_last > p_now then v_last := null; end if;
  v_zone := accounts.time_zone(p_account);
  v_end := limits.zoned_end(p_per, limits.zoned_start(p_per, p_now, v_zone), v_zone);
  while v_end < v_last + v_shortest loop v_end := limits.zoned_end(p_per, v_end, v_zone); end loop;
  return row(limits.micros(v_end), v_end);
end $function$;
grant execute on routine limits.zoned_window(uuid,text,bigint,timestamp with time zone) to plinth_system;

-- ==================== mail

create table mail.messages (
  account_id uuid not null,
  id uuid not null,
  user_id uuid,
  recipient text not null,
  template text not null,
  status text not null,
  facts text,
  once text,
  attempts integer not null default 0,
  error text,
  due_at timestamp with time zone not null default app.now(),
  expires_at timestamp with time zone not null default (app.now() + '1 day'::interval),
  sent_at timestamp with time zone,
  request_id text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint messages_pkey PRIMARY KEY (account_id, id),
  constraint messages_account_id_once_key UNIQUE (account_id, once),
  constraint messages_check CHECK (((facts IS NOT NULL) OR (status <> ALL (ARRAY['asked'::text, 'waiting'::text])))),
  constraint messages_status_check CHECK ((status = ANY (ARRAY['asked'::text, 'waiting'::text, 'sent'::text, 'refused'::text, 'failed'::text])))
);
CREATE INDEX messages_log ON mail.messages USING btree (id DESC);
CREATE INDEX messages_of_user ON mail.messages USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX messages_over ON mail.messages USING btree (updated_at) WHERE (status = ANY (ARRAY['sent'::text, 'refused'::text, 'failed'::text]));
CREATE INDEX messages_to ON mail.messages USING btree (lower(recipient), template, created_at);
alter table mail.messages enable row level security, force row level security;
create policy system on mail.messages for all to plinth_system using (true) with check (true);
create policy tenant on mail.messages for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on mail.messages to plinth_system;
grant insert on mail.messages to plinth_tenant;

-- ==================== orbit

create table orbit.activities (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid,
  kind text not null,
  data jsonb not null,
  actor_user uuid,
  created_at timestamp with time zone not null default app.now(),
  constraint activities_pkey PRIMARY KEY (account_id, id),
  constraint activities_data_check CHECK ((jsonb_typeof(data) = 'object'::text))
);
CREATE INDEX activities_by_time ON orbit.activities USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX activities_of_actor ON orbit.activities USING btree (account_id, actor_user, created_at DESC, id DESC);
CREATE INDEX activities_of_kind ON orbit.activities USING btree (account_id, kind, created_at DESC, id DESC);
CREATE INDEX activities_of_scope ON orbit.activities USING btree (account_id, scope_id, created_at DESC, id DESC);
alter table orbit.activities enable row level security, force row level security;
create policy system on orbit.activities for all to plinth_system using (true) with check (true);
create policy tenant on orbit.activities for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.activities to plinth_system;
grant insert, select on orbit.activities to plinth_tenant;

create table orbit.analyses (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  section_id uuid,
  kind text not null,
  version integer not null,
  permit_id uuid not null,
  job_id uuid not null,
  status text not null,
  result jsonb,
  error_code text,
  error_message text,
  request_id text not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint analyses_pkey PRIMARY KEY (account_id, id),
  constraint analyses_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE,
  constraint analyses_check CHECK (((status = 'failed'::text) = (error_code IS NOT NULL))),
  constraint analyses_check1 CHECK (((kind = 'suggest'::text) = (section_id IS NOT NULL))),
  constraint analyses_kind_check CHECK ((kind = ANY (ARRAY['suggest'::text, 'analyze'::text]))),
  constraint analyses_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX analyses_of_scope ON orbit.analyses USING btree (account_id, scope_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX analyses_once ON orbit.analyses USING btree (account_id, scope_id, kind, version, COALESCE(section_id, scope_id)) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text]));
alter table orbit.analyses enable row level security, force row level security;
create policy system on orbit.analyses for all to plinth_system using (true) with check (true);
create policy tenant on orbit.analyses for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.analyses to plinth_system;
grant insert, select, update on orbit.analyses to plinth_tenant;

create table orbit.comment_mentions (
  account_id uuid not null,
  comment_id uuid not null,
  user_id uuid not null,
  removed_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint comment_mentions_pkey PRIMARY KEY (account_id, comment_id, user_id),
  constraint comment_mentions_account_id_comment_id_fkey FOREIGN KEY (account_id, comment_id) REFERENCES orbit.comments(account_id, id) ON DELETE CASCADE
);
alter table orbit.comment_mentions enable row level security, force row level security;
create policy system on orbit.comment_mentions for all to plinth_system using (true) with check (true);
create policy tenant on orbit.comment_mentions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.comment_mentions to plinth_system;
grant insert, select, update on orbit.comment_mentions to plinth_tenant;

create table orbit.comments (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  section_id uuid,
  thread_id uuid,
  user_id uuid not null,
  body text not null,
  edited_at timestamp with time zone,
  resolved_at timestamp with time zone,
  resolved_by uuid,
  deleted_at timestamp with time zone,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint comments_pkey PRIMARY KEY (account_id, id),
  constraint comments_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE,
  constraint comments_account_id_section_id_fkey FOREIGN KEY (account_id, section_id) REFERENCES orbit.sections(account_id, id) ON DELETE SET NULL (section_id),
  constraint comments_account_id_thread_id_fkey FOREIGN KEY (account_id, thread_id) REFERENCES orbit.comments(account_id, id) ON DELETE CASCADE,
  constraint comments_check CHECK (((thread_id IS NULL) OR (resolved_at IS NULL))),
  constraint comments_check1 CHECK (((resolved_at IS NULL) = (resolved_by IS NULL))),
  constraint comments_check2 CHECK (((deleted_at IS NULL) OR (body = ''::text)))
);
CREATE INDEX comments_of_scope ON orbit.comments USING btree (account_id, scope_id);
CREATE INDEX comments_of_section ON orbit.comments USING btree (account_id, section_id) WHERE (section_id IS NOT NULL);
CREATE INDEX comments_replies ON orbit.comments USING btree (account_id, thread_id, created_at, id);
CREATE INDEX comments_threads ON orbit.comments USING btree (account_id, scope_id, created_at DESC, id DESC) WHERE (thread_id IS NULL);
alter table orbit.comments enable row level security, force row level security;
create policy system on orbit.comments for all to plinth_system using (true) with check (true);
create policy tenant on orbit.comments for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.comments to plinth_system;
grant delete, insert, select, update on orbit.comments to plinth_tenant;

create table orbit.document_pages (
  account_id uuid not null,
  document_id uuid not null,
  page integer not null,
  text text not null,
  by_ocr boolean not null default false,
  created_at timestamp with time zone not null default app.now(),
  confidence real not null default 1,
  constraint document_pages_pkey PRIMARY KEY (account_id, document_id, page),
  constraint document_pages_account_id_document_id_fkey FOREIGN KEY (account_id, document_id) REFERENCES orbit.documents(account_id, id) ON DELETE CASCADE,
  constraint document_pages_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
  constraint document_pages_page_check CHECK ((page >= 1))
);
alter table orbit.document_pages enable row level security, force row level security;
create policy system on orbit.document_pages for all to plinth_system using (true) with check (true);
create policy tenant on orbit.document_pages for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.document_pages to plinth_system;
grant insert, select on orbit.document_pages to plinth_tenant;

create table orbit.documents (
  account_id uuid not null,
  id uuid not null,
  project_id uuid,
  scope_id uuid,
  blob_id uuid,
  name text not null,
  type text not null,
  bytes bigint not null,
  sha256 text not null,
  status text not null default 'pending'::text,
  uploaded_at timestamp with time zone,
  failure jsonb,
  pages integer,
  ocr_pages integer not null default 0,
  ocr_left jsonb not null default '[]'::jsonb,
  missing jsonb not null default '[]'::jsonb,
  job_id uuid,
  created_by uuid not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint documents_pkey PRIMARY KEY (account_id, id),
  constraint documents_account_id_project_id_fkey FOREIGN KEY (account_id, project_id) REFERENCES orbit.projects(account_id, id) ON DELETE SET NULL (project_id),
  constraint documents_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE SET NULL (scope_id),
  constraint documents_bytes_check CHECK ((bytes > 0)),
  constraint documents_check CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
  constraint documents_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
  constraint documents_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint documents_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text])))
);
CREATE INDEX documents_by_time ON orbit.documents USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX documents_not_uploaded ON orbit.documents USING btree (created_at) WHERE (uploaded_at IS NULL);
CREATE INDEX documents_of_project ON orbit.documents USING btree (account_id, project_id, created_at DESC, id DESC);
CREATE INDEX documents_of_scope ON orbit.documents USING btree (account_id, scope_id, created_at DESC, id DESC);
alter table orbit.documents enable row level security, force row level security;
create policy system on orbit.documents for all to plinth_system using (true) with check (true);
create policy tenant on orbit.documents for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.documents to plinth_system;
grant delete, insert, select, update on orbit.documents to plinth_tenant;

create table orbit.exports (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  scope_version integer not null,
  format text not null,
  citations boolean not null,
  branding_hash text not null,
  source_hash text,
  status text not null default 'queued'::text,
  job_id uuid not null,
  blob_id uuid,
  bytes bigint,
  missing jsonb not null default '[]'::jsonb,
  failure jsonb,
  created_by uuid not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint exports_pkey PRIMARY KEY (account_id, id),
  constraint exports_check CHECK (((status = 'completed'::text) = (blob_id IS NOT NULL))),
  constraint exports_format_check CHECK ((format = ANY (ARRAY['pdf'::text, 'docx'::text, 'markdown'::text]))),
  constraint exports_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE UNIQUE INDEX exports_by_source ON orbit.exports USING btree (scope_id, source_hash, account_id) WHERE (source_hash IS NOT NULL);
CREATE INDEX exports_due ON orbit.exports USING btree (expires_at);
CREATE INDEX exports_of_scope ON orbit.exports USING btree (account_id, scope_id, created_at DESC, id DESC);
alter table orbit.exports enable row level security, force row level security;
create policy system on orbit.exports for all to plinth_system using (true) with check (true);
create policy tenant on orbit.exports for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.exports to plinth_system;
grant delete, insert, select, update on orbit.exports to plinth_tenant;

create table orbit.extraction_chunks (
  account_id uuid not null,
  root_id uuid not null,
  document_id uuid not null,
  number integer not null,
  digest text not null,
  from_page integer not null,
  to_page integer not null,
  items jsonb not null,
  told_by uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint extraction_chunks_pkey PRIMARY KEY (account_id, root_id, document_id, number),
  constraint extraction_chunks_account_id_root_id_fkey FOREIGN KEY (account_id, root_id) REFERENCES orbit.extractions(account_id, id) ON DELETE CASCADE,
  constraint extraction_chunks_number_check CHECK ((number >= 1))
);
alter table orbit.extraction_chunks enable row level security, force row level security;
create policy system on orbit.extraction_chunks for all to plinth_system using (true) with check (true);
create policy tenant on orbit.extraction_chunks for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.extraction_chunks to plinth_system;
grant insert, select, update on orbit.extraction_chunks to plinth_tenant;

create table orbit.extractions (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  scope_version integer not null,
  result_version integer,
  document_ids uuid[] not null,
  documents_key text not null,
  root_id uuid not null,
  permit_id uuid not null,
  job_id uuid not null,
  status text not null,
  starts integer not null default 0,
  chunks integer,
  done jsonb,
  missing jsonb not null default '[]'::jsonb,
  confidence numeric,
  error_code text,
  error_message text,
  request_id text not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint extractions_pkey PRIMARY KEY (account_id, id),
  constraint extractions_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE,
  constraint extractions_check CHECK (((status = 'failed'::text) = (error_code IS NOT NULL))),
  constraint extractions_confidence_check CHECK (((confidence >= (0)::numeric) AND (confidence <= (1)::numeric))),
  constraint extractions_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX extractions_of_scope ON orbit.extractions USING btree (account_id, scope_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX extractions_under_way ON orbit.extractions USING btree (account_id, scope_id) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text]));
alter table orbit.extractions enable row level security, force row level security;
create policy system on orbit.extractions for all to plinth_system using (true) with check (true);
create policy tenant on orbit.extractions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.extractions to plinth_system;
grant insert, select, update on orbit.extractions to plinth_tenant;

create table orbit.favourites (
  account_id uuid not null,
  user_id uuid not null,
  scope_id uuid not null,
  created_at timestamp with time zone not null default app.now(),
  constraint favourites_pkey PRIMARY KEY (account_id, user_id, scope_id),
  constraint favourites_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE
);
CREATE INDEX favourites_by_time ON orbit.favourites USING btree (account_id, user_id, created_at DESC, scope_id DESC);
alter table orbit.favourites enable row level security, force row level security;
create policy system on orbit.favourites for all to plinth_system using (true) with check (true);
create policy tenant on orbit.favourites for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.favourites to plinth_system;
grant delete, insert, select on orbit.favourites to plinth_tenant;

create table orbit.presence (
  account_id uuid not null,
  scope_id uuid not null,
  user_id uuid not null,
  process_id uuid not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint presence_pkey PRIMARY KEY (account_id, scope_id, user_id, process_id),
  constraint presence_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE
);
CREATE INDEX presence_of_process ON orbit.presence USING btree (process_id);
CREATE INDEX presence_to_prune ON orbit.presence USING btree (expires_at);
alter table orbit.presence enable row level security, force row level security;
create policy system on orbit.presence for all to plinth_system using (true) with check (true);
create policy tenant on orbit.presence for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.presence to plinth_system;

create table orbit.projects (
  account_id uuid not null,
  id uuid not null,
  name text not null,
  client_name text,
  archived_at timestamp with time zone,
  archived boolean not null generated always as ((archived_at IS NOT NULL)) stored,
  client_key text generated always as (lower(client_name)) stored,
  created_by uuid not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint projects_pkey PRIMARY KEY (account_id, id)
);
CREATE INDEX projects_by_time ON orbit.projects USING btree (account_id, archived, created_at DESC, id DESC);
alter table orbit.projects enable row level security, force row level security;
create policy system on orbit.projects for all to plinth_system using (true) with check (true);
create policy tenant on orbit.projects for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.projects to plinth_system;
grant delete, insert, select, update on orbit.projects to plinth_tenant;

create table orbit.public_templates (
  id uuid not null,
  name text not null,
  description text,
  sections jsonb not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint public_templates_pkey PRIMARY KEY (id),
  constraint public_templates_sections_check CHECK ((jsonb_typeof(sections) = 'array'::text))
);
CREATE INDEX public_templates_by_time ON orbit.public_templates USING btree (created_at DESC, id DESC);
alter table orbit.public_templates enable row level security, force row level security;
create policy system on orbit.public_templates for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on orbit.public_templates to plinth_system;

create table orbit.scope_changes (
  account_id uuid not null,
  scope_id uuid not null,
  seq bigint not null,
  kind text not null,
  data jsonb not null,
  actor_user uuid,
  created_at timestamp with time zone not null default app.now(),
  constraint scope_changes_pkey PRIMARY KEY (account_id, scope_id, seq),
  constraint scope_changes_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE,
  constraint scope_changes_data_check CHECK ((jsonb_typeof(data) = 'object'::text))
);
CREATE INDEX scope_changes_to_prune ON orbit.scope_changes USING btree (created_at);
alter table orbit.scope_changes enable row level security, force row level security;
create policy system on orbit.scope_changes for all to plinth_system using (true) with check (true);
create policy tenant on orbit.scope_changes for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.scope_changes to plinth_system;
grant insert, select on orbit.scope_changes to plinth_tenant;

create table orbit.scope_heads (
  account_id uuid not null,
  scope_id uuid not null,
  seq bigint not null,
  pruned bigint not null default 0,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint scope_heads_pkey PRIMARY KEY (account_id, scope_id),
  constraint scope_heads_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE,
  constraint scope_heads_check CHECK (((pruned >= 0) AND (pruned <= seq))),
  constraint scope_heads_seq_check CHECK ((seq > 0))
);
alter table orbit.scope_heads enable row level security, force row level security;
create policy system on orbit.scope_heads for all to plinth_system using (true) with check (true);
create policy tenant on orbit.scope_heads for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.scope_heads to plinth_system;
grant insert, select, update on orbit.scope_heads to plinth_tenant;

create table orbit.scope_versions (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  number integer not null,
  snapshot jsonb not null,
  cause text not null,
  created_by uuid,
  began_at timestamp with time zone not null default app.now(),
  created_at timestamp with time zone not null default app.now(),
  constraint scope_versions_pkey PRIMARY KEY (account_id, id),
  constraint scope_versions_account_id_scope_id_number_key UNIQUE (account_id, scope_id, number),
  constraint scope_versions_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE
);
alter table orbit.scope_versions enable row level security, force row level security;
create policy system on orbit.scope_versions for all to plinth_system using (true) with check (true);
create policy tenant on orbit.scope_versions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.scope_versions to plinth_system;
grant delete, insert, select on orbit.scope_versions to plinth_tenant;

create table orbit.scopes (
  account_id uuid not null,
  id uuid not null,
  project_id uuid,
  title text not null,
  client_name text,
  status text not null default 'draft'::text,
  summary text not null default ''::text,
  confidence numeric,
  currency text not null default 'USD'::text,
  created_by uuid not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  deleted_at timestamp with time zone,
  trashed boolean not null generated always as ((deleted_at IS NOT NULL)) stored,
  section_words tsvector not null default ''::tsvector,
  title_key text not null generated always as (lower(title)) stored,
  client_key text generated always as (lower(client_name)) stored,
  search tsvector not null generated always as (((setweight(to_tsvector('simple'::regconfig, NORMALIZE(((title || ' '::text) || COALESCE(client_name, ''::text)))), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, NORMALIZE("left"(summary, 20000))), 'B'::"char")) || section_words)) stored,
  constraint scopes_pkey PRIMARY KEY (account_id, id),
  constraint scopes_account_id_project_id_fkey FOREIGN KEY (account_id, project_id) REFERENCES orbit.projects(account_id, id) ON DELETE SET NULL (project_id),
  constraint scopes_confidence_check CHECK (((confidence >= (0)::numeric) AND (confidence <= (1)::numeric))),
  constraint scopes_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint scopes_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'in_review'::text, 'approved'::text, 'sent'::text, 'archived'::text])))
);
CREATE INDEX scopes_by_change ON orbit.scopes USING btree (account_id, trashed, updated_at DESC, id DESC);
CREATE INDEX scopes_by_creation ON orbit.scopes USING btree (account_id, trashed, created_at DESC, id DESC);
CREATE INDEX scopes_by_status ON orbit.scopes USING btree (account_id, trashed, status, updated_at DESC, id DESC);
CREATE INDEX scopes_by_title ON orbit.scopes USING btree (account_id, trashed, title_key, id);
CREATE INDEX scopes_by_words ON orbit.scopes USING gin (account_id, search) WITH (fastupdate=off) WHERE (deleted_at IS NULL);
CREATE INDEX scopes_of_client ON orbit.scopes USING btree (account_id, trashed, client_key, updated_at DESC, id DESC);
CREATE INDEX scopes_of_project ON orbit.scopes USING btree (account_id, project_id, trashed, updated_at DESC, id DESC);
CREATE INDEX scopes_to_purge ON orbit.scopes USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
alter table orbit.scopes enable row level security, force row level security;
create policy system on orbit.scopes for all to plinth_system using (true) with check (true);
create policy tenant on orbit.scopes for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.scopes to plinth_system;
grant insert, select, update on orbit.scopes to plinth_tenant;

create table orbit.sections (
  account_id uuid not null,
  id uuid not null,
  scope_id uuid not null,
  type text not null,
  title text not null,
  content text not null default ''::text,
  fields jsonb not null default '{"dates": [], "money": [], "durations": []}'::jsonb,
  confidence numeric,
  citations jsonb,
  rank text not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint sections_pkey PRIMARY KEY (account_id, id),
  constraint sections_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE,
  constraint sections_confidence_check CHECK (((confidence >= (0)::numeric) AND (confidence <= (1)::numeric))),
  constraint sections_rank_check CHECK (((length(rank) >= 1) AND (length(rank) <= 500))),
  constraint sections_type_check CHECK ((type = ANY (ARRAY['overview'::text, 'objectives'::text, 'deliverables'::text, 'timeline'::text, 'budget'::text, 'assumptions'::text, 'exclusions'::text, 'risks'::text, 'acceptance'::text, 'other'::text])))
);
CREATE INDEX sections_in_order ON orbit.sections USING btree (account_id, scope_id, rank, id);
alter table orbit.sections enable row level security, force row level security;
create policy system on orbit.sections for all to plinth_system using (true) with check (true);
create policy tenant on orbit.sections for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.sections to plinth_system;
grant delete, insert, select, update on orbit.sections to plinth_tenant;

create table orbit.templates (
  account_id uuid not null,
  id uuid not null,
  name text not null,
  description text,
  sections jsonb not null,
  created_by uuid not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint templates_pkey PRIMARY KEY (account_id, id),
  constraint templates_sections_check CHECK ((jsonb_typeof(sections) = 'array'::text))
);
CREATE INDEX templates_by_time ON orbit.templates USING btree (account_id, created_at DESC, id DESC);
alter table orbit.templates enable row level security, force row level security;
create policy system on orbit.templates for all to plinth_system using (true) with check (true);
create policy tenant on orbit.templates for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.templates to plinth_system;
grant delete, insert, select, update on orbit.templates to plinth_tenant;

create table orbit.workspaces (
  account_id uuid not null,
  slug text not null,
  logo_blob_id uuid,
  colours jsonb,
  privacy text not null default 'standard'::text,
  settings jsonb not null default '{}'::jsonb,
  onboarding jsonb not null default '{}'::jsonb,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint workspaces_pkey PRIMARY KEY (account_id),
  constraint workspaces_slug_key UNIQUE (slug),
  constraint workspaces_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint workspaces_privacy_check CHECK ((privacy = ANY (ARRAY['standard'::text, 'no_models'::text]))),
  constraint workspaces_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND ((length(slug) >= 2) AND (length(slug) <= 60))))
);
alter table orbit.workspaces enable row level security, force row level security;
create policy system on orbit.workspaces for all to plinth_system using (true) with check (true);
create policy tenant on orbit.workspaces for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.workspaces to plinth_system;
grant insert, select, update on orbit.workspaces to plinth_tenant;

CREATE OR REPLACE FUNCTION orbit.query_of(p_text text)
 RETURNS tsquery
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select plainto_tsquery('simple'::regconfig, coalesce(substring(t from '^(.*)\s\S+$'), ''))
    && to_tsquery('simple'::regconfig, '''' || replace(replace(substring(t from '\S+$'), '\', '\\'), '''', '''''') || ''':*')
  from (select regexp_replace(btrim(normalize(p_text)), '\s+', ' ', 'g') as t) as trimmed
$function$;
grant execute on routine orbit.query_of(text) to plinth_system;
grant execute on routine orbit.query_of(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION orbit.scopes_with(p_text text, p_filters jsonb, p_most integer)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET plan_cache_mode TO 'force_custom_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
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
end $function$;
alter routine orbit.scopes_with(text,jsonb,integer) owner to plinth_system;
grant execute on routine orbit.scopes_with(text,jsonb,integer) to plinth_tenant;

-- ==================== prism

create table prism.lens_actions (
  account_id uuid not null,
  id uuid not null,
  goal_id uuid not null,
  title text not null,
  due date,
  source text not null,
  done_at timestamp with time zone,
  done_on date,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint lens_actions_pkey PRIMARY KEY (account_id, id),
  constraint lens_actions_account_id_goal_id_fkey FOREIGN KEY (account_id, goal_id) REFERENCES prism.lens_goals(account_id, id) ON DELETE CASCADE,
  constraint lens_actions_check CHECK (((done_at IS NULL) = (done_on IS NULL))),
  constraint lens_actions_source_check CHECK ((source = ANY (ARRAY['own'::text, 'suggested'::text])))
);
CREATE INDEX lens_actions_of_goal ON prism.lens_actions USING btree (goal_id, account_id, created_at, id);
alter table prism.lens_actions enable row level security, force row level security;
create policy system on prism.lens_actions for all to plinth_system using (true) with check (true);
create policy tenant on prism.lens_actions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.lens_actions to plinth_system;
grant insert, select, update on prism.lens_actions to plinth_tenant;

create table prism.lens_goals (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  title text not null,
  why text,
  target_date date,
  status text not null default 'active'::text,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  deleted_at timestamp with time zone,
  trashed boolean not null generated always as ((deleted_at IS NOT NULL)) stored,
  constraint lens_goals_pkey PRIMARY KEY (account_id, id),
  constraint lens_goals_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'achieved'::text, 'dropped'::text])))
);
CREATE INDEX lens_goals_by_time ON prism.lens_goals USING btree (account_id, trashed, created_at DESC, id DESC);
CREATE INDEX lens_goals_to_purge ON prism.lens_goals USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
alter table prism.lens_goals enable row level security, force row level security;
create policy system on prism.lens_goals for all to plinth_system using (true) with check (true);
create policy tenant on prism.lens_goals for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.lens_goals to plinth_system;
grant insert, select, update on prism.lens_goals to plinth_tenant;

create table prism.mirror_fragments (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  message_id uuid not null,
  kind text not null,
  text text not null,
  intensity double precision not null,
  day date not null,
  created_at timestamp with time zone not null default app.now(),
  constraint mirror_fragments_pkey PRIMARY KEY (account_id, id),
  constraint mirror_fragments_message_id_account_id_kind_text_key UNIQUE (message_id, account_id, kind, text),
  constraint mirror_fragments_account_id_message_id_fkey FOREIGN KEY (account_id, message_id) REFERENCES prism.mirror_messages(account_id, id) ON DELETE CASCADE,
  constraint mirror_fragments_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES prism.mirror_sessions(account_id, id) ON DELETE CASCADE,
  constraint mirror_fragments_intensity_check CHECK (((intensity >= (0)::double precision) AND (intensity <= (1)::double precision))),
  constraint mirror_fragments_kind_check CHECK ((kind = ANY (ARRAY['feeling'::text, 'theme'::text, 'need'::text, 'strength'::text, 'value'::text])))
);
CREATE INDEX mirror_fragments_by_day ON prism.mirror_fragments USING btree (account_id, day);
CREATE INDEX mirror_fragments_of_session ON prism.mirror_fragments USING btree (session_id, account_id);
alter table prism.mirror_fragments enable row level security, force row level security;
create policy system on prism.mirror_fragments for all to plinth_system using (true) with check (true);
create policy tenant on prism.mirror_fragments for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.mirror_fragments to plinth_system;
grant insert, select on prism.mirror_fragments to plinth_tenant;

create table prism.mirror_messages (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  "position" integer not null,
  role text not null,
  content text not null,
  status text not null,
  waits_until timestamp with time zone,
  safety text not null,
  safety_kinds text[] not null,
  day date not null,
  drawing text not null default 'off'::text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint mirror_messages_pkey PRIMARY KEY (account_id, id),
  constraint mirror_messages_session_id_account_id_position_key UNIQUE (session_id, account_id, "position"),
  constraint mirror_messages_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES prism.mirror_sessions(account_id, id) ON DELETE CASCADE,
  constraint mirror_messages_check CHECK (((status = 'waiting'::text) = (waits_until IS NOT NULL))),
  constraint mirror_messages_check1 CHECK (((role = 'user'::text) = (status = ANY (ARRAY['waiting'::text, 'answered'::text])))),
  constraint mirror_messages_drawing_check CHECK ((drawing = ANY (ARRAY['off'::text, 'missed'::text, 'due'::text, 'drawn'::text]))),
  constraint mirror_messages_position_check CHECK (("position" >= 1)),
  constraint mirror_messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'mirror'::text]))),
  constraint mirror_messages_safety_check CHECK ((safety = ANY (ARRAY['ok'::text, 'caution'::text, 'concern'::text, 'crisis'::text]))),
  constraint mirror_messages_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'answered'::text, 'whole'::text, 'cut'::text])))
);
alter table prism.mirror_messages enable row level security, force row level security;
create policy system on prism.mirror_messages for all to plinth_system using (true) with check (true);
create policy tenant on prism.mirror_messages for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.mirror_messages to plinth_system;
grant delete, insert, select, update on prism.mirror_messages to plinth_tenant;

create table prism.mirror_sessions (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  title text,
  status text not null default 'open'::text,
  summary text,
  summary_error text,
  positions integer not null default 0,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  closed_at timestamp with time zone,
  deleted_at timestamp with time zone,
  trashed boolean not null generated always as ((deleted_at IS NOT NULL)) stored,
  constraint mirror_sessions_pkey PRIMARY KEY (account_id, id),
  constraint mirror_sessions_check CHECK (((summary IS NULL) OR (status = 'closed'::text))),
  constraint mirror_sessions_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closing'::text, 'closed'::text])))
);
CREATE INDEX mirror_sessions_by_time ON prism.mirror_sessions USING btree (account_id, trashed, created_at DESC, id DESC);
CREATE INDEX mirror_sessions_to_purge ON prism.mirror_sessions USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
alter table prism.mirror_sessions enable row level security, force row level security;
create policy system on prism.mirror_sessions for all to plinth_system using (true) with check (true);
create policy tenant on prism.mirror_sessions for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.mirror_sessions to plinth_system;
grant insert, select, update on prism.mirror_sessions to plinth_tenant;

create table prism.profiles (
  account_id uuid not null,
  user_id uuid not null,
  display_name text,
  locale text,
  pronouns text,
  focus_areas text[] not null default '{}'::text[],
  insights boolean not null default true,
  research boolean not null default false,
  news boolean not null default false,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint profiles_pkey PRIMARY KEY (account_id)
);
alter table prism.profiles enable row level security, force row level security;
create policy system on prism.profiles for all to plinth_system using (true) with check (true);
create policy tenant on prism.profiles for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.profiles to plinth_system;
grant insert, select, update on prism.profiles to plinth_tenant;

create table prism.turns (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  thought text not null,
  style text not null,
  distortion text,
  turn text not null,
  question text not null,
  safety text not null,
  safety_kinds text[] not null,
  helpful boolean,
  feedback text,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  deleted_at timestamp with time zone,
  trashed boolean not null generated always as ((deleted_at IS NOT NULL)) stored,
  constraint turns_pkey PRIMARY KEY (account_id, id),
  constraint turns_safety_check CHECK ((safety = ANY (ARRAY['ok'::text, 'caution'::text, 'concern'::text, 'crisis'::text]))),
  constraint turns_style_check CHECK ((style = ANY (ARRAY['gentle'::text, 'direct'::text, 'playful'::text])))
);
CREATE INDEX turns_by_time ON prism.turns USING btree (account_id, trashed, created_at DESC, id DESC);
CREATE INDEX turns_to_purge ON prism.turns USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
alter table prism.turns enable row level security, force row level security;
create policy system on prism.turns for all to plinth_system using (true) with check (true);
create policy tenant on prism.turns for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on prism.turns to plinth_system;
grant insert, select, update on prism.turns to plinth_tenant;

-- ==================== reel

create table reel.assets (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  draft_id uuid,
  variant_id uuid,
  platform text not null,
  language text not null,
  title text,
  hook text not null,
  body text not null,
  cta text not null,
  hashtags text[] not null,
  tags text[] not null,
  status text not null default 'ready'::text,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  deleted_at timestamp with time zone,
  trashed boolean not null generated always as ((deleted_at IS NOT NULL)) stored,
  stemming text not null generated always as (reel.stemming(language)) stored,
  section text not null generated always as (reel.section(account_id, (deleted_at IS NOT NULL), reel.stemming(language))) stored,
  search tsvector not null generated always as (reel.search_vector(reel.stemming(language), title, hook, body, ((cta || hashtags) || tags))) stored,
  constraint assets_pkey PRIMARY KEY (account_id, id),
  constraint assets_account_id_draft_id_fkey FOREIGN KEY (account_id, draft_id) REFERENCES reel.drafts(account_id, id),
  constraint assets_account_id_variant_id_fkey FOREIGN KEY (account_id, variant_id) REFERENCES reel.variants(account_id, id),
  constraint assets_check CHECK (((draft_id IS NULL) = (variant_id IS NULL))),
  constraint assets_platform_check CHECK ((platform = ANY (ARRAY['tiktok'::text, 'instagram'::text, 'youtube'::text, 'x'::text, 'linkedin'::text]))),
  constraint assets_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'ready'::text, 'published'::text, 'archived'::text])))
);
CREATE INDEX assets_by_kind ON reel.assets USING btree (account_id, trashed, platform, status, created_at DESC, id DESC);
CREATE INDEX assets_by_stemming ON reel.assets USING btree (account_id, trashed, stemming, id);
CREATE INDEX assets_by_time ON reel.assets USING btree (account_id, trashed, created_at DESC, id DESC);
CREATE INDEX assets_by_words ON reel.assets USING gin (section, platform, status, search, tags) WITH (fastupdate=off);
CREATE INDEX assets_to_purge ON reel.assets USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
alter table reel.assets enable row level security, force row level security;
create policy system on reel.assets for all to plinth_system using (true) with check (true);
create policy tenant on reel.assets for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reel.assets to plinth_system;
grant insert, select, update on reel.assets to plinth_tenant;

create table reel.drafts (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  platform text not null,
  topic text not null,
  tone text,
  audience text,
  brand_voice text,
  language text not null,
  title text,
  selected_variant_id uuid,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint drafts_pkey PRIMARY KEY (account_id, id),
  constraint drafts_account_id_selected_variant_id_fkey FOREIGN KEY (account_id, selected_variant_id) REFERENCES reel.variants(account_id, id),
  constraint drafts_platform_check CHECK ((platform = ANY (ARRAY['tiktok'::text, 'instagram'::text, 'youtube'::text, 'x'::text, 'linkedin'::text])))
);
CREATE INDEX drafts_by_time ON reel.drafts USING btree (account_id, created_at DESC, id DESC);
alter table reel.drafts enable row level security, force row level security;
create policy system on reel.drafts for all to plinth_system using (true) with check (true);
create policy tenant on reel.drafts for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reel.drafts to plinth_system;
grant insert, select, update on reel.drafts to plinth_tenant;

create table reel.generations (
  account_id uuid not null,
  id uuid not null,
  draft_id uuid not null,
  permit_id uuid not null,
  job_id uuid not null,
  mode text not null default 'create'::text,
  target text,
  instructions text,
  base_variant_id uuid,
  status text not null,
  variants integer not null,
  error_code text,
  error_message text,
  request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint generations_pkey PRIMARY KEY (account_id, id),
  constraint generations_account_id_base_variant_id_fkey FOREIGN KEY (account_id, base_variant_id) REFERENCES reel.variants(account_id, id),
  constraint generations_account_id_draft_id_fkey FOREIGN KEY (account_id, draft_id) REFERENCES reel.drafts(account_id, id),
  constraint generations_check CHECK (((status = 'failed'::text) = (error_code IS NOT NULL))),
  constraint generations_check1 CHECK ((((mode = 'targeted'::text) = (target IS NOT NULL)) AND ((mode = 'targeted'::text) = (base_variant_id IS NOT NULL)))),
  constraint generations_mode_check CHECK ((mode = ANY (ARRAY['create'::text, 'targeted'::text, 'full'::text]))),
  constraint generations_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
  constraint generations_target_check CHECK ((target = ANY (ARRAY['hook'::text, 'body'::text, 'cta'::text, 'hashtags'::text]))),
  constraint generations_variants_check CHECK (((variants >= 1) AND (variants <= 5)))
);
CREATE INDEX generations_of_draft ON reel.generations USING btree (draft_id, account_id);
alter table reel.generations enable row level security, force row level security;
create policy system on reel.generations for all to plinth_system using (true) with check (true);
create policy tenant on reel.generations for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reel.generations to plinth_system;
grant insert, select, update on reel.generations to plinth_tenant;

create table reel.variants (
  account_id uuid not null,
  id uuid not null,
  generation_id uuid not null,
  draft_id uuid not null,
  "position" integer not null,
  hook text not null,
  body text not null,
  cta text not null,
  hashtags text[] not null,
  over_length boolean not null,
  created_at timestamp with time zone not null default app.now(),
  constraint variants_pkey PRIMARY KEY (account_id, id),
  constraint variants_account_id_generation_id_position_key UNIQUE (account_id, generation_id, "position"),
  constraint variants_account_id_draft_id_fkey FOREIGN KEY (account_id, draft_id) REFERENCES reel.drafts(account_id, id),
  constraint variants_account_id_generation_id_fkey FOREIGN KEY (account_id, generation_id) REFERENCES reel.generations(account_id, id),
  constraint variants_position_check CHECK (("position" >= 1))
);
CREATE INDEX variants_of_draft ON reel.variants USING btree (draft_id, account_id);
alter table reel.variants enable row level security, force row level security;
create policy system on reel.variants for all to plinth_system using (true) with check (true);
create policy tenant on reel.variants for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reel.variants to plinth_system;
grant insert, select, update on reel.variants to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.newest_matches(p_wanted jsonb, p_from timestamp with time zone, p_from_id uuid, p_until timestamp with time zone, p_until_id uuid, p_most integer)
 RETURNS TABLE(id uuid, created_at timestamp with time zone, rank real, beyond boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET plan_cache_mode TO 'force_custom_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
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
end $function$;
alter routine reel.newest_matches(jsonb,timestamp with time zone,uuid,timestamp with time zone,uuid,integer) owner to plinth_system;
grant execute on routine reel.newest_matches(jsonb,timestamp with time zone,uuid,timestamp with time zone,uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.queries_of(p_account uuid, p_trashed boolean, p_text text, OUT stemmings text[], OUT queries tsquery[], OUT broad tsquery[])
 RETURNS record
 LANGUAGE sql
 STABLE
AS $function$
  select array_agg(s), array_agg(q),
    -- A phrase with `&` in place of its distances; where one is negated that would be less and not more.
    array_agg(case when q::text like '%!(%' then q else regexp_replace(q::text, '<(-|\d+)>', '&', 'g')::tsquery end)
  from reel.stemmings(p_account, p_trashed) s, websearch_to_tsquery(s::regconfig, p_text) q where p_text is null or numnode(q) > 0
$function$;
grant execute on routine reel.queries_of(uuid,boolean,text) to plinth_system;

CREATE OR REPLACE FUNCTION reel.read_matches(p_cursor refcursor, p_most integer, p_limit integer, OUT ids uuid[], OUT near integer, OUT next_at timestamp with time zone, OUT next_id uuid)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on routine reel.read_matches(refcursor,integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION reel.search_vector(p_stemming text, p_title text, p_hook text, p_body text, p_rest text[])
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  v_stemming regconfig := p_stemming::regconfig;
begin
  return setweight(to_tsvector(v_stemming, normalize(concat_ws(E'\n', p_title, p_hook))), 'A')
    || setweight(to_tsvector(v_stemming, normalize(p_body)), 'B')
    || setweight(to_tsvector(v_stemming, normalize(array_to_string(p_rest, E'\n'))), 'C');
end $function$;
grant execute on routine reel.search_vector(text,text,text,text,text[]) to plinth_system;
grant execute on routine reel.search_vector(text,text,text,text,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.section(p_account uuid, p_trashed boolean, p_stemming text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select p_account::text || case when p_trashed then ' trash ' else ' ' end || p_stemming
$function$;
grant execute on routine reel.section(uuid,boolean,text) to plinth_system;
grant execute on routine reel.section(uuid,boolean,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.stemming(p_language text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case split_part(lower(p_language), '-', 1)
    when 'ar' then 'arabic' when 'ca' then 'catalan' when 'da' then 'danish' when 'de' then 'german' when 'el' then 'greek'
    when 'en' then 'english' when 'es' then 'spanish' when 'eu' then 'basque' when 'fi' then 'finnish' when 'fr' then 'french'
    when 'ga' then 'irish' when 'hi' then 'hindi' when 'hu' then 'hungarian' when 'hy' then 'armenian' when 'id' then 'indonesian'
    when 'it' then 'italian' when 'lt' then 'lithuanian' when 'nb' then 'norwegian' when 'ne' then 'nepali' when 'nl' then 'dutch'
    when 'nn' then 'norwegian' when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian' when 'ru' then 'russian'
    when 'sr' then 'serbian' when 'sv' then 'swedish' when 'ta' then 'tamil' when 'tr' then 'turkish' when 'yi' then 'yiddish'
    else 'simple' end
$function$;
grant execute on routine reel.stemming(text) to plinth_system;
grant execute on routine reel.stemming(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.stemmings(p_account uuid, p_trashed boolean)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
AS $function$
  with recursive found as (
    (select stemming from reel.assets where account_id = p_account and trashed = p_trashed order by stemming limit 1)
    union all
    select (select a.stemming from reel.assets a
            where a.account_id = p_account and a.trashed = p_trashed and a.stemming > f.stemming order by a.stemming limit 1)
    from found f where f.stemming is not null)
  select stemming from found where stemming is not null
$function$;
grant execute on routine reel.stemmings(uuid,boolean) to plinth_system;

-- ==================== reports

create type reports.cell as (account_id uuid, slot timestamp with time zone, user_id uuid, plan text, product text, feature text, key_id uuid, provider text, model text, own boolean, calls bigint, estimated_calls bigint, prompt_tokens bigint, cached_tokens bigint, completion_tokens bigint, reasoning_tokens bigint, posted bigint, estimated bigint, corrections bigint, charged bigint);

create table reports.proceeds (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  plan text,
  currency text not null,
  gross bigint not null,
  fee bigint not null,
  tax bigint not null,
  net bigint not null generated always as (((gross - fee) - tax)) stored,
  occurred_at timestamp with time zone not null,
  source text not null,
  source_id text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint proceeds_pkey PRIMARY KEY (account_id, id),
  constraint proceeds_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint proceeds_source_check CHECK ((source = ANY (ARRAY['manual'::text, 'stripe'::text, 'app_store'::text, 'google_play'::text])))
);
CREATE INDEX proceeds_by_id ON reports.proceeds USING btree (id);
CREATE UNIQUE INDEX proceeds_by_source ON reports.proceeds USING btree (source, source_id);
CREATE INDEX proceeds_by_time ON reports.proceeds USING btree (occurred_at);
CREATE INDEX proceeds_of_account ON reports.proceeds USING btree (account_id, product, occurred_at);
alter table reports.proceeds enable row level security, force row level security;
create policy system on reports.proceeds for all to plinth_system using (true) with check (true);
create policy tenant on reports.proceeds for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reports.proceeds to plinth_system;

create table reports.usage_cells (
  account_id uuid not null,
  slot timestamp with time zone not null,
  user_id uuid not null,
  plan text,
  product text not null,
  feature text not null,
  key_id uuid,
  provider text not null,
  model text not null,
  own boolean not null,
  calls bigint not null,
  estimated_calls bigint not null,
  prompt_tokens bigint not null,
  cached_tokens bigint not null,
  completion_tokens bigint not null,
  reasoning_tokens bigint not null,
  posted bigint not null,
  estimated bigint not null,
  corrections bigint not null,
  charged bigint not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint usage_cells_account_id_slot_product_feature_user_id_model_p_key UNIQUE NULLS NOT DISTINCT (account_id, slot, product, feature, user_id, model, provider, plan, key_id, own)
) with (fillfactor=80);
CREATE INDEX usage_cells_by_slot ON reports.usage_cells USING btree (slot);
alter table reports.usage_cells enable row level security, force row level security;
create policy system on reports.usage_cells for all to plinth_system using (true) with check (true);
create policy tenant on reports.usage_cells for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reports.usage_cells to plinth_system;
grant select on reports.usage_cells to plinth_tenant;

CREATE OR REPLACE FUNCTION reports.add(p_cells reports.cell[])
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into reports.usage_cells as c (account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, calls, estimated_calls,
      prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged)
    select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, sum(calls), sum(estimated_calls),
      sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(posted), sum(estimated), sum(corrections), sum(charged)
    from unnest(p_cells) group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 order by 1, 2, 5, 6, 3, 9, 8, 4, 7, 10
  on conflict (account_id, slot, product, feature, user_id, model, provider, plan, key_id, own) do update set
    calls = c.calls + excluded.calls, estimated_calls = c.estimated_calls + excluded.estimated_calls,
    prompt_tokens = c.prompt_tokens + excluded.prompt_tokens, cached_tokens = c.cached_tokens + excluded.cached_tokens,
    completion_tokens = c.completion_tokens + excluded.completion_tokens, reasoning_tokens = c.reasoning_tokens + excluded.reasoning_tokens,
    posted = c.posted + excluded.posted, estimated = c.estimated + excluded.estimated, corrections = c.corrections + excluded.corrections,
    charged = c.charged + excluded.charged,
    updated_at = app.now()
$function$;
grant execute on routine reports.add(reports.cell[]) to plinth_system;

CREATE OR REPLACE FUNCTION reports.cell_of(e limits.usage_events, p limits.permits, p_times integer)
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE
AS $function$
  select e.account_id, date_bin('15 minutes', e.updated_at, 'epoch'), e.user_id, p.plan, e.product, e.feature, e.key_id, e.provider, e.model,
    limits.is_own(p.holder),
    p_times * (e.corrects is null)::integer::bigint, p_times * (e.corrects is null and e.estimated)::integer::bigint,
    p_times * e.prompt_tokens::bigint, p_times * e.cached_tokens::bigint, p_times * e.completion_tokens::bigint, p_times * e.reasoning_tokens::bigint,
    p_times * case when e.corrects is null and not e.estimated then e.cost else 0 end,
    p_times * case when e.corrects is null and e.estimated then e.cost else 0 end,
    p_times * case when e.corrects is not null then e.cost else 0 end,
    p_times * e.charged
$function$;
grant execute on routine reports.cell_of(limits.usage_events,limits.permits,integer) to plinth_system;

CREATE OR REPLACE FUNCTION reports.currency_of(p_account uuid, p_product text, p_before timestamp with time zone, p_mode text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce((
    select currency from (
      select currency, occurred_at, product, id from reports.proceeds where account_id = p_account
      union all
      select i.currency, i.paid_at, l.product, i.id from billing.invoices i join billing.invoice_lines l on l.account_id = i.account_id and l.invoice_id = i.id
        where i.account_id = p_account and i.mode = p_mode and i.state = 'paid' and i.paid > 0
    ) as sold
    order by occurred_at < p_before desc, product = p_product desc, occurred_at desc, id desc limit 1), 'usd')
$function$;
grant execute on routine reports.currency_of(uuid,text,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION reports.differences(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE
AS $function$
  select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, sum(calls)::bigint, sum(estimated_calls)::bigint,
      sum(prompt_tokens)::bigint, sum(cached_tokens)::bigint, sum(completion_tokens)::bigint, sum(reasoning_tokens)::bigint,
      sum(posted)::bigint, sum(estimated)::bigint, sum(corrections)::bigint, sum(charged)::bigint
    from (
      select cell.* from limits.usage_events e join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
        cross join lateral reports.cell_of(e, p, 1) as cell
        where e.state = 'posted' and e.updated_at >= p_from and e.updated_at < p_until
      union all
      select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, -calls, -estimated_calls, -prompt_tokens, -cached_tokens,
        -completion_tokens, -reasoning_tokens, -posted, -estimated, -corrections, -charged from reports.usage(p_from, p_until)
    ) as signed
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    having (sum(calls), sum(estimated_calls), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens),
      sum(posted), sum(estimated), sum(corrections), sum(charged)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    order by 1, 2, 5, 6, 3, 9, 8, 4, 7, 10
$function$;
grant execute on routine reports.differences(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.repair(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_cells reports.cell[];
begin
  lock table reports.usage_cells in share row exclusive mode;
  select array_agg(d) into v_cells from reports.differences(p_from, p_until) as d;
  perform reports.add(v_cells);
  return coalesce(cardinality(v_cells), 0);
end $function$;
grant execute on routine reports.repair(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.revenue(p_from timestamp with time zone, p_until timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, kind text, source text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint, fee_known boolean, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE
AS $function$
  select * from billing.movements(p_from, p_until, p_mode)
  union all
  select p.account_id, case when p.gross < 0 then 'refund' else 'sale' end, p.source, p.product, p.plan, p.plan, p.currency, (p.gross >= 0)::integer,
      p.gross, p.fee, p.tax, true, p.occurred_at
    from reports.proceeds p
    where p.occurred_at >= p_from and p.occurred_at < p_until and not billing.is_told(p.source, p_mode, p.source_id)
$function$;
grant execute on routine reports.revenue(timestamp with time zone,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION reports.roll(p_max integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_taken integer;
  v_cells reports.cell[];
begin
  -- Chosen once: what stands in a condition may be asked again for each row, and then takes more than p_max.
  with chosen as materialized (
    select id from limits.postings limit p_max for update skip locked
  ), taken as (
    delete from limits.postings p using chosen where p.id = chosen.id returning p.id, p.accounts, p.events
  )
  select (select count(*) from taken), array_agg(cell::reports.cell) into v_taken, v_cells from taken t
    cross join lateral unnest(t.accounts, t.events) as posted (account_id, id)
    join limits.usage_events e on e.account_id = posted.account_id and e.id = posted.id
    join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
    cross join lateral reports.cell_of(e, p, 1) as cell;
  perform reports.add(v_cells);
  return v_taken;
end $function$;
grant execute on routine reports.roll(integer) to plinth_system;

CREATE OR REPLACE FUNCTION reports.tail()
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE
AS $function$
  select cell.* from limits.postings q
    cross join lateral unnest(q.accounts, q.events) as posted (account_id, id)
    join limits.usage_events e on e.account_id = posted.account_id and e.id = posted.id
    join limits.permits p on p.account_id = e.account_id and p.id = e.permit_id
    cross join lateral reports.cell_of(e, p, 1) as cell
$function$;
grant execute on routine reports.tail() to plinth_system;

CREATE OR REPLACE FUNCTION reports.usage(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE
AS $function$
  select account_id, slot, user_id, plan, product, feature, key_id, provider, model, own, calls, estimated_calls,
      prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, posted, estimated, corrections, charged
    from reports.usage_cells where slot >= p_from and slot < p_until
  union all
  select * from reports.tail() where slot >= p_from and slot < p_until
$function$;
grant execute on routine reports.usage(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.usage_here(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF reports.cell
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
declare
  v_account uuid := app.account();
begin
  return query select * from reports.usage(p_from, p_until) where account_id = v_account;
end $function$;
alter routine reports.usage_here(timestamp with time zone,timestamp with time zone) owner to plinth_system;
grant execute on routine reports.usage_here(timestamp with time zone,timestamp with time zone) to plinth_tenant;

-- ==================== secrets

create table secrets.master_keys (
  id text not null,
  proof text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint master_keys_pkey PRIMARY KEY (id),
  constraint master_keys_id_check CHECK ((id ~ '^[A-Za-z0-9_-]{1,32}$'::text))
);
alter table secrets.master_keys enable row level security, force row level security;
create policy system on secrets.master_keys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on secrets.master_keys to plinth_system;

-- ==================== sso

create table sso.connections (
  account_id uuid not null,
  version uuid not null,
  issuer text not null,
  client_id text not null,
  sealed_secret text not null,
  enforced boolean not null default false,
  provisions boolean not null,
  default_role text not null,
  proven_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint connections_pkey PRIMARY KEY (account_id),
  constraint connections_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint connections_client_id_check CHECK (((length(client_id) >= 1) AND (length(client_id) <= 500))),
  constraint connections_default_role_check CHECK ((default_role = ANY (ARRAY['viewer'::text, 'member'::text]))),
  constraint connections_issuer_check CHECK (((length(issuer) >= 1) AND (length(issuer) <= 500)))
);
alter table sso.connections enable row level security, force row level security;
create policy system on sso.connections for all to plinth_system using (true) with check (true);
create policy tenant on sso.connections for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on sso.connections to plinth_system;
grant delete, insert, update on sso.connections to plinth_tenant;

create table sso.domains (
  account_id uuid not null,
  domain text not null,
  challenge text not null,
  verified_at timestamp with time zone,
  checked_at timestamp with time zone,
  missing_since timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint domains_pkey PRIMARY KEY (account_id, domain),
  constraint domains_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint domains_domain_check CHECK (((length(domain) >= 3) AND (length(domain) <= 253)))
);
CREATE INDEX domains_to_check ON sso.domains USING btree (checked_at) WHERE (verified_at IS NOT NULL);
CREATE UNIQUE INDEX domains_verified ON sso.domains USING btree (domain) WHERE (verified_at IS NOT NULL);
alter table sso.domains enable row level security, force row level security;
create policy system on sso.domains for all to plinth_system using (true) with check (true);
create policy tenant on sso.domains for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on sso.domains to plinth_system;
grant delete, insert, select, update on sso.domains to plinth_tenant;

create table sso.links (
  account_id uuid not null,
  subject text not null,
  user_id uuid not null,
  domain text not null,
  last_used_at timestamp with time zone not null default app.now(),
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint links_pkey PRIMARY KEY (account_id, subject),
  constraint links_account_id_user_id_key UNIQUE (account_id, user_id),
  constraint links_account_id_fkey FOREIGN KEY (account_id) REFERENCES sso.connections(account_id) ON DELETE CASCADE,
  constraint links_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint links_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 255)))
);
CREATE INDEX links_of_user ON sso.links USING btree (user_id);
alter table sso.links enable row level security, force row level security;
create policy system on sso.links for all to plinth_system using (true) with check (true);
create policy tenant on sso.links for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on sso.links to plinth_system;
grant delete, insert, select, update on sso.links to plinth_tenant;

CREATE OR REPLACE FUNCTION sso.bindings(p_user uuid)
 RETURNS TABLE(account_id uuid, role text, enforced boolean, is_linked boolean, in_domain boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select c.account_id, m.role, c.enforced and u.role <> 'admin', bool_or(l.user_id is not null), bool_or(d.domain = sso.domain_of(u.email))
  from identity.users u join accounts.members m on m.user_id = u.user_id
    join accounts.accounts a on a.account_id = m.account_id and a.kind = 'organization' and a.deleted_at is null
    join sso.connections c on c.account_id = m.account_id
    left join sso.links l on l.account_id = m.account_id and l.user_id = m.user_id
    join sso.domains d on d.account_id = m.account_id and d.verified_at is not null
      and d.domain in (sso.domain_of(u.email), l.domain)
  where u.user_id = p_user
  group by c.account_id, m.role, c.enforced, u.role
$function$;
grant execute on routine sso.bindings(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION sso.domain_of(p_email text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select lower(split_part(p_email, '@', -1))
$function$;
grant execute on routine sso.domain_of(text) to plinth_system;
grant execute on routine sso.domain_of(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION sso.end_other_sessions()
 RETURNS SETOF uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  with bound as (
    select m.user_id from accounts.members m, sso.bindings(m.user_id) b
    where m.account_id = app.account() and b.account_id = m.account_id and b.enforced and b.role <> 'owner'),
  ended as (
    update identity.sessions s set revoked_at = app.now(), revoked_for = 'sso_enforced', updated_at = app.now()
    from bound where s.user_id = bound.user_id and s.revoked_at is null and s.method <> 'sso' returning s.user_id)
  select distinct user_id from ended
$function$;
alter routine sso.end_other_sessions() owner to plinth_system;
grant execute on routine sso.end_other_sessions() to plinth_tenant;

CREATE OR REPLACE FUNCTION sso.end_sessions_of_links(p_user uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
  with ended as (
    update identity.sessions s set revoked_at = app.now(), revoked_for = 'sso_ended', updated_at = app.now()
    from sso.links l
    where l.account_id = app.account() and (p_user is null or l.user_id = p_user)
      and s.user_id = l.user_id and s.revoked_at is null and s.method = 'sso' returning s.user_id)
  select distinct user_id from ended
$function$;
alter routine sso.end_sessions_of_links(uuid) owner to plinth_system;
grant execute on routine sso.end_sessions_of_links(uuid) to plinth_tenant;

-- ==================== webhooks

create table webhooks.deliveries (
  endpoint_id uuid not null,
  event_id uuid not null,
  id uuid not null,
  state text not null default 'waiting'::text,
  due_at timestamp with time zone not null default app.now(),
  attempt integer not null default 0,
  fence integer not null default 0,
  status integer,
  answer text,
  error text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint deliveries_pkey PRIMARY KEY (endpoint_id, event_id),
  constraint deliveries_id_key UNIQUE (id),
  constraint deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhooks.endpoints(id) ON DELETE CASCADE,
  constraint deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'delivered'::text, 'dead'::text])))
);
CREATE INDEX deliveries_due ON webhooks.deliveries USING btree (endpoint_id, due_at) WHERE (state = 'waiting'::text);
CREATE INDEX deliveries_listed ON webhooks.deliveries USING btree (endpoint_id, id);
CREATE INDEX deliveries_of_event ON webhooks.deliveries USING btree (event_id);
CREATE INDEX deliveries_of_state ON webhooks.deliveries USING btree (endpoint_id, state, id);
CREATE INDEX deliveries_sending ON webhooks.deliveries USING btree (endpoint_id) WHERE (state = 'sending'::text);
alter table webhooks.deliveries enable row level security, force row level security;
create policy system on webhooks.deliveries for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on webhooks.deliveries to plinth_system;

create table webhooks.endpoints (
  id uuid not null,
  url text not null,
  types text[] not null,
  description text not null,
  status text not null default 'enabled'::text,
  reason text,
  secret text not null,
  former_secret text,
  former_until timestamp with time zone,
  failing_since timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint endpoints_pkey PRIMARY KEY (id),
  constraint endpoints_check CHECK (((former_secret IS NULL) = (former_until IS NULL))),
  constraint endpoints_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text])))
);
alter table webhooks.endpoints enable row level security, force row level security;
create policy system on webhooks.endpoints for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on webhooks.endpoints to plinth_system;

create table webhooks.events (
  account_id uuid not null,
  id uuid not null,
  once text not null,
  type text not null,
  data jsonb not null,
  dispatched_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint events_pkey PRIMARY KEY (account_id, id),
  constraint events_account_id_type_once_key UNIQUE (account_id, type, once)
);
CREATE INDEX events_by_id ON webhooks.events USING btree (id);
CREATE INDEX events_by_time ON webhooks.events USING btree (created_at, id);
CREATE INDEX events_new ON webhooks.events USING btree (id) WHERE (dispatched_at IS NULL);
alter table webhooks.events enable row level security, force row level security;
create policy system on webhooks.events for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on webhooks.events to plinth_system;

CREATE OR REPLACE FUNCTION webhooks.emit(p_id uuid, p_type text, p_account uuid, p_once text, p_data jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s'
AS $function$
begin
  if coalesce(current_setting('app.account', true), '') not in ('', p_account::text)
    or coalesce(current_setting('app.user', true), '') <> ''
  then
    raise exception 'an event is told in the name of its account' using errcode = '42501';
  end if;
  insert into webhooks.events (id, type, account_id, once, data) values (p_id, p_type, p_account, p_once, p_data)
    on conflict (account_id, type, once) do nothing;
end $function$;
alter routine webhooks.emit(uuid,text,uuid,text,jsonb) owner to plinth_system;
grant execute on routine webhooks.emit(uuid,text,uuid,text,jsonb) to plinth_tenant;
