-- Cycles of another length than ours: an ISO 8601 duration.
alter table billing.subscriptions drop constraint subscriptions_cycle_check, drop constraint subscriptions_next_cycle_check,
  add constraint subscriptions_cycle_check check (cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$'),
  add constraint subscriptions_next_cycle_check check (next_cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$');
alter table billing.invoice_lines drop constraint invoice_lines_cycle_check,
  add constraint invoice_lines_cycle_check check (cycle ~ '^(monthly|yearly|P[1-9][0-9]{0,2}[DWMY])$');
-- A plan has a price in each currency that it is sold in.
alter table billing.prices add column currency text not null default 'usd' check (currency ~ '^[a-z]{3}$');
alter table billing.prices alter column currency drop default;
alter table billing.prices drop constraint prices_store_mode_product_plan_add_on_overage_cycle_key,
  add constraint prices_unique unique nulls not distinct (store, mode, product, plan, add_on, overage, cycle, currency);
