-- Notices before a charge are made of these: until when the card that pays works, and what one costs from the next period on where the provider has another
-- price arranged. The reason of an end is the customer's own.
alter table billing.subscriptions
  add card_expires_at timestamptz,
  add next_unit_amount bigint,
  -- The provider ends it with its trial, for want of a card.
  add ends_unpaid boolean not null default false,
  add leaving_reason text,
  add leaving_feedback text,
  add leaving_comment text;
create index subscriptions_renewing on billing.subscriptions (store, mode, period_ends_at) where state in ('trialing', 'active');
create index subscriptions_ended on billing.subscriptions (mode, ended_at) where state = 'canceled';
-- A balance transaction of Stripe names the transfer, or what took a part of it back.
create index payouts_by_transfer on billing.payouts (mode, transfer) where transfer is not null;
create index shares_by_reversal on billing.shares (mode, reversal) where reversal is not null;
-- The tries of one payout. It does not begin with the account: a look-up by key could take it on an empty table, and keep the plan.
create index payouts_of_payee on billing.payouts (period, currency, mode, account_id, created_at);
