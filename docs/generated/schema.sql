-- The schema of the migrated database. Made by npm run generate; the check fails when it differs.

create extension btree_gin with schema public;
create extension pg_trgm with schema public;

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
CREATE INDEX accounts_by_part ON accounts.accounts USING gin (lower(name) gin_trgm_ops);
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

create table accounts.team_members (
  account_id uuid not null,
  team_id uuid not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default app.now(),
  constraint team_members_pkey PRIMARY KEY (account_id, team_id, user_id),
  constraint team_members_account_id_team_id_fkey FOREIGN KEY (account_id, team_id) REFERENCES accounts.teams(account_id, id) ON DELETE CASCADE,
  constraint team_members_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES accounts.members(account_id, user_id) ON DELETE CASCADE
);
CREATE INDEX teams_of_member ON accounts.team_members USING btree (account_id, user_id);
alter table accounts.team_members enable row level security, force row level security;
create policy manages on accounts.team_members for all to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[]))) with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy reads on accounts.team_members for select to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('viewer'::text) AS reachable)::uuid[])));
create policy system on accounts.team_members for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on accounts.team_members to plinth_system;
grant delete, insert, select on accounts.team_members to plinth_tenant;

create table accounts.teams (
  account_id uuid not null,
  id uuid not null,
  name text not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint teams_pkey PRIMARY KEY (account_id, id),
  constraint teams_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint teams_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
CREATE UNIQUE INDEX teams_by_name ON accounts.teams USING btree (account_id, lower(name));
alter table accounts.teams enable row level security, force row level security;
create policy manages on accounts.teams for all to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[]))) with check ((account_id = ANY (( SELECT accounts.reachable('admin'::text) AS reachable)::uuid[])));
create policy reads on accounts.teams for select to plinth_tenant using ((account_id = ANY (( SELECT accounts.reachable('viewer'::text) AS reachable)::uuid[])));
create policy system on accounts.teams for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on accounts.teams to plinth_system;
grant delete, insert, select on accounts.teams to plinth_tenant;
CREATE TRIGGER teams_deleted BEFORE DELETE ON accounts.teams FOR EACH ROW EXECUTE FUNCTION accounts.team_deleted();

