-- Permits, the ledger, meters and holders. Functions alone write them (../functions); tenants read.
create schema limits;

-- One row per process start. Its lease keeps alive all permits that the process runs; a dead holder never revives.
create table limits.holders (
  id uuid primary key,
  kind text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('limits.holders');

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
call app.protect_tenant('limits.meters');

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
-- Open permits are few at any time: what counts them and what sweeps them both read this index. Where they are many (a queue), what
-- looks for one of them by its id, and says that it is open, finds it here too and does not read them all.
create index permits_open on limits.permits (account_id, product, id) where state in ('queued', 'running');
call app.protect_tenant('limits.permits');

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
  -- A correction by an operator (limits.adjustments), of which there may be many.
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
-- Led by the permit and not by the account, as all such indexes are: see docs/decisions/0062.
create index usage_events_of_permit on limits.usage_events (permit_id, attempt);
create unique index usage_events_one_correction on limits.usage_events (account_id, corrects)
  where corrects is not null and adjustment_id is null and not estimated;
create unique index usage_events_reported_once on limits.usage_events (account_id, reported_by, reported_id) where reported_id is not null;
call app.protect_tenant('limits.usage_events');

-- What a window of a meter is moved by.
create type limits.move as (scope text, name text, start bigint, amount bigint);

create unlogged table limits.rates (
  key text primary key,
  -- The minute begins with the first call of a key, not with the wall clock's minute.
  starts_at timestamptz not null,
  used integer not null
) with (fillfactor = 50);
call app.protect_system('limits.rates');

-- A limit of a feature, as the product declares it. share and most: how much of a window's credits is rolled over, in percent.
-- bound: of a quota, burst or budget of the account in windows of UTC, which of the present bounds (minute, hour, day, week,
-- month) it counts from: it is looked at and charged by the shortest way.
create type limits.rule as (name text, kind text, per text, counts_by text, share integer, most bigint, bound integer);

-- A feature: the options that the plan must have, in how many seconds its work is over, come what may, its limits, and whether
-- open permits are one of them.
create type limits.feature as (requires text[], longest double precision, rules limits.rule[], concurrent boolean);

-- Neighbouring requests of a batch (first to last) that are decided by the same windows. meter and feature: their places in
-- the batch; needs: {grant: least value}.
create type limits.run as (first integer, last integer, meter integer, feature integer, product text, name text, subject text, needs jsonb);

-- One request. least: the smallest reserve that makes sense; state: of the permit, queued (a job will own it) or running; twin: the
-- last earlier request of the batch under the same key.
create type limits.request as (account_id uuid, permit_id uuid, event_id uuid, user_id uuid, key_id uuid, product text, feature text, units integer,
  reserve bigint, least bigint, state text, subject text, provider text, model text, price_version text, request_id text,
  route text, key_hash text, body_hash text, twin integer);

-- What a request was granted: the rest of its permit's row.
create type limits.admitted as (reserve bigint, charges jsonb, slots text[], due_at timestamptz, operator_budgets uuid[], plan text);

-- A budget of the operator as a decision reads it.
create type limits.operator_state as (id uuid, product text, feature text, provider text, plan text, closed boolean);

-- Windows: where those that limits count in begin and end. A rule says `month`, `day@account` (in the account's own time
-- zone) or `billing_period`.
-- starts: what tells it from the one before, in epoch microseconds: its first instant, or in an account's zone its end.
create type limits.span as (starts bigint, ends timestamptz);

-- From when an account's billing periods in a product are counted: set once, by its first use after it first held a plan
-- that it was given or bought, so that no other plan, store or order of events moves it.
create table limits.anchors (
  account_id uuid not null,
  product text not null,
  starts_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, product)
);
call app.protect_tenant('limits.anchors');

-- Credits: units that are there until they are used or expire, whatever the window. What a plan gives each month, what of it
-- is rolled over, and what was bought or given on top. All changes but gifts are made under the meter of the account's product.
create table limits.credits (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  name text not null,
  source text not null check (source in ('plan', 'rollover', 'top_up', 'admin')),
  amount bigint not null check (amount > 0),
  remaining bigint not null check (remaining between 0 and amount),
  -- Null: they last.
  expires_at timestamptz,
  -- Of a plan's and of what is rolled over: the window that they are for, each once.
  period bigint check ((period is null) = (source in ('top_up', 'admin'))),
  cause text not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, product, name, source, period)
);
create index credits_to_burn on limits.credits (account_id, product, name, expires_at) where remaining > 0;
call app.protect_tenant('limits.credits');

-- Gauges: how much there is of something at this moment (bytes stored, members), changed by signed amounts in the transaction
-- that changes the thing. Rows of their own, so that a long transaction never stops a batch of decisions.
create table limits.gauges (
  account_id uuid not null,
  product text not null,
  name text not null,
  used bigint not null check (used >= 0),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, product, name)
) with (fillfactor = 70);
call app.protect_tenant('limits.gauges');

