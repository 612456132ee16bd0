-- Stores a reserved file of the transaction's account. One that is stored already stays so; one that is forgotten, or gone, raises
-- PL030: the transaction that wants it stored is undone.
create or replace function blobs.store_here(p_id uuid) returns void language plpgsql as $$
declare
  v_status text;
begin
  select b.status into v_status from blobs.blobs b where b.account_id = app.account() and b.id = p_id for update;
  if v_status = 'stored' then return; end if;
  if v_status is distinct from 'reserved' then
    raise exception 'the file is not there to be stored' using errcode = 'PL030';
  end if;
  update blobs.blobs b set status = 'stored', expires_at = b.keep_until, updated_at = app.now()
    where b.account_id = app.account() and b.id = p_id;
end $$;

-- Forgets a file of the transaction's account and gives its storage back, once. `p_was`: only while it is in that state and its time
-- is over, for the sweep; null: whatever it is.
create or replace function blobs.forget_here(p_id uuid, p_was text) returns boolean language plpgsql as $$
declare
  b blobs.blobs;
begin
  update blobs.blobs t set status = 'forgotten', updated_at = app.now()
    where t.account_id = app.account() and t.id = p_id and t.status <> 'forgotten'
      and (p_was is null or (t.status = p_was and t.expires_at <= app.now()))
    returning t.* into b;
  if not found then return false; end if;
  if b.gauge is not null then perform limits.gauge_here(b.product, b.gauge, -b.bytes); end if;
  return true;
end $$;
