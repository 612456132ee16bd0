drop index billing.subscriptions_to_clean_up;
alter table billing.subscriptions drop column needs_cleanup;
