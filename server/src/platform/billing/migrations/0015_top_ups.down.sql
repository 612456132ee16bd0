drop table billing.top_up_attempts, billing.top_ups;
