-- A bound of a key, by the name of its limit (`key_daily_calls`), and what admission reads of a spender: in the place of accounts.key_budget
-- and accounts.standing, which the version before uses while this step is applied.
create type accounts.key_bound as (key_id uuid, most bigint, name text);
create type accounts.spender_state as (refused text, bounds accounts.key_bound[]);
