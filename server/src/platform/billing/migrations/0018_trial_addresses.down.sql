drop index billing.trials_of_address;
alter table billing.trials drop column address;
