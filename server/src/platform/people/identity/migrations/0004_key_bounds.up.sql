-- What a team bounds a key by, beside its monthly budget: {daily_calls: 100, …}, as keys/bounds.ts names them; null: nothing.
alter table identity.api_keys add column bounds jsonb check (jsonb_typeof(bounds) = 'object'),
  -- Models that it may ask for: names, aliases and `provider/*`; null: all.
  add column models text[] check (cardinality(models) > 0 and array_position(models, null) is null),
  add column labels jsonb check (jsonb_typeof(labels) = 'object');