CREATE OR REPLACE FUNCTION accounts.account_closed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.account_closed() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.can_spend(p_account uuid, p_user uuid, p_key uuid)
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine accounts.can_spend(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.fall_back(p_account uuid, p_user uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.fall_back(uuid,uuid) owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.free_places()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.free_places() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.has_member(p_account uuid, p_email text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.has_member(uuid,text) owner to plinth_system;
grant execute on routine accounts.has_member(uuid,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.is_time_zone(p_name text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE;
grant execute on routine accounts.is_time_zone(text) to plinth_system;
grant execute on routine accounts.is_time_zone(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.key_budgets(p_account uuid, p_keys uuid[])
 RETURNS accounts.key_budget[]
 LANGUAGE sql
 STABLE;
grant execute on routine accounts.key_budgets(uuid,uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.may_own(p_account uuid, p_user uuid)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.may_own(uuid,uuid) owner to plinth_system;
grant execute on routine accounts.may_own(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.member_account()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.member_account() owner to plinth_system;
grant execute on routine accounts.member_account() to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.member_left()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.member_left() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.member_teams()
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.member_teams() owner to plinth_system;
grant execute on routine accounts.member_teams() to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.open_account(p_account uuid, p_kind text, p_name text, p_owner uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.open_account(uuid,text,text,uuid) owner to plinth_system;
grant execute on routine accounts.open_account(uuid,text,text,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.other_owners(p_account uuid, p_user uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.other_owners(uuid,uuid) owner to plinth_system;
grant execute on routine accounts.other_owners(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.owned_by(p_account uuid, p_user uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.owned_by(uuid,uuid) owner to plinth_system;
grant execute on routine accounts.owned_by(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.people(p_account uuid, p_only uuid, p_after uuid, p_limit integer)
 RETURNS TABLE(user_id uuid, email text, full_name text, avatar_url text, role text, created_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.people(uuid,uuid,uuid,integer) owner to plinth_system;
grant execute on routine accounts.people(uuid,uuid,uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.reachable(p_least text)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.reachable(text) owner to plinth_system;
grant execute on routine accounts.reachable(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.release_team(p_team uuid, p_most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.release_team(uuid,integer) owner to plinth_system;
grant execute on routine accounts.release_team(uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION accounts.standing_of(p_account uuid, p_user uuid, p_key uuid, p_session uuid)
 RETURNS TABLE(refused text, key_budgets accounts.key_budget[])
 LANGUAGE sql
 STABLE ROWS 1;
grant execute on routine accounts.standing_of(uuid,uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.standings(p_spenders accounts.spender[])
 RETURNS accounts.standing[]
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan';
grant execute on routine accounts.standings(accounts.spender[]) to plinth_system;

CREATE OR REPLACE FUNCTION accounts.take_places()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.take_places() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.team_deleted()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine accounts.team_deleted() owner to plinth_system;

CREATE OR REPLACE FUNCTION accounts.time_zone(p_account uuid)
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine accounts.time_zone(uuid) to plinth_system;

-- ==================== adiuva

create table adiuva.backups (
  account_id uuid not null,
  user_id uuid not null,
  id uuid not null,
  seq bigint not null,
  blob_id uuid not null,
  bytes bigint not null,
  checksum text not null,
  version integer not null,
  made_at bigint not null,
  chunk_count integer not null,
  created_at timestamp with time zone not null default app.now(),
  constraint backups_pkey PRIMARY KEY (account_id, user_id, id),
  constraint backups_account_id_user_id_made_at_checksum_version_key UNIQUE (account_id, user_id, made_at, checksum, version),
  constraint backups_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES adiuva.member_heads(account_id, user_id) ON DELETE CASCADE,
  constraint backups_bytes_check CHECK ((bytes >= 0)),
  constraint backups_checksum_check CHECK ((checksum ~ '^[0-9a-f]{64}$'::text)),
  constraint backups_chunk_count_check CHECK ((chunk_count > 0)),
  constraint backups_made_at_check CHECK ((made_at >= 0)),
  constraint backups_version_check CHECK ((version >= 0))
);
CREATE UNIQUE INDEX backups_by_seq ON adiuva.backups USING btree (account_id, user_id, seq DESC);
alter table adiuva.backups enable row level security, force row level security;
create policy system on adiuva.backups for all to plinth_system using (true) with check (true);
create policy tenant on adiuva.backups for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on adiuva.backups to plinth_system;
grant delete, insert, select on adiuva.backups to plinth_tenant;

create table adiuva.developer_keys (
  account_id uuid not null,
  id uuid not null,
  name text not null,
  public_key text not null,
  revoked_at timestamp with time zone,
  created_by uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint developer_keys_pkey PRIMARY KEY (account_id, id),
  constraint developer_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint developer_keys_public_key_check CHECK (((length(public_key) >= 1) AND (length(public_key) <= 1000)))
);
CREATE UNIQUE INDEX developer_keys_once ON adiuva.developer_keys USING btree (account_id, public_key);
alter table adiuva.developer_keys enable row level security, force row level security;
create policy system on adiuva.developer_keys for all to plinth_system using (true) with check (true);
create policy tenant on adiuva.developer_keys for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on adiuva.developer_keys to plinth_system;
grant insert, select, update on adiuva.developer_keys to plinth_tenant;

create table adiuva.developers (
  account_id uuid not null,
  is_payable boolean not null default false,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint developers_pkey PRIMARY KEY (account_id)
);
alter table adiuva.developers enable row level security, force row level security;
create policy system on adiuva.developers for all to plinth_system using (true) with check (true);
create policy tenant on adiuva.developers for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on adiuva.developers to plinth_system;
grant select on adiuva.developers to plinth_tenant;

create table adiuva.market_keys (
  id text not null,
  kind text not null,
  public_key text not null,
  private_sealed text not null,
  retired_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint market_keys_pkey PRIMARY KEY (id),
  constraint market_keys_kind_check CHECK ((kind = ANY (ARRAY['rsa-4096'::text, 'ed25519'::text])))
);
CREATE UNIQUE INDEX market_keys_present ON adiuva.market_keys USING btree (kind) WHERE (retired_at IS NULL);
alter table adiuva.market_keys enable row level security, force row level security;
create policy system on adiuva.market_keys for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on adiuva.market_keys to plinth_system;

create table adiuva.member_heads (
  account_id uuid not null,
  user_id uuid not null,
  seq bigint not null,
  pruned bigint not null default 0,
  left_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint member_heads_pkey PRIMARY KEY (account_id, user_id),
  constraint member_heads_check CHECK (((pruned >= 0) AND (pruned <= seq))),
  constraint member_heads_seq_check CHECK ((seq > 0))
);
alter table adiuva.member_heads enable row level security, force row level security;
create policy system on adiuva.member_heads for all to plinth_system using (true) with check (true);
create policy tenant on adiuva.member_heads for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on adiuva.member_heads to plinth_system;
grant delete, insert, select, update on adiuva.member_heads to plinth_tenant;

create table adiuva.plugin_installs (
  account_id uuid not null,
  plugin_id text not null,
  is_installed boolean not null,
  version text,
  permissions text[] not null default '{}'::text[],
  sale_id uuid,
  revoked_at timestamp with time zone,
  stars smallint,
  told_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint plugin_installs_pkey PRIMARY KEY (account_id, plugin_id),
  constraint plugin_installs_stars_check CHECK (((stars >= 1) AND (stars <= 5)))
);
CREATE INDEX plugin_installs_by_plugin ON adiuva.plugin_installs USING btree (plugin_id, account_id);
alter table adiuva.plugin_installs enable row level security, force row level security;
create policy system on adiuva.plugin_installs for all to plinth_system using (true) with check (true);
create policy tenant on adiuva.plugin_installs for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on adiuva.plugin_installs to plinth_system;
grant insert, select, update on adiuva.plugin_installs to plinth_tenant;

create table adiuva.plugin_versions (
  plugin_id text not null,
  version text not null,
  id uuid not null,
  numbers integer[] not null,
  developer uuid,
  state text not null default 'pending_upload'::text,
  manifest jsonb not null,
  permissions text[] not null,
  sha256 text not null,
  bytes bigint not null,
  key_id uuid,
  public_key text not null,
  signature text not null,
  upload_id uuid,
  blob_id uuid,
  checklist jsonb,
  files jsonb,
  is_blocked boolean not null default false,
  notes text,
  reviewed_by uuid,
  reviewed_at timestamp with time zone,
  countersignature jsonb,
  submitted_at timestamp with time zone,
  removed_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint plugin_versions_pkey PRIMARY KEY (plugin_id, version),
  constraint plugin_versions_id_key UNIQUE (id),
  constraint plugin_versions_plugin_id_fkey FOREIGN KEY (plugin_id) REFERENCES adiuva.plugins(id),
  constraint plugin_versions_bytes_check CHECK (((bytes >= 1) AND (bytes <= 20971520))),
  constraint plugin_versions_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint plugin_versions_state_check CHECK ((state = ANY (ARRAY['pending_upload'::text, 'pending_review'::text, 'approved'::text, 'rejected'::text, 'withdrawn'::text, 'removed'::text])))
);
CREATE INDEX plugin_versions_of_developer ON adiuva.plugin_versions USING btree (developer, created_at) WHERE (developer IS NOT NULL);
CREATE INDEX plugin_versions_removed ON adiuva.plugin_versions USING btree (removed_at) WHERE (removed_at IS NOT NULL);
CREATE INDEX plugin_versions_unsent ON adiuva.plugin_versions USING btree (created_at) WHERE (state = 'pending_upload'::text);
CREATE INDEX plugin_versions_waiting ON adiuva.plugin_versions USING btree (submitted_at, id) WHERE (state = 'pending_review'::text);
alter table adiuva.plugin_versions enable row level security, force row level security;
create policy system on adiuva.plugin_versions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on adiuva.plugin_versions to plinth_system;

create table adiuva.plugins (
  id text not null,
  folded text not null,
  folded_id text not null generated always as (replace(replace(translate(id, '1i0-'::text, 'llo'::text), 'rn'::text, 'm'::text), 'vv'::text, 'w'::text)) stored,
  folded_author text,
  developer uuid,
  state text not null default 'draft'::text,
  is_payable boolean not null default false,
  version text,
  name text not null,
  description text not null,
  author text not null,
  category text not null,
  permissions text[] not null default '{}'::text[],
  price_cents integer not null,
  currency text not null,
  installs bigint not null default 0,
  ratings bigint not null default 0,
  stars bigint not null default 0,
  score double precision generated always as ((((stars + 30))::double precision / ((ratings + 10))::double precision)) stored,
  words tsvector generated always as ((setweight(to_tsvector('simple'::regconfig, name), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, description), 'B'::"char"))) stored,
  removed_because text,
  published_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint plugins_pkey PRIMARY KEY (id),
  constraint plugins_folded_id_key UNIQUE (folded_id),
  constraint plugins_folded_key UNIQUE (folded),
  constraint plugins_author_check CHECK (((length(author) >= 1) AND (length(author) <= 100))),
  constraint plugins_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint plugins_description_check CHECK (((length(description) >= 1) AND (length(description) <= 2000))),
  constraint plugins_id_check CHECK ((id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'::text)),
  constraint plugins_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
  constraint plugins_price_cents_check CHECK (((price_cents = 0) OR ((price_cents >= 50) AND (price_cents <= 100000)))),
  constraint plugins_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'offered'::text, 'withdrawn'::text, 'removed'::text])))
);
CREATE INDEX plugins_by_age ON adiuva.plugins USING btree (published_at DESC, id) WHERE ((state = 'offered'::text) AND ((price_cents = 0) OR (is_payable AND (developer IS NOT NULL))));
CREATE INDEX plugins_by_author ON adiuva.plugins USING btree (folded_author) WHERE (folded_author IS NOT NULL);
CREATE INDEX plugins_by_category ON adiuva.plugins USING btree (category, score DESC, id) WHERE ((state = 'offered'::text) AND ((price_cents = 0) OR (is_payable AND (developer IS NOT NULL))));
CREATE INDEX plugins_by_installs ON adiuva.plugins USING btree (installs DESC, id) WHERE ((state = 'offered'::text) AND ((price_cents = 0) OR (is_payable AND (developer IS NOT NULL))));
CREATE INDEX plugins_by_score ON adiuva.plugins USING btree (score DESC, id) WHERE ((state = 'offered'::text) AND ((price_cents = 0) OR (is_payable AND (developer IS NOT NULL))));
CREATE INDEX plugins_by_words ON adiuva.plugins USING gin (words);
CREATE INDEX plugins_of_developer ON adiuva.plugins USING btree (developer) WHERE (developer IS NOT NULL);
alter table adiuva.plugins enable row level security, force row level security;
create policy system on adiuva.plugins for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on adiuva.plugins to plinth_system;

create table adiuva.records (
  account_id uuid not null,
  user_id uuid not null,
  id uuid not null,
  table_name text not null,
  seq bigint not null,
  blob_id uuid,
  bytes bigint not null,
  checksum text not null,
  deleted_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint records_pkey PRIMARY KEY (account_id, user_id, id),
  constraint records_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES adiuva.member_heads(account_id, user_id) ON DELETE CASCADE,
  constraint records_bytes_check CHECK ((bytes >= 0)),
  constraint records_check CHECK (((deleted_at IS NULL) = (blob_id IS NOT NULL))),
  constraint records_checksum_check CHECK ((checksum ~ '^[0-9a-f]{64}$'::text)),
  constraint records_table_name_check CHECK ((table_name ~ '^[A-Za-z0-9_-]{1,64}$'::text))
);
CREATE UNIQUE INDEX records_by_seq ON adiuva.records USING btree (account_id, user_id, seq);
CREATE INDEX records_by_time ON adiuva.records USING btree (account_id, user_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);
CREATE INDEX records_of_table ON adiuva.records USING btree (account_id, user_id, table_name, created_at DESC, id DESC) WHERE (deleted_at IS NULL);
CREATE INDEX records_to_prune ON adiuva.records USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
alter table adiuva.records enable row level security, force row level security;
create policy system on adiuva.records for all to plinth_system using (true) with check (true);
create policy tenant on adiuva.records for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on adiuva.records to plinth_system;
grant delete, insert, select, update on adiuva.records to plinth_tenant;

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
 STABLE PARALLEL SAFE;
grant execute on routine app.account() to plinth_system;
grant execute on routine app.account() to plinth_tenant;

CREATE OR REPLACE FUNCTION app.now()
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 PARALLEL SAFE;
grant execute on routine app.now() to plinth_system;
grant execute on routine app.now() to plinth_tenant;

CREATE OR REPLACE PROCEDURE app.protect_member(IN target regclass)
 LANGUAGE plpgsql;
grant execute on routine app.protect_member(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.protect_system(IN target regclass)
 LANGUAGE plpgsql;
grant execute on routine app.protect_system(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.protect_tenant(IN target regclass)
 LANGUAGE plpgsql;
grant execute on routine app.protect_tenant(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.protect_user(IN target regclass)
 LANGUAGE plpgsql;
grant execute on routine app.protect_user(regclass) to plinth_system;

CREATE OR REPLACE PROCEDURE app.run_as_system(IN target regprocedure)
 LANGUAGE plpgsql;
grant execute on routine app.run_as_system(regprocedure) to plinth_system;

CREATE OR REPLACE FUNCTION app.user_id()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE;
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
 STABLE PARALLEL SAFE;
grant execute on routine audit.may_append(uuid,uuid) to plinth_system;
grant execute on routine audit.may_append(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION audit.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql;
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
  held_until timestamp with time zone,
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

create table billing.item_sales (
  account_id uuid not null,
  id uuid not null,
  mode text not null,
  product text not null,
  item text not null,
  name text not null,
  payee uuid not null,
  currency text not null,
  amount bigint not null,
  share_points integer not null,
  state text not null default 'open'::text,
  invoice text,
  closes_at timestamp with time zone not null,
  paid bigint not null default 0,
  refunded bigint not null default 0,
  disputed bigint not null default 0,
  total bigint not null default 0,
  share bigint not null default 0,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint item_sales_pkey PRIMARY KEY (account_id, id),
  constraint item_sales_amount_check CHECK ((amount > 0)),
  constraint item_sales_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint item_sales_share_points_check CHECK (((share_points >= 0) AND (share_points <= 10000))),
  constraint item_sales_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'disputed'::text, 'refunded'::text, 'void'::text])))
);
CREATE UNIQUE INDEX item_sales_by_invoice ON billing.item_sales USING btree (mode, invoice) WHERE (invoice IS NOT NULL);
CREATE INDEX item_sales_of_item ON billing.item_sales USING btree (mode, product, item);
CREATE UNIQUE INDEX item_sales_open ON billing.item_sales USING btree (account_id, mode, product, item) WHERE (state = 'open'::text);
CREATE INDEX item_sales_to_close ON billing.item_sales USING btree (mode, closes_at) WHERE (state = 'open'::text);
alter table billing.item_sales enable row level security, force row level security;
create policy system on billing.item_sales for all to plinth_system using (true) with check (true);
create policy tenant on billing.item_sales for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.item_sales to plinth_system;
grant select on billing.item_sales to plinth_tenant;

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

create table billing.payees (
  account_id uuid not null,
  mode text not null,
  store_id text not null,
  state text not null default 'onboarding'::text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint payees_pkey PRIMARY KEY (account_id, mode),
  constraint payees_state_check CHECK ((state = ANY (ARRAY['onboarding'::text, 'payable'::text, 'restricted'::text])))
);
CREATE UNIQUE INDEX payees_by_store_id ON billing.payees USING btree (mode, store_id);
alter table billing.payees enable row level security, force row level security;
create policy system on billing.payees for all to plinth_system using (true) with check (true);
create policy tenant on billing.payees for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.payees to plinth_system;
grant select on billing.payees to plinth_tenant;

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

create table billing.payout_looks (
  mode text not null,
  looked_at timestamp with time zone not null,
  differences jsonb not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint payout_looks_pkey PRIMARY KEY (mode)
);
alter table billing.payout_looks enable row level security, force row level security;
create policy system on billing.payout_looks for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.payout_looks to plinth_system;

create table billing.payout_runs (
  id uuid not null,
  mode text not null,
  period text not null,
  as_of timestamp with time zone not null,
  repeats boolean not null default false,
  state text not null default 'running'::text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint payout_runs_pkey PRIMARY KEY (id),
  constraint payout_runs_period_check CHECK ((period ~ '^\d{4}-\d{2}$'::text)),
  constraint payout_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])))
);
CREATE INDEX payout_runs_by_period ON billing.payout_runs USING btree (mode, period, created_at);
CREATE UNIQUE INDEX payout_runs_running ON billing.payout_runs USING btree (mode) WHERE (state = 'running'::text);
alter table billing.payout_runs enable row level security, force row level security;
create policy system on billing.payout_runs for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on billing.payout_runs to plinth_system;

create table billing.payouts (
  account_id uuid not null,
  id uuid not null,
  mode text not null,
  run_id uuid not null,
  period text not null,
  currency text not null,
  amount bigint not null,
  destination text not null,
  state text not null default 'open'::text,
  transfer text,
  code text,
  asked_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint payouts_pkey PRIMARY KEY (account_id, id),
  constraint payouts_amount_check CHECK ((amount > 0)),
  constraint payouts_check CHECK (((state = 'paid'::text) = (transfer IS NOT NULL))),
  constraint payouts_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint payouts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'refused'::text])))
);
CREATE INDEX payouts_by_time ON billing.payouts USING btree (mode, created_at, id);
CREATE INDEX payouts_of_run ON billing.payouts USING btree (run_id, account_id, currency);
CREATE INDEX payouts_open ON billing.payouts USING btree (mode, asked_at) WHERE (state = 'open'::text);
alter table billing.payouts enable row level security, force row level security;
create policy system on billing.payouts for all to plinth_system using (true) with check (true);
create policy tenant on billing.payouts for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.payouts to plinth_system;
grant select on billing.payouts to plinth_tenant;

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

create table billing.shares (
  account_id uuid not null,
  id uuid not null,
  mode text not null,
  sale_id uuid not null,
  product text not null,
  item text not null,
  currency text not null,
  amount bigint not null,
  total bigint not null,
  why text not null,
  payable_at timestamp with time zone not null,
  payout_id uuid,
  to_recover boolean not null default false,
  asked_at timestamp with time zone,
  reversed_payout uuid,
  reversal text,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint shares_pkey PRIMARY KEY (account_id, id),
  constraint shares_check CHECK (((payout_id IS NULL) OR (reversal IS NULL))),
  constraint shares_check1 CHECK (((reversal IS NULL) = (reversed_payout IS NULL))),
  constraint shares_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint shares_why_check CHECK ((why = ANY (ARRAY['paid'::text, 'refunded'::text, 'disputed'::text, 'won'::text, 'corrected'::text])))
);
CREATE INDEX shares_by_time ON billing.shares USING btree (account_id, created_at);
CREATE INDEX shares_of_payout ON billing.shares USING btree (account_id, payout_id) WHERE (payout_id IS NOT NULL);
CREATE INDEX shares_of_sale ON billing.shares USING btree (account_id, sale_id);
CREATE INDEX shares_owed ON billing.shares USING btree (mode, account_id, currency, payable_at) WHERE ((payout_id IS NULL) AND (reversal IS NULL));
CREATE INDEX shares_to_recover ON billing.shares USING btree (mode, asked_at) WHERE to_recover;
alter table billing.shares enable row level security, force row level security;
create policy system on billing.shares for all to plinth_system using (true) with check (true);
create policy tenant on billing.shares for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on billing.shares to plinth_system;
grant select on billing.shares to plinth_tenant;

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
 IMMUTABLE;
grant execute on routine billing.a_year(text,numeric) to plinth_system;

CREATE OR REPLACE FUNCTION billing.begin_overage(p_account uuid, p_product text, p_limit text)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine billing.begin_overage(uuid,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.count_overage(p_account uuid, p_product text, p_limit text, p_mode text)
 RETURNS bigint
 LANGUAGE plpgsql;
grant execute on routine billing.count_overage(uuid,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.invoice_parts(p_store text, p_mode text, p_invoice text)
 RETURNS TABLE(product text, plan text, item text, amount bigint, tax bigint, amount_upto bigint, tax_upto bigint, total bigint, is_main boolean)
 LANGUAGE sql
 STABLE;
grant execute on routine billing.invoice_parts(text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.is_told(p_store text, p_mode text, p_id text)
 RETURNS boolean
 LANGUAGE sql
 STABLE;
grant execute on routine billing.is_told(text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.movements(p_from timestamp with time zone, p_until timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, kind text, store text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint, fee_known boolean, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE;
grant execute on routine billing.movements(timestamp with time zone,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.moves(p_from timestamp with time zone, p_until timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, kind text, store text, store_id text, invoice text, currency text, amount bigint, fee bigint, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE;
grant execute on routine billing.moves(timestamp with time zone,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.past_here(p_product text, p_limit text, p_per text)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine billing.past_here(text,text,text) owner to plinth_system;
grant execute on routine billing.past_here(text,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION billing.payer(p_account uuid, p_product text, p_mode text)
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine billing.payer(uuid,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.recurring(p_at timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, store text, subscription text, product text, plan text, currency text, yearly bigint)
 LANGUAGE sql
 STABLE;
grant execute on routine billing.recurring(timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.triable(p_mode text, p_products text[], p_most integer)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine billing.triable(text,text[],integer) owner to plinth_system;
grant execute on routine billing.triable(text,text[],integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION billing.tried_elsewhere(p_account uuid, p_mode text, p_product text, p_card text)
 RETURNS integer
 LANGUAGE sql
 STABLE;
grant execute on routine billing.tried_elsewhere(uuid,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION billing.was_recovered(p_invoice uuid, p_account uuid, p_ended timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE;
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
  charged bigint,
  constraint blobs_pkey PRIMARY KEY (account_id, id),
  constraint blobs_bytes_check CHECK ((bytes >= 0)),
  constraint blobs_check CHECK (((parts IS NULL) = (part_bytes IS NULL))),
  constraint blobs_check1 CHECK (((status <> 'reserved'::text) OR (expires_at IS NOT NULL))),
  constraint blobs_check2 CHECK (((charged >= 0) AND (charged <= bytes))),
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
 LANGUAGE plpgsql;
grant execute on routine blobs.forget_here(uuid,text) to plinth_system;
grant execute on routine blobs.forget_here(uuid,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION blobs.forget_of(p_account uuid, p_id uuid)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine blobs.forget_of(uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION blobs.replace_here(p_id uuid, p_former uuid[])
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine blobs.replace_here(uuid,uuid[]) to plinth_system;
grant execute on routine blobs.replace_here(uuid,uuid[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION blobs.store_here(p_id uuid, p_copy uuid, p_key text)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine blobs.store_here(uuid,uuid,text) to plinth_system;
grant execute on routine blobs.store_here(uuid,uuid,text) to plinth_tenant;

-- ==================== coditect

create type coditect.graph_edge as (node_id uuid, next_id uuid, next_kind text, type text, source_id uuid, target_id uuid, message_id uuid, first integer, last integer, merge_id uuid, author_id uuid, created_at timestamp with time zone);

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

create table coditect.drawn_decisions (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  key bytea not null,
  created_at timestamp with time zone not null default app.now(),
  constraint drawn_decisions_pkey PRIMARY KEY (account_id, id),
  constraint drawn_decisions_account_id_session_id_key_key UNIQUE (account_id, session_id, key),
  constraint drawn_decisions_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES coditect.memory_sessions(account_id, id) ON DELETE CASCADE,
  constraint drawn_decisions_key_check CHECK ((octet_length(key) = 16))
);
alter table coditect.drawn_decisions enable row level security, force row level security;
create policy author_adds on coditect.drawn_decisions for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = drawn_decisions.account_id) AND (s.id = drawn_decisions.session_id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_session on coditect.drawn_decisions for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = drawn_decisions.account_id) AND (s.id = drawn_decisions.session_id))))));
create policy system on coditect.drawn_decisions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.drawn_decisions to plinth_system;
grant insert, select on coditect.drawn_decisions to plinth_tenant;

create table coditect.file_mentions (
  account_id uuid not null,
  id uuid not null,
  session_id uuid not null,
  message_id uuid not null,
  file_id uuid not null,
  first integer not null,
  last integer not null,
  name bytea not null,
  created_at timestamp with time zone not null default app.now(),
  constraint file_mentions_pkey PRIMARY KEY (account_id, id),
  constraint file_mentions_account_id_message_id_file_id_key UNIQUE (account_id, message_id, file_id),
  constraint file_mentions_account_id_message_id_fkey FOREIGN KEY (account_id, message_id) REFERENCES coditect.memory_messages(account_id, id) ON DELETE CASCADE,
  constraint file_mentions_check CHECK ((last > first)),
  constraint file_mentions_first_check CHECK ((first >= 0))
);
CREATE INDEX file_mentions_of_file ON coditect.file_mentions USING btree (account_id, file_id, session_id DESC, message_id);
CREATE INDEX file_mentions_of_session ON coditect.file_mentions USING btree (account_id, session_id, file_id, message_id);
alter table coditect.file_mentions enable row level security, force row level security;
create policy author_adds on coditect.file_mentions for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = file_mentions.account_id) AND (s.id = file_mentions.session_id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_session on coditect.file_mentions for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = file_mentions.account_id) AND (s.id = file_mentions.session_id))))));
create policy system on coditect.file_mentions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.file_mentions to plinth_system;
grant insert, select on coditect.file_mentions to plinth_tenant;

create table coditect.file_merges (
  account_id uuid not null,
  id uuid not null,
  source_id uuid not null,
  target_id uuid not null,
  author_id uuid,
  created_at timestamp with time zone not null default app.now(),
  constraint file_merges_pkey PRIMARY KEY (account_id, id),
  constraint file_merges_account_id_source_id_target_id_key UNIQUE (account_id, source_id, target_id),
  constraint file_merges_check CHECK ((target_id <> source_id))
);
CREATE INDEX file_merges_by_target ON coditect.file_merges USING btree (account_id, target_id);
CREATE INDEX file_merges_of_author ON coditect.file_merges USING btree (author_id);
alter table coditect.file_merges enable row level security, force row level security;
create policy system on coditect.file_merges for all to plinth_system using (true) with check (true);
create policy tenant on coditect.file_merges for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on coditect.file_merges to plinth_system;

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

create table coditect.memory_decision_versions (
  account_id uuid not null,
  id uuid not null,
  decision_id uuid not null,
  version integer not null,
  title bytea not null,
  context bytea not null,
  rationale bytea not null,
  consequences bytea,
  created_at timestamp with time zone not null default app.now(),
  constraint memory_decision_versions_pkey PRIMARY KEY (account_id, id),
  constraint memory_decision_versions_account_id_decision_id_version_key UNIQUE (account_id, decision_id, version),
  constraint memory_decision_versions_account_id_decision_id_fkey FOREIGN KEY (account_id, decision_id) REFERENCES coditect.memory_decisions(account_id, id) ON DELETE CASCADE,
  constraint memory_decision_versions_version_check CHECK ((version > 0))
);
alter table coditect.memory_decision_versions enable row level security, force row level security;
create policy author_adds on coditect.memory_decision_versions for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_decisions p
  WHERE ((p.account_id = memory_decision_versions.account_id) AND (p.id = memory_decision_versions.decision_id) AND (p.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy author_removes on coditect.memory_decision_versions for delete to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_decisions p
  WHERE ((p.account_id = memory_decision_versions.account_id) AND (p.id = memory_decision_versions.decision_id) AND (p.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_parent on coditect.memory_decision_versions for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_decisions p
  WHERE ((p.account_id = memory_decision_versions.account_id) AND (p.id = memory_decision_versions.decision_id))))));
create policy system on coditect.memory_decision_versions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_decision_versions to plinth_system;
grant insert, select on coditect.memory_decision_versions to plinth_tenant;

create table coditect.memory_decisions (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null,
  team_id uuid,
  client_id text not null,
  status text not null,
  superseded_by uuid,
  decided_at timestamp with time zone not null,
  version integer not null default 1,
  bytes bigint not null,
  left_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint memory_decisions_pkey PRIMARY KEY (account_id, id),
  constraint memory_decisions_account_id_author_id_client_id_key UNIQUE (account_id, author_id, client_id),
  constraint memory_decisions_account_id_superseded_by_fkey FOREIGN KEY (account_id, superseded_by) REFERENCES coditect.memory_decisions(account_id, id) ON DELETE SET NULL (superseded_by),
  constraint memory_decisions_account_id_team_id_fkey FOREIGN KEY (account_id, team_id) REFERENCES accounts.teams(account_id, id),
  constraint memory_decisions_bytes_check CHECK ((bytes >= 0)),
  constraint memory_decisions_check CHECK (((level = 'team'::text) = (team_id IS NOT NULL))),
  constraint memory_decisions_check1 CHECK (((left_at IS NULL) OR (level = 'private'::text))),
  constraint memory_decisions_check2 CHECK (((superseded_by IS NULL) OR ((status = 'superseded'::text) AND (superseded_by <> id)))),
  constraint memory_decisions_client_id_check CHECK (((length(client_id) >= 1) AND (length(client_id) <= 200))),
  constraint memory_decisions_level_check CHECK ((level = ANY (ARRAY['private'::text, 'team'::text, 'organization'::text]))),
  constraint memory_decisions_status_check CHECK ((status = ANY (ARRAY['proposed'::text, 'accepted'::text, 'superseded'::text])))
);
CREATE INDEX memory_decisions_by_time ON coditect.memory_decisions USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX memory_decisions_departed ON coditect.memory_decisions USING btree (left_at) WHERE (left_at IS NOT NULL);
CREATE INDEX memory_decisions_of_author ON coditect.memory_decisions USING btree (author_id);
CREATE INDEX memory_decisions_of_team ON coditect.memory_decisions USING btree (account_id, team_id) WHERE (team_id IS NOT NULL);
CREATE INDEX memory_decisions_superseded ON coditect.memory_decisions USING btree (account_id, superseded_by) WHERE (superseded_by IS NOT NULL);
alter table coditect.memory_decisions enable row level security, force row level security;
create policy author_adds on coditect.memory_decisions for insert to plinth_tenant with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_changes on coditect.memory_decisions for update to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id)))) with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_removes on coditect.memory_decisions for delete to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy member_reads on coditect.memory_decisions for select to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND ((author_id = ( SELECT app.user_id() AS user_id)) OR (level = 'organization'::text) OR ((level = 'team'::text) AND (team_id = ANY (( SELECT accounts.member_teams() AS member_teams)::uuid[]))))));
create policy system on coditect.memory_decisions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_decisions to plinth_system;
grant delete, insert, select, update on coditect.memory_decisions to plinth_tenant;
CREATE TRIGGER give_bytes_back AFTER DELETE ON coditect.memory_decisions FOR EACH ROW EXECUTE FUNCTION coditect.give_bytes_back();

create table coditect.memory_document_versions (
  account_id uuid not null,
  id uuid not null,
  document_id uuid not null,
  version integer not null,
  text bytea not null,
  size integer not null,
  tokens integer not null,
  created_at timestamp with time zone not null default app.now(),
  constraint memory_document_versions_pkey PRIMARY KEY (account_id, id),
  constraint memory_document_versions_account_id_document_id_version_key UNIQUE (account_id, document_id, version),
  constraint memory_document_versions_account_id_document_id_fkey FOREIGN KEY (account_id, document_id) REFERENCES coditect.memory_documents(account_id, id) ON DELETE CASCADE,
  constraint memory_document_versions_size_check CHECK ((size >= 0)),
  constraint memory_document_versions_tokens_check CHECK ((tokens >= 0)),
  constraint memory_document_versions_version_check CHECK ((version > 0))
);
alter table coditect.memory_document_versions enable row level security, force row level security;
create policy author_adds on coditect.memory_document_versions for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_documents p
  WHERE ((p.account_id = memory_document_versions.account_id) AND (p.id = memory_document_versions.document_id) AND (p.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy author_removes on coditect.memory_document_versions for delete to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_documents p
  WHERE ((p.account_id = memory_document_versions.account_id) AND (p.id = memory_document_versions.document_id) AND (p.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_parent on coditect.memory_document_versions for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_documents p
  WHERE ((p.account_id = memory_document_versions.account_id) AND (p.id = memory_document_versions.document_id))))));
create policy system on coditect.memory_document_versions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_document_versions to plinth_system;
grant insert, select on coditect.memory_document_versions to plinth_tenant;

create table coditect.memory_documents (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null,
  team_id uuid,
  kind text not null,
  name text not null,
  version integer not null default 1,
  bytes bigint not null,
  left_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint memory_documents_pkey PRIMARY KEY (account_id, id),
  constraint memory_documents_account_id_author_id_kind_name_key UNIQUE (account_id, author_id, kind, name),
  constraint memory_documents_account_id_team_id_fkey FOREIGN KEY (account_id, team_id) REFERENCES accounts.teams(account_id, id),
  constraint memory_documents_bytes_check CHECK ((bytes >= 0)),
  constraint memory_documents_check CHECK (((level = 'team'::text) = (team_id IS NOT NULL))),
  constraint memory_documents_check1 CHECK (((left_at IS NULL) OR (level = 'private'::text))),
  constraint memory_documents_kind_check CHECK ((kind = ANY (ARRAY['business'::text, 'technical'::text]))),
  constraint memory_documents_level_check CHECK ((level = ANY (ARRAY['private'::text, 'team'::text, 'organization'::text]))),
  constraint memory_documents_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);
CREATE INDEX memory_documents_departed ON coditect.memory_documents USING btree (left_at) WHERE (left_at IS NOT NULL);
CREATE INDEX memory_documents_of_author ON coditect.memory_documents USING btree (author_id);
CREATE INDEX memory_documents_of_team ON coditect.memory_documents USING btree (account_id, team_id) WHERE (team_id IS NOT NULL);
alter table coditect.memory_documents enable row level security, force row level security;
create policy author_adds on coditect.memory_documents for insert to plinth_tenant with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_changes on coditect.memory_documents for update to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id)))) with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_removes on coditect.memory_documents for delete to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy member_reads on coditect.memory_documents for select to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND ((author_id = ( SELECT app.user_id() AS user_id)) OR (level = 'organization'::text) OR ((level = 'team'::text) AND (team_id = ANY (( SELECT accounts.member_teams() AS member_teams)::uuid[]))))));
create policy system on coditect.memory_documents for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_documents to plinth_system;
grant delete, insert, select, update on coditect.memory_documents to plinth_tenant;
CREATE TRIGGER give_bytes_back AFTER DELETE ON coditect.memory_documents FOR EACH ROW EXECUTE FUNCTION coditect.give_bytes_back();

create table coditect.memory_files (
  account_id uuid not null,
  session_id uuid not null,
  id uuid not null,
  client_id text not null,
  content_hash bytea not null,
  name bytea not null,
  type text not null,
  bytes integer not null,
  blob_id uuid not null,
  sealed_for uuid not null,
  created_at timestamp with time zone not null default app.now(),
  constraint memory_files_pkey PRIMARY KEY (account_id, id),
  constraint memory_files_account_id_session_id_client_id_key UNIQUE (account_id, session_id, client_id),
  constraint memory_files_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES coditect.memory_sessions(account_id, id) ON DELETE CASCADE,
  constraint memory_files_bytes_check CHECK ((bytes > 0)),
  constraint memory_files_client_id_check CHECK (((length(client_id) >= 1) AND (length(client_id) <= 200))),
  constraint memory_files_content_hash_check CHECK ((octet_length(content_hash) = 32)),
  constraint memory_files_type_check CHECK (((length(type) >= 1) AND (length(type) <= 127)))
);
CREATE INDEX memory_files_by_time ON coditect.memory_files USING btree (account_id, session_id, created_at DESC, id DESC);
alter table coditect.memory_files enable row level security, force row level security;
create policy author_adds on coditect.memory_files for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_files.account_id) AND (s.id = memory_files.session_id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy author_deletes on coditect.memory_files for delete to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_files.account_id) AND (s.id = memory_files.session_id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_session on coditect.memory_files for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_files.account_id) AND (s.id = memory_files.session_id))))));
create policy system on coditect.memory_files for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_files to plinth_system;
grant delete, insert, select on coditect.memory_files to plinth_tenant;
CREATE TRIGGER forget_file AFTER DELETE ON coditect.memory_files FOR EACH ROW EXECUTE FUNCTION coditect.forget_file();

