-- Where a store outside is set, embeddings are searched there: an item has a point there under a random id, and its row here decides.
create table vectors.points (
  account_id uuid not null,
  collection_id uuid not null,
  id text collate "C" not null,
  -- Which store it is at.
  store text not null check (length(store) between 1 and 500),
  point uuid not null,
  dimensions integer not null check (dimensions between 2 and 2048),
  -- By the point first: a plan that is made while the table is empty would look an item up by it.
  unique (point, account_id, collection_id),
  primary key (account_id, collection_id, id),
  foreign key (account_id, collection_id, id) references vectors.items (account_id, collection_id, id) on delete cascade
);
call app.protect_tenant('vectors.points');

-- Points that no item has (yet): a writer has some minutes for the items of its points, and what is due is deleted at the store.
create table vectors.stray_points (
  point uuid primary key,
  store text not null,
  -- The collection, by whose id its points lie together there.
  space uuid not null,
  dimensions integer not null,
  due_at timestamptz not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('vectors.stray_points');
create index stray_points_due on vectors.stray_points (store, due_at);
create index stray_points_of_space on vectors.stray_points (space, due_at);

-- The store that has a point of each of its embeddings; null: none has, and it is searched by signs.
alter table vectors.collections add column store text check (length(store) between 1 and 500);
create index collections_by_store on vectors.collections (store) where embedded > 0;
