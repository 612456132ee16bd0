-- Routes of models that operators changed while the server runs: each lies over the alias of its name in AI_CONFIG (docs/gateway.md).
create sequence ai.route_numbers;

create table ai.routes (
  alias text collate "C" primary key check (length(alias) between 1 and 100),
  route jsonb not null,
  -- Given once among all routes: one that was deleted and made again has another.
  version integer not null default nextval('ai.route_numbers'),
  -- The person who changed it last; null: their user was erased.
  changed_by uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now()
);
call app.protect_system('ai.routes');
