alter table billing.subscriptions drop column unit_micros;
