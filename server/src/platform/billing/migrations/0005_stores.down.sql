alter table billing.invoice_lines drop constraint invoice_lines_account_id_invoice_id_fkey;
alter table billing.invoice_lines add constraint invoice_lines_account_id_invoice_id_fkey
  foreign key (account_id, invoice_id) references billing.invoices (account_id, id) on delete cascade;
alter table billing.invoices drop column in_sandbox;
alter table billing.subscriptions drop column in_sandbox, drop column kept_until;
alter table billing.customers drop column named, drop column moved_at;
