-- What the transaction's account has used, per product: one row with everything that the report needs, read at one instant.
create function limits.usage_here(p_products jsonb) returns setof jsonb language plpgsql as $$
declare
  v_account uuid := app.account();
  v_now timestamptz := app.now();
  v_product text; v_segment jsonb;
  v_starts jsonb := (
    select jsonb_object_agg(w, jsonb_build_object('start', limits.window_start(w, v_now), 'end', limits.window_end(w, limits.window_start(w, v_now))))
    from unnest(array['minute', 'hour', 'day', 'week', 'month']) as w);
begin
  for v_product in select jsonb_array_elements_text(p_products) loop
    v_segment := entitlements.segment(v_account, v_product, v_now);
    return next jsonb_build_object('product', v_product, 'now', v_now, 'plan', v_segment->'plan', 'grants', v_segment->'grants', 'starts', v_starts,
      'windows', coalesce((select jsonb_object_agg(n, jsonb_build_object('start', s, 'used', u)) from limits.meters m, unnest(m.names, m.starts, m.used) as t(n, s, u)
        where m.account_id = v_account and m.scope = v_product), '{}'),
      -- Counted as admission counts; of the account's own slots, not of those of its users, keys and subjects.
      'open', coalesce((select jsonb_object_agg(name, n) from (
        select substr(slot, length(v_product) + 2) as name, count(*) as n from limits.permits p, unnest(p.slots) as slot
        where p.account_id = v_account and p.product = v_product and p.state in ('queued', 'running') and starts_with(slot, v_product || ' ')
          and (p.job_id is not null or p.state = 'queued'
            or p.due_at > v_now and exists (select from limits.holders h where h.id = p.holder and h.expires_at > v_now))
        group by slot) counted), '{}'));
  end loop;
end $$;
call app.run_as_system('limits.usage_here(jsonb)');
grant execute on function limits.usage_here(jsonb) to plinth_tenant;

-- What the functions above are made of runs as they do: it is called by them alone, and needs no change of role.
revoke all on all functions in schema limits from public;
grant execute on all functions in schema limits to plinth_system;
