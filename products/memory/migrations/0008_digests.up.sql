-- What a job draws from sessions after messages were stored: a summary, and decisions.

-- When a session is due to be read; null: all that it holds has been. Those that were there before are due at once, without being written anew.
alter table coditect.memory_sessions add column digest_at timestamptz default '2000-01-01 00:00:00+00';
alter table coditect.memory_sessions alter column digest_at drop default;
alter table coditect.memory_sessions
  -- How many of its messages were read, and when the last of these was said.
  add column processed_messages integer not null default 0,
  add column processed_until timestamptz;
create index memory_sessions_undigested on coditect.memory_sessions (digest_at) where digest_at is not null;

create table coditect.memory_summaries (
  account_id uuid not null,
  -- That of the session.
  id uuid not null,
  -- Sealed: sentences of the session, and who said how much.
  drawn bytea not null,
  -- Sealed: sentences of a model. They are of as many messages as `drawn` was then, and go when there are more.
  refined bytea,
  -- How many messages both are of.
  messages integer not null check (messages >= 0),
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (account_id, id),
  foreign key (account_id, id) references coditect.memory_sessions (account_id, id) on delete cascade
);

-- Which decisions were drawn from a session. One that is deleted keeps its row here: it is not drawn again.
create table coditect.drawn_decisions (
  account_id uuid not null,
  -- That of the decision.
  id uuid not null,
  session_id uuid not null,
  -- A keyed hash of its sentence: said again in the session, it is the same decision.
  key bytea not null check (octet_length(key) = 16),
  created_at timestamptz not null default app.now(),
  primary key (account_id, id),
  unique (account_id, session_id, key),
  foreign key (account_id, session_id) references coditect.memory_sessions (account_id, id) on delete cascade
);

-- Where in the text of its message that stands which a decision was drawn from, in UTF-16 units.
alter table coditect.memory_links add column first integer, add column last integer,
  add check ((first is null) = (last is null)), add check (first is null or message_id is not null);

-- Each is read with its session, and written by the session's author.
do $$
declare
  v_child text;
  v_key text;
begin
  for v_child, v_key in values ('memory_summaries', 'id'), ('drawn_decisions', 'session_id') loop
    execute format('alter table coditect.%I enable row level security', v_child);
    execute format('alter table coditect.%I force row level security', v_child);
    execute format('create policy reads_with_session on coditect.%I for select to plinth_tenant using (account_id = (select app.account())
      and exists (select from coditect.memory_sessions s where s.account_id = %1$I.account_id and s.id = %1$I.%2$I))', v_child, v_key);
    execute format('create policy author_adds on coditect.%I for insert to plinth_tenant with check (account_id = (select app.account())
      and exists (select from coditect.memory_sessions s where s.account_id = %1$I.account_id and s.id = %1$I.%2$I
        and s.author_id = (select app.user_id())))', v_child, v_key);
    execute format('create policy system on coditect.%I to plinth_system using (true) with check (true)', v_child);
  end loop;
end $$;
create policy author_changes on coditect.memory_summaries for update to plinth_tenant using (account_id = (select app.account())
  and exists (select from coditect.memory_sessions s where s.account_id = memory_summaries.account_id and s.id = memory_summaries.id
    and s.author_id = (select app.user_id())));
