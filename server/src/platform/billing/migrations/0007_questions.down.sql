alter table billing.invoices drop column acknowledge_by;
alter table billing.subscriptions drop column extending_until;
drop index billing.inbox_to_answer;
alter table billing.inbox drop column answer_by, drop column answer_at;
