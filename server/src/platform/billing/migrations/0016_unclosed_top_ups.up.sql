-- An attempt whose invoice the provider refuses to close is over, and its account is told (docs/sell-credits.md).
alter table billing.top_up_attempts drop constraint top_up_attempts_state_check,
  add constraint top_up_attempts_state_check check (state in ('open', 'unpaid', 'paid', 'void', 'unclosed')),
  -- Why the provider did not take the payment, in its word.
  add column failure text;
alter table billing.top_ups drop constraint top_ups_stopped_for_check,
  add constraint top_ups_stopped_for_check
    check (stopped_for in ('monthly_cap', 'payment_failed', 'price_changed', 'money_back', 'not_closed'));
drop index billing.top_up_attempts_to_go_on;
create index top_up_attempts_to_go_on on billing.top_up_attempts (mode, updated_at) where state in ('open', 'unpaid', 'unclosed');
