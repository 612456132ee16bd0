drop index billing.top_up_attempts_to_go_on;
create index top_up_attempts_to_go_on on billing.top_up_attempts (mode, updated_at) where state in ('open', 'unpaid');
update billing.top_ups set stopped_for = 'payment_failed' where stopped_for = 'not_closed';
alter table billing.top_ups drop constraint top_ups_stopped_for_check,
  add constraint top_ups_stopped_for_check check (stopped_for in ('monthly_cap', 'payment_failed', 'price_changed', 'money_back'));
update billing.top_up_attempts set state = 'void' where state = 'unclosed';
alter table billing.top_up_attempts drop constraint top_up_attempts_state_check, drop column failure,
  add constraint top_up_attempts_state_check check (state in ('open', 'unpaid', 'paid', 'void'));
