-- Purchases that are made in an app: whose they are, and which were of a store's sandbox.

-- named: the store has signed whose it is, with the purchase. moved_at: when it went from one account to another last.
alter table billing.customers add column named boolean not null default false, add column moved_at timestamptz;

-- in_sandbox: bought in a store's sandbox, where nobody pays. kept_until: until when the store wants it to be had although it is not paid.
alter table billing.subscriptions add column in_sandbox boolean not null default false, add column kept_until timestamptz;
alter table billing.invoices add column in_sandbox boolean not null default false;

-- A purchase that goes to another account takes its invoices along.
alter table billing.invoice_lines drop constraint invoice_lines_account_id_invoice_id_fkey;
alter table billing.invoice_lines add constraint invoice_lines_account_id_invoice_id_fkey
  foreign key (account_id, invoice_id) references billing.invoices (account_id, id) on delete cascade on update cascade;
