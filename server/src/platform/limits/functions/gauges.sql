-- Moves a gauge of the transaction's account, as its last statement. Growth beyond the plan's size raises PL013, with the
-- denial as its detail; what shrinks is never refused, also where a smaller plan has less room than is used.
create or replace function limits.gauge_here(p_product text, p_name text, p_delta bigint) returns bigint language plpgsql as $$
declare
  v_account uuid := app.account();
  v_now timestamptz;
  v_segment jsonb;
  v_used bigint;
  v_max bigint;
begin
  insert into limits.gauges as g (account_id, product, name, used) values (v_account, p_product, p_name, greatest(0, p_delta))
    on conflict (account_id, product, name) do update set used = greatest(0, g.used + p_delta), updated_at = app.now()
    returning g.used into v_used;
  if p_delta <= 0 then return v_used; end if;
  -- The plan after the lock: a caller who waited must not grow by a plan that has ended.
  v_now := app.now();
  v_segment := entitlements.segment(v_account, p_product, v_now);
  v_max := coalesce((v_segment->'grants'->>p_name)::bigint, 0);
  if v_used > v_max then
    raise exception 'the gauge % of % has no room', p_name, p_product using errcode = 'PL013',
      detail = (jsonb_build_object('limit', p_name, 'of', 'gauge', 'used', v_used - p_delta, 'max', v_max, 'resets_at', null, 'now', v_now,
        'plan', coalesce(v_segment->>'plan', '')) || case when p_delta > 1 then jsonb_build_object('units', p_delta) else '{}' end)::text;
  end if;
  perform limits.note(v_account, p_product, p_product, p_name, 'gauge', null, limits.window_start('month', v_now), v_used - p_delta, v_used, v_max, v_now);
  return v_used;
end $$;

-- Whether so many more members of the transaction's account have room (0: those who are there now, one of them just added).
-- p_gauges: [{p: product, n: limit}]. Members are counted where they are, so that no counter can part from them; who asks
-- holds the account's lock. A product that the account has no plan in says nothing about its members, unless it has a default plan that
-- the account lacks because its maker has it elsewhere: then no more than that one has room for. Nor does one whose plan it has by
-- default alone, until it uses that: a team of one product is not turned away by another that it never opened.
create or replace function limits.room_for_members(p_gauges jsonb, p_more integer) returns void language plpgsql as $$
declare
  c jsonb;
  v_account uuid := app.account();
  v_now timestamptz := app.now();
  v_segment jsonb;
  v_members bigint;
  v_max bigint;
begin
  v_members := accounts.seated_members(v_account) + p_more;
  for c in select value from jsonb_array_elements(p_gauges) loop
    v_segment := entitlements.segment(v_account, c->>'p', v_now);
    if v_segment->>'plan' is null then
      v_segment := entitlements.segment_at(entitlements.default_timeline(v_account, c->>'p'), v_now);
    end if;
    v_max := coalesce((v_segment->'grants'->>(c->>'n'))::bigint, 0);
    if p_more = 0 and v_members <= v_max then
      perform limits.note(v_account, c->>'p', c->>'p', c->>'n', 'gauge', null, limits.window_start('month', v_now), v_members - 1, v_members, v_max, v_now);
    end if;
    continue when v_segment->>'plan' is null or v_members <= v_max;
    continue when not exists (select from entitlements.snapshots s where s.account_id = v_account and s.product = c->>'p')
      and not exists (select from limits.meters m where m.account_id = v_account and m.scope = c->>'p')
      and not exists (select from limits.gauges g where g.account_id = v_account and g.product = c->>'p');
    raise exception 'the gauge % of % has no room', c->>'n', c->>'p' using errcode = 'PL013',
      detail = jsonb_build_object('limit', c->>'n', 'of', 'gauge', 'used', v_members - 1, 'max', v_max, 'resets_at', null, 'now', v_now,
        'plan', v_segment->>'plan')::text;
  end loop;
end $$;
