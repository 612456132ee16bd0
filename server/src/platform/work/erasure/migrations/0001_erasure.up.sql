-- Archives of what is kept of a person, or of an organization, for whoever asked for them (docs/erasure.md).
create schema erasure;

create table erasure.exports (
  -- Who asked, and alone gets it.
  user_id uuid not null references identity.users (user_id) on delete cascade,
  id uuid not null,
  -- Null: it is of that person, with their personal account.
  organization_id uuid,
  status text not null default 'waiting' check (status in ('waiting', 'ready', 'failed')),
  -- Whichever attempt began last: parts of one before it are no longer taken.
  attempt uuid,
  bytes bigint check ((bytes is not null) = (status = 'ready')),
  expires_at timestamptz check ((expires_at is null) = (status = 'waiting')),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (user_id, id)
);
-- Of two asked for at once, one.
create unique index exports_waiting on erasure.exports (user_id, organization_id) nulls not distinct where status = 'waiting';
create index exports_over on erasure.exports (expires_at) where expires_at is not null;
create index exports_of_organization on erasure.exports (organization_id) where organization_id is not null;
call app.protect_user('erasure.exports');

-- An archive in parts, so that neither who writes nor who reads it holds more than one of them.
create table erasure.export_parts (
  user_id uuid not null,
  export_id uuid not null,
  part integer not null,
  bytes bytea not null,
  created_at timestamptz not null default app.now(),
  primary key (user_id, export_id, part),
  foreign key (user_id, export_id) references erasure.exports (user_id, id) on delete cascade
);

-- They are compressed already.
alter table erasure.export_parts alter column bytes set storage external;
call app.protect_user('erasure.export_parts');
