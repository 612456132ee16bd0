-- The most that was included of a limit, without what may be passed for money, at any moment from p_from until p_until: by every version that
-- was in effect meanwhile, because a newer one may tell the past otherwise. An account that changes its plan meanwhile is charged by the bigger one.
create or replace function entitlements.most_included(p_account uuid, p_product text, p_limit text, p_from timestamptz, p_until timestamptz) returns bigint
language sql stable as $$
  with versions as (
    select s.timeline, s.created_at, lead(s.created_at) over (order by s.version) as replaced_at
    from entitlements.snapshots s where s.account_id = p_account and s.product = p_product
  )
  select max(coalesce((segment->'grants'->>p_limit)::bigint, 0) - coalesce((segment->'overage'->>p_limit)::bigint, 0))
  from versions v, jsonb_array_elements(v.timeline) as segment
  where v.created_at <= p_until and (v.replaced_at is null or v.replaced_at >= p_from)
    and (segment->>'from')::timestamptz <= p_until and (segment->>'until' is null or (segment->>'until')::timestamptz > p_from)
$$;
