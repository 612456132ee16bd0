-- Admissions whose answer never came, told by the process that asked: whatever became of them, they hold nothing from here on.
-- An item is a release as limits.resolve reads it, with user, feature and request: what a permit's row can't be without.
-- Where there is no permit one is made that is over. An admission that is still on its way, in a network or behind a lock,
-- violates its key when it arrives, and is undone; its keys (Idempotency-Key) with it.
create or replace function limits.disown(p_items jsonb) returns void language plpgsql as $$
declare
  r jsonb;
  v_account uuid;
  v_now timestamptz;
  v_moves limits.move[];
begin
  perform limits.lock_for_steps(p_items);
  for r in select value from jsonb_array_elements(p_items) order by value->>'a', value->>'p', value->>'id' loop
    v_account := (r->>'a')::uuid;
    v_now := limits.lock_meter(v_account, r->>'p', true);
    -- It waits for an admission that has written its permit and not committed: of an account's first one the meter can't be locked.
    insert into limits.permits (account_id, id, user_id, product, feature, units, reserve, state, holder, fence, slots, charges, due_at, request_id,
        reason, created_at, updated_at)
      values (v_account, (r->>'id')::uuid, (r->>'user')::uuid, r->>'p', r->>'feature', 0, 0, 'voided', (r->>'h')::uuid, (r->>'f')::integer, '{}', '[]', v_now,
        r->>'request', r->>'reason', v_now, v_now)
      on conflict (account_id, id) do nothing;
    continue when found;
    v_now := limits.lock_meter(v_account, r->>'p', true);
    select s.moves into v_moves from limits.resolve(r, v_now) s;
    perform limits.move_windows(v_account, v_moves);
  end loop;
end $$;

-- A permit that a sweep closed before its process was heard, as if its call had gone out: it did not, and quota and credits come
-- back. Answers the moves of the windows, which its caller makes.
create or replace function limits.unserved(p_account uuid, p_permit uuid, p_reason text, p_now timestamptz) returns limits.move[] language plpgsql as $$
declare
  p limits.permits;
begin
  update limits.permits set state = 'voided', reason = p_reason, updated_at = p_now
    where account_id = p_account and id = p_permit and state = 'settled' and reason in ('holder dead', 'overdue')
      and (select coalesce(sum(e.cost), 0) from limits.usage_events e where e.account_id = p_account and e.permit_id = p_permit and e.state = 'posted') = 0
    returning * into p;
  if not found then return '{}'; end if;
  if jsonb_path_exists(p.charges, '$[*][2] ? (@ == "credits")') then perform limits.return_credits(p_account, p.charges, p_now); end if;
  return array(select row(value->>0, value->>1, (value->>3)::bigint, -(value->>4)::bigint)::limits.move
    from jsonb_array_elements(p.charges) where value->>2 = 'quota');
end $$;