create table coditect.memory_links (
  account_id uuid not null,
  id uuid not null,
  decision_id uuid not null,
  type text not null,
  session_id uuid,
  message_id uuid,
  to_decision_id uuid,
  path bytea,
  path_hash bytea,
  created_at timestamp with time zone not null default app.now(),
  about_session_id uuid,
  updated_at timestamp with time zone not null default app.now(),
  first integer,
  last integer,
  constraint memory_links_pkey PRIMARY KEY (account_id, id),
  constraint memory_links_account_id_decision_id_type_session_id_message_key UNIQUE NULLS NOT DISTINCT (account_id, decision_id, type, session_id, message_id, to_decision_id, path_hash),
  constraint memory_links_account_id_decision_id_fkey FOREIGN KEY (account_id, decision_id) REFERENCES coditect.memory_decisions(account_id, id) ON DELETE CASCADE,
  constraint memory_links_account_id_message_id_fkey FOREIGN KEY (account_id, message_id) REFERENCES coditect.memory_messages(account_id, id) ON DELETE CASCADE,
  constraint memory_links_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES coditect.memory_sessions(account_id, id) ON DELETE CASCADE,
  constraint memory_links_account_id_to_decision_id_fkey FOREIGN KEY (account_id, to_decision_id) REFERENCES coditect.memory_decisions(account_id, id) ON DELETE CASCADE,
  constraint memory_links_check CHECK ((to_decision_id <> decision_id)),
  constraint memory_links_check1 CHECK (((path IS NULL) = (path_hash IS NULL))),
  constraint memory_links_check2 CHECK ((num_nonnulls(session_id, message_id, to_decision_id, path_hash) = 1)),
  constraint memory_links_check3 CHECK (((first IS NULL) = (last IS NULL))),
  constraint memory_links_check4 CHECK (((first IS NULL) OR (message_id IS NOT NULL))),
  constraint memory_links_path_hash_check CHECK ((octet_length(path_hash) = 16)),
  constraint memory_links_type_check CHECK ((type = ANY (ARRAY['relates_to'::text, 'drawn_from'::text, 'implements'::text])))
);
CREATE INDEX memory_links_about_session ON coditect.memory_links USING btree (account_id, about_session_id) WHERE (about_session_id IS NOT NULL);
CREATE INDEX memory_links_to_decision ON coditect.memory_links USING btree (account_id, to_decision_id) WHERE (to_decision_id IS NOT NULL);
CREATE INDEX memory_links_to_file ON coditect.memory_links USING btree (account_id, path_hash) WHERE (path_hash IS NOT NULL);
CREATE INDEX memory_links_to_message ON coditect.memory_links USING btree (account_id, message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX memory_links_to_session ON coditect.memory_links USING btree (account_id, session_id) WHERE (session_id IS NOT NULL);
alter table coditect.memory_links enable row level security, force row level security;
create policy author_adds on coditect.memory_links for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_decisions p
  WHERE ((p.account_id = memory_links.account_id) AND (p.id = memory_links.decision_id) AND (p.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy author_removes on coditect.memory_links for delete to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_decisions p
  WHERE ((p.account_id = memory_links.account_id) AND (p.id = memory_links.decision_id) AND (p.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_parent on coditect.memory_links for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_decisions p
  WHERE ((p.account_id = memory_links.account_id) AND (p.id = memory_links.decision_id))))));
create policy system on coditect.memory_links for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_links to plinth_system;
grant delete, insert, select on coditect.memory_links to plinth_tenant;

create table coditect.memory_messages (
  account_id uuid not null,
  session_id uuid not null,
  id uuid not null,
  client_id text not null,
  role text not null,
  said_at timestamp with time zone not null,
  recalled boolean not null,
  text_hash bytea not null,
  size integer not null,
  text bytea,
  speaker bytea,
  words bigint[],
  audience uuid,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint memory_messages_pkey PRIMARY KEY (account_id, id),
  constraint memory_messages_account_id_session_id_client_id_key UNIQUE (account_id, session_id, client_id),
  constraint memory_messages_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES coditect.memory_sessions(account_id, id) ON DELETE CASCADE,
  constraint memory_messages_check CHECK (((text IS NULL) = (words IS NULL))),
  constraint memory_messages_check1 CHECK (((words IS NULL) = (audience IS NULL))),
  constraint memory_messages_client_id_check CHECK (((length(client_id) >= 1) AND (length(client_id) <= 200))),
  constraint memory_messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text, 'system'::text, 'tool'::text]))),
  constraint memory_messages_size_check CHECK ((size >= 0)),
  constraint memory_messages_text_hash_check CHECK ((octet_length(text_hash) = 16))
);
CREATE INDEX memory_messages_by_creation ON coditect.memory_messages USING brin (created_at);
CREATE INDEX memory_messages_by_hash ON coditect.memory_messages USING btree (account_id, session_id, text_hash) WHERE (text IS NOT NULL);
CREATE INDEX memory_messages_by_time ON coditect.memory_messages USING btree (account_id, session_id, said_at, client_id);
CREATE INDEX memory_messages_by_word ON coditect.memory_messages USING gin (words) WITH (fastupdate=off);
CREATE INDEX memory_messages_with_text ON coditect.memory_messages USING btree (account_id, session_id, said_at, client_id) WHERE (text IS NOT NULL);
alter table coditect.memory_messages enable row level security, force row level security;
create policy author_adds on coditect.memory_messages for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_messages.account_id) AND (s.id = memory_messages.session_id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy author_changes on coditect.memory_messages for update to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_messages.account_id) AND (s.id = memory_messages.session_id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_session on coditect.memory_messages for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_messages.account_id) AND (s.id = memory_messages.session_id))))));
create policy system on coditect.memory_messages for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_messages to plinth_system;
grant insert, select, update on coditect.memory_messages to plinth_tenant;

