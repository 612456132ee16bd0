-- Permits, the ledger, meters and holders. Functions alone write them (0003 to 0005); tenants read.
create schema limits;
grant usage on schema limits to plinth_tenant, plinth_system;

-- One row per process start. Its lease keeps alive all permits that the process runs; a dead holder never revives.
create table limits.holders (
  id uuid primary key,
  kind text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('limits.holders');

-- One that a backend of the account's own holds: what it says of its costs is nothing that the operator pays.
create function limits.is_own(p_holder uuid) returns boolean language sql immutable parallel safe as $$
  select p_holder is not distinct from '00000000-0000-7000-8000-000000000001'
$$;

-- Of a permit that is lent to a backend outside of this program, that backend is the holder, and no process: one of the
-- account's own (…1), or one of the operator that serves many accounts (…2). It has no lease; its permit lives until it is due.
create function limits.is_outside(p_holder uuid) returns boolean language sql immutable parallel safe as $$
  select p_holder in ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002')
$$;

-- The windows of one account and scope (a product; a product's user, key or subject), by the limit's name:
-- starts = the window's first instant in epoch microseconds (of a cooldown: its end), used = units or micro-dollars.
create table limits.meters (
  account_id uuid not null,
  scope text not null,
  names text[] not null default '{}',
  starts bigint[] not null default '{}',
  used bigint[] not null default '{}',
  seen bigint not null default 0,
  created_at timestamptz not null default app.now(),
  primary key (account_id, scope)
) with (fillfactor = 70);
call app.protect_tenant('limits.meters', 'select');

-- The latest instant, in epoch microseconds, that a row may have been written at by a clock that was right: clocks of a database and
-- of the one that takes over from it are seconds apart. A row that was written later was written by one that has been set back
-- since: it is not waited for, or the account's windows would stand still until then.
create function limits.trusted(p_now timestamptz) returns bigint language sql immutable parallel safe as $$
  select (extract(epoch from p_now) * 1000000)::bigint + 300000000
$$;

-- The time at which something is decided under a meter's lock: never behind the row's last.
create function limits.time_after(p_seen bigint) returns timestamptz language plpgsql volatile as $$
declare
  v_now timestamptz := app.now();
begin
  if p_seen <= limits.trusted(v_now) then return greatest(v_now, timestamptz 'epoch' + p_seen * interval '1 microsecond'); end if;
  return v_now;
end $$;

create table limits.permits (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  key_id uuid,
  product text not null,
  feature text not null,
  -- The plan that admitted it, `reel.pro`: reports are by what was held then.
  plan text,
  -- None: the work failed after it had cost something.
  units integer not null check (units >= 0),
  reserve bigint not null check (reserve >= 0),
  state text not null check (state in ('queued', 'running', 'settled', 'voided')),
  holder uuid not null,
  fence integer not null,
  -- The concurrency limits that it counts in, each as its meter's scope and the limit's name.
  slots text[] not null,
  -- What it charged, to give it back to the same windows: [[scope, limit, kind, start, amount, window], …], in order of time.
  -- A budget's charge without an amount holds all that the permit holds: its reserve, and once it is closed its cost.
  charges jsonb not null,
  subject text,
  -- The operator's budgets that its cost counts in, when there are any.
  operator_budgets uuid[],
  job_id uuid,
  -- The latest instant at which the work must be over; when its place is free again at the latest.
  due_at timestamptz not null,
  request_id text not null,
  reason text,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
) with (fillfactor = 80);
-- Open permits are few at any time: what counts them and what sweeps them both read this index.
create index permits_open on limits.permits (account_id, product) where state in ('queued', 'running');
call app.protect_tenant('limits.permits', 'select');

-- One provider call. pending → sent → posted or voided; posted and voided rows never change, a correction is a row of its own.
create table limits.usage_events (
  account_id uuid not null,
  id uuid not null,
  permit_id uuid not null,
  attempt integer not null check (attempt > 0),
  -- The permit's fence when the call went out, or when it was planned: only whoever made a call knows its outcome.
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
  reserve bigint not null check (reserve >= 0),
  -- Micro-dollars: what the provider may bill the operator, and what of it counts against the account's budgets. They differ
  -- where a provider failed: nobody is charged for that (docs/decisions/0047).
  cost bigint not null default 0,
  charged bigint not null default 0,
  price_version text not null,
  state text not null check (state in ('pending', 'sent', 'posted', 'voided')),
  estimated boolean not null default false,
  -- False: it never went out, or the provider had no room for it (429). It is none of the tries that the work has.
  tried boolean not null default true,
  corrects uuid,
  -- A correction by an operator (0014), of which there may be many.
  adjustment_id uuid,
  -- Of what was metered elsewhere: by which kind of backend and under which id, which counts once for ever; and when it happened.
  reported_by uuid,
  reported_id uuid,
  happened_at timestamptz,
  request_id text not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check (cost >= 0 and charged >= 0 or corrects is not null)
) with (fillfactor = 80);
create index usage_events_of_permit on limits.usage_events (account_id, permit_id, attempt);
create unique index usage_events_one_correction on limits.usage_events (account_id, corrects)
  where corrects is not null and adjustment_id is null and not estimated;
create unique index usage_events_reported_once on limits.usage_events (account_id, reported_by, reported_id) where reported_id is not null;
call app.protect_tenant('limits.usage_events', 'select');

-- What a window of a meter is moved by.
create type limits.move as (scope text, name text, start bigint, amount bigint);

create function limits.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'a % usage event never changes', old.state using errcode = 'PL011';
end $$;
create trigger usage_events_final before update on limits.usage_events
  for each row when (old.state in ('posted', 'voided')) execute function limits.refuse_change();
