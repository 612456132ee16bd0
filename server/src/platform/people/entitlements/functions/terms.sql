-- The version of a plan that has these terms. The first purchase at them makes it: two at once wait for each other and get the same.
create or replace function entitlements.version_of(p_product text, p_plan text, p_terms jsonb) returns integer language plpgsql as $$
declare
  v_version integer := (select version from entitlements.plan_versions where product = p_product and plan = p_plan and terms = p_terms);
begin
  if v_version is not null then return v_version; end if;
  perform pg_advisory_xact_lock(hashtextextended('terms ' || p_product || ' ' || p_plan, 0));
  select version into v_version from entitlements.plan_versions where product = p_product and plan = p_plan and terms = p_terms;
  if not found then
    insert into entitlements.plan_versions (product, plan, version, terms)
      select p_product, p_plan, coalesce(max(version), 0) + 1, p_terms from entitlements.plan_versions where product = p_product and plan = p_plan
      returning version into v_version;
  end if;
  return v_version;
end $$;
