-- Until when one call alone may charge the customer, or change what they pay for; null: none does.
alter table billing.customers add column held_until timestamptz;
