drop table billing.former_subscriptions, billing.former_invoices;
