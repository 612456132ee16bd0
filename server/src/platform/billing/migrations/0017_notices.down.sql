drop index billing.subscriptions_renewing, billing.subscriptions_ended, billing.payouts_by_transfer, billing.payouts_of_payee, billing.shares_by_reversal;
alter table billing.subscriptions drop column card_expires_at, drop column next_unit_amount, drop column ends_unpaid, drop column leaving_reason, drop column leaving_feedback,
  drop column leaving_comment;
