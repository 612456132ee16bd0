-- Only programs of 0.2.0 call it: told that there is no room, they ask limits.admit. A later version drops it, and its types.
create or replace function limits.admit_within(accounts.spender, text, limits.basis, limits.request[], uuid, boolean) returns text language sql immutable as $$
  select 'full'
$$;
