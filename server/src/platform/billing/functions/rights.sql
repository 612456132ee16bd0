-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema billing to plinth_tenant, plinth_system;
grant usage on sequence billing.numbers to plinth_system;

grant select, insert, update, delete on billing.inbox, billing.wants, billing.drains, billing.objects, billing.bodies,
  billing.customers, billing.buckets, billing.reconciled, billing.subscriptions, billing.invoices, billing.invoice_lines,
  billing.payments, billing.refunds, billing.disputes, billing.endings, billing.gone_credits, billing.checkouts, billing.trials, billing.notices, billing.told_failures,
  billing.payees, billing.item_sales, billing.shares, billing.payouts, billing.payout_runs, billing.payout_looks,
  billing.former_subscriptions, billing.former_invoices, billing.top_ups, billing.top_up_attempts,
  billing.prices, billing.overage, billing.overage_windows, billing.overage_reports to plinth_system;
grant select on billing.customers to plinth_tenant;
grant select on billing.subscriptions to plinth_tenant;
grant select on billing.invoices to plinth_tenant;
grant select on billing.invoice_lines to plinth_tenant;
grant select on billing.payments to plinth_tenant;
grant select on billing.refunds to plinth_tenant;
grant select on billing.disputes to plinth_tenant;
grant select, insert, update on billing.checkouts to plinth_tenant;
grant select on billing.notices to plinth_tenant;
grant select on billing.told_failures to plinth_tenant;
grant select on billing.former_subscriptions to plinth_tenant;
grant select on billing.former_invoices to plinth_tenant;
grant select on billing.payees to plinth_tenant;
grant select on billing.item_sales to plinth_tenant;
grant select on billing.shares to plinth_tenant;
grant select on billing.payouts to plinth_tenant;
grant select on billing.top_ups to plinth_tenant;
grant select on billing.top_up_attempts to plinth_tenant;
grant select on billing.overage to plinth_tenant;
grant select on billing.overage_windows to plinth_tenant;
grant select on billing.overage_reports to plinth_tenant;

-- These run as the system for every caller.
call app.run_as_system('billing.triable(text, text[], integer)');
call app.run_as_system('billing.maker_is_proven()');
call app.run_as_system('billing.past_here(text, text, text)');

-- Tenants may call these, and nothing that is a part of them.
grant execute on function billing.triable(text, text[], integer) to plinth_tenant;
grant execute on function billing.maker_is_proven() to plinth_tenant;
grant execute on function billing.past_here(text, text, text) to plinth_tenant;
