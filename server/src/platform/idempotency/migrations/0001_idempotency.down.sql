drop schema idempotency cascade;
