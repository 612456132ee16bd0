alter table billing.prices drop constraint prices_unique, drop column currency,
  add constraint prices_store_mode_product_plan_add_on_overage_cycle_key unique nulls not distinct (store, mode, product, plan, add_on, overage, cycle);
alter table billing.invoice_lines drop constraint invoice_lines_cycle_check,
  add constraint invoice_lines_cycle_check check (cycle in ('monthly', 'yearly'));
alter table billing.subscriptions drop constraint subscriptions_cycle_check, drop constraint subscriptions_next_cycle_check,
  add constraint subscriptions_cycle_check check (cycle in ('monthly', 'yearly')),
  add constraint subscriptions_next_cycle_check check (next_cycle in ('monthly', 'yearly'));
