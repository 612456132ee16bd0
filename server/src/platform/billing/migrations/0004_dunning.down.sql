drop table billing.told_failures;
alter table billing.invoices drop asks_customer;
alter table billing.subscriptions drop pending_plan, drop pending_cycle, drop pending_quantity, drop pending_invoice, drop pending_expires_at;
