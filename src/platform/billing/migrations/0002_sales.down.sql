drop table billing.prices, billing.notices, billing.checkouts, billing.disputes, billing.refunds, billing.payments, billing.invoice_lines,
  billing.invoices, billing.subscriptions;
