-- A window that requests count in, and the most that it may hold then. kind: `begins` of one of UTC, which begins anew where the row has an
-- older one; `stays` of one that must be the row's; `pause` of a cooldown of so many (amount) microseconds.
create type limits.bound as (scope text, name text, start bigint, amount bigint, most bigint, kind text);

-- What a process admits requests of one spender and feature on: what must still be so under the lock, and what is written then.
-- It holds in epoch microseconds from since on, and until is too late. version: of the account's grants; null: it has none, and by_default is
-- its timeline. bounds: by their scopes, the account's own first. places: how many permits each of the slots may have. borne: what
-- the operator bears a day for failed calls.
create type limits.basis as (feature text, longest double precision, since bigint, until bigint, version bigint, by_default jsonb, plan text,
  bounds limits.bound[], slots text[], places bigint[], charges jsonb, borne bigint, key_budgets accounts.key_budget[]);
