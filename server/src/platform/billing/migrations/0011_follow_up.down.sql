drop index billing.subscriptions_to_follow_up;
alter table billing.subscriptions drop column needs_follow_up;
