-- Secrets at rest are sealed under master keys that the database does not have (docs/keys.md).
create schema secrets;

-- The keys under which something may be sealed here, each with a text that it alone opens: a process with another key, or
-- without one of them, is told so when it starts. A key is gone from here once nothing is sealed under it.
create table secrets.master_keys (
  id text primary key check (id ~ '^[A-Za-z0-9_-]{1,32}$'),
  proof text not null,
  created_at timestamptz not null default app.now()
);
call app.protect_system('secrets.master_keys');
