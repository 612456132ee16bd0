-- Gives the storage of a collection back that goes with its account or its user. A caller who deletes its items gives theirs back themselves.
create or replace function vectors.give_storage_back() returns trigger language plpgsql as $$
begin
  update limits.gauges g set used = greatest(0, g.used - old.bytes), updated_at = app.now()
    where g.account_id = old.account_id and g.product = old.product and g.name = old.gauge;
  return null;
end $$;

create or replace trigger give_storage_back after delete on vectors.collections
  for each row when (old.gauge is not null and old.bytes > 0) execute function vectors.give_storage_back();

-- Announces points that are about to be written for a collection of the transaction's account: they are given up unless its items have them soon.
create or replace function vectors.expect_points(p_space uuid, p_store text, p_dimensions integer, p_points uuid[]) returns uuid
  language plpgsql as $$
begin
  if not exists (select from vectors.collections c where c.account_id = app.account() and c.id = p_space) then
    raise exception 'points of a collection that is not there';
  end if;
  insert into vectors.stray_points (point, store, space, dimensions, due_at)
    select one, p_store, p_space, p_dimensions, app.now() + interval '10 minutes' from unnest(p_points) as one;
  return p_space;
end $$;

-- Points that items have are strays no more. One that is due may be deleted at the store already: then the items are not stored.
create or replace function vectors.claim_points() returns trigger language plpgsql as $$
declare
  v_claimed bigint;
begin
  with claimed as (
    delete from vectors.stray_points s using news n where s.point = n.point and s.due_at > app.now() returning 1)
    select count(*) into v_claimed from claimed;
  if v_claimed < (select count(*) from news) then raise exception 'points were given up before their items came'; end if;
  return null;
end $$;

create or replace trigger claim_points after insert on vectors.points
  referencing new table as news for each statement execute function vectors.claim_points();

-- A point goes with its item, by whichever way that goes: from now on it is due to be deleted at the store.
create or replace function vectors.give_points_up() returns trigger language plpgsql as $$
begin
  insert into vectors.stray_points (point, store, space, dimensions, due_at)
    select point, store, collection_id, dimensions, app.now() from gone;
  return null;
end $$;

create or replace trigger give_points_up after delete on vectors.points
  referencing old table as gone for each statement execute function vectors.give_points_up();
