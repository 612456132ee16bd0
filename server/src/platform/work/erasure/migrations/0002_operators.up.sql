-- What an erasure found of somebody, and what it left, table by table: counts alone, kept as the proof of it.
create table erasure.proofs (
  -- Of the account, or of the person: nobody's by then.
  subject_id uuid primary key,
  subject_kind text not null check (subject_kind in ('account', 'user')),
  tables jsonb not null check (jsonb_typeof(tables) = 'array'),
  created_at timestamptz not null default app.now()
);
call app.protect_system('erasure.proofs');

-- Archives that operators have made of others, in no list of the operator's own: organization_id is then the account, or the person, that one is of. The index
-- of those that wait stays as it is: a process of the version before goes on with it.
alter table erasure.exports add column subject_kind text check (subject_kind in ('account', 'user')),
  add check (subject_kind is null or organization_id is not null);
create index exports_of_operators on erasure.exports (id) where subject_kind is not null;