create table coditect.memory_sessions (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null,
  team_id uuid,
  client_id text not null,
  title bytea,
  started_at timestamp with time zone not null,
  last_said_at timestamp with time zone,
  messages integer not null default 0,
  bytes bigint not null default 0,
  left_at timestamp with time zone,
  pending_after text,
  version integer not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  digest_at timestamp with time zone,
  processed_messages integer not null default 0,
  processed_until timestamp with time zone,
  constraint memory_sessions_pkey PRIMARY KEY (account_id, id),
  constraint memory_sessions_account_id_author_id_client_id_key UNIQUE (account_id, author_id, client_id),
  constraint memory_sessions_account_id_team_id_fkey FOREIGN KEY (account_id, team_id) REFERENCES accounts.teams(account_id, id),
  constraint memory_sessions_bytes_check CHECK ((bytes >= 0)),
  constraint memory_sessions_check CHECK (((level = 'team'::text) = (team_id IS NOT NULL))),
  constraint memory_sessions_check1 CHECK (((left_at IS NULL) OR (level = 'private'::text))),
  constraint memory_sessions_client_id_check CHECK (((length(client_id) >= 1) AND (length(client_id) <= 200))),
  constraint memory_sessions_level_check CHECK ((level = ANY (ARRAY['private'::text, 'team'::text, 'organization'::text]))),
  constraint memory_sessions_messages_check CHECK ((messages >= 0))
);
CREATE INDEX memory_sessions_by_time ON coditect.memory_sessions USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX memory_sessions_departed ON coditect.memory_sessions USING btree (left_at) WHERE (left_at IS NOT NULL);
CREATE INDEX memory_sessions_of_author ON coditect.memory_sessions USING btree (author_id);
CREATE INDEX memory_sessions_of_team ON coditect.memory_sessions USING btree (account_id, team_id) WHERE (team_id IS NOT NULL);
CREATE INDEX memory_sessions_pending ON coditect.memory_sessions USING btree (account_id) WHERE (pending_after IS NOT NULL);
CREATE INDEX memory_sessions_undigested ON coditect.memory_sessions USING btree (digest_at) WHERE (digest_at IS NOT NULL);
alter table coditect.memory_sessions enable row level security, force row level security;
create policy author_adds on coditect.memory_sessions for insert to plinth_tenant with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_changes on coditect.memory_sessions for update to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id)))) with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_removes on coditect.memory_sessions for delete to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy member_reads on coditect.memory_sessions for select to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND ((author_id = ( SELECT app.user_id() AS user_id)) OR (level = 'organization'::text) OR ((level = 'team'::text) AND (team_id = ANY (( SELECT accounts.member_teams() AS member_teams)::uuid[]))))));
create policy system on coditect.memory_sessions for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_sessions to plinth_system;
grant delete, insert, select, update on coditect.memory_sessions to plinth_tenant;
CREATE TRIGGER follow_drawn BEFORE DELETE OR UPDATE OF author_id, level, team_id ON coditect.memory_sessions FOR EACH ROW EXECUTE FUNCTION coditect.follow_drawn();
CREATE TRIGGER follow_session AFTER UPDATE OF author_id, level, team_id ON coditect.memory_sessions FOR EACH ROW EXECUTE FUNCTION coditect.follow_session();
CREATE TRIGGER give_memory_back AFTER DELETE ON coditect.memory_sessions FOR EACH ROW EXECUTE FUNCTION coditect.give_memory_back();
CREATE TRIGGER hold_patterns BEFORE DELETE OR UPDATE OF author_id, level, team_id ON coditect.memory_sessions FOR EACH ROW EXECUTE FUNCTION coditect.hold_patterns();
CREATE TRIGGER move_words AFTER UPDATE ON coditect.memory_sessions FOR EACH ROW WHEN (((new.author_id = old.author_id) AND ((old.level IS DISTINCT FROM new.level) OR (old.team_id IS DISTINCT FROM new.team_id)))) EXECUTE FUNCTION coditect.move_words();

create table coditect.memory_summaries (
  account_id uuid not null,
  id uuid not null,
  drawn bytea not null,
  refined bytea,
  messages integer not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint memory_summaries_pkey PRIMARY KEY (account_id, id),
  constraint memory_summaries_account_id_id_fkey FOREIGN KEY (account_id, id) REFERENCES coditect.memory_sessions(account_id, id) ON DELETE CASCADE,
  constraint memory_summaries_messages_check CHECK ((messages >= 0))
);
alter table coditect.memory_summaries enable row level security, force row level security;
create policy author_adds on coditect.memory_summaries for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_summaries.account_id) AND (s.id = memory_summaries.id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy author_changes on coditect.memory_summaries for update to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_summaries.account_id) AND (s.id = memory_summaries.id) AND (s.author_id = ( SELECT app.user_id() AS user_id)))))));
create policy reads_with_session on coditect.memory_summaries for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = memory_summaries.account_id) AND (s.id = memory_summaries.id))))));
create policy system on coditect.memory_summaries for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.memory_summaries to plinth_system;
grant insert, select, update on coditect.memory_summaries to plinth_tenant;

create table coditect.pattern_ratings (
  account_id uuid not null,
  pattern_id uuid not null,
  user_id uuid not null,
  is_helpful boolean not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint pattern_ratings_pkey PRIMARY KEY (account_id, pattern_id, user_id),
  constraint pattern_ratings_account_id_pattern_id_fkey FOREIGN KEY (account_id, pattern_id) REFERENCES coditect.patterns(account_id, id) ON DELETE CASCADE
);
CREATE INDEX pattern_ratings_of_user ON coditect.pattern_ratings USING btree (user_id);
alter table coditect.pattern_ratings enable row level security, force row level security;
create policy member_changes on coditect.pattern_ratings for update to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (user_id = ( SELECT app.user_id() AS user_id)))) with check (((account_id = ( SELECT app.account() AS account)) AND (user_id = ( SELECT app.user_id() AS user_id))));
create policy member_rates on coditect.pattern_ratings for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (user_id = ( SELECT app.user_id() AS user_id)) AND (EXISTS ( SELECT
   FROM coditect.patterns p
  WHERE ((p.account_id = pattern_ratings.account_id) AND (p.id = pattern_ratings.pattern_id))))));
create policy member_removes on coditect.pattern_ratings for delete to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (user_id = ( SELECT app.user_id() AS user_id))));
create policy reads_with_pattern on coditect.pattern_ratings for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.patterns p
  WHERE ((p.account_id = pattern_ratings.account_id) AND (p.id = pattern_ratings.pattern_id))))));
create policy system on coditect.pattern_ratings for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.pattern_ratings to plinth_system;
grant delete, insert, select, update on coditect.pattern_ratings to plinth_tenant;

create table coditect.pattern_sources (
  account_id uuid not null,
  id uuid not null,
  pattern_id uuid not null,
  session_id uuid not null,
  message_id uuid not null,
  first integer not null,
  key bytea not null,
  spans jsonb not null,
  texts bytea not null,
  created_at timestamp with time zone not null default app.now(),
  constraint pattern_sources_pkey PRIMARY KEY (account_id, id),
  constraint pattern_sources_account_id_pattern_id_message_id_first_key UNIQUE (account_id, pattern_id, message_id, first),
  constraint pattern_sources_account_id_pattern_id_fkey FOREIGN KEY (account_id, pattern_id) REFERENCES coditect.patterns(account_id, id) ON DELETE CASCADE,
  constraint pattern_sources_account_id_session_id_fkey FOREIGN KEY (account_id, session_id) REFERENCES coditect.memory_sessions(account_id, id) ON DELETE CASCADE,
  constraint pattern_sources_first_check CHECK ((first >= 0)),
  constraint pattern_sources_key_check CHECK ((octet_length(key) = 16))
);
CREATE INDEX pattern_sources_by_key ON coditect.pattern_sources USING btree (account_id, key);
CREATE INDEX pattern_sources_by_session ON coditect.pattern_sources USING btree (account_id, session_id, pattern_id);
CREATE INDEX pattern_sources_of_session ON coditect.pattern_sources USING btree (account_id, session_id);
alter table coditect.pattern_sources enable row level security, force row level security;
create policy author_adds on coditect.pattern_sources for insert to plinth_tenant with check (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.patterns p
  WHERE ((p.account_id = pattern_sources.account_id) AND (p.id = pattern_sources.pattern_id) AND (p.author_id = ( SELECT app.user_id() AS user_id))))) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = pattern_sources.account_id) AND (s.id = pattern_sources.session_id))))));
create policy reads_with_session on coditect.pattern_sources for select to plinth_tenant using (((account_id = ( SELECT app.account() AS account)) AND (EXISTS ( SELECT
   FROM coditect.patterns p
  WHERE ((p.account_id = pattern_sources.account_id) AND (p.id = pattern_sources.pattern_id)))) AND (EXISTS ( SELECT
   FROM coditect.memory_sessions s
  WHERE ((s.account_id = pattern_sources.account_id) AND (s.id = pattern_sources.session_id))))));
create policy system on coditect.pattern_sources for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.pattern_sources to plinth_system;
grant insert, select on coditect.pattern_sources to plinth_tenant;
CREATE TRIGGER delete_bare_patterns AFTER DELETE ON coditect.pattern_sources REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION coditect.delete_bare_patterns();

