-- The schema of the migrated database. Made by npm run generate; the check fails when it differs.

-- ==================== accounts

create table accounts.accounts (
  account_id uuid not null,
  kind text not null,
  name text not null,
  status text not null default 'active'::text,
  created_by uuid not null,
  deleted_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint accounts_pkey PRIMARY KEY (account_id),
  constraint accounts_kind_check CHECK ((kind = ANY (ARRAY['personal'::text, 'organization'::text]))),
  constraint accounts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint accounts_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);
CREATE UNIQUE INDEX accounts_one_personal ON accounts.accounts USING btree (created_by) WHERE (kind = 'personal'::text);
alter table accounts.accounts enable row level security, force row level security;
create policy manages on accounts.accounts for update to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[]))) with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy reads on accounts.accounts for select to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('viewer'::text) AS reachable)::uuid[])));
create policy system on accounts.accounts for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on accounts.accounts to plinth_system;
grant select on accounts.accounts to plinth_tenant;
CREATE TRIGGER accounts_closed AFTER UPDATE OF deleted_at ON accounts.accounts FOR EACH ROW WHEN (((new.deleted_at IS NOT NULL) AND (old.deleted_at IS NULL))) EXECUTE FUNCTION accounts.account_closed();

create table accounts.members (
  account_id uuid not null,
  user_id uuid not null,
  role text not null,
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

CREATE OR REPLACE FUNCTION accounts.account_closed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform accounts.fall_back(new.account_id, m.user_id) from accounts.members m where m.account_id = new.account_id;
  return null;
end $function$;
alter routine accounts.account_closed() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.can_spend(p_account uuid, p_user uuid, p_key uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return (
    select case
      when a.status is distinct from 'active' or a.deleted_at is not null then 'account_suspended'
      when u.status is distinct from 'active' then 'user_suspended'
      when m.user_id is null then 'not_a_member'
      when p_key is not null and (
        k.id is null or k.user_id <> p_user or k.revoked_at is not null
        or (k.expires_at is not null and k.expires_at <= app.now())) then 'key_revoked'
    end
    from (select 1) one
    left join accounts.accounts a on a.account_id = p_account
    left join identity.users u on u.user_id = p_user
    left join accounts.members m on m.account_id = p_account and m.user_id = p_user
    left join identity.api_keys k on k.account_id = p_account and k.id = p_key
  );
end $function$;
grant execute on routine accounts.can_spend(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.fall_back(p_account uuid, p_user uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update identity.users u set updated_at = app.now(), default_account_id = (
    select a.account_id from accounts.accounts a where a.created_by = u.user_id and a.kind = 'personal')
  where u.user_id = p_user and u.default_account_id = p_account
$function$;
alter routine accounts.fall_back(uuid,uuid) owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.member_left()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
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

CREATE OR REPLACE FUNCTION accounts.people(p_account uuid, p_only uuid, p_after uuid, p_limit integer)
 RETURNS TABLE(user_id uuid, email text, full_name text, avatar_url text, role text, created_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
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

-- ==================== app

create table app.clock (
  one boolean not null default true,
  ahead interval not null default '00:00:00'::interval,
  constraint clock_pkey PRIMARY KEY (one),
  constraint clock_one_check CHECK (one)
);
grant select on app.clock to plinth_system;
grant select on app.clock to plinth_tenant;

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

CREATE OR REPLACE FUNCTION app.now()
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 PARALLEL SAFE
AS $function$
begin
  return clock_timestamp() + (select ahead from app.clock);
end $function$;

CREATE OR REPLACE PROCEDURE app.protect_system(IN target regclass)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
  execute format('grant select, insert, update, delete on %s to plinth_system', target);
end $procedure$;

CREATE OR REPLACE PROCEDURE app.protect_tenant(IN target regclass, IN grants text)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s to plinth_tenant using (account_id = (select app.account())) with check (account_id = (select app.account()))', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
  execute format('grant %s on %s to plinth_tenant', grants, target);
  execute format('grant select, insert, update, delete on %s to plinth_system', target);
end $procedure$;

CREATE OR REPLACE PROCEDURE app.protect_user(IN target regclass, IN grants text)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy own on %s to plinth_tenant using (user_id = (select app.user_id())) with check (user_id = (select app.user_id()))', target);
  execute format('create policy system on %s to plinth_system using (true) with check (true)', target);
  execute format('grant %s on %s to plinth_tenant', grants, target);
  execute format('grant select, insert, update, delete on %s to plinth_system', target);
end $procedure$;

CREATE OR REPLACE PROCEDURE app.run_as_system(IN target regprocedure)
 LANGUAGE plpgsql
AS $procedure$
declare
  home text := (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = target);
begin
  execute format('grant create on schema %I to plinth_system', home);
  execute format('alter function %s security definer', target);
  execute format('alter function %s set search_path = pg_catalog, pg_temp', target);
  execute format('revoke all on function %s from public', target);
  execute format('alter function %s owner to plinth_system', target);
  execute format('revoke create on schema %I from plinth_system', home);
end $procedure$;

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
CREATE INDEX events_of_account ON audit.events USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX events_of_user ON audit.events USING btree (user_id, created_at DESC, id DESC);
alter table audit.events enable row level security, force row level security;
create policy system_appends on audit.events for insert to plinth_system with check (true);
create policy system_reads on audit.events for select to plinth_system using (true);
create policy tenant_appends on audit.events for insert to plinth_tenant with check (audit.may_append(account_id, user_id));
create policy tenant_reads on audit.events for select to plinth_tenant using ((account_id = ( SELECT app.account() AS account)));
grant insert, select on audit.events to plinth_system;
grant insert, select on audit.events to plinth_tenant;

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

-- ==================== entitlements

create table entitlements.defaults (
  product text not null,
  timeline jsonb not null,
  digest text not null,
  complete boolean not null default false,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint defaults_pkey PRIMARY KEY (product),
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
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone,
  days integer,
  cause text not null,
  created_by uuid,
  request_id text,
  revoked_at timestamp with time zone,
  revoked_by uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint grants_pkey PRIMARY KEY (account_id, id),
  constraint grants_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint grants_check CHECK ((ends_at > starts_at)),
  constraint grants_check1 CHECK ((num_nonnulls(plan, add_on) = 1)),
  constraint grants_check2 CHECK (
CASE
    WHEN (add_on IS NULL) THEN (days IS NULL)
    ELSE (num_nonnulls(days, ends_at) = 1)
END),
  constraint grants_days_check CHECK ((days > 0)),
  constraint grants_source_check CHECK ((source = ANY (ARRAY['admin'::text, 'owner'::text])))
);
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
  constraint snapshots_cause_check CHECK ((cause = ANY (ARRAY['granted'::text, 'revoked'::text, 'catalogue_changed'::text]))),
  constraint snapshots_timeline_check CHECK (((jsonb_typeof(timeline) = 'array'::text) AND (timeline <> '[]'::jsonb)))
);
alter table entitlements.snapshots enable row level security, force row level security;
create policy system on entitlements.snapshots for all to plinth_system using (true) with check (true);
create policy tenant on entitlements.snapshots for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant insert, select on entitlements.snapshots to plinth_system;
grant select on entitlements.snapshots to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.segment(p_account uuid, p_product text, p_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
declare
  v_timeline jsonb := entitlements.timeline(p_account, p_product);
begin
  for v_place in reverse coalesce(jsonb_array_length(v_timeline), 0) - 1 .. 1 loop
    if (v_timeline->v_place->>'from')::timestamptz <= p_at then return v_timeline->v_place; end if;
  end loop;
  return v_timeline->0;
end $function$;

CREATE OR REPLACE FUNCTION entitlements.timeline(p_account uuid, p_product text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
declare
  v_timeline jsonb;
begin
  select s.timeline into v_timeline from entitlements.snapshots s
    where s.account_id = p_account and s.product = p_product order by s.version desc limit 1;
  if not found then
    select d.timeline into v_timeline from entitlements.defaults d where d.product = p_product;
  end if;
  return v_timeline;
end $function$;

-- ==================== idempotency

create table idempotency.keys (
  account_id uuid not null,
  route text not null,
  key_hash text not null,
  body_hash text not null,
  permit_id uuid,
  state text not null,
  status integer,
  headers jsonb,
  answer jsonb,
  sealed bytea,
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

create table idempotency.user_keys (
  user_id uuid not null,
  route text not null,
  key_hash text not null,
  body_hash text not null,
  state text not null,
  status integer not null,
  headers jsonb,
  answer jsonb,
  sealed bytea,
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

create table identity.api_keys (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  name text not null,
  prefix text not null,
  token_hash text not null,
  scopes text[] not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint api_keys_pkey PRIMARY KEY (account_id, id),
  constraint api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
CREATE INDEX api_keys_by_hash ON identity.api_keys USING btree (token_hash);
CREATE INDEX api_keys_of_user ON identity.api_keys USING btree (user_id);
alter table identity.api_keys enable row level security, force row level security;
create policy system on identity.api_keys for all to plinth_system using (true) with check (true);
create policy tenant on identity.api_keys for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on identity.api_keys to plinth_system;
grant insert on identity.api_keys to plinth_tenant;

create table identity.refresh_tokens (
  user_id uuid not null,
  session_id uuid not null,
  token_hash text not null,
  rotated_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default app.now(),
  constraint refresh_tokens_pkey PRIMARY KEY (user_id, session_id, token_hash),
  constraint refresh_tokens_user_id_session_id_fkey FOREIGN KEY (user_id, session_id) REFERENCES identity.sessions(user_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_hash ON identity.refresh_tokens USING btree (token_hash);
alter table identity.refresh_tokens enable row level security, force row level security;
create policy own on identity.refresh_tokens for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.refresh_tokens for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.refresh_tokens to plinth_system;

create table identity.sessions (
  user_id uuid not null,
  id uuid not null,
  ip text not null,
  user_agent text not null,
  last_used_at timestamp with time zone not null default app.now(),
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  revoked_for text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint sessions_pkey PRIMARY KEY (user_id, id),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE
);
alter table identity.sessions enable row level security, force row level security;
create policy own on identity.sessions for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.sessions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.sessions to plinth_system;
grant select on identity.sessions to plinth_tenant;

create table identity.signing_keys (
  kid text not null,
  public_jwk jsonb not null,
  private_jwk jsonb not null,
  created_at timestamp with time zone not null default app.now(),
  constraint signing_keys_pkey PRIMARY KEY (kid)
);
alter table identity.signing_keys enable row level security, force row level security;
create policy system on identity.signing_keys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.signing_keys to plinth_system;

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
  default_account_id uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint users_pkey PRIMARY KEY (user_id),
  constraint users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  constraint users_role_check CHECK ((role = ANY (ARRAY['user'::text, 'admin'::text]))),
  constraint users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);
CREATE UNIQUE INDEX users_by_email ON identity.users USING btree (lower(email));
alter table identity.users enable row level security, force row level security;
create policy own on identity.users for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.users for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.users to plinth_system;

-- ==================== jobs

create table jobs.jobs (
  account_id uuid not null,
  id uuid not null,
  kind text not null,
  lane text not null,
  priority smallint not null,
  payload jsonb not null,
  permit_id uuid,
  state text not null,
  run_at timestamp with time zone not null default app.now(),
  attempt integer not null default 0,
  attempts integer not null,
  holder uuid,
  fence integer not null default 0,
  error text,
  request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint jobs_pkey PRIMARY KEY (account_id, id),
  constraint jobs_account_id_permit_id_fkey FOREIGN KEY (account_id, permit_id) REFERENCES limits.permits(account_id, id),
  constraint jobs_attempts_check CHECK ((attempts > 0)),
  constraint jobs_lane_check CHECK ((lane = ANY (ARRAY['interactive'::text, 'batch'::text]))),
  constraint jobs_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'running'::text, 'done'::text, 'dead'::text])))
) with (fillfactor=70);
CREATE INDEX jobs_dead ON jobs.jobs USING btree (updated_at DESC) WHERE (state = 'dead'::text);
CREATE INDEX jobs_done ON jobs.jobs USING btree (updated_at) WHERE (state = 'done'::text);
CREATE INDEX jobs_next ON jobs.jobs USING btree (run_at) WHERE (state = 'ready'::text);
CREATE INDEX jobs_ready ON jobs.jobs USING btree (priority DESC, run_at, id) WHERE (state = 'ready'::text);
CREATE INDEX jobs_running ON jobs.jobs USING btree (holder) WHERE (state = 'running'::text);
alter table jobs.jobs enable row level security, force row level security;
create policy system on jobs.jobs for all to plinth_system using (true) with check (true);
create policy tenant on jobs.jobs for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on jobs.jobs to plinth_system;
grant insert, select on jobs.jobs to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.close_orphans()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_permit limits.permits;
  v_closed integer := 0;
begin
  for v_permit in
    select p.* from limits.permits p
    where p.state in ('queued', 'running') and p.job_id is not null and not exists (
      select from jobs.jobs j where j.account_id = p.account_id and j.id = p.job_id and j.state in ('ready', 'running'))
    order by p.account_id, p.product, p.id
  loop
    if limits.abandon(v_permit, 'job ended') then v_closed := v_closed + 1; end if;
  end loop;
  return v_closed;
end $function$;
alter routine jobs.close_orphans() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.depth()
 RETURNS TABLE(lane text, state text, jobs bigint)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select lane, state, count(*) from jobs.jobs where state in ('ready', 'running', 'dead') group by lane, state
$function$;
alter routine jobs.depth() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.finish(p_job uuid, p_holder uuid, p_fence integer, p_state text, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  update jobs.jobs set state = p_state, error = p_error, holder = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'running' and holder = p_holder and fence = p_fence;
  if not found then
    raise exception 'the job is no longer held by this fence' using errcode = 'PL010';
  end if;
end $function$;
alter routine jobs.finish(uuid,uuid,integer,text,text) owner to plinth_system;
grant execute on routine jobs.finish(uuid,uuid,integer,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.next_due()
 RETURNS double precision
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select extract(epoch from min(run_at) - app.now()) * 1000 from jobs.jobs where state = 'ready'
$function$;
alter routine jobs.next_due() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.prune(p_older interval)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_count integer;
begin
  delete from jobs.jobs where state = 'done' and updated_at < app.now() - p_older;
  get diagnostics v_count = row_count;
  return v_count;
end $function$;
alter routine jobs.prune(interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.recover(p_holder uuid, p_known uuid[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
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
  update jobs.jobs j set state = 'ready', run_at = v_now, holder = null, updated_at = v_now,
      error = case when a.lost then 'the end could not be written' else 'the worker died' end
    from abandoned a where j.account_id = a.account_id and j.id = a.id;
  get diagnostics v_count = row_count;
  return v_count;
end $function$;
alter routine jobs.recover(uuid,uuid[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.retry(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  update jobs.jobs set state = 'ready', run_at = app.now() + p_delay, error = p_error, holder = null, updated_at = app.now()
    where account_id = app.account() and id = p_job and state = 'running' and holder = p_holder and fence = p_fence;
  if not found then
    raise exception 'the job is no longer held by this fence' using errcode = 'PL010';
  end if;
end $function$;
alter routine jobs.retry(uuid,uuid,integer,interval,text) owner to plinth_system;
grant execute on routine jobs.retry(uuid,uuid,integer,interval,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.take(p_holder uuid, p_max integer)
 RETURNS TABLE(job jsonb, permit jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_now timestamptz := app.now();
  j jobs.jobs;
begin
  -- A process whose lease has run out must not start anything: others may think it dead already.
  if not exists (select from limits.holders where id = p_holder and expires_at > v_now) then
    raise exception 'the holder is dead' using errcode = 'PL012';
  end if;
  for j in
    select * from jobs.jobs where state = 'ready' and run_at <= v_now order by priority desc, run_at, id limit p_max for update skip locked
  loop
    permit := case when j.permit_id is null then null else limits.take(j.account_id, j.permit_id, p_holder) end;
    update jobs.jobs set state = 'running', holder = p_holder, attempt = j.attempt + 1,
        fence = coalesce((permit->>'fence')::integer, j.attempt + 1), updated_at = v_now
      where account_id = j.account_id and id = j.id;
    job := jsonb_build_object('id', j.id, 'account', j.account_id, 'kind', j.kind, 'lane', j.lane, 'payload', j.payload, 'permit', j.permit_id,
      'attempt', j.attempt + 1, 'attempts', j.attempts, 'fence', coalesce((permit->>'fence')::integer, j.attempt + 1), 'request_id', j.request_id,
      'waited', extract(epoch from v_now - j.run_at));
    return next;
  end loop;
end $function$;
alter routine jobs.take(uuid,integer) owner to plinth_system;

-- ==================== limits

create type limits.move as (scope text, name text, start bigint, amount bigint);

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
alter table limits.meters enable row level security, force row level security;
create policy system on limits.meters for all to plinth_system using (true) with check (true);
create policy tenant on limits.meters for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.meters to plinth_system;
grant select on limits.meters to plinth_tenant;

create table limits.permits (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  key_id uuid,
  product text not null,
  feature text not null,
  units integer not null,
  reserve bigint not null,
  state text not null,
  holder uuid not null,
  fence integer not null,
  slots text[] not null,
  charges jsonb not null,
  subject text,
  job_id uuid,
  due_at timestamp with time zone not null,
  request_id text not null,
  reason text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint permits_pkey PRIMARY KEY (account_id, id),
  constraint permits_reserve_check CHECK ((reserve >= 0)),
  constraint permits_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'settled'::text, 'voided'::text]))),
  constraint permits_units_check CHECK ((units > 0))
) with (fillfactor=80);
CREATE INDEX permits_open ON limits.permits USING btree (account_id, product) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));
alter table limits.permits enable row level security, force row level security;
create policy system on limits.permits for all to plinth_system using (true) with check (true);
create policy tenant on limits.permits for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.permits to plinth_system;
grant select on limits.permits to plinth_tenant;

create unlogged table limits.rates (
  key text not null,
  starts_at timestamp with time zone not null,
  used integer not null,
  constraint rates_pkey PRIMARY KEY (key)
) with (fillfactor=50);
alter table limits.rates enable row level security, force row level security;
create policy system on limits.rates for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on limits.rates to plinth_system;

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
  price_version text not null,
  state text not null,
  estimated boolean not null default false,
  corrects uuid,
  request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint usage_events_pkey PRIMARY KEY (account_id, id),
  constraint usage_events_account_id_permit_id_fkey FOREIGN KEY (account_id, permit_id) REFERENCES limits.permits(account_id, id),
  constraint usage_events_attempt_check CHECK ((attempt > 0)),
  constraint usage_events_check CHECK (((cost >= 0) OR (corrects IS NOT NULL))),
  constraint usage_events_reserve_check CHECK ((reserve >= 0)),
  constraint usage_events_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'posted'::text, 'voided'::text])))
) with (fillfactor=80);
CREATE INDEX usage_events_of_permit ON limits.usage_events USING btree (account_id, permit_id, attempt);
CREATE UNIQUE INDEX usage_events_one_correction ON limits.usage_events USING btree (account_id, corrects) WHERE (corrects IS NOT NULL);
alter table limits.usage_events enable row level security, force row level security;
create policy system on limits.usage_events for all to plinth_system using (true) with check (true);
create policy tenant on limits.usage_events for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.usage_events to plinth_system;
grant select on limits.usage_events to plinth_tenant;
CREATE TRIGGER usage_events_final BEFORE UPDATE ON limits.usage_events FOR EACH ROW WHEN ((old.state = ANY (ARRAY['posted'::text, 'voided'::text]))) EXECUTE FUNCTION limits.refuse_change();

CREATE OR REPLACE FUNCTION limits.abandon(p_seen limits.permits, p_reason text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
  v_now timestamptz := limits.lock_meter(p_seen.account_id, p_seen.product, false);
  v_served boolean;
  v_moves limits.move[];
begin
  if v_now is null then return false; end if;
  -- The next fence: a late settle of the old holder must find itself stale.
  update limits.permits set fence = fence + 1 where account_id = p_seen.account_id and id = p_seen.id
    and state = p_seen.state and fence = p_seen.fence and job_id is not distinct from p_seen.job_id returning * into p;
  if not found then return false; end if;
  v_served := exists (select from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.state in ('sent', 'posted'));
  select f.moves into v_moves from limits.finish(p, not v_served, p_reason, v_now) f;
  perform limits.move_windows(p.account_id, v_moves);
  return true;
end $function$;
grant execute on routine limits.abandon(limits.permits,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.admit(p_batch jsonb, p_features jsonb, p_wait boolean)
 RETURNS TABLE(i integer, answer jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  r jsonb;
  v_account uuid; v_product text; v_group text := '';
  v_open boolean := false;       -- whether the group's meter is locked by us
  v_dirty boolean := false;
  v_now timestamptz; v_now_us bigint;
  v_names text[]; v_starts bigint[]; v_used bigint[];
  v_segment jsonb; v_grants jsonb;
  v_counts jsonb := '{}';        -- open permits of the group by slot, read once
  v_minute bigint; v_hour bigint; v_day bigint; v_week bigint; v_month bigint;
  v_feature jsonb; c jsonb; v_needed text;
  v_units bigint; v_reserve bigint; v_answer jsonb; v_denial jsonb;
  v_limit text; v_kind text; v_scope text; v_max bigint; v_least bigint; v_start bigint; v_taken bigint; v_at integer; v_slot text; v_slots text[];
  v_charges jsonb; v_meter limits.meters; v_due timestamptz; v_caller text := ''; v_refused text; v_holder uuid; v_lease timestamptz;
  v_permit limits.permits; v_event limits.usage_events;
  v_permits limits.permits[] := '{}'; v_events limits.usage_events[] := '{}';
begin
  for r in select value from jsonb_array_elements(p_batch) with ordinality as t(value, place) order by value->>'a', value->>'p', place loop
    i := (r->>'i')::integer;

    -- A new account and product: write back the meter before, lock this one, read clock and grants after the lock.
    if v_group <> (r->>'a') || ' ' || (r->>'p') then
      if v_dirty then
        update limits.meters set names = v_names, starts = v_starts, used = v_used, seen = v_now_us
          where account_id = v_account and scope = v_product;
        v_dirty := false;
      end if;
      v_group := (r->>'a') || ' ' || (r->>'p');
      v_account := (r->>'a')::uuid; v_product := r->>'p';
      if p_wait then
        select names, starts, used, seen into v_names, v_starts, v_used, v_now_us from limits.meters
          where account_id = v_account and scope = v_product for update;
      else
        select names, starts, used, seen into v_names, v_starts, v_used, v_now_us from limits.meters
          where account_id = v_account and scope = v_product for update skip locked;
      end if;
      v_open := found;
      if not v_open then
        insert into limits.meters (account_id, scope) values (v_account, v_product) on conflict do nothing;
        v_open := found;
        v_names := '{}'; v_starts := '{}'; v_used := '{}'; v_now_us := 0;
      end if;
      if v_open then
        -- After the lock, and never behind the row's last: a waiter must not judge in the past.
        v_now := greatest(app.now(), limits.instant(v_now_us));
        v_now_us := (extract(epoch from v_now) * 1000000)::bigint;
        v_minute := v_now_us - v_now_us % 60000000; v_hour := v_now_us - v_now_us % 3600000000;
        if v_day is distinct from v_now_us - v_now_us % 86400000000 then
          v_day := v_now_us - v_now_us % 86400000000;
          v_week := limits.window_start('week', v_now); v_month := limits.window_start('month', v_now);
        end if;
        v_segment := entitlements.segment(v_account, v_product, v_now);
        v_grants := v_segment->'grants';
        v_counts := '{}'; v_caller := '';
      end if;
    end if;
    if not v_open then
      answer := '{"kind":"busy"}'; return next; continue;
    end if;

    -- 1. Caller and holder at this very instant; but a repeat of a key charges nothing, and is answered first.
    if v_caller <> (r->>'u') || coalesce(r->>'k', '') || (r->>'h') then
      v_caller := (r->>'u') || coalesce(r->>'k', '') || (r->>'h');
      v_refused := accounts.can_spend(v_account, (r->>'u')::uuid, (r->>'k')::uuid);
      -- The lease is read once for a batch, which takes milliseconds; but anew after waiting for a lock.
      if v_holder is null or v_holder <> (r->>'h')::uuid or p_wait then
        v_holder := (r->>'h')::uuid;
        select expires_at into v_lease from limits.holders where id = v_holder;
      end if;
      if v_refused is null and (v_lease is null or v_lease <= v_now) then v_refused := 'holder_dead'; end if;
    end if;
    if r ? 'ik' then
      v_answer := limits.repeated(r, v_refused, v_now);
      if v_answer is not null then
        answer := v_answer; return next; continue;
      end if;
    end if;
    if v_refused is not null then
      answer := jsonb_build_object('kind', 'refused', 'reason', v_refused); return next; continue;
    end if;

    -- 2. The plan at this very instant.
    v_feature := p_features->(v_product || '.' || (r->>'f'));
    v_denial := null;
    if v_segment->>'plan' is null then
      v_denial := jsonb_build_object('kind', 'plan_required', 'grant', null, 'plan', null);
    else
      for v_needed in select jsonb_array_elements_text(v_feature->'requires') loop
        if not coalesce((v_grants->>v_needed)::boolean, false) then
          v_denial := jsonb_build_object('kind', 'plan_required', 'grant', v_needed, 'needed', true, 'plan', v_segment->'plan');
        end if;
      end loop;
      if r ? 'needs' then
        for v_needed, v_taken in select key, value::bigint from jsonb_each_text(r->'needs') loop
          if coalesce((v_grants->>v_needed)::bigint, 0) < v_taken then
            v_denial := jsonb_build_object('kind', 'plan_required', 'grant', v_needed, 'needed', v_taken, 'plan', v_segment->'plan');
          end if;
        end loop;
      end if;
    end if;

    -- 3. All limits, all or nothing: first look at each, then charge.
    v_units := (r->>'n')::bigint; v_reserve := (r->>'r')::bigint;
    v_charges := '[]'; v_slots := '{}';
    v_due := v_now + make_interval(secs => (v_feature->>'longest')::double precision);
    if v_denial is null then
      for c in select value from jsonb_array_elements(v_feature->'consumes') loop
        v_limit := c->>'n'; v_kind := c->>'k';
        v_max := (v_grants->>v_limit)::bigint;
        v_scope := case c->>'by' when 'account' then v_product
          when 'user' then v_product || '/user:' || (r->>'u')
          when 'key' then v_product || '/key:' || coalesce(r->>'k', '')
          else v_product || '/subject:' || coalesce(r->>'s', '') end;
        -- More than the plan ever has room for: waiting would not help.
        v_least := case v_kind when 'concurrency' then 1 when 'cooldown' then 0 when 'budget' then (r->>'least')::bigint else v_units end;
        if v_max is null or v_max < v_least then
          v_denial := jsonb_build_object('kind', 'plan_required', 'grant', v_limit, 'needed', greatest(v_least, 1), 'plan', v_segment->'plan');
          exit;
        end if;
        if v_kind = 'concurrency' then
          v_slot := v_scope || ' ' || v_limit;
          if not v_counts ? v_slot then
            select count(*) into v_taken from limits.permits p
              where p.account_id = v_account and p.product = v_product and v_slot = any(p.slots) and p.state in ('queued', 'running')
                and (p.job_id is not null or p.state = 'queued'
                  or p.due_at > v_now and exists (select from limits.holders h where h.id = p.holder and h.expires_at > v_now));
            v_counts := v_counts || jsonb_build_object(v_slot, v_taken);
          end if;
          v_taken := (v_counts->>v_slot)::bigint;
          if v_taken >= v_max then
            -- The latest instant for it: those admitted by this batch are not written yet, so that their own due time stands in.
            select greatest(coalesce(min(p.due_at), v_due), v_now + interval '1 second') into v_due from limits.permits p
              where p.account_id = v_account and p.product = v_product and v_slot = any(p.slots) and p.state in ('queued', 'running');
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', v_taken, 'max', v_max,
              'resets_at', v_due, 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_slots := v_slots || v_slot;
          continue;
        end if;
        -- What the window holds so far: the account's own meter is at hand, another scope's is read.
        if v_scope = v_product then
          v_at := array_position(v_names, v_limit);
          v_start := v_starts[v_at]; v_taken := v_used[v_at];
        else
          select * into v_meter from limits.meters where account_id = v_account and scope = v_scope;
          v_at := array_position(v_meter.names, v_limit);
          v_start := v_meter.starts[v_at]; v_taken := v_meter.used[v_at];
        end if;
        if v_kind = 'cooldown' then
          if v_start > v_now_us then
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', 1, 'max', 1,
              'resets_at', limits.instant(v_start), 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_scope, v_limit, v_kind, v_now_us + v_max * 1000000, 1));
          continue;
        end if;
        if v_start is distinct from (case c->>'w' when 'month' then v_month when 'hour' then v_hour when 'day' then v_day when 'minute' then v_minute else v_week end) then
          v_start := case c->>'w' when 'month' then v_month when 'hour' then v_hour when 'day' then v_day when 'minute' then v_minute else v_week end;
          v_taken := 0;
        end if;
        if v_kind = 'budget' then
          -- Less room than asked, but enough to make sense: the permit carries what is left.
          if v_taken + v_least > v_max then
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', v_taken, 'max', v_max,
              'resets_at', limits.window_end(c->>'w', v_start), 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_reserve := least(v_reserve, v_max - v_taken);
          v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_scope, v_limit, v_kind, v_start, null, c->>'w'));
        else
          if v_taken + v_units > v_max then
            v_denial := jsonb_build_object('kind', 'denied', 'limit', v_limit, 'of', v_kind, 'used', v_taken, 'max', v_max,
              'resets_at', limits.window_end(c->>'w', v_start), 'now', v_now, 'plan', v_segment->'plan');
            exit;
          end if;
          v_charges := v_charges || jsonb_build_array(jsonb_build_array(v_scope, v_limit, v_kind, v_start, v_units));
        end if;
      end loop;
    end if;
    if v_denial is not null then
      answer := v_denial; return next; continue;
    end if;

    -- 4. Charge, and write key, permit and usage event.
    if r ? 'ik' then
      insert into idempotency.keys (account_id, route, key_hash, body_hash, permit_id, state, created_at, expires_at)
        values (v_account, r->'ik'->>'route', r->'ik'->>'key', r->'ik'->>'body', (r->>'id')::uuid, 'running', v_now, v_now + interval '24 hours')
        on conflict do nothing;
      -- The same key at this moment, for another product: its meter is not ours.
      if not found then
        answer := jsonb_build_object('kind', 'running'); return next; continue;
      end if;
    end if;
    for c in select value from jsonb_array_elements(v_charges) loop
      v_scope := c->>0; v_limit := c->>1; v_start := (c->>3)::bigint; v_taken := coalesce((c->>4)::bigint, v_reserve);
      if v_scope <> v_product then
        perform limits.charge(v_account, v_scope, v_limit, v_start, v_taken);
      else
        v_at := array_position(v_names, v_limit);
        if v_at is null then
          v_names := v_names || v_limit; v_starts := v_starts || v_start; v_used := v_used || v_taken;
        elsif v_starts[v_at] = v_start then
          v_used[v_at] := v_used[v_at] + v_taken;
        else
          v_starts[v_at] := v_start; v_used[v_at] := v_taken;
        end if;
      end if;
    end loop;
    v_dirty := true;
    foreach v_slot in array v_slots loop
      v_counts := v_counts || jsonb_build_object(v_slot, (v_counts->>v_slot)::bigint + 1);
    end loop;
    v_permit := row(v_account, (r->>'id')::uuid, (r->>'u')::uuid, (r->>'k')::uuid, v_product, r->>'f', v_units, v_reserve,
      case when (r->>'job')::boolean then 'queued' else 'running' end, (r->>'h')::uuid, 1, v_slots, v_charges, r->>'s', null,
      v_due, r->>'q', null, v_now, v_now);
    v_event := row(v_account, (r->>'e')::uuid, v_permit.id, 1, 1, v_permit.user_id, v_permit.key_id, v_product, r->>'f', r->>'pr', r->>'m', null,
      0, 0, 0, 0, v_reserve, 0, r->>'v', case when (r->>'job')::boolean then 'pending' else 'sent' end, false, null, r->>'q', v_now, v_now);
    v_permits := v_permits || v_permit;
    v_events := v_events || v_event;
    answer := jsonb_build_object('kind', 'permit', 'adopted', false, 'id', v_permit.id, 'fence', 1, 'reserve', v_reserve, 'event', v_event.id);
    return next;
  end loop;

  if v_dirty then
    update limits.meters set names = v_names, starts = v_starts, used = v_used, seen = v_now_us
      where account_id = v_account and scope = v_product;
  end if;
  insert into limits.permits select * from unnest(v_permits);
  insert into limits.usage_events select * from unnest(v_events);
end $function$;
alter routine limits.admit(jsonb,jsonb,boolean) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.answer_here(p_permit uuid, p_route text, p_key_hash text, p_status integer, p_headers jsonb, p_body jsonb, p_sealed bytea)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  update idempotency.keys set state = 'done', status = p_status, headers = p_headers, answer = p_body, sealed = p_sealed
    where account_id = app.account() and route = p_route and key_hash = p_key_hash and permit_id = p_permit;
end $function$;
alter routine limits.answer_here(uuid,text,text,integer,jsonb,jsonb,bytea) owner to plinth_system;
grant execute on routine limits.answer_here(uuid,text,text,integer,jsonb,jsonb,bytea) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.attach(p_permit uuid, p_holder uuid, p_fence integer, p_job uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
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

CREATE OR REPLACE FUNCTION limits.end_holders(p_id uuid, p_others boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  update limits.holders set expires_at = least(expires_at, app.now()) where (id = p_id) <> p_others;
end $function$;
alter routine limits.end_holders(uuid,boolean) owner to plinth_system;

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
begin
  -- Of each budget the newest charge, with its place.
  select coalesce(jsonb_agg(jsonb_build_array(value, place - 1)), '[]') into v_newest from (
    select distinct on (value->>0, value->>1) value, place from jsonb_array_elements(v_charges) with ordinality as t(value, place)
    where value->>2 = 'budget' order by value->>0, value->>1, place desc) as newest;
  for c in select value->0 from jsonb_array_elements(v_newest) loop
    select * into v from limits.meters where account_id = p_permit.account_id and scope = c->>0 for update;
    v_at := array_position(v.names, c->>1);
    v_max := (v_grants->>(c->>1))::bigint;
    v_start := limits.window_start(c->>5, p_now);
    v_taken := case when v.starts[v_at] = v_start then v.used[v_at] else 0 end;
    if v_max is null or v_taken + p_short > v_max then
      return jsonb_build_object('kind', 'denied', 'limit', c->>1, 'of', 'budget', 'used', v_taken, 'max', coalesce(v_max, 0),
        'resets_at', limits.window_end(c->>5, v_start), 'now', p_now);
    end if;
  end loop;
  for c, v_at in select value->0, (value->>1)::integer from jsonb_array_elements(v_newest) loop
    v_start := limits.window_start(c->>5, p_now);
    perform limits.charge(p_permit.account_id, c->>0, c->>1, v_start, p_short);
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

CREATE OR REPLACE FUNCTION limits.finish(p_permit limits.permits, p_failed boolean, p_reason text, p_now timestamp with time zone, OUT cost bigint, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  c jsonb;
  v_charges jsonb;
  v_open boolean;
begin
  select coalesce(sum(e.cost) filter (where e.state = 'posted'), 0), coalesce(bool_or(e.state in ('pending', 'sent')), false) into cost, v_open
    from limits.usage_events e where e.account_id = p_permit.account_id and e.permit_id = p_permit.id;
  if v_open then
    with closed as (
      update limits.usage_events e set state = case e.state when 'sent' then 'posted' else 'voided' end, estimated = e.state = 'sent',
          cost = case e.state when 'sent' then e.reserve else 0 end, updated_at = p_now
        where e.account_id = p_permit.account_id and e.permit_id = p_permit.id and e.state in ('pending', 'sent') returning e.cost
    )
    select finish.cost + sum(closed.cost) into cost from closed;
  end if;
  select g.charges, g.moves into v_charges, moves from limits.give_back(p_permit, p_permit.reserve - cost) g;
  if p_failed then
    for c in select value from jsonb_array_elements(v_charges) where value->>2 in ('quota', 'credits') loop
      moves := moves || row(c->>0, c->>1, (c->>3)::bigint, -(c->>4)::bigint)::limits.move;
    end loop;
  end if;
  update limits.permits set state = case when p_failed then 'voided' else 'settled' end, reason = p_reason, charges = v_charges, updated_at = p_now
    where account_id = p_permit.account_id and id = p_permit.id;
end $function$;
grant execute on routine limits.finish(limits.permits,boolean,text,timestamp with time zone) to plinth_system;

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
  end loop;
end $function$;
grant execute on routine limits.give_back(limits.permits,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.instant(p_micros bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select to_timestamp(p_micros / 1000000) + (p_micros % 1000000) * interval '1 microsecond'
$function$;
grant execute on routine limits.instant(bigint) to plinth_system;

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
  return greatest(app.now(), limits.instant(coalesce(v_seen, 0)));
end $function$;
grant execute on routine limits.lock_meter(uuid,text,boolean) to plinth_system;

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

CREATE OR REPLACE FUNCTION limits.post_calls(p_permit limits.permits, p_calls jsonb, p_held boolean, p_fence integer, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  o jsonb; u jsonb;
  e limits.usage_events;
  v_voided boolean;
  v_corrected bigint := 0;
begin
  for o in select value from jsonb_array_elements(coalesce(p_calls, '[]')) loop
    u := o->'u';
    v_voided := o->>'s' = 'voided';
    if p_held then
      update limits.usage_events set state = o->>'s', updated_at = p_now,
        estimated = not v_voided and (u is null or (u->>'estimated')::boolean),
        provider = coalesce(u->>'provider', provider), model = coalesce(u->>'model', model),
        price_version = coalesce(u->>'price_version', price_version), provider_request_id = u->>'provider_request_id',
        prompt_tokens = coalesce((u->>'prompt_tokens')::integer, 0), cached_tokens = coalesce((u->>'cached_tokens')::integer, 0),
        completion_tokens = coalesce((u->>'completion_tokens')::integer, 0), reasoning_tokens = coalesce((u->>'reasoning_tokens')::integer, 0),
        cost = case when v_voided then 0 else coalesce((u->>'cost')::bigint, reserve) end
        where account_id = p_permit.account_id and id = (o->>'e')::uuid and permit_id = p_permit.id and state in ('pending', 'sent');
      continue when found;
    end if;
    select * into e from limits.usage_events where account_id = p_permit.account_id and id = (o->>'e')::uuid and permit_id = p_permit.id
      and state = 'posted' and estimated and fence = p_fence;
    if found and (v_voided or not coalesce((u->>'estimated')::boolean, true)) then
      -- A call that was certainly not served is corrected to nothing.
      if v_voided then u := '{}'; end if;
      insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, key_id, product, feature, provider, model, provider_request_id,
          prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, reserve, cost, price_version, state, corrects, request_id, created_at, updated_at)
        values (e.account_id, (o->>'c')::uuid, e.permit_id, e.attempt, e.fence, e.user_id, e.key_id, e.product, e.feature,
          coalesce(u->>'provider', e.provider), coalesce(u->>'model', e.model), u->>'provider_request_id',
          coalesce((u->>'prompt_tokens')::integer, 0) - e.prompt_tokens, coalesce((u->>'cached_tokens')::integer, 0) - e.cached_tokens,
          coalesce((u->>'completion_tokens')::integer, 0) - e.completion_tokens, coalesce((u->>'reasoning_tokens')::integer, 0) - e.reasoning_tokens,
          0, coalesce((u->>'cost')::bigint, 0) - e.cost, coalesce(u->>'price_version', e.price_version), 'posted', e.id, e.request_id, p_now, p_now)
        on conflict (account_id, corrects) where corrects is not null do nothing;
      if found then v_corrected := v_corrected + coalesce((u->>'cost')::bigint, 0) - e.cost; end if;
    end if;
  end loop;
  return v_corrected;
end $function$;
grant execute on routine limits.post_calls(limits.permits,jsonb,boolean,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a % usage event never changes', old.state using errcode = 'PL011';
end $function$;
grant execute on routine limits.refuse_change() to plinth_system;

CREATE OR REPLACE FUNCTION limits.renew_holder(p_id uuid, p_ttl interval)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_now timestamptz := app.now();
  v_expires timestamptz;
begin
  update limits.holders set expires_at = v_now + p_ttl where id = p_id and expires_at > v_now returning expires_at into v_expires;
  return v_expires;
end $function$;
alter routine limits.renew_holder(uuid,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.repeated(p_request jsonb, p_refused text, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_key idempotency.keys;
  v_permit limits.permits;
  v_event limits.usage_events;
begin
  select * into v_key from idempotency.keys
    where account_id = (p_request->>'a')::uuid and route = p_request->'ik'->>'route' and key_hash = p_request->'ik'->>'key';
  if not found then return null; end if;
  if v_key.expires_at <= p_now then
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_key.body_hash <> p_request->'ik'->>'body' then return jsonb_build_object('kind', 'mismatch'); end if;
  if v_key.state = 'done' then
    return jsonb_build_object('kind', 'replay', 'status', v_key.status, 'headers', v_key.headers, 'body', v_key.answer,
      'sealed', encode(v_key.sealed, 'base64'));
  end if;
  select * into v_permit from limits.permits where account_id = v_key.account_id and id = v_key.permit_id;
  -- Not written yet: it was admitted by this very batch.
  if not found then return jsonb_build_object('kind', 'running'); end if;
  if v_permit.state = 'voided' then
    -- It came to nothing and charged nothing that it did not give back: the key is free again.
    delete from idempotency.keys where account_id = v_key.account_id and route = v_key.route and key_hash = v_key.key_hash;
    return null;
  end if;
  if v_permit.state = 'settled' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  -- Its job runs it, whoever enqueued that; or its holder does.
  if v_permit.job_id is not null or exists (select from limits.holders where id = v_permit.holder and expires_at > p_now) then
    return jsonb_build_object('kind', 'running');
  end if;
  if v_permit.state = 'running' then return jsonb_build_object('kind', 'outcome_unknown'); end if;
  if p_refused is not null then return jsonb_build_object('kind', 'refused', 'reason', p_refused); end if;
  update limits.permits set holder = (p_request->>'h')::uuid, fence = fence + 1, request_id = p_request->>'q', updated_at = p_now
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
grant execute on routine limits.repeated(jsonb,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.resolve(p_item jsonb, p_now timestamp with time zone, OUT answer jsonb, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  p limits.permits;
  v_account uuid := (p_item->>'a')::uuid;
  v_fence integer := (p_item->>'f')::integer;
  v_held boolean; v_corrected bigint; v_charges jsonb; v_cost bigint;
begin
  moves := '{}';
  select * into p from limits.permits where account_id = v_account and id = (p_item->>'id')::uuid for update;
  if not found then
    answer := jsonb_build_object('kind', 'stale', 'state', 'unknown'); return;
  end if;
  if p.product <> p_item->>'p' then
    raise exception 'permit % is of another product, under another meter', p.id;
  end if;
  -- A queued permit with a job waits for a worker: nobody holds it.
  v_held := p.fence = v_fence and p.holder = (p_item->>'h')::uuid and (p.state = 'running' or p.state = 'queued' and p.job_id is null);
  v_corrected := limits.post_calls(p, p_item->'calls', v_held, v_fence, p_now);
  if not v_held then
    -- It was closed with an estimate: the exact figure moves the budgets. An open permit counts it when it is closed.
    if v_corrected <> 0 and p.state in ('settled', 'voided') then
      select g.charges, g.moves into v_charges, moves from limits.give_back(p, -v_corrected) g;
      update limits.permits set charges = v_charges, updated_at = p_now where account_id = v_account and id = p.id;
    end if;
    -- Closed under this very fence: by an earlier try of this same call.
    answer := jsonb_build_object('kind', case when p.state in ('settled', 'voided') and p.fence = v_fence then 'again' else 'stale' end, 'state', p.state);
    return;
  end if;
  case p_item->>'op'
    when 'send' then
      answer := limits.send(p, p_item->'next', p_now);
    when 'requeue' then
      update limits.usage_events set state = 'posted', estimated = true, cost = reserve, updated_at = p_now
        where account_id = v_account and permit_id = p.id and state = 'sent';
      update limits.permits set state = 'queued', reason = p_item->>'reason', updated_at = p_now where account_id = v_account and id = p.id;
      answer := jsonb_build_object('kind', 'queued');
    when 'settle' then
      select f.cost, f.moves into v_cost, moves from limits.finish(p, false, null, p_now) f;
      answer := jsonb_build_object('kind', 'settled', 'cost', v_cost);
    when 'release' then
      select f.cost, f.moves into v_cost, moves from limits.finish(p, true, p_item->>'reason', p_now) f;
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
AS $function$
declare
  r jsonb;
  v_account uuid;
  v_group text := '';
  v_now timestamptz;
  v_more limits.move[];
  v_moves limits.move[] := '{}';
begin
  for r in
    select value from jsonb_array_elements(p_batch) with ordinality as t(value, place)
    order by value->>'a', value->>'p', value->>'op' = 'send', place
  loop
    if cardinality(v_moves) > 0 and (v_group <> (r->>'a') || ' ' || (r->>'p') or r->>'op' = 'send') then
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

CREATE OR REPLACE FUNCTION limits.spoken_for(p_account uuid, p_permit uuid, p_event uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(sum(case state when 'posted' then cost else reserve end), 0)::bigint from limits.usage_events
  where account_id = p_account and permit_id = p_permit and state <> 'voided' and id <> p_event
$function$;
grant execute on routine limits.spoken_for(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.start_holder(p_id uuid, p_kind text, p_ttl interval)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_expires timestamptz := app.now() + p_ttl;
begin
  insert into limits.holders (id, kind, expires_at) values (p_id, p_kind, v_expires);
  return v_expires;
end $function$;
alter routine limits.start_holder(uuid,text,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.sweep(p_max integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  r record;
  v_now timestamptz := app.now();
  v_closed integer := 0;
begin
  for r in
    select s as permit, case when s.state = 'queued' then 'no job' when s.due_at <= v_now then 'overdue' else 'holder dead' end as reason
    from limits.permits s
    where s.state in ('queued', 'running') and s.job_id is null
      and case s.state when 'queued' then s.updated_at < v_now - interval '60 seconds'
        else s.due_at <= v_now or not exists (select from limits.holders h where h.id = s.holder and h.expires_at > v_now) end
    order by s.account_id, s.product, s.id limit p_max
  loop
    if limits.abandon(r.permit, r.reason) then v_closed := v_closed + 1; end if;
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
  update limits.usage_events set state = 'posted', estimated = true, cost = reserve, updated_at = v_now
    where account_id = p_account and permit_id = p_permit and state = 'sent';
  if v_refused is null then
    update limits.usage_events set state = 'sent', fence = p.fence, updated_at = v_now
      where account_id = p_account and permit_id = p_permit and state = 'pending' returning * into e;
  end if;
  select count(*) into v_calls from limits.usage_events
    where account_id = p_account and permit_id = p_permit and corrects is null and id is distinct from e.id;
  return jsonb_build_object('id', p.id, 'account', p.account_id, 'user', p.user_id, 'key', p.key_id, 'product', p.product, 'feature', p.feature,
    'units', p.units, 'reserve', p.reserve, 'fence', p.fence, 'subject', p.subject, 'request_id', p.request_id, 'calls', v_calls, 'refused', v_refused,
    'event', e.id, 'planned', case when e.id is not null then
      jsonb_build_object('provider', e.provider, 'model', e.model, 'priceVersion', e.price_version, 'reserve', e.reserve) end);
end $function$;
grant execute on routine limits.take(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.take_rates(p_keys text[], p_callers integer[], p_slots integer[], p_maxima integer[])
 RETURNS TABLE(allowed boolean, entry integer, remaining integer, resets_at timestamp with time zone, seconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_total constant integer := cardinality(p_callers);
  v_starts timestamptz[] := array_fill(null::timestamptz, array[cardinality(p_keys)]);
  v_used integer[] := array_fill(0, array[cardinality(p_keys)]);
  v_touched boolean[] := array_fill(false, array[cardinality(p_keys)]);
  v_now timestamptz;
  v_row record;
  v_first integer := 1;
  v_next integer;
  v_slot integer;
  v_left integer;
  v_least integer;
  v_entry integer;
begin
  insert into limits.rates (key, starts_at, used)
    select k, app.now(), 0 from unnest(p_keys) with ordinality as wanted (k, position) order by position
    on conflict do nothing;
  for v_row in
    select position, starts_at, used
      from unnest(p_keys) with ordinality as wanted (k, position) join limits.rates on key = k
      order by position for update of rates
  loop
    v_starts[v_row.position] := v_row.starts_at;
    v_used[v_row.position] := v_row.used;
  end loop;
  -- Read after the locks: whoever waited for them must not decide by a time before the row's.
  v_now := app.now();

  while v_first <= v_total loop
    v_entry := null;
    v_next := v_first;
    while v_next <= v_total and p_callers[v_next] = p_callers[v_first] loop
      v_slot := p_slots[v_next];
      if v_starts[v_slot] is null or v_starts[v_slot] + interval '1 minute' <= v_now or v_starts[v_slot] > v_now then
        v_starts[v_slot] := v_now;
        v_used[v_slot] := 0;
      end if;
      v_left := p_maxima[v_next] - v_used[v_slot];
      if v_entry is null
        or (v_left < v_least and v_least > 0)
        or (v_left <= 0 and v_least <= 0 and v_starts[v_slot] > v_starts[p_slots[v_entry]])
      then
        v_entry := v_next;
        v_least := v_left;
      end if;
      v_next := v_next + 1;
    end loop;
    allowed := v_least > 0;
    if allowed then
      for v_charged in v_first .. v_next - 1 loop
        v_used[p_slots[v_charged]] := v_used[p_slots[v_charged]] + 1;
        v_touched[p_slots[v_charged]] := true;
      end loop;
    end if;
    entry := v_entry - v_first;
    remaining := greatest(0, v_least - 1);
    resets_at := v_starts[p_slots[v_entry]] + interval '1 minute';
    seconds := greatest(1, ceil(extract(epoch from resets_at - v_now)))::integer;
    return next;
    v_first := v_next;
  end loop;

  update limits.rates set starts_at = counted.starts_at, used = counted.used
    from unnest(p_keys, v_starts, v_used, v_touched) as counted (key, starts_at, used, touched)
    where rates.key = counted.key and counted.touched;
end $function$;
alter routine limits.take_rates(text[],integer[],integer[],integer[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.usage_here(p_products jsonb)
 RETURNS SETOF jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  v_account uuid := app.account();
  v_now timestamptz := app.now();
  v_product text; v_segment jsonb;
  v_starts jsonb := (
    select jsonb_object_agg(w, jsonb_build_object('start', limits.window_start(w, v_now), 'end', limits.window_end(w, limits.window_start(w, v_now))))
    from unnest(array['minute', 'hour', 'day', 'week', 'month']) as w);
begin
  for v_product in select jsonb_array_elements_text(p_products) loop
    v_segment := entitlements.segment(v_account, v_product, v_now);
    return next jsonb_build_object('product', v_product, 'now', v_now, 'plan', v_segment->'plan', 'grants', v_segment->'grants', 'starts', v_starts,
      'windows', coalesce((select jsonb_object_agg(n, jsonb_build_object('start', s, 'used', u)) from limits.meters m, unnest(m.names, m.starts, m.used) as t(n, s, u)
        where m.account_id = v_account and m.scope = v_product), '{}'),
      -- Counted as admission counts; of the account's own slots, not of those of its users, keys and subjects.
      'open', coalesce((select jsonb_object_agg(name, n) from (
        select substr(slot, length(v_product) + 2) as name, count(*) as n from limits.permits p, unnest(p.slots) as slot
        where p.account_id = v_account and p.product = v_product and p.state in ('queued', 'running') and starts_with(slot, v_product || ' ')
          and (p.job_id is not null or p.state = 'queued'
            or p.due_at > v_now and exists (select from limits.holders h where h.id = p.holder and h.expires_at > v_now))
        group by slot) counted), '{}'));
  end loop;
end $function$;
alter routine limits.usage_here(jsonb) owner to plinth_system;
grant execute on routine limits.usage_here(jsonb) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.window_end(p_window text, p_start bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select (to_timestamp(p_start / 1000000) at time zone 'UTC' + ('1 ' || p_window)::interval) at time zone 'UTC'
$function$;
grant execute on routine limits.window_end(text,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_start(p_window text, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select (extract(epoch from date_trunc(p_window, p_now, 'UTC')) * 1000000)::bigint
$function$;
grant execute on routine limits.window_start(text,timestamp with time zone) to plinth_system;

-- ==================== reel

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
CREATE INDEX generations_of_draft ON reel.generations USING btree (account_id, draft_id);
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
CREATE INDEX variants_of_draft ON reel.variants USING btree (account_id, draft_id);
alter table reel.variants enable row level security, force row level security;
create policy system on reel.variants for all to plinth_system using (true) with check (true);
create policy tenant on reel.variants for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reel.variants to plinth_system;
grant insert, select, update on reel.variants to plinth_tenant;
