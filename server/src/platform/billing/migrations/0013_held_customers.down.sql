alter table billing.customers drop column held_until;
