drop table billing.prices, billing.notices, billing.checkouts, billing.endings, billing.disputes, billing.refunds, billing.payments, billing.invoice_lines,
  billing.invoices, billing.subscriptions;