-- Seats: machines that work at once, as leases by machine. One that has run out holds nothing; its row stays for its fence, so
-- that whoever held the seat before a take-over finds out.
create table limits.seats (
  account_id uuid not null,
  product text not null,
  name text not null,
  machine text not null check (length(machine) between 1 and 200),
  id uuid not null,
  -- Raised each time that the seat is taken: by the machine's next start, or after it was freed.
  fence integer not null,
  taken_at timestamptz not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, product, name, machine)
);
create index seats_in_use on limits.seats (account_id, product, name, expires_at, machine);
call app.protect_tenant('limits.seats');

-- Budgets of the operator, over all accounts: model cost a UTC day, of all that the named product, feature, provider and plan
-- match. Closed by hand or by what was spent, it refuses everybody.
create table limits.operator_budgets (
  id uuid primary key,
  product text,
  feature text,
  provider text,
  plan text,
  -- Micro-dollars a day; null: only closed and opened by hand.
  daily bigint check (daily >= 0),
  closed boolean not null default false,
  -- The day on which the operator was last told that it is used up, and the amount that it had then.
  told_day bigint,
  told_daily bigint,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  unique nulls not distinct (product, feature, provider, plan)
);
call app.protect_system('limits.operator_budgets');

-- What was spent of them, added when permits are closed. In shards, so that settlements don't wait for each other.
create table limits.operator_spending (
  budget_id uuid not null references limits.operator_budgets (id) on delete cascade,
  day bigint not null,
  shard integer not null,
  spent bigint not null,
  primary key (budget_id, day, shard)
) with (fillfactor = 50);
call app.protect_system('limits.operator_spending');

-- Alerts: an account's use of a limit has come to 80 or 100 percent of it. Whoever moves it there writes the row, in that very
-- commit, whichever process it is; the key makes it one, however often the use falls and comes back. They are told by
-- src/platform/limits/alerts.ts. Alerted are limits of an account as a whole, and budgets of keys, that fill up over time:
-- quota, credits, budget, gauge and seats. A burst, cooldown, rate or place at once is met in passing, which is what it is for.
create table limits.alerts (
  account_id uuid not null,
  -- The meter: a product; of a key's own budget, which counts in all products, `key:` and its id.
  scope text not null,
  name text not null,
  -- The window, as the meter has it; of gauges and seats, which have none, the month.
  starts bigint not null,
  -- What the plan gave then: another plan is another limit.
  size bigint not null,
  threshold integer not null,
  product text not null,
  kind text not null check (kind in ('quota', 'credits', 'budget', 'gauge', 'seats')),
  used bigint not null,
  resets_at timestamptz,
  told_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, scope, name, starts, size, threshold)
);
create index alerts_untold on limits.alerts (created_at) where told_at is null;
call app.protect_tenant('limits.alerts');

-- The end of a permit; meter: its place among the meters. The outcome of its open call, if there is one: known says whether
-- there are figures; without them it is posted at its reserve, as an estimate.
create type limits.closing as (meter integer, account_id uuid, permit_id uuid, holder uuid, fence integer, failed boolean, reason text,
  event_id uuid, voided boolean, known boolean, tried boolean, estimated boolean, provider text, model text, provider_request_id text,
  prompt_tokens integer, cached_tokens integer, completion_tokens integer, reasoning_tokens integer, cost bigint, charged bigint, price_version text);

-- What was posted and is in no sum of the reports yet: src/platform/reports takes it from here. One row for each statement
-- that posted something, in its commit, whichever way of posting it was: a sum can miss nothing and count nothing twice.
-- The rows have no order that anybody relies on, so that a commit that comes late is taken late, and is not passed over.
create table limits.postings (
  id uuid primary key default gen_random_uuid(),
  accounts uuid[] not null,
  events uuid[] not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('limits.postings');

-- What support changes by hand, with a reason. What was posted stays as it is: the cost of a call is adjusted by a correction
-- row of the ledger, and what a limit holds by this row here. `applied` is what really changed: nothing falls below 0.
create table limits.adjustments (
  account_id uuid not null,
  id uuid not null,
  product text not null,
  name text,
  event_id uuid,
  -- cost_micros: micro-dollars of a budget or of a call.
  counted_in text not null check (counted_in in ('units', 'cost_micros')),
  asked bigint not null check (asked <> 0),
  applied bigint not null,
  reason text not null,
  made_by uuid not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check (num_nonnulls(name, event_id) = 1)
);
create index adjustments_by_id on limits.adjustments (id);
call app.protect_tenant('limits.adjustments');

-- One piece of it. feature: its place among the features of the report; id and permit_id: of our own rows.
create type limits.reported as (product text, name text, feature integer, id uuid, permit_id uuid, reported_id uuid, units integer,
  happened_at timestamptz, subject text, provider text, model text, provider_request_id text, prompt_tokens integer, cached_tokens integer,
  completion_tokens integer, reasoning_tokens integer, cost bigint, price_version text);

-- What was charged to a window: for the permits of the events that lie in it.
create type limits.charged as (product text, name text, subject text, since timestamptz, charge jsonb);