create table coditect.patterns (
  account_id uuid not null,
  id uuid not null,
  author_id uuid not null,
  level text not null,
  team_id uuid,
  kind text not null,
  key bytea not null,
  tools text[] not null,
  against integer not null,
  title bytea,
  left_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint patterns_pkey PRIMARY KEY (account_id, id),
  constraint patterns_account_id_author_id_key_key UNIQUE (account_id, author_id, key),
  constraint patterns_account_id_team_id_fkey FOREIGN KEY (account_id, team_id) REFERENCES accounts.teams(account_id, id),
  constraint patterns_against_check CHECK ((against >= 0)),
  constraint patterns_check CHECK (((level = 'team'::text) = (team_id IS NOT NULL))),
  constraint patterns_check1 CHECK (((left_at IS NULL) OR (level = 'private'::text))),
  constraint patterns_key_check CHECK ((octet_length(key) = 16)),
  constraint patterns_kind_check CHECK ((kind = ANY (ARRAY['workflow'::text, 'problem_solution'::text, 'practice'::text]))),
  constraint patterns_level_check CHECK ((level = ANY (ARRAY['private'::text, 'team'::text, 'organization'::text])))
);
CREATE INDEX patterns_by_time ON coditect.patterns USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX patterns_departed ON coditect.patterns USING btree (left_at) WHERE (left_at IS NOT NULL);
CREATE INDEX patterns_of_author ON coditect.patterns USING btree (author_id);
CREATE INDEX patterns_of_team ON coditect.patterns USING btree (account_id, team_id) WHERE (team_id IS NOT NULL);
alter table coditect.patterns enable row level security, force row level security;
create policy author_adds on coditect.patterns for insert to plinth_tenant with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_changes on coditect.patterns for update to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id)))) with check (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy author_removes on coditect.patterns for delete to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND (author_id = ( SELECT app.user_id() AS user_id))));
create policy member_reads on coditect.patterns for select to plinth_tenant using (((account_id = ( SELECT accounts.member_account() AS member_account)) AND ((author_id = ( SELECT app.user_id() AS user_id)) OR (level = 'organization'::text) OR ((level = 'team'::text) AND (team_id = ANY (( SELECT accounts.member_teams() AS member_teams)::uuid[]))))));
create policy system on coditect.patterns for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on coditect.patterns to plinth_system;
grant delete, insert, select, update on coditect.patterns to plinth_tenant;

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

