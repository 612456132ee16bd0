-- What was sold, and the money that moved for it. Tenants read; only the system role writes.
create table billing.subscriptions (
  account_id uuid not null,
  id uuid not null,
  store text not null check (store in ('stripe', 'app_store', 'google_play')),
  mode text not null check (mode in ('live', 'test', 'sandbox')),
  -- As the store calls it.
  store_id text not null,
  product text not null,
  -- Within the product.
  plan text not null,
  cycle text not null check (cycle in ('monthly', 'yearly')),
  -- 0: it goes on, and gives nothing.
  quantity integer not null check (quantity >= 0),
  -- What one of it costs a cycle, in minor units, before discounts and tax.
  unit_amount bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  state text not null check (state in ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'canceled', 'expired')),
  -- It is not paid, and the store tries no more.
  given_up boolean not null default false,
  starts_at timestamptz not null,
  trial_ends_at timestamptz,
  period_starts_at timestamptz not null,
  period_ends_at timestamptz not null,
  -- When it will end, as was asked; and when it did.
  cancels_at timestamptz,
  ended_at timestamptz,
  -- How often the last invoice could not be charged, and until when its plan is in effect all the same.
  failures integer not null default 0,
  grace_ends_at timestamptz,
  -- From when on it gives nothing: a dispute that is open or lost, a pause, the end of grace. In the past or the future.
  suspends_at timestamptz,
  suspended_by text check (suspended_by in ('dispute', 'pause', 'payment')),
  -- What it becomes, and when: a change that waits for the end of a period.
  next_plan text,
  next_cycle text check (next_cycle in ('monthly', 'yearly')),
  next_quantity integer check (next_quantity >= 0),
  next_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check ((suspends_at is null) = (suspended_by is null)),
  check (num_nonnulls(next_plan, next_cycle, next_quantity, next_at) in (0, 4))
);
create unique index subscriptions_by_store_id on billing.subscriptions (store, mode, store_id);
create index subscriptions_by_id on billing.subscriptions (id);
create index subscriptions_of_account on billing.subscriptions (account_id, starts_at, id);
call app.protect_tenant('billing.subscriptions');

create table billing.invoices (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  -- The store's number for it, as it stands on the paper.
  number text,
  state text not null check (state in ('draft', 'open', 'paid', 'void', 'uncollectible')),
  -- The store's id of the subscription; null: a purchase on its own.
  subscription text,
  -- Why: subscription_create, subscription_cycle, subscription_update, manual …
  reason text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- Minor units. subtotal: before discounts and tax; total = subtotal - discount + tax.
  subtotal bigint not null,
  discount bigint not null,
  tax bigint not null,
  total bigint not null,
  paid bigint not null,
  attempts integer not null default 0,
  -- The store's id of the newest charge; null: none yet. A try without a card, or of a bank that asks for the person, makes none.
  last_charge text,
  next_attempt_at timestamptz,
  -- Where the customer sees and pays it.
  url text,
  pdf_url text,
  issued_at timestamptz not null,
  -- Of one that is sent, and not charged by the store itself.
  due_at timestamptz,
  paid_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index invoices_by_store_id on billing.invoices (store, mode, store_id);
create index invoices_of_account on billing.invoices (account_id, issued_at, id);
create index invoices_of_subscription on billing.invoices (store, mode, subscription);
call app.protect_tenant('billing.invoices');

-- What stands on an invoice. amount: before discount and tax, below 0 for a credit.
create table billing.invoice_lines (
  account_id uuid not null,
  invoice_id uuid not null,
  store_id text not null,
  product text not null,
  plan text,
  add_on text,
  -- Of a limit: units past it.
  overage text,
  cycle text check (cycle in ('monthly', 'yearly')),
  quantity bigint not null,
  -- What one costs a cycle.
  unit_amount bigint not null,
  amount bigint not null,
  discount bigint not null,
  tax bigint not null,
  proration boolean not null,
  period_starts_at timestamptz not null,
  period_ends_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, invoice_id, store_id),
  foreign key (account_id, invoice_id) references billing.invoices (account_id, id) on delete cascade,
  check (num_nonnulls(plan, add_on, overage) = 1)
);
call app.protect_tenant('billing.invoice_lines');

