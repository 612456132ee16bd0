drop function billing.recurring(timestamptz, text), billing.is_told(text, text, text), billing.movements(timestamptz, timestamptz, text),
  billing.invoice_parts(text, text, text), billing.moves(timestamptz, timestamptz, text);
drop index billing.invoice_lines_by_period, billing.invoices_by_time, billing.disputes_by_time, billing.refunds_by_time;
