-- Vectors of accounts: an embedding each, and a small blob that is answered when its neighbourhood is searched for.
create schema vectors;

create table vectors.collections (
  account_id uuid not null,
  id uuid not null,
  product text not null check (length(product) between 2 and 30),
  -- Whose own they are, and not even the account's owner reads them; null: the account's.
  user_id uuid,
  name text not null check (length(name) between 1 and 60),
  -- The gauge of the product that they count in; null: none.
  gauge text check (length(gauge) between 1 and 60),
  -- Of all its embeddings; null while there is none.
  dimensions integer check (dimensions between 2 and 2048),
  -- How many items have an embedding, and the bytes of all blobs and embeddings.
  embedded integer not null default 0 check (embedded >= 0),
  bytes bigint not null default 0 check (bytes >= 0),
  -- What signs are taken against: the mean of its embeddings (float32), as of when there were so many of them. Signs say by `coding`
  -- which centre theirs is; while they are written anew there are some of the former.
  coding integer not null default 0,
  centre bytea,
  former_centre bytea,
  centred integer not null default 0,
  recoding boolean not null default false,
  due boolean not null generated always as (recoding or (embedded > 2000 and embedded >= 2 * centred)) stored,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  unique nulls not distinct (account_id, product, name, user_id)
);
create index collections_due on vectors.collections (account_id, id) where due;
create index collections_of_user on vectors.collections (user_id) where user_id is not null;
-- After the other indexes, so that a plan made on the empty table looks a row up by it.
alter table vectors.collections add primary key (account_id, id);
call app.protect_tenant('vectors.collections');

create table vectors.items (
  account_id uuid not null,
  collection_id uuid not null,
  id text collate "C" not null check (length(id) between 1 and 200),
  user_id uuid,
  -- Of length one, in half precision: two bytes a dimension.
  embedding bytea check (octet_length(embedding) between 4 and 4096),
  blob bytea not null check (octet_length(blob) <= 65536),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  foreign key (account_id, collection_id) references vectors.collections (account_id, id) on delete cascade
);
-- Neither gets smaller.
alter table vectors.items alter embedding set storage external;
alter table vectors.items alter blob set storage external;
-- What is byte for byte the same.
create index items_by_blob on vectors.items (account_id, collection_id, sha256(blob));
create index items_of_user on vectors.items (user_id) where user_id is not null;
alter table vectors.items add primary key (account_id, collection_id, id);
call app.protect_tenant('vectors.items');

-- A table of its own, for a search reads all of a collection: 200 bytes of each item in place of 2,000.
create table vectors.signs (
  account_id uuid not null,
  collection_id uuid not null,
  id text collate "C" not null,
  coding integer not null,
  signs bit varying(2048) not null,
  primary key (account_id, collection_id, id),
  foreign key (account_id, collection_id, id) references vectors.items (account_id, collection_id, id) on delete cascade
);
alter table vectors.signs alter signs set storage plain;
call app.protect_tenant('vectors.signs');
