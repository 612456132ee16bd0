drop table billing.gone_credits;
