-- Sizes and options that one account has by agreement, in place of those of the plan: {name: value}.
alter table entitlements.grants
  add column overrides jsonb check (overrides is null or (plan is not null and jsonb_typeof(overrides) = 'object' and overrides <> '{}'));
