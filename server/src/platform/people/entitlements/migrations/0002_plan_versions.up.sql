-- The terms at which plans were sold: what a plan was when the first purchase of it came. A row stays as it is for ever.
create table entitlements.plan_versions (
  product text not null,
  plan text not null,
  version integer not null check (version > 0),
  -- {grants, perSeat, overage, price, trialDays} of the plan.
  terms jsonb not null check (jsonb_typeof(terms) = 'object'),
  created_at timestamptz not null default app.now(),
  primary key (product, plan, version)
);
call app.protect_system('entitlements.plan_versions');

create policy everybody on entitlements.plan_versions for select to plinth_tenant using (true);

-- The terms that a purchase keeps; null: it has those that the plan has now. Those that it gets with its next period, when it is moved.
alter table entitlements.grants
  add column plan_version integer check (plan_version > 0),
  add column next_version integer check (next_version > 0);
create index grants_without_terms on entitlements.grants (product)
  where plan is not null and plan_version is null and source not in ('admin', 'owner');