CREATE OR REPLACE FUNCTION coditect.are_edges_cut(p_edges coditect.graph_edge[], p_each integer, p_most integer)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.are_edges_cut(coditect.graph_edge[],integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.are_sources_shown(p_pattern uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.are_sources_shown(uuid) owner to plinth_system;
grant execute on routine coditect.are_sources_shown(uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.audience(p_session coditect.memory_sessions)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine coditect.audience(coditect.memory_sessions) to plinth_system;
grant execute on routine coditect.audience(coditect.memory_sessions) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.audiences_of(p_account uuid, p_user uuid)
 RETURNS bigint[]
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.audiences_of(uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.day_starts(p_day date)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.day_starts(date) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.delete_bare_patterns()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.delete_bare_patterns() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.delete_drawn(p_account uuid, p_session uuid)
 RETURNS void
 LANGUAGE sql;
grant execute on routine coditect.delete_drawn(uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.do_pending(p_bytes integer, p_messages integer)
 RETURNS boolean
 LANGUAGE plpgsql;
grant execute on routine coditect.do_pending(integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.edges_back(p_edges coditect.graph_edge[], p_node uuid, p_order integer)
 RETURNS coditect.graph_edge[]
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.edges_back(coditect.graph_edge[],uuid,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.edges_of(p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer)
 RETURNS coditect.graph_edge[]
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.edges_of(uuid,uuid[],text[],text[],uuid,uuid[],integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.figures_of(p_day date)
 RETURNS TABLE(account_id uuid, license_id uuid, seats integer, seats_used integer, subscriptions integer, trials integer, sessions integer, ended integer, ended_us bigint, worked_us bigint, denials integer)
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.figures_of(date) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.file_grace()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.file_grace() to plinth_system;
grant execute on routine coditect.file_grace() to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.files_until(p_account uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.files_until(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.find_turns(p_keys bigint[], p_most integer)
 RETURNS TABLE(ids uuid[], frequencies double precision[])
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.find_turns(bigint[],integer) owner to plinth_system;
grant execute on routine coditect.find_turns(bigint[],integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.follow_drawn()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.follow_drawn() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.follow_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.follow_session() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.forget_file()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.forget_file() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.further(p_edges coditect.graph_edge[], p_seen uuid[])
 RETURNS coditect.graph_edge[]
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.further(coditect.graph_edge[],uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.give_bytes_back()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.give_bytes_back() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.give_memory_back()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.give_memory_back() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.graph_around(p_node uuid, p_types text[], p_kinds text[], p_depth integer, p_most integer)
 RETURNS TABLE(nodes jsonb, edges jsonb, is_cut boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.graph_around(uuid,text[],text[],integer,integer) owner to plinth_system;
grant execute on routine coditect.graph_around(uuid,text[],text[],integer,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.graph_path(p_from uuid, p_to uuid, p_types text[], p_kinds text[], p_depth integer, p_most integer)
 RETURNS TABLE(nodes jsonb, edges jsonb, is_cut boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.graph_path(uuid,uuid,text[],text[],integer,integer) owner to plinth_system;
grant execute on routine coditect.graph_path(uuid,uuid,text[],text[],integer,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.head(p_account uuid)
 RETURNS TABLE(id uuid, tier text, status text, reason text, seats integer, machines integer, features jsonb, offline_minutes integer, grace_ends_at timestamp with time zone, period_end timestamp with time zone, file_ends_at timestamp with time zone, trial_ends_at timestamp with time zone, next_billing_date timestamp with time zone, last_renewal_at timestamp with time zone, holds_until timestamp with time zone, now timestamp with time zone)
 LANGUAGE plpgsql
 STABLE;
grant execute on routine coditect.head(uuid) to plinth_system;
grant execute on routine coditect.head(uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.height(p_level text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.height(text) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.hold_patterns()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.hold_patterns() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.hold_sessions(p_sessions uuid[])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.hold_sessions(uuid[]) owner to plinth_system;
grant execute on routine coditect.hold_sessions(uuid[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.is_admin()
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE;
grant execute on routine coditect.is_admin() to plinth_system;

CREATE OR REPLACE FUNCTION coditect.is_file_shown(p_account uuid, p_file uuid, p_user uuid, p_teams uuid[])
 RETURNS boolean
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.is_file_shown(uuid,uuid,uuid,uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.is_shown(p_author uuid, p_level text, p_team uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE;
grant execute on routine coditect.is_shown(uuid,text,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.is_within(p_level text, p_team uuid, p_session_level text, p_session_team uuid)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.is_within(text,uuid,text,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.keep_summary(p_session uuid, p_drawn bytea, p_refined bytea, p_messages integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.keep_summary(uuid,bytea,bytea,integer) owner to plinth_system;
grant execute on routine coditect.keep_summary(uuid,bytea,bytea,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.left_audiences_of(p_account uuid, p_user uuid)
 RETURNS bigint[]
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.left_audiences_of(uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.level_outcome(p_author uuid, p_from text, p_from_team uuid, p_to text, p_to_team uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE;
grant execute on routine coditect.level_outcome(uuid,text,uuid,text,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.level_problem(p_level text, p_team uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.level_problem(text,uuid) owner to plinth_system;
grant execute on routine coditect.level_problem(text,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.link_edges(p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer)
 RETURNS SETOF coditect.graph_edge
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off';
grant execute on routine coditect.link_edges(uuid,uuid[],text[],text[],uuid,uuid[],integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.lower_patterns(p_account uuid, p_patterns uuid[])
 RETURNS void
 LANGUAGE sql;
grant execute on routine coditect.lower_patterns(uuid,uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.mask_words(p_words bigint[], p_audience uuid)
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine coditect.mask_words(bigint[],uuid) to plinth_system;
grant execute on routine coditect.mask_words(bigint[],uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.may_read(p_session coditect.memory_sessions, p_user uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.may_read(coditect.memory_sessions,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.may_show_drawn(p_decision uuid, p_level text, p_team uuid)
 RETURNS boolean
 LANGUAGE plpgsql;
grant execute on routine coditect.may_show_drawn(uuid,text,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.mention_edges(p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer)
 RETURNS SETOF coditect.graph_edge
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off';
grant execute on routine coditect.mention_edges(uuid,uuid[],text[],text[],uuid,uuid[],integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.merge_files(p_id uuid, p_source uuid, p_target uuid)
 RETURNS TABLE(id uuid, author_id uuid, created_at timestamp with time zone, is_new boolean, is_exhausted boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.merge_files(uuid,uuid,uuid) owner to plinth_system;
grant execute on routine coditect.merge_files(uuid,uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.messages_by_key(p_keys bigint[], p_masks bigint[])
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
 SET enable_seqscan TO 'off';
grant execute on routine coditect.messages_by_key(bigint[],bigint[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.move_words()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.move_words() owner to plinth_system;

CREATE OR REPLACE FUNCTION coditect.move_words_after(p_session coditect.memory_sessions, p_after text, p_bytes integer)
 RETURNS text
 LANGUAGE plpgsql;
grant execute on routine coditect.move_words_after(coditect.memory_sessions,text,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.next_day()
 RETURNS date
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.next_day() to plinth_system;

CREATE OR REPLACE FUNCTION coditect.next_word(p_steps integer[], p_counts integer[], p_left integer)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE;
grant execute on routine coditect.next_word(integer[],integer[],integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.node_kind(p_account uuid, p_node uuid, p_user uuid, p_teams uuid[])
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.node_kind(uuid,uuid,uuid,uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.other_edges(p_account uuid, p_nodes uuid[], p_types text[], p_kinds text[], p_user uuid, p_teams uuid[], p_each integer, p_most integer)
 RETURNS SETOF coditect.graph_edge
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off';
grant execute on routine coditect.other_edges(uuid,uuid[],text[],text[],uuid,uuid[],integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.own_messages(p_ids uuid[])
 RETURNS uuid[]
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.own_messages(uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.paid_until(p_subscription billing.subscriptions)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.paid_until(billing.subscriptions) to plinth_system;
grant execute on routine coditect.paid_until(billing.subscriptions) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.remove_session(p_session uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.remove_session(uuid) owner to plinth_system;
grant execute on routine coditect.remove_session(uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.renewed_at(p_subscription billing.subscriptions)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.renewed_at(billing.subscriptions) to plinth_system;
grant execute on routine coditect.renewed_at(billing.subscriptions) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.roll_day()
 RETURNS boolean
 LANGUAGE plpgsql;
grant execute on routine coditect.roll_day() to plinth_system;

CREATE OR REPLACE FUNCTION coditect.sessions_between(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS TABLE(account_id uuid, started_at timestamp with time zone, ended_at timestamp with time zone)
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.sessions_between(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.set_item_level(p_kind text, p_item uuid, p_level text, p_team uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.set_item_level(text,uuid,text,uuid) owner to plinth_system;
grant execute on routine coditect.set_item_level(text,uuid,text,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.set_level(p_session uuid, p_level text, p_team uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.set_level(uuid,text,uuid) owner to plinth_system;
grant execute on routine coditect.set_level(uuid,text,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.set_pattern_level(p_pattern uuid, p_level text, p_team uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.set_pattern_level(uuid,text,uuid) owner to plinth_system;
grant execute on routine coditect.set_pattern_level(uuid,text,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.settle_patterns(p_patterns uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.settle_patterns(uuid[]) owner to plinth_system;
grant execute on routine coditect.settle_patterns(uuid[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.shared_kinds(p_accounts uuid[], p_starts date, p_ends date)
 RETURNS TABLE(account_id uuid, kinds text[])
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.shared_kinds(uuid[],date,date) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.shown_edges(p_edges coditect.graph_edge[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine coditect.shown_edges(coditect.graph_edge[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.shown_messages(p_ids uuid[])
 RETURNS uuid[]
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.shown_messages(uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.shown_nodes(p_account uuid, p_ids uuid[], p_kinds text[], p_depths integer[], p_user uuid, p_teams uuid[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.shown_nodes(uuid,uuid[],text[],integer[],uuid,uuid[]) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.subscription(p_account uuid)
 RETURNS billing.subscriptions
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.subscription(uuid) to plinth_system;
grant execute on routine coditect.subscription(uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.supersede(p_decision uuid, p_by uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.supersede(uuid,uuid) owner to plinth_system;
grant execute on routine coditect.supersede(uuid,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION coditect.teams_of(p_account uuid, p_user uuid)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE;
grant execute on routine coditect.teams_of(uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION coditect.unmerge_files(p_merge uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine coditect.unmerge_files(uuid) owner to plinth_system;
grant execute on routine coditect.unmerge_files(uuid) to plinth_tenant;

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
 STABLE PARALLEL SAFE;
grant execute on routine entitlements.default_timeline(uuid,text) to plinth_system;

CREATE OR REPLACE FUNCTION entitlements.has_default(p_account uuid, p_holds text, p_most integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on routine entitlements.has_default(uuid,text,integer) to plinth_system;
grant execute on routine entitlements.has_default(uuid,text,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.most_included(p_account uuid, p_product text, p_limit text, p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE;
grant execute on routine entitlements.most_included(uuid,text,text,timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION entitlements.segment(p_account uuid, p_product text, p_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on routine entitlements.segment(uuid,text,timestamp with time zone) to plinth_system;
grant execute on routine entitlements.segment(uuid,text,timestamp with time zone) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.segment_at(p_timeline jsonb, p_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE;
grant execute on routine entitlements.segment_at(jsonb,timestamp with time zone) to plinth_system;
grant execute on routine entitlements.segment_at(jsonb,timestamp with time zone) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.segments(p_accounts uuid[], p_products text[], p_at timestamp with time zone)
 RETURNS jsonb[]
 LANGUAGE plpgsql
 STABLE;
grant execute on routine entitlements.segments(uuid[],text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION entitlements.timeline(p_account uuid, p_product text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on routine entitlements.timeline(uuid,text) to plinth_system;
grant execute on routine entitlements.timeline(uuid,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION entitlements.ungranted(p_account uuid, p_product text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE;
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
  subject_kind text,
  constraint exports_pkey PRIMARY KEY (user_id, id),
  constraint exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(user_id) ON DELETE CASCADE,
  constraint exports_check CHECK (((bytes IS NOT NULL) = (status = 'ready'::text))),
  constraint exports_check1 CHECK (((expires_at IS NULL) = (status = 'waiting'::text))),
  constraint exports_check2 CHECK (((subject_kind IS NULL) OR (organization_id IS NOT NULL))),
  constraint exports_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'ready'::text, 'failed'::text]))),
  constraint exports_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['account'::text, 'user'::text])))
);
CREATE INDEX exports_of_operators ON erasure.exports USING btree (id) WHERE (subject_kind IS NOT NULL);
CREATE INDEX exports_of_organization ON erasure.exports USING btree (organization_id) WHERE (organization_id IS NOT NULL);
CREATE INDEX exports_over ON erasure.exports USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE UNIQUE INDEX exports_waiting ON erasure.exports USING btree (user_id, organization_id) NULLS NOT DISTINCT WHERE (status = 'waiting'::text);
alter table erasure.exports enable row level security, force row level security;
create policy own on erasure.exports for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on erasure.exports for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on erasure.exports to plinth_system;
grant select on erasure.exports to plinth_tenant;

create table erasure.proofs (
  subject_id uuid not null,
  subject_kind text not null,
  tables jsonb not null,
  created_at timestamp with time zone not null default app.now(),
  constraint proofs_pkey PRIMARY KEY (subject_id),
  constraint proofs_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['account'::text, 'user'::text]))),
  constraint proofs_tables_check CHECK ((jsonb_typeof(tables) = 'array'::text))
);
alter table erasure.proofs enable row level security, force row level security;
create policy system on erasure.proofs for all to plinth_system using (true) with check (true);
grant insert, select on erasure.proofs to plinth_system;

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
CREATE INDEX api_keys_by_id ON identity.api_keys USING btree (id);
CREATE INDEX api_keys_by_prefix ON identity.api_keys USING btree (prefix);
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
  constraint sessions_method_check CHECK ((method = ANY (ARRAY['password'::text, 'google'::text, 'firebase'::text, 'sso'::text, 'passkey'::text, 'link'::text])))
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
CREATE INDEX users_by_part ON identity.users USING gin (lower(email) gin_trgm_ops);
CREATE INDEX users_closed ON identity.users USING btree (closed_at) WHERE (closed_at IS NOT NULL);
alter table identity.users enable row level security, force row level security;
create policy own on identity.users for all to plinth_tenant using ((user_id = ( SELECT app.user_id() AS user_id))) with check ((user_id = ( SELECT app.user_id() AS user_id)));
create policy system on identity.users for all to plinth_system using (true) with check (true);
grant delete, insert, select, update on identity.users to plinth_system;

CREATE OR REPLACE FUNCTION identity.give_back_guess(p_keys text[], p_seconds integer[], p_whole boolean[])
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine identity.give_back_guess(text[],integer[],boolean[]) to plinth_system;

CREATE OR REPLACE FUNCTION identity.is_cut_off(p_account uuid, p_makers uuid[])
 RETURNS boolean
 LANGUAGE sql
 STABLE;
grant execute on routine identity.is_cut_off(uuid,uuid[]) to plinth_system;
grant execute on routine identity.is_cut_off(uuid,uuid[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION identity.take_guess(p_keys text[], p_free integer[], p_seconds integer[], p_asks integer[], p_waits boolean[])
 RETURNS TABLE(verdict text, seconds integer)
 LANGUAGE plpgsql;
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
  traceparent text,
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
 SET lock_timeout TO '10s';
alter routine jobs.announce(uuid,text[],integer,integer,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announce_anew(p_account uuid, p_job uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.announce_anew(uuid,uuid) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announce_lane(p_holder uuid, p_kinds text[], p_lane text, p_most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.announce_lane(uuid,text[],text,integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.announced(p_holder uuid, p_jobs uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.announced(uuid,uuid[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.cancel(p_account uuid, p_job uuid, p_keep boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.cancel(uuid,uuid,boolean) owner to plinth_system;
grant execute on routine jobs.cancel(uuid,uuid,boolean) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.check_lease(p_holder uuid, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine jobs.check_lease(uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.close_orphans()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.close_orphans() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.depth()
 RETURNS TABLE(lane text, state text, count bigint)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.depth() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.finish(p_job uuid, p_holder uuid, p_fence integer, p_state text, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.finish(uuid,uuid,integer,text,text) owner to plinth_system;
grant execute on routine jobs.finish(uuid,uuid,integer,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.hand_over(p_job uuid, p_holder uuid, p_fence integer, p_kinds text[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.hand_over(uuid,uuid,integer,text[]) owner to plinth_system;
grant execute on routine jobs.hand_over(uuid,uuid,integer,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.held(p_job uuid, p_holder uuid, p_fence integer)
 RETURNS jobs.jobs
 LANGUAGE plpgsql;
grant execute on routine jobs.held(uuid,uuid,integer) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.is_batch_late(p_kinds text[], p_now timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql;
grant execute on routine jobs.is_batch_late(text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.next_due()
 RETURNS double precision
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.next_due() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.oldest()
 RETURNS TABLE(lane text, seconds double precision)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.oldest() owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.postpone(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.postpone(uuid,uuid,integer,interval,text) owner to plinth_system;
grant execute on routine jobs.postpone(uuid,uuid,integer,interval,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.progress(p_job uuid, p_holder uuid, p_fence integer, p_done integer, p_total integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.progress(uuid,uuid,integer,integer,integer) owner to plinth_system;
grant execute on routine jobs.progress(uuid,uuid,integer,integer,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.promote(p_now timestamp with time zone, p_kinds text[])
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine jobs.promote(timestamp with time zone,text[]) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.prune(p_older interval)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.prune(interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.recover(p_holder uuid, p_known uuid[], p_kinds text[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.recover(uuid,uuid[],text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.replay(p_job uuid, p_permit uuid, p_kinds text[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.replay(uuid,uuid,text[]) owner to plinth_system;
grant execute on routine jobs.replay(uuid,uuid,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.retry(p_job uuid, p_holder uuid, p_fence integer, p_delay interval, p_error text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.retry(uuid,uuid,integer,interval,text) owner to plinth_system;
grant execute on routine jobs.retry(uuid,uuid,integer,interval,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.start(j jobs.jobs, p_holder uuid, p_now timestamp with time zone, OUT job jsonb, OUT permit jsonb)
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine jobs.start(jobs.jobs,uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take(p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_room_of jsonb DEFAULT '{}'::jsonb)
 RETURNS TABLE(job jsonb, permit jsonb)
 LANGUAGE plpgsql;
grant execute on routine jobs.take(uuid,text[],integer,integer,boolean,jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take_one(p_holder uuid, p_account uuid, p_job uuid, p_kinds text[], p_lanes text[])
 RETURNS TABLE(job jsonb, permit jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.take_one(uuid,uuid,uuid,text[],text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take_up(p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_room_of jsonb)
 RETURNS TABLE(job jsonb, permit jsonb, due double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.take_up(uuid,text[],integer,integer,boolean,jsonb) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.take_up(p_holder uuid, p_kinds text[], p_room integer, p_batch_room integer, p_after_batch boolean, p_full text[] DEFAULT '{}'::text[])
 RETURNS TABLE(job jsonb, permit jsonb, due double precision)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.take_up(uuid,text[],integer,integer,boolean,text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION jobs.turn_for(p_account uuid, p_lane text, p_kept bigint, p_kinds text[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine jobs.turn_for(uuid,text,bigint,text[]) owner to plinth_system;
grant execute on routine jobs.turn_for(uuid,text,bigint,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION jobs.unbegin(p_holder uuid, p_begun uuid[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
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

create table limits.denials (
  account_id uuid not null,
  hour timestamp with time zone not null,
  product text not null,
  feature text not null,
  name text not null,
  plan text not null,
  kind text not null,
  denied bigint not null,
  used bigint not null,
  size bigint not null,
  last_at timestamp with time zone not null,
  last_request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint denials_pkey PRIMARY KEY (account_id, hour, product, feature, name, plan),
  constraint denials_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint denials_denied_check CHECK ((denied > 0))
);
CREATE INDEX denials_by_hour ON limits.denials USING btree ((hour AT TIME ZONE 'UTC'::text));
alter table limits.denials enable row level security, force row level security;
create policy system on limits.denials for all to plinth_system using (true) with check (true);
create policy tenant on limits.denials for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.denials to plinth_system;
grant select on limits.denials to plinth_tenant;

create table limits.errors (
  account_id uuid not null,
  hour timestamp with time zone not null,
  route text not null,
  code text not null,
  status integer not null,
  failed bigint not null,
  last_at timestamp with time zone not null,
  last_request_id text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint errors_pkey PRIMARY KEY (account_id, hour, route, code),
  constraint errors_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE,
  constraint errors_failed_check CHECK ((failed > 0))
);
CREATE INDEX errors_by_hour ON limits.errors USING btree ((hour AT TIME ZONE 'UTC'::text));
alter table limits.errors enable row level security, force row level security;
create policy system on limits.errors for all to plinth_system using (true) with check (true);
create policy tenant on limits.errors for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on limits.errors to plinth_system;
grant select on limits.errors to plinth_tenant;

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
  steps integer[],
  constraint usage_events_pkey PRIMARY KEY (account_id, id),
  constraint usage_events_attempt_check CHECK ((attempt > 0)),
  constraint usage_events_check CHECK ((((cost >= 0) AND (charged >= 0)) OR (corrects IS NOT NULL))),
  constraint usage_events_reserve_check CHECK ((reserve >= 0)),
  constraint usage_events_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'posted'::text, 'voided'::text]))),
  constraint usage_events_steps_check CHECK ((cardinality(steps) = 5))
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
 LANGUAGE plpgsql;
grant execute on routine limits.abandon(limits.permits,text,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjust_credits(p_account uuid, p_product text, p_rule limits.rule, p_units bigint, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql;
grant execute on routine limits.adjust_credits(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjust_event(p_account uuid, p_event uuid, p_adjustment uuid, p_id uuid, p_cost bigint)
 RETURNS bigint
 LANGUAGE plpgsql;
grant execute on routine limits.adjust_event(uuid,uuid,uuid,uuid,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjust_limit(p_account uuid, p_product text, p_rule limits.rule, p_amount bigint)
 RETURNS bigint
 LANGUAGE plpgsql;
grant execute on routine limits.adjust_limit(uuid,text,limits.rule,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.adjusted_units(p_account uuid, p_product text, p_limit text, p_per text, p_starts bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE;
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
 SET lock_timeout TO '10s';
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
 SET lock_timeout TO '10s';
alter routine limits.admit_within(accounts.spender,text,limits.basis,limits.request[],uuid,boolean) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.after_jump(p_meter limits.meters, p_now timestamp with time zone)
 RETURNS limits.meters
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.after_jump(limits.meters,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.anchor(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.anchor(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.answer_here(p_permit uuid, p_route text, p_key_hash text, p_status integer, p_headers jsonb, p_body jsonb, p_sealed text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.answer_here(uuid,text,text,integer,jsonb,jsonb,text) owner to plinth_system;
grant execute on routine limits.answer_here(uuid,text,text,integer,jsonb,jsonb,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.attach(p_permit uuid, p_holder uuid, p_fence integer, p_job uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.attach(uuid,uuid,integer,uuid) owner to plinth_system;
grant execute on routine limits.attach(uuid,uuid,integer,uuid) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.bear(p_permit limits.permits, p_amount bigint, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.bear(limits.permits,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.billing_period(p_anchor timestamp with time zone, p_now timestamp with time zone)
 RETURNS limits.span
 LANGUAGE plpgsql
 IMMUTABLE;
grant execute on routine limits.billing_period(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.cancel(p_account uuid, p_permit uuid, p_keep boolean)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.cancel(uuid,uuid,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.charge(p_account uuid, p_scope text, p_name text, p_start bigint, p_amount bigint)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.charge(uuid,text,text,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.charge_all(p_account uuid, p_user uuid, p_key uuid, p_budgets accounts.key_budget[], p_features limits.feature[], p_events limits.reported[], p_now timestamp with time zone)
 RETURNS limits.charged[]
 LANGUAGE plpgsql;
grant execute on routine limits.charge_all(uuid,uuid,uuid,accounts.key_budget[],limits.feature[],limits.reported[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.charge_reported(p_account uuid, p_scope text, p_rule limits.rule, p_size bigint, p_events limits.reported[], p_now timestamp with time zone)
 RETURNS limits.charged
 LANGUAGE plpgsql;
grant execute on routine limits.charge_reported(uuid,text,limits.rule,bigint,limits.reported[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_plain(p_product text, c limits.closing)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.close_plain(text,limits.closing) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_plain(p_product text, c limits.closing, p_steps integer[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.close_plain(text,limits.closing,integer[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_plain(p_accounts uuid[], p_products text[], p_closings limits.closing[])
 RETURNS TABLE(cost bigint)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.close_plain(uuid[],text[],limits.closing[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_plain(p_accounts uuid[], p_products text[], p_closings limits.closing[], p_steps text[])
 RETURNS TABLE(cost bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.close_plain(uuid[],text[],limits.closing[],text[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.close_seats(p_product text, p_name text, p_most integer)
 RETURNS SETOF limits.seats
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.close_seats(text,text,integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.count_spending(p_permit limits.permits, p_corrections uuid[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql;
grant execute on routine limits.count_spending(limits.permits,uuid[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.credits_due(p_account uuid, p_product text, p_rule limits.rule, p_size bigint, p_now timestamp with time zone, OUT period limits.span, OUT planned bigint, OUT rolled bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.credits_due(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.denial(p_feature limits.feature, p_run limits.run, p_request limits.request, p_scopes text[], p_plan text, p_now timestamp with time zone, p_max bigint[], p_taken bigint[], p_start bigint[], p_number bigint, p_units bigint, p_cost bigint)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.denial(limits.feature,limits.run,limits.request,text[],text,timestamp with time zone,bigint[],bigint[],bigint[],bigint,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.disown(p_items jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.disown(jsonb) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.draw(p_account uuid, p_product text, p_name text, p_units bigint, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.draw(uuid,text,text,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.drop_anchor(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.drop_anchor(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.due_alerts(p_max integer)
 RETURNS TABLE(alert limits.alerts, is_last boolean)
 LANGUAGE plpgsql;
grant execute on routine limits.due_alerts(integer) to plinth_system;

CREATE OR REPLACE FUNCTION limits.end_holders(p_id uuid, p_others boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.end_holders(uuid,boolean) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.end_seats(p_product text, p_name text, p_machine text, p_why text)
 RETURNS SETOF limits.seats
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.end_seats(text,text,text,text) owner to plinth_system;
grant execute on routine limits.end_seats(text,text,text,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.end_seats_of(p_account uuid, p_product text, p_name text, p_machine text, p_why text)
 RETURNS SETOF limits.seats
 LANGUAGE plpgsql;
grant execute on routine limits.end_seats_of(uuid,text,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.extend(p_permit limits.permits, p_short bigint, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.extend(limits.permits,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.failures(p_account uuid, p_day bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE;
grant execute on routine limits.failures(uuid,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.finish(p_permit limits.permits, p_failed boolean, p_reason text, p_now timestamp with time zone, p_kept boolean DEFAULT false, OUT cost bigint, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.finish(limits.permits,boolean,text,timestamp with time zone,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.free_seat(p_product text, p_name text, p_machine text, p_fence integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.free_seat(text,text,text,integer) owner to plinth_system;
grant execute on routine limits.free_seat(text,text,text,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.gauge_here(p_product text, p_name text, p_delta bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.gauge_here(text,text,bigint) owner to plinth_system;
grant execute on routine limits.gauge_here(text,text,bigint) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.give_back(p_permit limits.permits, p_unused bigint, OUT charges jsonb, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.give_back(limits.permits,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.give_back_plain(p_meters limits.meters[], p_closings limits.closing[], p_costs bigint[], p_reserves bigint[], p_charges jsonb[])
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.give_back_plain(limits.meters[],limits.closing[],bigint[],bigint[],jsonb[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.give_back_rates(p_keys text[], p_ends bigint[], p_counts integer[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.give_back_rates(text[],bigint[],integer[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.governing(p_states limits.operator_state[], p_product text, p_feature text, p_plan text, p_provider text, OUT budgets uuid[], OUT closed uuid)
 RETURNS record
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.governing(limits.operator_state[],text,text,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.instant(p_micros bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine limits.instant(bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.is_outside(p_holder uuid)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine limits.is_outside(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.is_own(p_holder uuid)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine limits.is_own(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.key_budget(p_account uuid, p_scope text)
 RETURNS bigint
 LANGUAGE sql
 STABLE;
grant execute on routine limits.key_budget(uuid,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.key_rules(p_budgets accounts.key_budget[])
 RETURNS limits.rule[]
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.key_rules(accounts.key_budget[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.keys_are_locked(p_permit limits.permits)
 RETURNS boolean
 LANGUAGE sql;
grant execute on routine limits.keys_are_locked(limits.permits) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lease_of(p_seat limits.seats, p_borrow integer, p_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.lease_of(limits.seats,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.leases_from(p_seat limits.seats)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.leases_from(limits.seats) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lend(p_permit uuid, p_holder uuid, p_fence integer, p_to uuid, p_seconds integer)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.lend(uuid,uuid,integer,uuid,integer) owner to plinth_system;
grant execute on routine limits.lend(uuid,uuid,integer,uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.lock_for_steps(p_steps jsonb)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.lock_for_steps(jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_meter(p_account uuid, p_product text, p_wait boolean)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql;
grant execute on routine limits.lock_meter(uuid,text,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_meters(p_accounts uuid[], p_products text[], OUT held limits.meters[], OUT locked_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.lock_meters(uuid[],text[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_rates(p_keys text[], OUT starts timestamp with time zone[], OUT used integer[], OUT locked_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.lock_rates(text[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.lock_seats(p_account uuid, p_product text, p_name text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql;
grant execute on routine limits.lock_seats(uuid,text,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.may_fail(p_account uuid, p_now timestamp with time zone)
 RETURNS TABLE(reserve bigint, due_at timestamp with time zone)
 LANGUAGE sql
 STABLE;
grant execute on routine limits.may_fail(uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.micros(p_at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine limits.micros(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.move_windows(p_account uuid, p_moves limits.move[])
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.move_windows(uuid,limits.move[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.new_id(p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql;
grant execute on routine limits.new_id(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note(p_account uuid, p_product text, p_scope text, p_name text, p_kind text, p_per text, p_start bigint, p_before bigint, p_after bigint, p_size bigint, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.note(uuid,text,text,text,text,text,bigint,bigint,bigint,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_charge(p_account uuid, p_product text, p_scope text, p_name text, p_kind text, p_per text, p_start bigint, p_amount bigint, p_moved boolean, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.note_charge(uuid,text,text,text,text,text,bigint,bigint,boolean,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_credits(p_account uuid, p_product text, p_rule limits.rule, p_units bigint, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.note_credits(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_posting()
 RETURNS trigger
 LANGUAGE plpgsql;
grant execute on routine limits.note_posting() to plinth_system;

CREATE OR REPLACE FUNCTION limits.note_postings()
 RETURNS trigger
 LANGUAGE plpgsql;
grant execute on routine limits.note_postings() to plinth_system;

CREATE OR REPLACE FUNCTION limits.occupied_until(p_seat limits.seats)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.occupied_until(limits.seats) to plinth_system;

CREATE OR REPLACE FUNCTION limits.open_permits(p_accounts uuid[], p_products text[], p_now timestamp with time zone)
 RETURNS jsonb[]
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.open_permits(uuid[],text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.open_since(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE;
grant execute on routine limits.open_since(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.open_slots(p_account uuid, p_product text, p_now timestamp with time zone)
 RETURNS TABLE(slot text, open bigint)
 LANGUAGE sql
 STABLE ROWS 3;
grant execute on routine limits.open_slots(uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.operator_states(p_now timestamp with time zone)
 RETURNS limits.operator_state[]
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.operator_states(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.plan_required(p_feature limits.feature, p_needs jsonb, p_segment jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.plan_required(limits.feature,jsonb,jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.post_calls(p_permit limits.permits, p_calls jsonb, p_held boolean, p_fence integer, p_now timestamp with time zone, OUT cost bigint, OUT charged bigint)
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.post_calls(limits.permits,jsonb,boolean,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.post_plain(p_closings limits.closing[], p_costs bigint[], p_steps text[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql;
grant execute on routine limits.post_plain(limits.closing[],bigint[],text[],timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.prolong(p_permit limits.permits, p_next jsonb, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.prolong(limits.permits,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.refill(p_account uuid, p_product text, p_rule limits.rule, p_size bigint, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql;
grant execute on routine limits.refill(uuid,text,limits.rule,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql;
grant execute on routine limits.refuse_change() to plinth_system;

CREATE OR REPLACE FUNCTION limits.renew_holder(p_id uuid, p_ttl interval)
 RETURNS TABLE(holders integer, older integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.renew_holder(uuid,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.renew_seats(p_renewals limits.renewal[], p_tokens integer[] DEFAULT NULL::integer[])
 RETURNS TABLE(kind text, expires_at timestamp with time zone, offline_until timestamp with time zone, offline_from timestamp with time zone, at timestamp with time zone, token integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET enable_seqscan TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.renew_seats(limits.renewal[],integer[]) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.repeated(p_request limits.request, p_holder uuid, p_refused text, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql;
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
 SET lock_timeout TO '10s';
alter routine limits.report(uuid,uuid,uuid,text,text[],limits.feature[],limits.reported[]) owner to plinth_system;
grant execute on routine limits.report(uuid,uuid,uuid,text,text[],limits.feature[],limits.reported[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.resolve(p_item jsonb, p_now timestamp with time zone, OUT answer jsonb, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.resolve(jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.resolve_batch(p_batch jsonb)
 RETURNS TABLE(i integer, answer jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.resolve_batch(jsonb) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.resolve_here(p_item jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.resolve_here(jsonb) owner to plinth_system;
grant execute on routine limits.resolve_here(jsonb) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.return_credits(p_account uuid, p_charges jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE sql;
grant execute on routine limits.return_credits(uuid,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.return_units(p_permit limits.permits, p_units integer, p_now timestamp with time zone, OUT permit limits.permits, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.return_units(limits.permits,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.room_for_members(p_gauges jsonb, p_more integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.room_for_members(jsonb,integer) owner to plinth_system;
grant execute on routine limits.room_for_members(jsonb,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.send(p_permit limits.permits, p_next jsonb, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.send(limits.permits,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.set_operator_budget(p_id uuid, p_product text, p_feature text, p_provider text, p_plan text, p_daily bigint, p_closed boolean)
 RETURNS uuid
 LANGUAGE plpgsql;
grant execute on routine limits.set_operator_budget(uuid,text,text,text,text,bigint,boolean) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settle(p_permit limits.permits, p_units integer, p_now timestamp with time zone, OUT cost bigint, OUT moves limits.move[])
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine limits.settle(limits.permits,integer,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settled_before(p_account uuid, p_product text, p_from uuid, p_now timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 STABLE;
grant execute on routine limits.settled_before(uuid,text,uuid,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settled_steps(p_steps integer[])
 RETURNS integer[]
 LANGUAGE sql;
grant execute on routine limits.settled_steps(integer[]) to plinth_system;

CREATE OR REPLACE FUNCTION limits.settled_units(p_account uuid, p_product text, p_limit text, p_from uuid, p_since timestamp with time zone, p_below uuid)
 RETURNS TABLE(starts bigint, per text, units bigint, below bigint)
 LANGUAGE sql
 STABLE;
grant execute on routine limits.settled_units(uuid,text,text,uuid,timestamp with time zone,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.sixtieth(p_per text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine limits.sixtieth(text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.slide(p_meter limits.meters, p_name text, p_per text, p_now bigint, p_units bigint)
 RETURNS limits.meters
 LANGUAGE plpgsql
 IMMUTABLE;
grant execute on routine limits.slide(limits.meters,text,text,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.slides_open(p_account uuid, p_scope text, p_per text, p_now timestamp with time zone, p_room bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE;
grant execute on routine limits.slides_open(uuid,text,text,timestamp with time zone,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.spent(p_alert limits.alerts)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.spent(limits.alerts) to plinth_system;

CREATE OR REPLACE FUNCTION limits.spoken_for(p_account uuid, p_permit uuid, p_event uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE;
grant execute on routine limits.spoken_for(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.start_holder(p_id uuid, p_kind text, p_ttl interval)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.start_holder(uuid,text,interval) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.steps_of(p_steps jsonb)
 RETURNS integer[]
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.steps_of(jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.sweep(p_max integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.sweep(integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.take(p_account uuid, p_permit uuid, p_holder uuid)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.take(uuid,uuid,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION limits.take_rates(p_keys text[], p_callers integer[], p_slots integer[], p_maxima integer[], p_spares integer[], p_share integer)
 RETURNS TABLE(left_over integer, spare integer, ends bigint, milliseconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
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
 SET lock_timeout TO '10s';
alter routine limits.take_rates_alone(text[],integer[],integer[],integer) owner to plinth_system;

CREATE OR REPLACE FUNCTION limits.take_seat(p_product text, p_name text, p_machine text, p_id uuid, p_ttl interval, p_size bigint, p_offline integer, p_resumed integer, p_token integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.take_seat(text,text,text,uuid,interval,bigint,integer,integer,integer) owner to plinth_system;
grant execute on routine limits.take_seat(text,text,text,uuid,interval,bigint,integer,integer,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.time_after(p_seen bigint)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql;
grant execute on routine limits.time_after(bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.trusted(p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine limits.trusted(timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.try_too_many(p_permit limits.permits, p_next jsonb, p_now timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql;
grant execute on routine limits.try_too_many(limits.permits,jsonb,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.unserved(p_account uuid, p_permit uuid, p_reason text, p_now timestamp with time zone)
 RETURNS limits.move[]
 LANGUAGE plpgsql;
grant execute on routine limits.unserved(uuid,uuid,text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.usage_here(p_rules jsonb)
 RETURNS TABLE(product text, name text, used bigint, size bigint, resets_at timestamp with time zone, balance bigint, next_expiry timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine limits.usage_here(jsonb) owner to plinth_system;
grant execute on routine limits.usage_here(jsonb) to plinth_tenant;

CREATE OR REPLACE FUNCTION limits.usage_of(p_account uuid, p_rules jsonb)
 RETURNS TABLE(product text, name text, used bigint, size bigint, resets_at timestamp with time zone, balance bigint, next_expiry timestamp with time zone)
 LANGUAGE plpgsql;
grant execute on routine limits.usage_of(uuid,jsonb) to plinth_system;

CREATE OR REPLACE FUNCTION limits.used_within(p_meter limits.meters, p_per text, p_now bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine limits.used_within(limits.meters,text,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_begins(p_account uuid, p_per text, p_span limits.span, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE;
grant execute on routine limits.window_begins(uuid,text,limits.span,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_end(p_per text, p_start bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on routine limits.window_end(text,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_of(p_account uuid, p_product text, p_per text, p_stored bigint, p_now timestamp with time zone)
 RETURNS limits.span
 LANGUAGE plpgsql
 STABLE;
grant execute on routine limits.window_of(uuid,text,text,bigint,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.window_start(p_per text, p_now timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on routine limits.window_start(text,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION limits.zoned_end(p_per text, p_at timestamp with time zone, p_zone text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE;
grant execute on routine limits.zoned_end(text,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.zoned_start(p_per text, p_at timestamp with time zone, p_zone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE;
grant execute on routine limits.zoned_start(text,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION limits.zoned_window(p_account uuid, p_per text, p_stored bigint, p_now timestamp with time zone)
 RETURNS limits.span
 LANGUAGE plpgsql
 STABLE;
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
  section_id uuid,
  constraint presence_pkey PRIMARY KEY (account_id, scope_id, user_id, process_id),
  constraint presence_account_id_scope_id_fkey FOREIGN KEY (account_id, scope_id) REFERENCES orbit.scopes(account_id, id) ON DELETE CASCADE
);
CREATE INDEX presence_of_process ON orbit.presence USING btree (process_id);
CREATE INDEX presence_to_prune ON orbit.presence USING btree (expires_at);
alter table orbit.presence enable row level security, force row level security;
create policy system on orbit.presence for all to plinth_system using (true) with check (true);
create policy tenant on orbit.presence for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on orbit.presence to plinth_system;
grant select, update on orbit.presence to plinth_tenant;

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
 IMMUTABLE;
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
 SET lock_timeout TO '10s';
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

-- ==================== privacy

create table privacy.budgets (
  starts_on date not null,
  ends_on date not null,
  spent_numerator numeric not null default 0,
  spent_denominator numeric not null default 1,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint budgets_pkey PRIMARY KEY (starts_on),
  constraint budgets_check CHECK ((ends_on > starts_on)),
  constraint budgets_check1 CHECK (((spent_numerator >= (0)::numeric) AND (spent_numerator <= spent_denominator))),
  constraint budgets_spent_denominator_check CHECK ((spent_denominator > (0)::numeric)),
  constraint budgets_daterange_excl EXCLUDE USING gist (daterange(starts_on, ends_on) WITH &&)
);
alter table privacy.budgets enable row level security, force row level security;
create policy system on privacy.budgets for all to plinth_system using (true) with check (true);
grant insert, select, update on privacy.budgets to plinth_system;

create table privacy.participants (
  account_id uuid not null,
  created_at timestamp with time zone not null default app.now(),
  constraint participants_pkey PRIMARY KEY (account_id),
  constraint participants_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE
);
alter table privacy.participants enable row level security, force row level security;
create policy system on privacy.participants for all to plinth_system using (true) with check (true);
create policy tenant on privacy.participants for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, select, update on privacy.participants to plinth_system;
grant delete, insert, select on privacy.participants to plinth_tenant;

create table privacy.releases (
  product text not null,
  starts_on date not null,
  epsilon_numerator bigint not null,
  epsilon_denominator bigint not null,
  most_kinds integer not null,
  minimum_group integer not null,
  kinds integer not null,
  counts jsonb not null,
  created_at timestamp with time zone not null default app.now(),
  constraint releases_pkey PRIMARY KEY (product, starts_on),
  constraint releases_starts_on_fkey FOREIGN KEY (starts_on) REFERENCES privacy.budgets(starts_on),
  constraint releases_epsilon_denominator_check CHECK ((epsilon_denominator > 0)),
  constraint releases_epsilon_numerator_check CHECK ((epsilon_numerator > 0)),
  constraint releases_kinds_check CHECK ((kinds > 0)),
  constraint releases_minimum_group_check CHECK ((minimum_group > 0)),
  constraint releases_most_kinds_check CHECK ((most_kinds > 0)),
  constraint releases_product_check CHECK (((length(product) >= 2) AND (length(product) <= 30)))
);
CREATE INDEX releases_by_period ON privacy.releases USING btree (starts_on, product);
alter table privacy.releases enable row level security, force row level security;
create policy system on privacy.releases for all to plinth_system using (true) with check (true);
grant insert, select on privacy.releases to plinth_system;

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
 SET lock_timeout TO '10s';
alter routine reel.newest_matches(jsonb,timestamp with time zone,uuid,timestamp with time zone,uuid,integer) owner to plinth_system;
grant execute on routine reel.newest_matches(jsonb,timestamp with time zone,uuid,timestamp with time zone,uuid,integer) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.queries_of(p_account uuid, p_trashed boolean, p_text text, OUT stemmings text[], OUT queries tsquery[], OUT broad tsquery[])
 RETURNS record
 LANGUAGE sql
 STABLE;
grant execute on routine reel.queries_of(uuid,boolean,text) to plinth_system;

CREATE OR REPLACE FUNCTION reel.read_matches(p_cursor refcursor, p_most integer, p_limit integer, OUT ids uuid[], OUT near integer, OUT next_at timestamp with time zone, OUT next_id uuid)
 RETURNS record
 LANGUAGE plpgsql;
grant execute on routine reel.read_matches(refcursor,integer,integer) to plinth_system;

CREATE OR REPLACE FUNCTION reel.search_vector(p_stemming text, p_title text, p_hook text, p_body text, p_rest text[])
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine reel.search_vector(text,text,text,text,text[]) to plinth_system;
grant execute on routine reel.search_vector(text,text,text,text,text[]) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.section(p_account uuid, p_trashed boolean, p_stemming text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine reel.section(uuid,boolean,text) to plinth_system;
grant execute on routine reel.section(uuid,boolean,text) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.stemming(p_language text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE;
grant execute on routine reel.stemming(text) to plinth_system;
grant execute on routine reel.stemming(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION reel.stemmings(p_account uuid, p_trashed boolean)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE;
grant execute on routine reel.stemmings(uuid,boolean) to plinth_system;

-- ==================== reports

create type reports.cell as (account_id uuid, slot timestamp with time zone, user_id uuid, plan text, product text, feature text, key_id uuid, provider text, model text, own boolean, calls bigint, estimated_calls bigint, prompt_tokens bigint, cached_tokens bigint, completion_tokens bigint, reasoning_tokens bigint, posted bigint, estimated bigint, corrections bigint, charged bigint);

create table reports.ledger_archives (
  account_id uuid not null,
  month date not null,
  key text not null,
  sha256 text not null,
  bytes bigint not null,
  events bigint not null,
  cost bigint not null,
  charged bigint not null,
  last_call_at timestamp with time zone not null,
  cells text not null,
  deleted_at timestamp with time zone,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  constraint ledger_archives_pkey PRIMARY KEY (account_id, month)
);
CREATE INDEX ledger_archives_to_delete ON reports.ledger_archives USING btree (account_id, month) WHERE (deleted_at IS NULL);
alter table reports.ledger_archives enable row level security, force row level security;
create policy system on reports.ledger_archives for all to plinth_system using (true) with check (true);
create policy tenant on reports.ledger_archives for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on reports.ledger_archives to plinth_system;

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
 LANGUAGE sql;
grant execute on routine reports.add(reports.cell[]) to plinth_system;

CREATE OR REPLACE FUNCTION reports.archive_refusal(p_account uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_below uuid)
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine reports.archive_refusal(uuid,timestamp with time zone,timestamp with time zone,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION reports.archived_rows(p_account uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_below uuid)
 RETURNS SETOF limits.usage_events
 LANGUAGE sql
 STABLE;
grant execute on routine reports.archived_rows(uuid,timestamp with time zone,timestamp with time zone,uuid) to plinth_system;

CREATE OR REPLACE FUNCTION reports.cell_of(e limits.usage_events, p limits.permits, p_times integer)
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE;
grant execute on routine reports.cell_of(limits.usage_events,limits.permits,integer) to plinth_system;

CREATE OR REPLACE FUNCTION reports.cells_digest(p_account uuid, p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine reports.cells_digest(uuid,timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.currency_of(p_account uuid, p_product text, p_before timestamp with time zone, p_mode text)
 RETURNS text
 LANGUAGE sql
 STABLE;
grant execute on routine reports.currency_of(uuid,text,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION reports.delete_archived(p_account uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_below uuid, p_max integer)
 RETURNS integer
 LANGUAGE plpgsql;
grant execute on routine reports.delete_archived(uuid,timestamp with time zone,timestamp with time zone,uuid,integer) to plinth_system;

CREATE OR REPLACE FUNCTION reports.differences(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE;
grant execute on routine reports.differences(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.note_archive(p_account uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_below uuid, p_key text, p_sha256 text, p_bytes bigint, p_events bigint, p_cost bigint, p_charged bigint)
 RETURNS text
 LANGUAGE plpgsql;
grant execute on routine reports.note_archive(uuid,timestamp with time zone,timestamp with time zone,uuid,text,text,bigint,bigint,bigint,bigint) to plinth_system;

CREATE OR REPLACE FUNCTION reports.repair(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql;
grant execute on routine reports.repair(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.revenue(p_from timestamp with time zone, p_until timestamp with time zone, p_mode text)
 RETURNS TABLE(account_id uuid, kind text, source text, product text, plan text, item text, currency text, sales integer, gross bigint, fee bigint, tax bigint, fee_known boolean, occurred_at timestamp with time zone)
 LANGUAGE sql
 STABLE;
grant execute on routine reports.revenue(timestamp with time zone,timestamp with time zone,text) to plinth_system;

CREATE OR REPLACE FUNCTION reports.roll(p_max integer)
 RETURNS integer
 LANGUAGE plpgsql;
grant execute on routine reports.roll(integer) to plinth_system;

CREATE OR REPLACE FUNCTION reports.tail()
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE;
grant execute on routine reports.tail() to plinth_system;

CREATE OR REPLACE FUNCTION reports.usage(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF reports.cell
 LANGUAGE sql
 STABLE;
grant execute on routine reports.usage(timestamp with time zone,timestamp with time zone) to plinth_system;

CREATE OR REPLACE FUNCTION reports.usage_here(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF reports.cell
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine reports.usage_here(timestamp with time zone,timestamp with time zone) owner to plinth_system;
grant execute on routine reports.usage_here(timestamp with time zone,timestamp with time zone) to plinth_tenant;

-- ==================== secrets

create table secrets.data_keys (
  account_id uuid not null,
  sealed text not null,
  created_at timestamp with time zone not null default app.now(),
  constraint data_keys_pkey PRIMARY KEY (account_id),
  constraint data_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts.accounts(account_id) ON DELETE CASCADE
);
alter table secrets.data_keys enable row level security, force row level security;
create policy system on secrets.data_keys for all to plinth_system using (true) with check (true);
create policy tenant on secrets.data_keys for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on secrets.data_keys to plinth_system;
grant insert, select on secrets.data_keys to plinth_tenant;

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
 STABLE;
grant execute on routine sso.bindings(uuid) to plinth_system;

CREATE OR REPLACE FUNCTION sso.domain_of(p_email text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE;
grant execute on routine sso.domain_of(text) to plinth_system;
grant execute on routine sso.domain_of(text) to plinth_tenant;

CREATE OR REPLACE FUNCTION sso.end_other_sessions()
 RETURNS SETOF uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine sso.end_other_sessions() owner to plinth_system;
grant execute on routine sso.end_other_sessions() to plinth_tenant;

CREATE OR REPLACE FUNCTION sso.end_sessions_of_links(p_user uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine sso.end_sessions_of_links(uuid) owner to plinth_system;
grant execute on routine sso.end_sessions_of_links(uuid) to plinth_tenant;

-- ==================== vectors

create table vectors.collections (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  user_id uuid,
  name text not null,
  gauge text,
  dimensions integer,
  embedded integer not null default 0,
  bytes bigint not null default 0,
  coding integer not null default 0,
  centre bytea,
  former_centre bytea,
  centred integer not null default 0,
  recoding boolean not null default false,
  due boolean not null generated always as ((recoding OR ((embedded > 2000) AND (embedded >= (2 * centred))))) stored,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  revision bigint not null default 1,
  constraint collections_pkey PRIMARY KEY (account_id, id),
  constraint collections_account_id_product_name_user_id_key UNIQUE NULLS NOT DISTINCT (account_id, product, name, user_id),
  constraint collections_bytes_check CHECK ((bytes >= 0)),
  constraint collections_dimensions_check CHECK (((dimensions >= 2) AND (dimensions <= 2048))),
  constraint collections_embedded_check CHECK ((embedded >= 0)),
  constraint collections_gauge_check CHECK (((length(gauge) >= 1) AND (length(gauge) <= 60))),
  constraint collections_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
  constraint collections_product_check CHECK (((length(product) >= 2) AND (length(product) <= 30))),
  constraint collections_revision_check CHECK ((revision > 0))
);
CREATE INDEX collections_due ON vectors.collections USING btree (account_id, id) WHERE due;
CREATE INDEX collections_of_user ON vectors.collections USING btree (user_id) WHERE (user_id IS NOT NULL);
alter table vectors.collections enable row level security, force row level security;
create policy system on vectors.collections for all to plinth_system using (true) with check (true);
create policy tenant on vectors.collections for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on vectors.collections to plinth_system;
grant delete, insert, select, update on vectors.collections to plinth_tenant;
CREATE TRIGGER give_storage_back AFTER DELETE ON vectors.collections FOR EACH ROW WHEN (((old.gauge IS NOT NULL) AND (old.bytes > 0))) EXECUTE FUNCTION vectors.give_storage_back();

create table vectors.items (
  account_id uuid not null,
  collection_id uuid not null,
  id text not null,
  user_id uuid,
  embedding bytea,
  blob bytea not null,
  created_at timestamp with time zone not null default app.now(),
  updated_at timestamp with time zone not null default app.now(),
  revision bigint not null default 1,
  constraint items_pkey PRIMARY KEY (account_id, collection_id, id),
  constraint items_account_id_collection_id_fkey FOREIGN KEY (account_id, collection_id) REFERENCES vectors.collections(account_id, id) ON DELETE CASCADE,
  constraint items_blob_check CHECK ((octet_length(blob) <= 65536)),
  constraint items_embedding_check CHECK (((octet_length(embedding) >= 4) AND (octet_length(embedding) <= 4096))),
  constraint items_id_check CHECK (((length(id) >= 1) AND (length(id) <= 200))),
  constraint items_revision_check CHECK ((revision > 0))
);
CREATE INDEX items_by_blob ON vectors.items USING btree (account_id, collection_id, sha256(blob));
CREATE INDEX items_of_user ON vectors.items USING btree (user_id) WHERE (user_id IS NOT NULL);
alter table vectors.items enable row level security, force row level security;
create policy system on vectors.items for all to plinth_system using (true) with check (true);
create policy tenant on vectors.items for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on vectors.items to plinth_system;
grant delete, insert, select, update on vectors.items to plinth_tenant;

create table vectors.signs (
  account_id uuid not null,
  collection_id uuid not null,
  id text not null,
  coding integer not null,
  signs bit varying(2048) not null,
  constraint signs_pkey PRIMARY KEY (account_id, collection_id, id),
  constraint signs_account_id_collection_id_id_fkey FOREIGN KEY (account_id, collection_id, id) REFERENCES vectors.items(account_id, collection_id, id) ON DELETE CASCADE
);
alter table vectors.signs enable row level security, force row level security;
create policy system on vectors.signs for all to plinth_system using (true) with check (true);
create policy tenant on vectors.signs for all to plinth_tenant using ((account_id = ( SELECT app.account() AS account))) with check ((account_id = ( SELECT app.account() AS account)));
grant delete, insert, select, update on vectors.signs to plinth_system;
grant delete, insert, select, update on vectors.signs to plinth_tenant;

CREATE OR REPLACE FUNCTION vectors.give_storage_back()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '10s';
alter routine vectors.give_storage_back() owner to plinth_system;

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
 SET lock_timeout TO '10s';
alter routine webhooks.emit(uuid,text,uuid,text,jsonb) owner to plinth_system;
grant execute on routine webhooks.emit(uuid,text,uuid,text,jsonb) to plinth_tenant;
