drop index billing.wants_held;
alter table billing.wants drop column holder;
