-- The price of one unit past each limit, in millionths, as the provider bills it: seats, moves and pushed plans do not change it.
-- Null: it was not read since; then it is that of the plan.
alter table billing.subscriptions add unit_micros jsonb;
