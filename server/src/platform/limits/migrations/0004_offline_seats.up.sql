-- A seat hands out leases for work without the server, and stays occupied until they end: expires_at is the later of when it must be
-- renewed and of when the last of them ends.
alter table limits.seats
  -- How long a lease each renewal hands out; 0: none.
  add column offline_minutes integer not null default 0 check (offline_minutes between 0 and 43200),
  -- Until when its holder may work without the server.
  add column offline_until timestamptz,
  -- The same of holders before it, who never said that they stopped.
  add column owed_until timestamptz,
  add column renewed_at timestamptz not null default app.now(),
  -- What ended it, and when it really did. One that has run out is written down as such by whoever comes next.
  add column ended text check (ended in ('released', 'expired', 'forced', 'suspended')),
  add column ended_at timestamptz,
  add check ((ended is null) = (ended_at is null));

-- A renewal changes no indexed column, and finds room in its page: nothing is written but the row. An account's seats are found by
-- their primary key.
drop index limits.seats_in_use;
alter table limits.seats set (fillfactor = 70);
create index seats_open on limits.seats (product, name) where ended is null;

-- A heartbeat. borrow: minutes that its holder wants to be away, in place of what the seat hands out by itself; null: nothing.
create type limits.renewal as (account_id uuid, product text, name text, machine text, fence integer, seconds double precision, borrow integer);
