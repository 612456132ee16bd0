drop table billing.overage_reports, billing.overage_windows, billing.overage, billing.prices, billing.notices, billing.trials,
  billing.checkouts, billing.endings, billing.disputes, billing.refunds, billing.payments, billing.invoice_lines,
  billing.invoices, billing.subscriptions;
