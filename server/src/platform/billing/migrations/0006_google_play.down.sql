alter table billing.subscriptions drop column replaces, drop column acknowledge_by;
