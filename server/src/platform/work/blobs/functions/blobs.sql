-- Stores a reserved file of the transaction's account. One that is stored already stays so; one that is forgotten, or gone, raises
-- PL030: the transaction that wants it stored is undone. p_copy: it is kept under the key p_key; what lies where it was sent, and may be
-- sent there still, is deleted as a forgotten file of this id.
create or replace function blobs.store_here(p_id uuid, p_copy uuid, p_key text) returns void language plpgsql as $$
declare
  f blobs.blobs;
begin
  select * into f from blobs.blobs b where b.account_id = app.account() and b.id = p_id for update;
  if f.status = 'stored' then return; end if;
  if f.status is distinct from 'reserved' then
    raise exception 'the file is not there to be stored' using errcode = 'PL030';
  end if;
  update blobs.blobs b set status = 'stored', key = coalesce(p_key, b.key), expires_at = b.keep_until, updated_at = app.now()
    where b.account_id = app.account() and b.id = p_id;
  if p_copy is null then return; end if;
  insert into blobs.blobs (account_id, id, product, purpose, key, filename, type, bytes, sha256, status, upload_until)
    values (f.account_id, p_copy, f.product, f.purpose, f.key, 'upload', 'application/octet-stream', 0, f.sha256, 'forgotten', f.upload_until);
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
  if b.gauge is not null then perform limits.gauge_here(b.product, b.gauge, -coalesce(b.charged, b.bytes)); end if;
  return true;
end $$;

-- The same of a file of any account, which goes with a row that anybody deleted: only the system calls this.
create or replace function blobs.forget_of(p_account uuid, p_id uuid) returns void language plpgsql as $$
declare
  b blobs.blobs;
begin
  update blobs.blobs t set status = 'forgotten', updated_at = app.now()
    where t.account_id = p_account and t.id = p_id and t.status <> 'forgotten' returning t.* into b;
  if b.gauge is null then return; end if;
  update limits.gauges g set used = greatest(0, g.used - coalesce(b.charged, b.bytes)), updated_at = app.now()
    where g.account_id = p_account and g.product = b.product and g.name = b.gauge;
end $$;

-- Stores a reserved file and forgets those that it takes the place of: the gauge moves once, by the difference, so that what has no more
-- bytes than they is never refused. Raises PL030 as store_here does. The former ones are of the same gauge; those forgotten count nothing.
create or replace function blobs.replace_here(p_id uuid, p_former uuid[]) returns void language plpgsql as $$
declare
  f blobs.blobs;
  v_former bigint;
begin
  perform blobs.store_here(p_id, null, null);
  select * into strict f from blobs.blobs b where b.account_id = app.account() and b.id = p_id;
  update blobs.blobs b set charged = null where b.account_id = app.account() and b.id = p_id and b.charged is not null;
  with gone as (
    update blobs.blobs b set status = 'forgotten', updated_at = app.now()
      where b.account_id = app.account() and b.id = any (p_former) and b.id <> p_id and b.product = f.product and b.gauge = f.gauge
        and b.status <> 'forgotten'
      returning coalesce(b.charged, b.bytes) as bytes)
    select coalesce(sum(bytes), 0) into v_former from gone;
  if f.gauge is not null then
    perform limits.gauge_here(f.product, f.gauge, f.bytes - coalesce(f.charged, f.bytes) - v_former);
  end if;
end $$;