-- One try to take money.
create table billing.payments (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  -- Of the charge, and of the payment that it is a try of.
  store_id text not null,
  payment text not null,
  -- The store's id of the invoice that it pays.
  invoice text,
  state text not null check (state in ('pending', 'succeeded', 'failed')),
  failure_code text,
  amount bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- What the store kept, in the currency of the charge; null: it has not said yet.
  fee bigint,
  occurred_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index payments_by_store_id on billing.payments (store, mode, store_id);
create index payments_of_invoice on billing.payments (store, mode, invoice);
create index payments_by_payment on billing.payments (store, mode, payment);
create index payments_by_time on billing.payments (occurred_at);
call app.protect_tenant('billing.payments');

create table billing.refunds (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  -- The store's id of the charge.
  charge text not null,
  state text not null check (state in ('pending', 'succeeded', 'failed')),
  amount bigint not null check (amount >= 0),
  -- What the store gave back of its fee; mostly 0.
  fee_returned bigint not null default 0,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  reason text,
  occurred_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index refunds_by_store_id on billing.refunds (store, mode, store_id);
create index refunds_of_charge on billing.refunds (store, mode, charge);
call app.protect_tenant('billing.refunds');

create table billing.disputes (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  store_id text not null,
  charge text not null,
  -- inquiry: no money was taken back yet.
  state text not null check (state in ('inquiry', 'open', 'won', 'lost')),
  amount bigint not null check (amount >= 0),
  -- What the store charges for it, and keeps.
  fee bigint not null default 0,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  reason text,
  occurred_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create unique index disputes_by_store_id on billing.disputes (store, mode, store_id);
create index disputes_of_charge on billing.disputes (store, mode, charge);
call app.protect_tenant('billing.disputes');

-- Subscriptions that end because their account was closed, and that go on when it is opened again. One that ended for another reason is not here.
create table billing.endings (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  store text not null,
  mode text not null,
  -- Of the subscription.
  store_id text not null,
  -- Until when nobody else asks the store: a process that died has asked, or has not.
  busy_until timestamptz,
  -- When the store had said that it ends; null: nobody knows.
  ended_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, store_id)
);
call app.protect_tenant('billing.endings');

-- Ways to the store's own page. One is open for an account and product at most, so that nobody pays twice for the same.
create table billing.checkouts (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  id uuid not null,
  store text not null,
  mode text not null,
  product text not null,
  plan text,
  add_on text,
  cycle text,
  quantity integer not null,
  -- What the store is asked for, word by word: whoever asks again gets the same session. null: it was not asked yet.
  asked jsonb,
  -- How often the store has failed by itself. It answers whoever asks again as it did before, so each time it is asked under another key.
  attempt integer not null default 0,
  -- Of what was ordered: the same order is the same way.
  fingerprint text not null,
  -- The store's id; null: it was not made yet, or nobody knows.
  session text,
  url text,
  state text not null default 'making' check (state in ('making', 'open', 'complete', 'expired')),
  expires_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  check (num_nonnulls(plan, add_on) = 1)
);
create unique index checkouts_by_session on billing.checkouts (store, mode, session);
-- Whoever finds one that is open shows that one, or closes it first.
create unique index checkouts_open on billing.checkouts (account_id, store, mode, product, add_on) nulls not distinct
  where state in ('making', 'open');
call app.protect_tenant('billing.checkouts');

-- Trials that began, so that nobody has them one after the other in account after account. A row outlives its account: who deletes it has
-- had the trial all the same.
create table billing.trials (
  account_id uuid not null,
  store text not null,
  mode text not null,
  -- Of the subscription.
  store_id text not null,
  product text not null,
  -- Who made the account.
  created_by uuid not null,
  -- SHA-256 of what the store tells the card by; null: it told none.
  card text,
  -- It is not to be: so many accounts of the same person, or on the same card, have had one.
  refused_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, store_id)
);
create index trials_of_maker on billing.trials (created_by, product);
create index trials_of_card on billing.trials (card, product);
call app.protect_tenant('billing.trials');

-- What a customer was told of a subscription, once: about says of what (an invoice and its failure).
create table billing.notices (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  kind text not null,
  about text not null,
  created_at timestamptz not null default app.now(),
  primary key (account_id, kind, about)
);
call app.protect_tenant('billing.notices');

-- What the store calls what we sell: written by `plinth stripe sync`, of the program and of no account.
create table billing.prices (
  store text not null,
  mode text not null,
  product text not null,
  -- Of a plan, an add-on, or the units past a limit (then the plan that has them too).
  plan text,
  add_on text,
  overage text,
  cycle text check (cycle in ('monthly', 'yearly')),
  price text not null,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  unique nulls not distinct (store, mode, product, plan, add_on, overage, cycle)
);
call app.protect_system('billing.prices');
-- refunds and disputes of a time, and lines whose time covers an instant.
create index refunds_by_time on billing.refunds (occurred_at);
create index disputes_by_time on billing.disputes (occurred_at);
create index invoices_by_time on billing.invoices (paid_at) where state = 'paid';
create index invoice_lines_by_period on billing.invoice_lines (period_ends_at) where plan is not null;

-- A limit of an account whose units are counted, from the moment on which it was first allowed to be passed.
create table billing.overage (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  product text not null,
  limit_name text not null,
  -- Permits with ids below this one are in the sums of the windows, and are not read again.
  below uuid not null,
  -- Since when permits were open that were not counted yet: what was included then is what they are compared with.
  open_since timestamptz not null,
  created_at timestamptz not null default app.now(),
  -- When it was last counted.
  updated_at timestamptz not null default app.now(),
  primary key (account_id, product, limit_name)
);
create index overage_by_time on billing.overage (updated_at);
call app.protect_tenant('billing.overage');

create table billing.overage_windows (
  account_id uuid not null,
  product text not null,
  limit_name text not null,
  -- The window, as permits name it.
  starts bigint not null,
  -- Units of permits below `below`.
  base bigint not null default 0,
  -- The most units that were ever counted: what support gives back is used up again before anything is past the limit anew.
  counted bigint not null default 0,
  -- Of these, past what was included when they were used. It never sinks: what was reported is not taken back.
  past bigint not null default 0,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, product, limit_name, starts),
  foreign key (account_id, product, limit_name) references billing.overage (account_id, product, limit_name) on delete cascade
);
call app.protect_tenant('billing.overage_windows');

-- One report to the store. Written with the count that it tells of, so that no unit is in two. The id is the store's identifier of it.
create table billing.overage_reports (
  account_id uuid not null,
  id uuid not null,
  store text not null,
  mode text not null,
  product text not null,
  limit_name text not null,
  starts bigint not null,
  units bigint not null check (units > 0),
  -- null: the account has no subscription of the product there.
  customer text,
  -- doubtful: it was sent, nobody knows whether it arrived, and the store no longer knows its identifier. lost: too old to be taken.
  state text not null default 'due' check (state in ('due', 'sent', 'lost', 'doubtful')),
  -- Since when an answer is awaited. None is after a refusal, whose code is kept.
  asked_at timestamptz,
  refusal text,
  due_at timestamptz not null,
  sent_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id)
);
create index overage_reports_due on billing.overage_reports (due_at) where state = 'due';
call app.protect_tenant('billing.overage_reports');
