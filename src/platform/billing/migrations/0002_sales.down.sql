drop function billing.triable(text, text[], integer);
drop function billing.tried_elsewhere(uuid, text, text, text);
drop table billing.prices, billing.notices, billing.trials, billing.checkouts, billing.endings, billing.disputes, billing.refunds, billing.payments, billing.invoice_lines,
  billing.invoices, billing.subscriptions;
