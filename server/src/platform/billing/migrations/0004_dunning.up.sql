-- Failures of the provider's own tries, as they were told to us, and the date that was promised then. A row is never changed: what was promised holds,
-- whatever is told later, and rows of invoices that are rebuilt find it here.
create table billing.told_failures (
  account_id uuid not null references accounts.accounts (account_id) on delete cascade,
  store text not null,
  mode text not null,
  -- As the store calls it.
  invoice text not null,
  -- Which failure of the invoice; 0: it is owed, and no failure of it is known yet.
  nth integer not null check (nth >= 0),
  -- By our clock.
  told_at timestamptz not null,
  -- Until when the plan is kept since then: of one invoice it never sinks.
  grace_ends_at timestamptz not null,
  created_at timestamptz not null default app.now(),
  -- When it went to another account with its purchase.
  updated_at timestamptz not null default app.now(),
  primary key (account_id, store, mode, invoice, nth)
);
call app.protect_tenant('billing.told_failures');

-- The bank asks for the person: on its page the payment is confirmed.
alter table billing.invoices add asks_customer boolean not null default false;

-- What a subscription becomes once this invoice is paid, if that is before the instant.
alter table billing.subscriptions
  add pending_plan text,
  add pending_cycle text check (pending_cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$'),
  add pending_quantity integer check (pending_quantity >= 0),
  add pending_invoice text,
  add pending_expires_at timestamptz,
  add check (num_nonnulls(pending_plan, pending_cycle, pending_quantity, pending_invoice, pending_expires_at) in (0, 5));
