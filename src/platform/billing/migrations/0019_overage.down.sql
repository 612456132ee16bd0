drop function billing.past_here(text, text, text), billing.begin_overage(uuid, text, text), billing.payer(uuid, text, text), billing.count_overage(uuid, text, text, text);
drop table billing.overage_reports, billing.overage_windows, billing.overage;
