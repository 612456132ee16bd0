drop table billing.payout_looks;
drop table billing.shares;
drop table billing.payouts;
drop table billing.payout_runs;
drop table billing.item_sales;
drop table billing.payees;
