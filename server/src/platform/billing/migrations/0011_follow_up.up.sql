-- Subscriptions of which a payment provider is to be asked for something: to release a schedule whose last change was made, to take away the metered
-- price of a plan that was left, to try an open invoice with a card that was changed.
alter table billing.subscriptions add column needs_follow_up boolean not null default false;
create index subscriptions_to_follow_up on billing.subscriptions (store, mode) where needs_follow_up or state = 'past_due';
